"""Pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..table import Node, row
from ..values import Builder, Value, is_float
from .nn import pad_spatial, window_pads


@row("GlobalAveragePool", "GlobalMaxPool")
def global_pool(b: Builder, n: Node) -> Value:
    """The mean or the maximum over all spatial axes."""
    kind = "max" if n.op == "GlobalMaxPool" else "mean"
    return b.op(kind, n[0], axis=tuple(range(2, n[0].rank)), keepdims=True)


@row("MaxPool", "AveragePool", "LpPool")
def pool(b: Builder, n: Node) -> object:
    """Windows gathered one position after another, so that dilation, uneven padding and ceil_mode are all one."""
    x = n[0]
    spatial = x.rank - 2
    kernel, stride = tuple(n.attr("kernel_shape")), tuple(n.attr("strides") or (1,) * spatial)
    dilate = tuple(n.attr("dilations") or (1,) * spatial)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilate, strict=True)]
    before, after = window_pads(n, x.shape[2:], extent, stride)
    ceil = bool(n.attr("ceil_mode", 0))
    positions = n.op == "MaxPool" and len(n.outputs) > 1
    if n.op != "LpPool" and not positions and before == after and not ceil and set(dilate) == {1} and is_float(x.dtype):
        counted = {"count_include_pad": bool(n.attr("count_include_pad", 0))} if n.op == "AveragePool" else {}
        kind = "max" if n.op == "MaxPool" else "avg"
        return b.op("Pooling", x, kernel=kernel, stride=stride, pad=before, pool_type=kind, **counted)
    sizes = [
        _count(size + low + high - e, s, ceil, size + low)
        for size, low, high, e, s in zip(x.shape[2:], before, after, extent, stride, strict=True)
    ]
    reach = [(o - 1) * s + e for o, s, e in zip(sizes, stride, extent, strict=True)]
    high = tuple(r - size - low for r, size, low in zip(reach, x.shape[2:], before, strict=True))
    if n.op == "MaxPool":
        lowest = -np.inf if is_float(x.dtype) else np.iinfo(x.dtype).min
        padded = pad_spatial(b, x, before, high, b.like(lowest, x))
        if positions:
            return _with_positions(b, n, x, padded, before, _axis_places(kernel, stride, dilate, sizes))
        return _over_windows(b, "max", padded, kernel, stride, dilate, sizes)
    padded = pad_spatial(b, x, before, high, b.like(0, x))
    if n.op == "LpPool":
        p = n.attr("p", 2)
        powers = b.op("broadcast_power", b.op("abs", padded), b.like(p, x))
        total = _over_windows(b, "sum", powers, kernel, stride, dilate, sizes)
        return b.op("broadcast_power", total, b.like(1 / p, x))
    total = _over_windows(b, "sum", padded, kernel, stride, dilate, sizes)
    ones = b.const(np.ones((1, 1, *x.shape[2:]), x.dtype))
    inner = b.like(1 if n.attr("count_include_pad", 0) else 0, x)
    ones = pad_spatial(b, ones, before, tuple(min(h, a) for h, a in zip(high, after, strict=True)), inner)
    rest = [h - min(h, a) for h, a in zip(high, after, strict=True)]
    counts = _over_windows(
        b, "sum", pad_spatial(b, ones, (0,) * spatial, rest, b.like(0, x)), kernel, stride, dilate, sizes
    )
    return b.div(total, counts)


def _count(span: int, stride: int, ceil: bool, edge: int) -> int:
    """How many windows fit; a last, partial one must start before the padding at the end."""
    if not ceil:
        return span // stride + 1
    count = -(-span // stride) + 1
    return count - 1 if (count - 1) * stride >= edge else count


def _over_windows(
    b: Builder, kind: str, x: Value, kernel: tuple[int, ...], stride: tuple[int, ...], dilate: tuple[int, ...],
    sizes: list[int],
) -> Value:  # fmt: skip
    """Each axis gathered into (windows, positions in a window), and the positions reduced."""
    for axis, places in enumerate(_axis_places(kernel, stride, dilate, sizes), 2):
        x = b.op(kind, b.op("take", x, b.const(places), axis=axis), axis=axis + 1)
    return x


def _axis_places(
    kernel: Sequence[int], stride: Sequence[int], dilate: Sequence[int], sizes: Sequence[int]
) -> list[Any]:
    """Along each axis: where in the padded data each position of each window lies."""
    axes = zip(kernel, stride, dilate, sizes, strict=True)
    return [np.arange(o)[:, None] * s + np.arange(k)[None] * d for k, s, d, o in axes]


def _with_positions(
    b: Builder, n: Node, x: Value, padded: Value, before: Sequence[int], places: Sequence[Any]
) -> tuple[Value, Value]:
    """The maxima, and their numbers in the data without padding (rows first, or columns with storage_order 1)."""
    rank, space = len(places), x.shape[2:]
    for i, each in enumerate(places):
        padded = b.op("take", padded, b.const(each), axis=2 + 2 * i)
    order = (0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 2 + 2 * rank, 2))
    windows = b.transpose(padded, order)
    lines = b.reshape(windows, (*windows.shape[: 2 + rank], math.prod(windows.shape[2 + rank :])))
    numbers: Any = 0
    axes = range(rank)[::-1] if n.attr("storage_order", 0) else range(rank)
    for i in axes:
        shape = [1] * (2 * rank)
        shape[i], shape[rank + i] = places[i].shape
        numbers = numbers * space[i] + (places[i] - before[i]).reshape(shape)
    numbers = np.broadcast_to(numbers.reshape(*numbers.shape[:rank], -1), lines.shape)
    offsets = np.arange(x.shape[0] * x.shape[1]).reshape(*x.shape[:2], *[1] * rank) * math.prod(space)
    best = b.op("argmax", lines, axis=-1)
    chosen = b.op("pick", b.const(numbers.astype(np.int64)), best, axis=-1)
    return b.op("max", lines, axis=-1), b.add(chosen, b.const(offsets.astype(np.int64)))


@row("MaxRoiPool")
def region_pool(b: Builder, n: Node) -> Value:
    """ROIPooling of the same grid and scale."""
    return b.op(
        "ROIPooling", n[0], n[1], pooled_size=tuple(n.attr("pooled_shape")), spatial_scale=n.attr("spatial_scale", 1.0)
    )


@row("RoiAlign")
def region_align(b: Builder, n: Node) -> Value:
    """ROIAlign of the same grid, scale and number of points; their maximum in place of their mean is refused."""
    if n.attr("mode", "avg") != "avg":
        raise n.refuse("a bin is the mean of its points here", got=n.attr("mode"))
    usual = "half_pixel" if n.opset >= 16 else "output_half_pixel"
    image = b.reshape(b.cast(n[2], n[1].dtype), (n[2].size, 1))
    return b.op(
        "_contrib_ROIAlign", n[0], b.concat([image, n[1]], 1), spatial_scale=n.attr("spatial_scale", 1.0),
        pooled_size=(n.attr("output_height", 1), n.attr("output_width", 1)),
        sample_ratio=n.attr("sampling_ratio", 0) or -1,
        aligned=n.attr("coordinate_transformation_mode", usual) == "half_pixel",
    )  # fmt: skip
