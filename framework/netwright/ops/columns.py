"""Convolution as matrix products on columns: y = conv(x, w) and the two other corners of that triangle.

Each of y, x, w is linear in the other two, so three functions are closed under differentiation. Columns are built
for a few samples at a time, so that they stay in cache and memory does not grow with the batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .windows import Shape, Windows, batches, taps, windowed

COLUMN_BYTES = 4 << 20
"""Working memory for the columns of one run of samples."""


def convolve(xp: Any, x: Any, w: Any, windows: Windows, groups: int, y: Any) -> None:
    """Write conv(x, w) into y. Shapes: x (N, C, *S), w (O, C/G, *K), y (N, O, *Q)."""
    work = _work_dtype(y.dtype)
    filters, depth, matrix = _matrix(w, groups, work)
    if not y.size:
        return
    if not depth:
        y[...] = 0
        return
    space = _space(xp, x, windows, work)
    for part in _parts(x, windows, work):
        columns = _columns(xp, x[part], windows, groups, space)
        product = xp.matmul(matrix, columns)
        count = part.stop - part.start
        y[part] = product.reshape(filters, count, *windows.out).swapaxes(0, 1)
        del product  # before the next run makes its own


def convolve_data(xp: Any, y: Any, w: Any, windows: Windows, groups: int, x: Any) -> None:
    """Write into x what each y spreads over the data through w: the transpose of ``convolve`` in x."""
    work = _work_dtype(x.dtype)
    filters, depth, matrix = _matrix(w, groups, work)
    if not filters or not depth or not y.size:
        x[...] = 0
        return
    turned = matrix.swapaxes(1, 2)
    channels = x.shape[1]
    every = (slice(None), slice(None))
    for part in _parts(x, windows, work):
        count = part.stop - part.start
        spread = xp.matmul(turned, _rows(xp, y[part], groups, work))
        spread = spread.reshape(channels, *windows.kernel, count, *windows.out)
        total = xp.zeros((channels, count, *windows.data), work)
        for tap in taps(windows):
            total[every + tap.data] += spread[(slice(None), *tap.kernel)][every + tap.out]
        x[part] = total.swapaxes(0, 1)
        del spread, total  # before the next run makes its own


def convolve_weight(xp: Any, y: Any, x: Any, windows: Windows, groups: int, w: Any) -> None:
    """Write into w the sum over all positions of y times the data it met: the transpose of ``convolve`` in w."""
    work = _work_dtype(w.dtype)
    filters, depth = w.shape[0], math.prod(w.shape[1:])
    shape = (groups, filters // groups, depth)
    direct = w.dtype == work and w.flags.c_contiguous
    total = w.reshape(shape) if direct else xp.empty(shape, work)
    if not depth or not y.size:
        total[...] = 0
    else:
        space = _space(xp, x, windows, work)
        for part in _parts(x, windows, work):
            columns = _columns(xp, x[part], windows, groups, space)
            rows = _rows(xp, y[part], groups, work)
            if part.start:
                total += xp.matmul(rows, columns.swapaxes(1, 2))
            else:
                xp.matmul(rows, columns.swapaxes(1, 2), out=total)
            del rows
    if not direct:
        w[...] = total.reshape(w.shape)


def working_bytes(windows: Windows, data: Shape, filters: int, depth: int, dtype: Any, corner: str) -> int:
    """Bytes that computing the corner ``y``, ``x`` or ``w`` takes beside its result, for data (N, C, *S)."""
    work = _work_dtype(dtype)
    batch, channels = data[:2]
    column = channels * math.prod(windows.kernel) * math.prod(windows.out)
    first = next(batches(batch, column * work.itemsize, COLUMN_BYTES), slice(0, 0))
    count = first.stop
    rows = count * filters * math.prod(windows.out)
    image = count * channels * math.prod(n + 2 * p for n, p in zip(windows.data, windows.pad, strict=True))
    padded = image if any(windows.pad) else 0
    if corner == "y":  # columns, and then the product beside them or the padded data
        most = count * column + max(rows, padded)
    elif corner == "x":
        most = count * (column + channels * math.prod(windows.data)) + max(rows, column // 8)
    else:
        most = count * column + max(padded, rows + (filters * depth if count < batch else 0))
    return int(most * work.itemsize + (0 if dtype == work else filters * depth * work.itemsize))


def _work_dtype(dtype: Any) -> Any:
    """Half precision is summed in single, as everywhere where it is not to lose its digits."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _matrix(w: Any, groups: int, work: Any) -> tuple[int, int, Any]:
    """(number of filters, depth of a column, weights as (groups, filters per group, depth))."""
    filters, depth = w.shape[0], math.prod(w.shape[1:])
    return filters, depth, w.astype(work, copy=False).reshape(groups, filters // groups, depth)


def _column(x: Any, windows: Windows) -> int:
    """Numbers in one sample's columns."""
    return int(x.shape[1] * math.prod(windows.kernel) * math.prod(windows.out))


def _parts(x: Any, windows: Windows, work: Any) -> Iterator[slice]:
    return batches(x.shape[0], _column(x, windows) * work.itemsize, COLUMN_BYTES)


def _space(xp: Any, x: Any, windows: Windows, work: Any) -> Any:
    """Memory for the columns of the largest run of samples: fresh pages for each run cost more than filling them."""
    first = next(_parts(x, windows, work), slice(0, 0))
    return xp.empty(first.stop * _column(x, windows), work)


def _columns(xp: Any, x: Any, windows: Windows, groups: int, space: Any) -> Any:
    """(groups, depth, samples · positions), in the memory given."""
    shape = (x.shape[1], *windows.kernel, x.shape[0], *windows.out)
    columns = space[: math.prod(shape)].reshape(shape)
    view = windowed(xp, x, windows)
    if view is not None:
        columns[...] = view
    else:
        columns[...] = 0
        turned = x.swapaxes(0, 1)
        for tap in taps(windows):
            columns[(slice(None), *tap.kernel, slice(None), *tap.out)] = turned[(..., *tap.data)]
    return columns.reshape(groups, -1, x.shape[0] * math.prod(windows.out))


def _rows(xp: Any, y: Any, groups: int, work: Any) -> Any:
    """y (n, O, *Q) as (groups, filters per group, samples · positions)."""
    shape: Shape = y.shape
    rows = xp.ascontiguousarray(y.swapaxes(0, 1)).astype(work, copy=False)
    return rows.reshape(groups, shape[1] // groups, shape[0] * math.prod(shape[2:]))
