"""One element of each line, and the way back; vectors that are on at one place; greatest and least elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ....ops.reduce import axes_of
from ....ops.shapes import normalize_axis
from ..emit import Emitter, Size, lowers, product
from ..functions import maximum, minimum
from ..intrinsics import f32, f64, i64, njit
from ..kernel import kernel

if TYPE_CHECKING:
    from ....ops.operator import Shape
    from ....scheduler.ir import Node

WRAP = 1


@njit(inline="never")
def place_of(index: float, n: int, mode: int) -> int:
    """The position in [0, n) that an index means: the nearest one, or counted round; 0 for NaN."""
    if not abs(index) < 9e15:
        return n - 1 if index > 0 and mode != WRAP else 0
    place = int(index)
    return place % n if mode == WRAP else min(max(place, 0), n - 1)


@kernel("pick", fast=False)
def pick(at: int) -> None:
    """y (m, k) ← x (m, n, k) at the places that index (m, k) names: m, n, k, mode, x, index, y."""
    a = i64(at, 7)
    n, k = a[1], a[2]
    for i in range(a[0]):
        x, index, y = f32(a[4] + i * n * k * 4, n * k), f32(a[5] + i * k * 4, k), f32(a[6] + i * k * 4, k)
        for j in range(k):
            y[j] = x[place_of(index[j], n, a[3]) * k + j]


@kernel("pick_back", fast=False)
def pick_back(at: int) -> None:
    """dx (m, n, k) ← dy (m, k) at the places that index (m, k) names, 0 elsewhere: m, n, k, mode, dy, index, dx."""
    a = i64(at, 7)
    n, k = a[1], a[2]
    for i in range(a[0]):
        dy, index, dx = f32(a[4] + i * k * 4, k), f32(a[5] + i * k * 4, k), f32(a[6] + i * n * k * 4, n * k)
        for j in range(n * k):
            dx[j] = 0.0
        for j in range(k):
            dx[place_of(index[j], n, a[3]) * k + j] = dy[j]


@kernel("one_hot", fast=False)
def one_hot(at: int) -> None:
    """y (m, n) ← ``on`` at the place that index (m) names, ``off`` elsewhere: m, n, on, off, index, y."""
    a, numbers = i64(at, 6), f64(at, 6)
    m, n, on, off = a[0], a[1], np.float32(numbers[2]), np.float32(numbers[3])
    index = f32(a[4], m)
    for i in range(m):
        y = f32(a[5] + i * n * 4, n)
        place = int(index[i]) if index[i] > -1 and index[i] < n else -1
        for j in range(n):
            y[j] = on if j == place else off


@kernel("extreme", fast=False)
def extreme(at: int) -> None:
    """y (m, k) ← greatest (sign 1) or least (sign −1) over n of x (m, n, k): m, n, k, sign, x, y."""
    a = i64(at, 6)
    n, k = a[1], a[2]
    for i in range(a[0]):
        y = f32(a[5] + i * k * 4, k)
        for j in range(n):
            x = f32(a[4] + (i * n + j) * k * 4, k)
            for t in range(k):
                if j == 0:
                    y[t] = x[t]
                elif a[3] > 0:
                    y[t] = maximum(x[t], y[t])
                else:
                    y[t] = minimum(x[t], y[t])


def _around(sizes: tuple[Size, ...], axis: int) -> tuple[Size, Size, Size]:
    """Sizes before an axis, of it, and behind."""
    return product(sizes[:axis]), sizes[axis], product(sizes[axis + 1 :])


def _known(node: Node) -> bool:
    """An axis, and indices that need not be refused."""
    return node.p.axis is not None and node.p.mode != "raise"  # type: ignore[attr-defined]


def _words(e: Emitter, node: Node, large: Any) -> tuple[Size, Size, Size, int]:
    p: Any = node.p
    return *_around(e.shape(large), normalize_axis(p.axis, len(large.shape))), WRAP if p.mode == "wrap" else 0


@lowers("pick", accepts=_known, in_place=False)
def emit_pick(e: Emitter, node: Node) -> None:
    """Line by line."""
    x, index, y = node.inputs[0], node.inputs[1], node.outputs[0]
    e.call(pick, *_words(e, node, x), e.address(x), e.address(index), e.address(y))


@lowers("_pick_grad", accepts=_known, in_place=False)
def emit_pick_back(e: Emitter, node: Node) -> None:
    """Line by line."""
    dy, index, dx = node.inputs[0], node.inputs[1], node.outputs[0]
    e.call(pick_back, *_words(e, node, dx), e.address(dy), e.address(index), e.address(dx))


@lowers("one_hot", in_place=False)
def emit_one_hot(e: Emitter, node: Node) -> None:
    """Index by index."""
    p: Any = node.p
    index, y = node.inputs[0], node.outputs[0]
    e.call(one_hot, e.size(index), p.depth, float(p.on_value), float(p.off_value), e.address(index), e.address(y))


def reduced(node: Node) -> list[int]:
    """The axes that are reduced and have more than one element."""
    shape: Shape = node.inputs[0].shape
    return [axis for axis in sorted(axes_of(node.p, shape)) if shape[axis] != 1]  # type: ignore[arg-type]


def _together(node: Node) -> bool:
    axes, shape = reduced(node), node.inputs[0].shape
    return bool(axes) and all(shape[i] == 1 or i in axes for i in range(axes[0], axes[-1] + 1))


@lowers("max", "min", accepts=_together, in_place=False)
def emit_extreme(e: Emitter, node: Node) -> None:
    """Over axes that lie together; NaN where there is one."""
    x, y, axes = node.inputs[0], node.outputs[0], reduced(node)
    sizes = e.shape(x)
    m, n, k = product(sizes[: axes[0]]), product(sizes[axes[0] : axes[-1] + 1]), product(sizes[axes[-1] + 1 :])
    e.call(extreme, m, n, k, 1 if node.op.name == "max" else -1, e.address(x), e.address(y))
