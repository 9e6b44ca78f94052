"""Resizing. Along each axis it is a linear map, and its matrix is known once the sizes are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..table import Node, axis_of, row
from ..values import Builder, Value, is_float


@row("Upsample")
def upsample(b: Builder, n: Node) -> Value:
    """The older form of Resize: nearest or linear, positions counted from the corner."""
    x: Value = n[0]
    scales = n.attr("scales") or [float(s) for s in n[1].known()]
    sizes = [math.floor(s * size) for s, size in zip(scales, x.shape, strict=True)]
    for axis, (scale, size) in enumerate(zip(scales, sizes, strict=True)):
        matrix = axis_matrix(n, n.attr("mode", "nearest"), "asymmetric", x.shape[axis], size, scale, "floor", (0, 1))
        x = along(b, x, axis, matrix)
    return x


@row("Resize")
def resize(b: Builder, n: Node) -> Value:
    """One matrix per axis; with tf_crop_and_resize, positions outside of the data get a number of their own."""
    x = n[0]
    axes = [axis_of(a, x.rank) for a in n.attr("axes") or range(x.rank)]
    crop = n.attr("coordinate_transformation_mode", "half_pixel") if n.opset > 10 else "asymmetric"
    nearest = n.attr("nearest_mode", "round_prefer_floor") if n.opset > 10 else "floor"
    roi = [float(v) for v in n[1].known()] if crop == "tf_crop_and_resize" else [0.0] * len(axes) + [1.0] * len(axes)
    scales, sizes = _scales(n, [x.shape[a] for a in axes])
    kind, half = x.dtype, len(axes)
    x = x if is_float(kind) else b.cast(x, "float32")
    outside = b.const(np.zeros((1,) * x.rank, bool))
    for i, (axis, scale, size) in enumerate(zip(axes, scales, sizes, strict=True)):
        ends = roi[i], roi[half + i]
        matrix = axis_matrix(n, n.attr("mode", "nearest"), crop, x.shape[axis], size, scale, nearest, ends)
        if crop == "tf_crop_and_resize":
            missing = np.isnan(matrix).any(axis=1)
            matrix = np.where(missing[:, None], 0.0, matrix)
            here = missing.reshape([-1 if a == axis else 1 for a in range(x.rank)])
            outside = b.compare("broadcast_logical_or", outside, b.const(here))
        x = along(b, x, axis, matrix)
    if outside.known().any():
        x = b.where(outside, b.like(n.attr("extrapolation_value", 0.0), x), x)
    return b.cast(x, kind)


def _scales(n: Node, shape: Sequence[int]) -> tuple[list[float], list[int]]:
    """(scale, size of the output) of each axis; one follows from the other, or both from the aspect ratio."""
    given = n.get(1 if n.opset < 11 else 2)
    if given is not None and given.size:
        scales = [float(s) for s in given.known()]
        return scales, [math.floor(s * size) for s, size in zip(scales, shape, strict=True)]
    sizes = list(n[3].ints())
    scales = [size / old for size, old in zip(sizes, shape, strict=True)]
    policy = n.attr("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch":
        return scales, sizes
    scale = min(scales) if policy == "not_larger" else max(scales)
    return [scale] * len(shape), [math.floor(scale * old + 0.5) for old in shape]


def along(b: Builder, x: Value, axis: int, matrix: Any) -> Value:
    """The matrix applied along an axis; one that only chooses is a gather."""
    if matrix.shape[0] == matrix.shape[1] and (matrix == np.eye(len(matrix))).all():
        return x
    chosen = matrix.argmax(axis=1)
    if (matrix[np.arange(len(matrix)), chosen] == 1).all() and (np.abs(matrix).sum(axis=1) == 1).all():
        return b.op("take", x, b.const(chosen.astype(np.int64)), axis=axis)
    order = [*(a for a in range(x.rank) if a != axis), axis]
    moved = b.transpose(x, order)
    flat = b.reshape(moved, (-1 if not x.size else x.size // x.shape[axis], x.shape[axis]))
    made = b.op("dot", flat, b.const(matrix.T.astype(x.dtype)))
    back = b.reshape(made, (*moved.shape[:-1], matrix.shape[0]))
    return b.transpose(back, np.argsort(order).tolist())


def axis_matrix(
    n: Node, mode: str, crop: str, size: int, out: int, scale: float, nearest: str, ends: tuple[float, float]
) -> Any:
    """Rows: how much of each old position makes a new one; NaN where it lies outside of what is cropped."""
    matrix = np.zeros((out, size))
    antialias = bool(n.attr("antialias", 0)) and scale < 1
    for place in range(out):
        at = position(crop, place, size, out, scale, ends)
        if crop == "tf_crop_and_resize" and not 0 <= at <= size - 1:
            matrix[place] = np.nan
        elif mode == "nearest":
            matrix[place, min(max(_nearest(nearest, at), 0), size - 1)] = 1
        else:
            weights = _cubic(n.attr("cubic_coeff_a", -0.75)) if mode == "cubic" else _linear
            _spread(matrix[place], at, weights, min(scale, 1.0) if antialias else 1.0, mode, n)
    return matrix


def position(crop: str, place: int, size: int, out: int, scale: float, ends: tuple[float, float]) -> float:
    """Where a new position lies among the old ones."""
    width = scale * size
    if crop == "align_corners":
        return 0.0 if width == 1 else place * (size - 1) / (width - 1)
    if crop == "asymmetric":
        return place / scale
    if crop == "tf_crop_and_resize":
        span = (ends[1] - ends[0]) * (size - 1)
        return ends[0] * (size - 1) + (span / 2 if out == 1 else place * span / (width - 1))
    if crop == "pytorch_half_pixel" and out == 1:
        return -0.5
    middle = (place + 0.5) / scale - 0.5
    if crop == "half_pixel_symmetric":
        middle += size / 2 * (1 - out / width)
    return middle


def _nearest(mode: str, at: float) -> int:
    rules: dict[str, Callable[[float], int]] = {
        "round_prefer_floor": lambda v: math.ceil(v - 0.5),
        "round_prefer_ceil": lambda v: math.floor(v + 0.5),
        "floor": math.floor,
        "ceil": math.ceil,
    }
    return rules[mode](at)


def _linear(distance: float) -> float:
    return max(0.0, 1 - abs(distance))


def _cubic(a: float) -> Callable[[float], float]:
    def weight(distance: float) -> float:
        d = abs(distance)
        if d <= 1:
            return (a + 2) * d**3 - (a + 3) * d**2 + 1
        return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0

    return weight


def _spread(line: Any, at: float, weight: Callable[[float], float], scale: float, mode: str, n: Node) -> None:
    """Add the weights of a position's neighbours; those beyond an end are its end's, or nobody's."""
    reach = (2 if mode == "cubic" else 1) / scale
    first, last = math.ceil(at - reach), math.floor(at + reach)
    found = {place: weight((place - at) * scale) for place in range(first, last + 1)}
    if n.attr("exclude_outside", 0):
        found = {place: w for place, w in found.items() if 0 <= place < len(line)}
    total = sum(found.values()) if scale < 1 or n.attr("exclude_outside", 0) else 1.0
    for place, w in found.items():
        line[min(max(place, 0), len(line) - 1)] += w / total
