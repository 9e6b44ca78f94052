"""Matrix products: fully connected layers, ``dot`` and the sums that their gradients need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba.extending import register_jitable

from ....ops.reduce import axes_of
from ..emit import ACCUMULATE, Cut, Emitter, Slice, lowers, product
from ..intrinsics import copy_floats, f32, f64, i64, sgemm
from ..kernel import kernel

if TYPE_CHECKING:
    from ....scheduler.ir import Node

FLOAT = 4


@register_jitable
def add_row_products(x: int, w: int, pitch: int, n: int, k: int, y: int) -> None:
    """y (n) += x (k) · Wᵀ (n, k), rows ``pitch`` apart: each weight is read once, where BLAS would copy it first."""
    row, out = f32(x, k), f32(y, n)
    whole = n // 4 * 4
    for j in range(0, whole, 4):
        a, b = f32(w + j * pitch * 4, k), f32(w + (j + 1) * pitch * 4, k)
        c, d = f32(w + (j + 2) * pitch * 4, k), f32(w + (j + 3) * pitch * 4, k)
        p, q, r, s = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for i in range(k):
            p += row[i] * a[i]
            q += row[i] * b[i]
            r += row[i] * c[i]
            s += row[i] * d[i]
        out[j] += p
        out[j + 1] += q
        out[j + 2] += r
        out[j + 3] += s
    for j in range(whole, n):
        a, p = f32(w + j * pitch * 4, k), np.float32(0)
        for i in range(k):
            p += row[i] * a[i]
        out[j] += p


@kernel("gemm")
def gemm(at: int) -> None:
    """C (m, n) ← op(A)·op(B) (+ C): blas, ta, tb, m, n, k, A, lda, B, ldb, add, C, ldc."""
    a = i64(at, 13)
    beta = 1.0 if a[10] != 0 else 0.0
    if a[3] == 1 and a[1] == 0 and a[2] != 0 and a[4] > 0:
        y = f32(a[11], a[4])
        if a[10] == 0:
            for j in range(a[4]):
                y[j] = 0.0
        add_row_products(a[6], a[8], a[9], a[4], a[5], a[11])
    elif a[3] > 0 and a[4] > 0:
        sgemm(a[0], a[1], a[2], a[3], a[4], a[5], 1.0, a[6], a[7], a[8], a[9], beta, a[11], a[12])


@kernel("gemm_bias")
def gemm_bias(at: int) -> None:
    """Y (m, n) ← X (m, k)·Wᵀ (n, k) + bias (n): blas, m, n, k, X, ldx, W, ldw, bias, Y, ldy."""
    a = i64(at, 11)
    m, n, ldy = a[1], a[2], a[10]
    if m == 1 and n > 0:
        copy_floats(a[9], a[8], n)
        add_row_products(a[4], a[6], a[7], n, a[3], a[9])
    elif m > 0 and n > 0:
        for i in range(m):
            copy_floats(a[9] + i * ldy * 4, a[8], n)
        sgemm(a[0], 0, 1, m, n, a[3], 1.0, a[4], a[5], a[6], a[7], 1.0, a[9], ldy)


@kernel("sum_rows")
def sum_rows(at: int) -> None:
    """y (n) ← Σ over m rows of x (m, n), rows ld apart (+ y): m, n, x, ld, add, y."""
    a = i64(at, 6)
    m, n = a[0], a[1]
    y = f32(a[5], n)
    if a[4] == 0:
        for j in range(n):
            y[j] = 0.0
    for i in range(m):
        x = f32(a[2] + i * a[3] * 4, n)
        for j in range(n):
            y[j] += x[j]


@kernel("sum_planes")
def sum_planes(at: int) -> None:
    """y (n) ← Σ over m and k of x (m, n, k) (+ y): m, n, k, x, add, y."""
    a = i64(at, 6)
    n, k = a[1], a[2]
    y = f32(a[5], n)
    if a[4] == 0:
        for j in range(n):
            y[j] = 0.0
    for i in range(a[0]):
        for j in range(n):
            x, total = f32(a[3] + (i * n + j) * k * 4, k), np.float32(0)
            for t in range(k):
                total += x[t]
            y[j] += total


@kernel("sum_each")
def sum_each(at: int) -> None:
    """y (m) ← Σ over each row of x (m, n), divided by a number (+ y): m, n, x, divisor, add, y."""
    a = i64(at, 6)
    n, divisor = a[1], np.float32(f64(at, 4)[3])
    y = f32(a[5], a[0])
    for i in range(a[0]):
        x = f32(a[2] + i * n * 4, n)
        total = np.float32(0.0)
        for j in range(n):
            total += x[j]
        total = np.float32(total / divisor)
        y[i] = y[i] + total if a[4] != 0 else total


@kernel("sum_lanes")
def sum_lanes(at: int) -> None:
    """y ← y + the other lanes' sums, in the order of lanes: n, y, first of the others, bytes between them, others."""
    a = i64(at, 5)
    n = a[0]
    y = f32(a[1], n)
    for lane in range(a[4]):
        x = f32(a[2] + lane * a[3], n)
        for j in range(n):
            y[j] += x[j]


