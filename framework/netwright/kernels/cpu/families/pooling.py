"""Pooling and its gradients, plane by plane, channels first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from ....ops.pooling import _geometry
from ..emit import Cut, Emitter, Slice, Word, lowers
from ..intrinsics import f32, i64, zero_floats
from ..kernel import kernel
from ..pairs import LOWEST, larger, pair_gradients, pair_maxima

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value


@register_jitable
def met(out: int, size: int, stride: int, shift: int) -> tuple[int, int]:
    """The outputs (from, to) for which ``o * stride + shift`` lies within ``size``."""
    first = max(0, (-shift + stride - 1) // stride)
    return first, max(min(out, (size - 1 - shift) // stride + 1), first)


@register_jitable
def inside(o: int, size: int, kernel: int, stride: int, pad: int) -> tuple[int, int]:
    """The positions (from, to) of output ``o``'s window that lie on data, along one axis."""
    return max(0, pad - o * stride), min(kernel, size + pad - o * stride)


@register_jitable
def is_whole(a: Any) -> bool:
    """Whether one window is the whole plane."""
    return a[5] == a[1] and a[6] == a[2] and a[3] == 1 and a[4] == 1 and a[9] == 0 and a[10] == 0


@kernel("max_pool")
def max_pool(at: int) -> None:
    """y ← the maxima of windows: planes, height, width, lines, columns, kernel (2), stride (2), padding (2), x, y."""
    a = i64(at, 13)
    height, width, lines, columns = a[1], a[2], a[3], a[4]
    kh, kw, sh, sw, top, left = a[5], a[6], a[7], a[8], a[9], a[10]
    if kh == kw == sh == sw == 2 and top == left == 0 and 2 * lines <= height and 2 * columns <= width:
        for n in range(a[0]):
            for r in range(lines):
                here = a[11] + (n * height + 2 * r) * width * 4
                pair_maxima(here, here + width * 4, a[12] + (n * lines + r) * columns * 4, columns)
        return
    for n in range(a[0]):
        for r in range(lines):
            y = f32(a[12] + (n * lines + r) * columns * 4, columns)
            for o in range(columns):
                y[o] = LOWEST
            for i in range(kh):
                line = r * sh + i - top
                if line < 0 or line >= height:
                    continue
                for j in range(kw):
                    first, last = met(columns, width, sw, j - left)
                    x = f32(a[11] + ((n * height + line) * width + first * sw + j - left) * 4, width)
                    part = f32(a[12] + ((n * lines + r) * columns + first) * 4, columns)
                    if sw == 1:
                        for o in range(last - first):
                            part[o] = larger(part[o], x[o])
                    elif sw == 2:
                        for o in range(last - first):
                            part[o] = larger(part[o], x[2 * o])
                    else:
                        for o in range(last - first):
                            part[o] = larger(part[o], x[o * sw])


