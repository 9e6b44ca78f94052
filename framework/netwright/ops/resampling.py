"""Images (…, height, width, channels) brought to another size, by the rules of OpenCV that MXNet's images follow.

Each rule is a weighted sum of a few neighbours along the rows, then along the columns; positions are lined up by the
centres of pixels, and what lies outside is the nearest pixel. The numbers of the rules are OpenCV's:

====  =========================  ===========================================================
0     nearest                    one neighbour
1     bilinear                   two neighbours; halving both sides is an average (rule 3)
2     bicubic                    four neighbours (Keys 1981, a = −0.75)
3     area                       the mean over the area that a pixel covers; bilinear where a side grows
4     Lanczos                    eight neighbours (Duchon 1979)
====  =========================  ===========================================================
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

NEAREST, LINEAR, CUBIC, AREA, LANCZOS = range(5)

_ONE = 2048
"""Weights of 8-bit images are multiples of 1/2048, as OpenCV's are."""


def _cubic(x: float) -> list[float]:
    a = -0.75
    w = [((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a]
    w += [((a + 2) * t - (a + 3)) * t * t + 1 for t in (x, 1 - x)]
    return [*w, 1 - sum(w)]


def _lanczos(x: float) -> list[float]:
    def lobe(t: float) -> float:
        return 1.0 if abs(t) < 1e-7 else 4 * math.sin(math.pi * t) * math.sin(math.pi * t / 4) / (math.pi * t) ** 2

    w = [lobe(x + 3 - k) for k in range(8)]
    return [v / sum(w) for v in w]


_KERNELS: dict[int, tuple[int, Callable[[float], list[float]]]] = {
    NEAREST: (0, lambda x: [1.0]),
    LINEAR: (0, lambda x: [1 - x, x]),
    CUBIC: (1, _cubic),
    LANCZOS: (3, _lanczos),
}
"""Neighbours before the place, and the weights for a place between two pixels."""


@functools.lru_cache(maxsize=256)
def taps(size: int, target: int, rule: int, *, rows: bool = False) -> tuple[Any, Any]:
    """(neighbours (k, target) as positions, their weights (k, target)) along one axis; float64, read-only.

    Beyond the border, ``rows`` mix one pixel with itself where columns take it alone: rounding tells the two apart.
    """
    if rule == AREA:
        return _areas(size, target)
    scale = size / target
    before, kernel = _KERNELS[rule]
    places, weights = [], []
    for i in range(target):
        if rule == NEAREST:
            low, part = math.floor(i * scale), 0.0
        else:
            at = (i + 0.5) * scale - 0.5
            low = math.floor(at)
            part = at - low
            if rule == LINEAR and not rows and (low < 0 or low >= size - 1):
                part = 0.0
        w = kernel(part)
        places.append([min(max(low - before + k, 0), size - 1) for k in range(len(w))])
        weights.append(w)
    return _read_only(np.array(places, np.intp).T), _read_only(np.array(weights).T)


def _areas(size: int, target: int) -> tuple[Any, Any]:
    """Each target pixel is the mean over an interval of the line, whose ends may cut pixels."""
    scale = size / target
    rows: list[dict[int, float]] = []
    for i in range(target):
        begin, end = i * scale, min((i + 1) * scale, size)
        first, last = math.ceil(begin - 1e-3), math.floor(end + 1e-3)
        row = dict.fromkeys(range(first, min(last, size)), 1.0)
        if first - begin > 1e-3:
            row[first - 1] = first - begin
        if end - last > 1e-3:
            row[last] = min(end - last, 1.0)
        rows.append({k: w / (end - begin) for k, w in row.items()})
    width = max(map(len, rows))
    places, weights = np.zeros((width, target), np.intp), np.zeros((width, target))
    for i, row in enumerate(rows):
        for k, (place, weight) in enumerate(sorted(row.items())):
            places[k, i], weights[k, i] = place, weight
    return _read_only(places), _read_only(weights)


def _read_only(array: Any) -> Any:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def resample(xp: Any, data: Any, height: int, width: int, rule: int) -> Any:
    """Images (…, H, W, C) of a floating-point or 8-bit type as (…, height, width, C); a new array."""
    h, w = data.shape[-3:-1]
    if (h, w) == (height, width):
        return data.copy()
    halved = (h, w) == (2 * height, 2 * width)
    if rule == LINEAR and halved:
        rule = AREA
    fixed = data.dtype == np.uint8
    if rule == AREA and (h < height or w < width):
        across, down = _grown(w, width), _grown(h, height)
    else:
        fixed &= rule != AREA
        across, down = taps(w, width, rule), taps(h, height, rule, rows=True)
    if fixed and len(down[1]) == 2:
        return _bilinear_bytes(xp, data, across, down)
    work = np.float64 if data.dtype == np.float64 else np.float32
    lines = _along(xp, data, *across, -2, work, fixed)
    made = _along(xp, lines, *down, -3, work, fixed)
    if data.dtype.kind == "f":
        return made.astype(data.dtype, copy=False)
    limits = np.iinfo(data.dtype)
    made = xp.floor(made + 0.5) if halved else xp.rint(made)
    return xp.clip(made, limits.min, limits.max).astype(data.dtype)


@functools.lru_cache(maxsize=64)
def _grown(size: int, target: int) -> tuple[Any, Any]:
    """Rule 3 where one of the sides grows: the bilinear form for both."""
    scale = size / target
    low = np.floor(np.arange(target) * scale).astype(np.intp)
    part = (np.arange(target) + 1) - (low + 1) / scale
    part = np.where(part <= 0, 0.0, part - np.floor(part))
    part = np.where(low >= size - 1, 0.0, part)
    return _read_only(np.stack([low, np.minimum(low + 1, size - 1)])), _read_only(np.stack([1 - part, part]))


def _along(xp: Any, data: Any, places: Any, weights: Any, axis: int, work: Any, fixed: bool) -> Any:
    """Weighted sums of neighbours along one axis."""
    if fixed:
        weights = np.rint(weights * _ONE) / _ONE
    shape = (-1,) + (1,) * (-axis - 1)
    total: Any = None
    for place, weight in zip(places, weights, strict=True):
        part = xp.take(data, xp.asarray(place), axis=axis).astype(work, copy=False)
        part = part * xp.asarray(weight, dtype=work).reshape(shape)
        total = part if total is None else total + part
    return total


def _bilinear_bytes(xp: Any, data: Any, across: Any, down: Any) -> Any:
    """8-bit images in whole numbers, with the roundings of OpenCV."""
    wide = [xp.asarray(np.rint(w * _ONE).astype(np.int32))[:, None] for w in across[1]]
    high = [xp.asarray(np.rint(w * _ONE).astype(np.int32))[:, None, None] for w in down[1]]
    lines = sum(xp.take(data, xp.asarray(p), axis=-2) * w for p, w in zip(across[0], wide, strict=True)) >> 4
    made = sum((xp.take(lines, xp.asarray(p), axis=-3) * w) >> 16 for p, w in zip(down[0], high, strict=True))
    return xp.clip((made + 2) >> 2, 0, 255).astype(np.uint8)