@lowers("FullyConnected", cuts=(Cut.ROWS, Cut.LANES, Cut.ONCE))
def fully_connected(e: Emitter, node: Node) -> None:
    """A product, with the bias laid down before it; by lanes: some of the units each."""
    x, w, y = node.inputs[0], node.inputs[1], node.outputs[0]
    units, features = w.shape
    m = product(e.shape(y)[:-1])
    if e.cut is Cut.LANES:
        part = Slice(units, 8)
        weight, out, n = part.of(e.address(w), features * FLOAT), part.of(e.address(y), FLOAT), part
        bias = part.of(e.address(node.inputs[2]), FLOAT) if not node.p.no_bias else 0  # type: ignore[attr-defined]
    else:
        weight, out, n = e.address(w), e.address(y), units  # type: ignore[assignment]
        bias = e.address(node.inputs[2]) if not node.p.no_bias else 0  # type: ignore[attr-defined,assignment]
    if bias == 0:
        e.call(gemm, e.blas, 0, 1, m, n, features, e.address(x), features, weight, features, 0, out, units)
    else:
        e.call(gemm_bias, e.blas, m, n, features, e.address(x), features, weight, features, bias, out, units)


def _plain_matrices(node: Node) -> bool:
    """``dot`` of two matrices, seen as it is stored; a last batch axis would not lie together."""
    return all(len(v.shape) == 2 for v in node.inputs)


@lowers("dot", accepts=_plain_matrices, cuts=(Cut.ROWS, Cut.LANES, Cut.ONCE))
def dot(e: Emitter, node: Node) -> None:
    """A product; by lanes: some rows of the result each, or some columns."""
    left, right, out = node.inputs[0], node.inputs[1], node.outputs[0]
    ta, tb = bool(node.p.transpose_a), bool(node.p.transpose_b)  # type: ignore[attr-defined]
    a, b = e.shape(left), e.shape(right)
    m, k = (a[1], a[0]) if ta else (a[0], a[1])
    n = b[0] if tb else b[1]
    add = 0 if isinstance(k, int) else e.accumulates(out)  # only a product over the samples is a part of a sum
    x, y, z = e.address(left), e.address(right), e.address(out)
    if e.cut is Cut.LANES and isinstance(m, int) and m >= out.shape[1]:
        part = Slice(m, 8)
        e.call(gemm, e.blas, ta, tb, part, n, k, part.of(x, FLOAT if ta else left.shape[1] * FLOAT), left.shape[1], y,
               right.shape[1], 0, part.of(z, out.shape[1] * FLOAT), out.shape[1])  # fmt: skip
    elif e.cut is Cut.LANES:
        cols = Slice(out.shape[1])
        e.call(gemm, e.blas, ta, tb, m, cols, k, x, left.shape[1], cols.of(y, right.shape[1] * FLOAT if tb else FLOAT),
               right.shape[1], 0, cols.of(z, FLOAT), out.shape[1])  # fmt: skip
    else:
        e.call(gemm, e.blas, ta, tb, m, n, k, x, a[1], y, b[1], add, z, n)


def _summed(node: Node) -> set[int]:
    """The axes that a sum is over."""
    p, shape = node.p, node.inputs[0].shape
    if node.op.name == "_sum_to":
        return set(node.op._axes(p, shape))  # type: ignore[attr-defined]
    return set(axes_of(p, shape))  # type: ignore[arg-type]


def _sums_leading(node: Node) -> bool:
    """A sum over the leading axes, to what lies behind them."""
    summed = _summed(node)
    return bool(summed) and summed == set(range(len(summed)))


def _sums_around(node: Node) -> bool:
    """A sum over all axes but the second: one number for each channel."""
    rank = len(node.inputs[0].shape)
    return rank > 2 and _summed(node) == {0, *range(2, rank)}


def _sums_trailing(node: Node) -> bool:
    """A sum over the last axes: one number for each of those before them."""
    summed, rank = _summed(node), len(node.inputs[0].shape)
    return 0 < len(summed) < rank and summed == set(range(rank - len(summed), rank))


def _has_loop(node: Node) -> bool:
    """Sums of these shapes; means of rows alone, for those of samples are no sums of parts."""
    return _sums_trailing(node) or (node.op.name != "mean" and (_sums_leading(node) or _sums_around(node)))


@lowers("_sum_to", "sum", "mean", accepts=_has_loop)
def sums(e: Emitter, node: Node) -> None:
    """Sums of columns, of channels, or of rows."""
    x, y = node.inputs[0], node.outputs[0]
    sizes, summed = e.shape(x), _summed(node)
    if _sums_trailing(node):
        kept = len(sizes) - len(summed)
        divisor = math.prod(x.shape[kept:]) if node.op.name == "mean" else 1
        add = ACCUMULATE if any(not isinstance(n, int) for n in sizes[kept:]) else 0
        e.call(sum_each, product(sizes[:kept]), product(sizes[kept:]), e.address(x), float(divisor), add, e.address(y))
        return
    add = ACCUMULATE if any(not isinstance(sizes[i], int) for i in summed) else 0
    if _sums_around(node):
        e.call(sum_planes, sizes[0], sizes[1], product(sizes[2:]), e.address(x), add, e.address(y))
        return
    lead, width = product(sizes[: len(summed)]), product(sizes[len(summed) :])
    e.call(sum_rows, lead, width, e.address(x), width, add, e.address(y))
