"""What pooling computes on arrays (N, C, *space): sums, maxima, and the way back.

Each kernel position is one strided slice of the data, so that a pass over the positions needs no copies.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .arrays import accumulator
from .windows import Tap, Windows, taps

_EVERY = (slice(None), slice(None))


def is_whole(windows: Windows) -> bool:
    """One window that is all of the data: pooling is then a plain reduction."""
    return windows.kernel == windows.data and not any(windows.pad) and math.prod(windows.out) == 1


def _axes(x: Any) -> tuple[int, ...]:
    return tuple(range(2, x.ndim))


def sum_windows(xp: Any, x: Any, windows: Windows, out: Any = None) -> Any:
    """Sum of each window, in the dtype to sum in; in ``out`` where that has it."""
    work = accumulator(x.dtype)
    if is_whole(windows):
        return xp.sum(x, axis=_axes(x), keepdims=True, dtype=work)
    y = xp.empty((*x.shape[:2], *windows.out), work) if out is None or out.dtype != work else out
    y[...] = 0
    for tap in taps(windows):
        y[_EVERY + tap.out] += x[_EVERY + tap.data]
    return y


def spread_windows(xp: Any, y: Any, windows: Windows, x: Any) -> None:
    """Add each window's number to all data it covers: the transpose of ``sum_windows``, written into x."""
    x[...] = 0
    for tap in _regions(windows):
        x[_EVERY + tap[1]] += y[_EVERY + tap[0]]


def _regions(windows: Windows) -> list[tuple[Any, Any]]:
    if is_whole(windows):
        return [((slice(None),) * len(windows.out), (slice(None),) * len(windows.data))]
    return [(tap.out, tap.data) for tap in taps(windows)]


def max_windows(xp: Any, x: Any, windows: Windows, y: Any) -> None:
    """Maximum of each window; none is less than the dtype's lowest number, which windows of padding alone get."""
    _maxima(xp, x, windows, y, (np.finfo if x.dtype.kind == "f" else np.iinfo)(x.dtype).min)


def _maxima(xp: Any, x: Any, windows: Windows, y: Any, lowest: Any) -> None:
    if is_whole(windows):
        y[...] = xp.maximum(x.max(axis=_axes(x), keepdims=True), x.dtype.type(lowest))
        return
    y[...] = lowest
    for tap in taps(windows):
        part = y[_EVERY + tap.out]
        xp.maximum(part, x[_EVERY + tap.data], out=part)


def spread_maxima(xp: Any, value: Any, x: Any, windows: Windows, dx: Any) -> None:
    """Give each window's number to the first of its data that is the maximum; written into dx."""
    if is_whole(windows):
        dx[...] = _whole_maxima(xp, x) * value
        return
    dx[...] = 0
    apart = all(k <= s for k, s in zip(windows.kernel, windows.stride, strict=True))
    for tap, hit in _first_maxima(xp, x, windows):
        part = dx[_EVERY + tap.data]
        if apart:
            xp.multiply(hit, value[_EVERY + tap.out], out=part)
        else:
            part += hit * value[_EVERY + tap.out]


def pick_maxima(xp: Any, value: Any, x: Any, windows: Windows, picked: Any) -> None:
    """From each window the value where its first maximum lies: the transpose of ``spread_maxima``."""
    if is_whole(windows):
        picked[...] = xp.sum(_whole_maxima(xp, x) * value, axis=_axes(x), keepdims=True)
        return
    picked[...] = 0
    for tap, hit in _first_maxima(xp, x, windows):
        picked[_EVERY + tap.out] += hit * value[_EVERY + tap.data]


def _first_maxima(xp: Any, x: Any, windows: Windows) -> Iterator[tuple[Tap, Any]]:
    """For each kernel position: where the window's maximum lies there, and at no position before."""
    best = xp.empty((*x.shape[:2], *windows.out), x.dtype)
    _maxima(xp, x, windows, best, -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min)
    free = xp.ones(best.shape, bool)
    for tap in taps(windows):
        region = free[_EVERY + tap.out]
        hit = x[_EVERY + tap.data] == best[_EVERY + tap.out]
        xp.logical_and(hit, region, out=hit)
        xp.logical_xor(region, hit, out=region)
        yield tap, hit


def _whole_maxima(xp: Any, x: Any) -> Any:
    """True at the first maximum of each channel."""
    flat = x.reshape(*x.shape[:2], math.prod(x.shape[2:]))
    first = flat.argmax(axis=2)[..., None]
    return (xp.arange(flat.shape[2]) == first).reshape(x.shape)


@functools.lru_cache(maxsize=256)
def window_counts(windows: Windows, include_pad: bool) -> Any:
    """How many positions each window's sum is divided by, as an array of the output's spatial shape.

    What lies beyond data and padding on the right, as with the ``full`` convention, never counts. Empty windows
    count 1.
    """
    count = np.ones((), np.int64)
    for size, out, kernel, stride, _, pad in zip(*windows, strict=True):
        start = np.arange(out) * stride - pad
        stop = np.minimum(start + kernel, size + pad)
        if not include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, size)
        count = count[..., None] * np.maximum(stop - start, 0)
    return np.maximum(count, 1)
