"""Sums of small arrays as matrix products with ones, which take a third of the time of NumPy's reductions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .arrays import accumulator

SMALL = 1024
"""Elements up to which a reduction takes more time to begin than to run."""
_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_READS_TOO_MUCH = 5
"""Rows of so many float32: OpenBLAS's kernel for AVX-512 computes on words of the stack that nobody wrote, beside the
right result. Where they happen to be signalling NaNs, NumPy warns of an invalid operation."""


@functools.lru_cache(1024)
def small_total(
    shape: tuple[int, ...], dtype: np.dtype[Any], axes: tuple[int, ...], target: tuple[int, ...]
) -> Callable[[Any], Any] | None:
    """x → its sum over ``axes`` in the shape ``target``, for small NumPy arrays of that shape; None for others.

    The axes are neighbours, and the first or the last ones. Terms are added in the order of BLAS.
    """
    size = math.prod(shape)
    if not axes or not 0 < size <= SMALL or dtype not in _FLOATS:
        return None
    first, last = min(axes), max(axes)
    if len(axes) != last - first + 1 or (first and last + 1 < len(shape)):
        return None
    count = math.prod(shape[i] for i in axes)
    rest = size // count
    if rest == 1:
        row, flat = np.ones((1, count), dtype), (count,)
        return _in_shapes(row.dot, shape, flat, (1,), target)
    ones = np.ones(count, dtype)
    if first and count == _READS_TOO_MUCH and dtype == np.float32:
        return None
    if first == 0:
        return _in_shapes(ones.dot, shape, (count, rest), (rest,), target)
    return _in_shapes(lambda x: x.dot(ones), shape, (rest, count), (rest,), target)


def _in_shapes(run: Callable[[Any], Any], given: Any, takes: Any, gives: Any, target: Any) -> Callable[[Any], Any]:
    if given == takes:
        return run if gives == target else lambda x: run(x).reshape(target)
    return (lambda x: run(x.reshape(takes))) if gives == target else lambda x: run(x.reshape(takes)).reshape(target)


def total(xp: Any, data: Any, axes: tuple[int, ...], target: tuple[int, ...]) -> Any:
    """The sum over ``axes`` in the shape ``target``, in the accumulator's dtype."""
    small = small_total(data.shape, data.dtype, axes, target) if xp is np else None
    if small is not None:
        return small(data)
    return xp.asarray(xp.sum(data, axis=axes, dtype=accumulator(data.dtype))).reshape(target)
