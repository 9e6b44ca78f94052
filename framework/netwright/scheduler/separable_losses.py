"""How the batch axis passes through losses and what they are made of: heads, picked elements, extremes."""

from __future__ import annotations

from typing import Any

from ..ops.reduce import axes_of
from ..ops.shapes import normalize_axis
from .ir import Node
from .separable import SHARED, Axes, by_program, moved, separable

separable(
    *("LinearRegressionOutput", "LogisticRegressionOutput", "MAERegressionOutput", "SVMOutput"),
    *("MakeLoss", "make_loss", "BlockGrad", "identity", "broadcast_to", "broadcast_axis", "broadcast_like"),
)(by_program)
"""Heads put out what follows from the data at the same place; the label has no part in it."""


def _line(axis: int, dropped: int, kept: bool) -> int:
    """Where an axis is once another has size 1, or is gone."""
    return axis if kept or axis < dropped else axis - 1


@separable("pick")
def _pick(node: Node, axes: Axes, batch: int) -> Axes | None:
    p: Any = node.p
    if p.axis is None or axes[0] < 0:
        return None
    data, index = (v.shape for v in node.inputs)
    taken = normalize_axis(p.axis, len(data))
    if axes[0] == taken or axes[1] != _line(axes[0], taken, len(index) == len(data)):
        return None
    return (_line(axes[0], taken, p.keepdims),)


@separable("_pick_grad")
def _pick_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    p: Any = node.p
    taken = normalize_axis(p.axis, len(p.shape))
    if len(p.shape) < 2:
        return None
    for axis in range(len(p.shape)):
        wanted = [_line(axis, taken, len(v.shape) == len(p.shape)) for v in node.inputs]
        if axis != taken and list(axes) == wanted:
            return (axis,)
    return None


@separable("one_hot")
def _one_hot(node: Node, axes: Axes, batch: int) -> Axes | None:
    return axes


@separable("max", "min")
def _extreme(node: Node, axes: Axes, batch: int) -> Axes | None:
    p: Any = node.p
    shape, out = node.inputs[0].shape, node.outputs[0].shape
    over = axes_of(p, shape)
    if axes[0] == SHARED or axes[0] in over:
        return None
    return moved(tuple(1 if i in over else n for i, n in enumerate(shape)), axes[0], out, batch)