@kernel("max_pool_grad")
def max_pool_grad(at: int) -> None:
    """dx ← each window's number at the first of its maxima: as ``max_pool``, with x, then dy, dx."""
    a = i64(at, 14)
    height, width, lines, columns = a[1], a[2], a[3], a[4]
    kh, kw, sh, sw, top, left = a[5], a[6], a[7], a[8], a[9], a[10]
    if kh == kw == sh == sw == 2 and top == left == 0:
        for n in range(a[0]):
            if lines * 2 != height or columns * 2 != width:
                zero_floats(a[13] + n * height * width * 4, height * width)
            for r in range(min(lines, height // 2)):
                here = (n * height + 2 * r) * width * 4
                below = here + width * 4
                pair_gradients(a[11] + here, a[11] + below, a[12] + (n * lines + r) * columns * 4, a[13] + here,
                               a[13] + below, min(columns, width // 2))  # fmt: skip
            _ragged(a, n, min(lines, height // 2), min(columns, width // 2))
    else:
        for n in range(a[0]):
            zero_floats(a[13] + n * height * width * 4, height * width)
            _ragged(a, n, 0, 0)


@register_jitable
def _ragged(a: Any, n: int, lines_done: int, columns_done: int) -> None:
    """The windows of plane n but those of the first lines and columns: one by one, added to dx."""
    height, width, lines, columns = a[1], a[2], a[3], a[4]
    kh, kw, sh, sw, top, left = a[5], a[6], a[7], a[8], a[9], a[10]
    x, dx = f32(a[11] + n * height * width * 4, height * width), f32(a[13] + n * height * width * 4, height * width)
    g = f32(a[12] + n * lines * columns * 4, lines * columns)
    for r in range(lines):
        for o in range(columns_done if r < lines_done else 0, columns):
            best, place = np.float32(-np.inf), -1
            (top_row, end_row), (first, last) = inside(r, height, kh, sh, top), inside(o, width, kw, sw, left)
            for i in range(top_row, end_row):
                for j in range(first, last):
                    at = (r * sh + i - top) * width + o * sw + j - left
                    if x[at] != x[at]:
                        best, place = x[at], -1
                    elif x[at] > best or (place < 0 and x[at] == best):
                        best, place = x[at], at
            if place >= 0:
                dx[place] += g[r * columns + o]


@register_jitable
def covered(o: int, size: int, kernel: int, stride: int, pad: int, include: int) -> int:
    """How many positions a window's sum is divided by, along one axis."""
    start = o * stride - pad
    stop = min(start + kernel, size + pad)
    if include == 0:
        start, stop = max(start, 0), min(stop, size)
    return max(stop - start, 0)


@kernel("sum_pool")
def sum_pool(at: int) -> None:
    """y ← sums of windows, or means: as ``max_pool``, then whether it is a mean, whether it counts padding."""
    a = i64(at, 15)
    height, width, lines, columns = a[1], a[2], a[3], a[4]
    kh, kw, sh, sw, top, left = a[5], a[6], a[7], a[8], a[9], a[10]
    mean, include = a[13], a[14]
    whole = is_whole(a)
    for n in range(a[0]):
        if whole:
            plane, total = f32(a[11] + n * height * width * 4, height * width), np.float32(0)
            for i in range(height * width):
                total += plane[i]
            f32(a[12] + n * 4, 1)[0] = total / np.float32(height * width) if mean != 0 else total
            continue
        for r in range(lines):
            y = f32(a[12] + (n * lines + r) * columns * 4, columns)
            for o in range(columns):
                y[o] = 0.0
            for i in range(kh):
                line = r * sh + i - top
                if line < 0 or line >= height:
                    continue
                x = f32(a[11] + (n * height + line) * width * 4, width)
                for j in range(kw):
                    first, last = met(columns, width, sw, j - left)
                    for o in range(first, last):
                        y[o] += x[o * sw + j - left]
            if mean != 0:
                down = covered(r, height, kh, sh, top, include)
                for o in range(columns):
                    y[o] /= np.float32(max(1, down * covered(o, width, kw, sw, left, include)))


@kernel("sum_pool_grad")
def sum_pool_grad(at: int) -> None:
    """dx ← each window's number (over its count) for all its data: as ``sum_pool``, with dy for x and dx for y."""
    a = i64(at, 15)
    height, width, lines, columns = a[1], a[2], a[3], a[4]
    kh, kw, sh, sw, top, left = a[5], a[6], a[7], a[8], a[9], a[10]
    mean, include = a[13], a[14]
    whole = is_whole(a)
    for n in range(a[0]):
        dx = f32(a[12] + n * height * width * 4, height * width)
        if whole:
            value = f32(a[11] + n * 4, 1)[0]
            value = value / np.float32(height * width) if mean != 0 else value
            for i in range(height * width):
                dx[i] = value
            continue
        for i in range(height * width):
            dx[i] = 0.0
        for r in range(lines):
            g = f32(a[11] + (n * lines + r) * columns * 4, columns)
            down = covered(r, height, kh, sh, top, include)
            for o in range(columns):
                share = max(1, down * covered(o, width, kw, sw, left, include)) if mean != 0 else 1
                value = g[o] / np.float32(share)
                (top_row, end_row), (first, last) = inside(r, height, kh, sh, top), inside(o, width, kw, sw, left)
                for i in range(top_row, end_row):
                    for j in range(first, last):
                        dx[(r * sh + i - top) * width + o * sw + j - left] += value


def _words(node: Node, e: Emitter, data: Value) -> tuple[Word, ...]:
    """What all kernels begin with: planes, sizes, and how the windows lie."""
    _, w = _geometry(node.p, data.shape)  # type: ignore[arg-type]

    def two(sizes: tuple[int, ...], default: int) -> tuple[int, int]:
        return (default, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])

    planes: Word = data.shape[1] * e.shape(data)[0]
    if e.cut is Cut.LANES:
        planes = _some_planes(data)
    return planes, *two(w.data, 1), *two(w.out, 1), *two(w.kernel, 1), *two(w.stride, 1), *two(w.pad, 0)


def _some_planes(data: Value) -> Slice:
    """A lane's planes."""
    return Slice(data.shape[0] * data.shape[1], 1)


def _of_planes(node: Node) -> bool:
    """One or two spatial axes, channels first; no roots of powers."""
    p: Any = node.p
    data = node.outputs[0] if node.op.name == "_pool_sum_grad" else node.inputs[-1]
    return len(data.shape) in (3, 4) and p.pool_type != "lp" and not (p.layout or "").endswith("C")


@lowers("Pooling", accepts=_of_planes, in_place=False, lanes_uncut=lambda node: True)
def pooling(e: Emitter, node: Node) -> None:
    """Each plane's windows."""
    p: Any = node.p
    x, y = node.inputs[0], node.outputs[0]
    places: tuple[Word, ...] = (e.address(x), e.address(y))
    if e.cut is Cut.LANES:
        some = _some_planes(x)
        places = tuple(some.of(e.address(v), 4 * math.prod(v.shape[2:])) for v in (x, y))
    if p.pool_type == "max":
        e.call(max_pool, *_words(node, e, x), *places)
    else:
        e.call(sum_pool, *_words(node, e, x), *places, p.pool_type == "avg", p.count_include_pad is not False)


@lowers("_pool_max_grad", accepts=_of_planes, in_place=False)
def pooling_max_grad(e: Emitter, node: Node) -> None:
    """The maxima are found again in the data."""
    dy, x, dx = node.inputs[0], node.inputs[1], node.outputs[0]
    e.call(max_pool_grad, *_words(node, e, x), e.address(x), e.address(dy), e.address(dx))


@lowers("_pool_sum_grad", accepts=_of_planes, in_place=False)
def pooling_sum_grad(e: Emitter, node: Node) -> None:
    """Each window's number for all of it."""
    p: Any = node.p
    dy, dx = node.inputs[0], node.outputs[0]
    words = _words(node, e, dx)
    e.call(sum_pool_grad, *words, e.address(dy), e.address(dx), p.pool_type == "avg", p.count_include_pad is not False)
