"""How the batch axis passes through what plans make of several calls: attention, dense layers, cross-entropy."""

from __future__ import annotations

from typing import Any

from .ir import Node
from .separable import SHARED, Axes, rules, separable


@separable("_dense_block")
def _dense(node: Node, axes: Axes, batch: int) -> Axes | None:
    return rules["FullyConnected"](node, axes, batch)


def _attention_axes(node: Node, first: int, batch: int) -> tuple[int, int] | None:
    """The axis of samples in the arrays from input ``first`` on, and that of the bias behind them."""
    p: Any = node.p
    arrays = node.inputs[first : first + p.arrays]
    axis = 1 if p.layout == "interleaved" else 0
    per_sample = p.heads if p.layout == "heads" else 1
    if any(v.shape[axis] % (batch * per_sample) for v in arrays):
        return None
    bias = 0 if p.use_bias and node.inputs[first + p.arrays].shape[0] > 1 else SHARED
    return axis, bias


@separable("_attention_step")
def _attention(node: Node, axes: Axes, batch: int) -> Axes | None:
    """Each sample looks at itself alone."""
    p: Any = node.p
    found = _attention_axes(node, 0, batch)
    if found is None:
        return None
    axis, bias = found
    return (axis, 0) if axes == ((axis,) * p.arrays + (bias,) * p.use_bias) else None


@separable("_attention_step_grad")
def _attention_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    p: Any = node.p
    found = _attention_axes(node, 1, batch)
    if found is None:
        return None
    axis, bias = found
    wanted = (axis, *(axis,) * p.arrays, *(bias,) * p.use_bias, axis, 0)
    return (axis,) * p.arrays if axes == wanted else None


@separable("_log_softmax_pick")
def _cross_entropy(node: Node, axes: Axes, batch: int) -> Axes | None:
    last = len(node.inputs[0].shape) - 1
    return (axes[0],) * 2 if axes[0] == axes[1] and 0 <= axes[0] < last else None


@separable("_log_softmax_pick_grad")
def _cross_entropy_back(node: Node, axes: Axes, batch: int) -> Axes | None:
    last = len(node.inputs[1].shape) - 1
    return (axes[1],) if len(set(axes)) == 1 and 0 <= axes[1] < last else None
