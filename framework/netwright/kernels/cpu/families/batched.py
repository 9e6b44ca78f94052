"""Products of many small matrices, and rows looked up by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba.extending import register_jitable

from ....ops.shapes import normalize_axis
from ..emit import Emitter, lowers, product
from ..intrinsics import copy_floats, f32, i64, sgemm, zero_floats
from ..kernel import kernel

if TYPE_CHECKING:
    from ....scheduler.ir import Node


@kernel("gemm_batch")
def gemm_batch(at: int) -> None:
    """C (count, m, n) ← op(A)·op(B) for each of count: blas, count, ta, tb, m, n, k, A, lda, B, ldb, C."""
    a = i64(at, 12)
    m, n, k = a[4], a[5], a[6]
    if m > 0 and n > 0:
        for i in range(a[1]):
            left, right, out = a[7] + i * m * k * 4, a[9] + i * k * n * 4, a[11] + i * m * n * 4
            sgemm(a[0], a[2], a[3], m, n, k, 1.0, left, a[8], right, a[10], 0.0, out, n)


@lowers("batch_dot", in_place=False)
def batch_dot(e: Emitter, node: Node) -> None:
    """One product after another."""
    p: Any = node.p
    a, b, y = (e.shape(v) for v in (*node.inputs, *node.outputs))
    ta, tb = bool(p.transpose_a), bool(p.transpose_b)
    m, k = (a[-1], a[-2]) if ta else (a[-2], a[-1])
    left, right, out = (e.address(v) for v in (*node.inputs, *node.outputs))
    e.call(gemm_batch, e.blas, product(y[:-2]), ta, tb, m, y[-1], k, left, a[-1], right, b[-1], out)


@register_jitable(inline="always")
def place_of(index: float, size: int) -> int:
    """The row that a number names: cut off, and the nearest end where it is outside; NaN names row 0."""
    inside = index if index > 0.0 else 0.0
    return int(inside) if inside < size else size - 1


@kernel("look_up")
def look_up(at: int) -> None:
    """Row places[i] of the table for each i: count, places, size of the table, width, table, result."""
    a = i64(at, 6)
    count, size, width = a[0], a[2], a[3]
    places = f32(a[1], count)
    for i in range(count):
        copy_floats(a[5] + i * width * 4, a[4] + place_of(places[i], size) * width * 4, width)


@kernel("add_up")
def add_up(at: int) -> None:
    """Each row added to row places[i]: count, places, size of the table, width, rows, whether to add, table."""
    a = i64(at, 7)
    count, size, width = a[0], a[2], a[3]
    places = f32(a[1], count)
    if a[5] == 0:
        zero_floats(a[6], size * width)
    for i in range(count):
        x = f32(a[4] + i * width * 4, width)
        y = f32(a[6] + place_of(places[i], size) * width * 4, width)
        for j in range(width):
            y[j] += x[j]


def _from_first_axis(node: Node) -> bool:
    """Rows along the first axis, places outside taken as the nearest, and a gradient that holds all rows."""
    p: Any = node.p
    if node.op.name == "Embedding":
        return True
    table = p.shape if node.op.name == "_take_grad" else node.inputs[0].shape
    dense = not (node.op.name == "_take_grad" and p.sparse)
    return dense and p.mode == "clip" and normalize_axis(p.axis, len(table)) == 0


@lowers("Embedding", "take", accepts=_from_first_axis, in_place=False)
def lookup(e: Emitter, node: Node) -> None:
    """A copy of a row for each number."""
    table, places = node.inputs if node.op.name == "take" else node.inputs[::-1]
    size, width = table.shape[0], product(table.shape[1:])
    e.call(look_up, e.size(places), e.address(places), size, width, e.address(table), e.address(node.outputs[0]))


@lowers("_take_grad", accepts=_from_first_axis, in_place=False)
def lookup_back(e: Emitter, node: Node) -> None:
    """Rows added up, sample after sample."""
    rows, places, table = *node.inputs, node.outputs[0]
    size, width = table.shape[0], product(table.shape[1:])
    e.call(add_up, e.size(places), e.address(places), size, width, e.address(rows), e.accumulates(table),
           e.address(table))  # fmt: skip
