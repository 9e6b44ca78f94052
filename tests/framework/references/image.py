"""Images, pixel by pixel."""

from __future__ import annotations

import colorsys
import math
from typing import Any

import numpy as np

ROOTS = (55.46, 4.794, 1.148)
VECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
SHARES = (0.299, 0.587, 0.114)


def _cut(values: Any, like: Any) -> Any:
    return np.clip(np.trunc(values), *((0, 255) if like.dtype == np.uint8 else (-(2.0**31), 2.0**31 - 1)))


def _kept(change: Any) -> Any:
    """The change of a floating-point image, cut off where the image is of integers."""

    def whole(p: Any, data: Any) -> Any:
        made = change(p, data.astype(np.float64))
        return made if data.dtype.kind == "f" else _cut(made, data)

    return whole


def _to_tensor(p: Any, data: Any) -> Any:
    if data.ndim == 4:
        return np.array([_to_tensor(p, one) for one in data]).reshape(len(data), data.shape[3], *data.shape[1:3])
    return np.array([data[..., c] / 255 for c in range(data.shape[2])])


def _normalize(p: Any, data: Any) -> Any:
    out = data.astype(np.float64)
    for c in range(data.shape[-3]):
        mean, std = p.mean[min(c, len(p.mean) - 1)], p.std[min(c, len(p.std) - 1)]
        out[..., c, :, :] = (out[..., c, :, :] - mean) / std
    return out


def _crop(p: Any, data: Any) -> Any:
    return np.take(np.take(data, range(p.y, p.y + p.height), -3), range(p.x, p.x + p.width), -2)


def _keys(t: float) -> float:
    t, a = abs(t), -0.75
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0


def _lanczos(t: float) -> float:
    return float(np.sinc(t) * np.sinc(t / 4)) if abs(t) < 4 else 0.0


def _shares(size: int, target: int, rule: int, grown: bool) -> list[dict[int, float]]:
    """For each target position, the weight of each source position."""
    found = []
    for i in range(target):
        shares: dict[int, float] = {}
        centre = (i + 0.5) * size / target - 0.5
        if rule == 0:
            shares[int(i * size / target)] = 1.0
        elif rule == 3 and not grown:
            begin, end = i * size / target, (i + 1) * size / target
            for k in range(size):
                covered = min(k + 1, end) - max(k, begin)
                if covered > 1e-9:
                    shares[k] = covered / (end - begin)
        elif rule == 3:
            low = int(i * size / target)
            part = max(0.0, (i + 1) - (low + 1) * target / size) % 1
            shares[low] = 1 - part
            shares[min(low + 1, size - 1)] = shares.get(min(low + 1, size - 1), 0.0) + part
        else:
            kernel, reach = {1: (lambda t: max(0.0, 1 - abs(t)), 1), 2: (_keys, 2), 4: (_lanczos, 4)}[rule]
            first = math.floor(centre) - reach + 1
            weights = [kernel(centre - k) for k in range(first, first + 2 * reach)]
            for k, w in enumerate(weights, first):
                inside = min(max(k, 0), size - 1)
                shares[inside] = shares.get(inside, 0.0) + w / sum(weights)
        found.append(shares)
    return found


def _resize(p: Any, data: Any) -> Any:
    if data.ndim == 4:
        return np.array([_resize(p, one) for one in data])
    h, w, _ = data.shape
    width, height = p.size if len(p.size) == 2 else p.size * 2
    if p.keep_ratio and len(p.size) == 1:
        width, height = (p.size[0] * w // h, p.size[0]) if h < w else (p.size[0], p.size[0] * h // w)
    rule = 3 if p.interp == 1 and (h, w) == (2 * height, 2 * width) else p.interp
    grown = height > h or width > w
    rows, columns = _shares(h, height, rule, grown), _shares(w, width, rule, grown)
    out = np.zeros((height, width, data.shape[2]))
    for y, x in np.ndindex(height, width):
        for i, down in rows[y].items():
            for j, across in columns[x].items():
                out[y, x] += down * across * data[i, j]
    return np.floor(out + 0.5) if data.dtype == np.uint8 else out


def _brightness(p: Any, data: Any) -> Any:
    return data * p.max_factor


def _contrast(p: Any, data: Any) -> Any:
    grey = data if data.shape[2] == 1 else sum(s * data[..., c] for c, s in enumerate(SHARES))
    return p.max_factor * data + (1 - p.max_factor) * np.mean(grey)


def _saturation(p: Any, data: Any) -> Any:
    if data.shape[2] == 1:
        return data
    out = np.empty(data.shape)
    for c in range(3):
        out[..., c] = p.max_factor * data[..., c] + (1 - p.max_factor) * 0.114 * data[..., 2]
    return out


def _hue(p: Any, data: Any) -> Any:
    out = data.copy()
    if data.shape[2] == 3:
        for y, x in np.ndindex(data.shape[:2]):
            h, lightness, s = colorsys.rgb_to_hls(*(data[y, x] / 255))
            out[y, x] = 255 * np.array(colorsys.hls_to_rgb((h + p.max_factor) % 1, lightness, s))
    return out


def _lighting(p: Any, data: Any) -> Any:
    if data.shape[2] == 1:
        return data
    return data + VECTORS @ (np.array(ROOTS) * p.alpha)


REFERENCES = {
    "_image_to_tensor": _to_tensor,
    "_image_normalize": _kept(_normalize),
    "_image_crop": _crop,
    "_image_resize": _resize,
    "_image_flip_left_right": lambda p, data: np.array([row[::-1] for row in data]).reshape(data.shape),
    "_image_flip_top_bottom": lambda p, data: np.array(list(data)[::-1]).reshape(data.shape),
    "_image_random_brightness": _kept(_brightness),
    "_image_random_contrast": _kept(_contrast),
    "_image_random_saturation": _kept(_saturation),
    "_image_random_hue": _hue,
    "_image_adjust_lighting": _kept(_lighting),
}

_CHANCE = "random: test_image_operators.py holds it to what it does with each draw"
UNREFERENCED = dict.fromkeys(
    (
        "_image_random_flip_left_right",
        "_image_random_flip_top_bottom",
        "_image_random_color_jitter",
        "_image_random_lighting",
    ),
    _CHANCE,
)
