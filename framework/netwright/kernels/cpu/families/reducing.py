"""Sums and means over axes that lie together, and the way back: what was summed is spread again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ....ops.reduce import axes_of
from ....ops.sums import kept_shape
from ..emit import ACCUMULATE, Emitter, Rows, Size, lowers, product
from ..intrinsics import f32, f64, i64
from ..kernel import kernel
from .dense import sum_planes, sum_rows
from .rearranging import Axis, copy, few_axes, strides

if TYPE_CHECKING:
    from ....scheduler.ir import Node

F = np.float32


@kernel("sum_middle")
def sum_middle(at: int) -> None:
    """y (outer, inner) ← f · Σ over the middle axis of x (outer, n, inner) (+ y): outer, n, inner, f, x, add, y."""
    a = i64(at, 7)
    outer, n, inner, factor = a[0], a[1], a[2], F(f64(at, 4)[3])
    for o in range(outer):
        y = f32(a[6] + o * inner * 4, inner)
        if inner == 1:
            x = f32(a[4] + o * n * 4, n)
            total = F(0)
            for j in range(n):
                total += x[j]
            y[0] = total * factor + (y[0] if a[5] != 0 else F(0))
            continue
        if a[5] == 0:
            for j in range(inner):
                y[j] = 0.0
        for k in range(n):
            x = f32(a[4] + (o * n + k) * inner * 4, inner)
            for j in range(inner):
                y[j] += x[j] * factor


def summed_axes(node: Node) -> list[int]:
    """The axes that are summed over and have more than one element, in order."""
    p, shape = node.p, node.inputs[0].shape
    axes = node.op._axes(p, shape) if node.op.name == "_sum_to" else axes_of(p, shape)  # type: ignore[attr-defined, arg-type]
    return sorted(a % len(shape) for a in axes if shape[a] != 1)


def _together(node: Node) -> bool:
    """Whether no axis of more than one element lies between those that are summed over."""
    summed, shape = summed_axes(node), node.inputs[0].shape
    return bool(summed) and all(shape[a] == 1 or a in summed for a in range(summed[0], summed[-1] + 1))


def _around(node: Node) -> bool:
    """A sum over all axes but the second: one number for each channel."""
    rank = len(node.inputs[0].shape)
    return rank > 2 and node.op.name != "mean" and set(summed_axes(node)) == {0, *range(2, rank)}


@lowers("_sum_to", "sum", "mean", accepts=lambda node: _together(node) or _around(node), in_place=False)
def sums(e: Emitter, node: Node) -> None:
    """Sums over the middle, or around channels; where the batch is among what is summed, each lane has its part."""
    x, y, summed = node.inputs[0], node.outputs[0], summed_axes(node)
    shape = e.shape(x)
    add = ACCUMULATE if any(isinstance(shape[a], Rows) for a in summed) else 0
    if _around(node):
        e.call(sum_planes, shape[0], shape[1], product(shape[2:]), e.address(x), add, e.address(y))
        return
    outer, inner = product(shape[: summed[0]]), product(shape[summed[-1] + 1 :])
    middle: Size = product(shape[summed[0] : summed[-1] + 1])
    if outer == 1 and node.op.name != "mean":
        e.call(sum_rows, middle, inner, e.address(x), inner, add, e.address(y))
        return
    count = math.prod(x.shape[a] for a in summed)
    factor = 1.0 / count if node.op.name == "mean" else 1.0
    e.call(sum_middle, outer, middle, inner, factor, e.address(x), add, e.address(y))


@lowers("_spread", accepts=few_axes, in_place=False)
def spread(e: Emitter, node: Node) -> None:
    """A copy whose source stands still along the axes that are repeated."""
    p: Any = node.p
    x, y = node.inputs[0], node.outputs[0]
    axes = node.op._axes(p, x.shape)  # type: ignore[attr-defined]
    small, large = kept_shape(p.shape, axes), e.shape(y)
    sizes = [n if small[i] != 1 or p.shape[i] == 1 else 1 for i, n in enumerate(large)]
    apart = [0 if small[i] == 1 else step for i, step in enumerate(strides(sizes))]
    copy(e, [Axis(n, t, s) for n, t, s in zip(large, strides(large), apart, strict=True)], e.address(y), e.address(x))
