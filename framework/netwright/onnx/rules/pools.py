"""Pooling in all its conventions, and pooling of regions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...ops.pooling import _geometry
from ...ops.pools import window_counts
from ..rule_table import Call, rule
from ..tensor import Tensor
from .layers import back, first


@rule("Pooling")
def pooling(c: Call, x: Tensor) -> Tensor:
    """MaxPool, AveragePool or LpPool; what a convention adds at the end is padding there."""
    p = c.p
    last, windows = _geometry(p, x.shape)
    x = first(x, last)
    if p.global_pool:
        return back(_whole(c, x), last)
    sizes = zip(windows.data, windows.out, windows.kernel, windows.stride, windows.pad, strict=True)
    plain = p.pooling_convention == "valid"
    ends = list(windows.pad) if plain else [max((o - 1) * s + k - n - q, 0) for n, o, k, s, q in sizes]
    wide = x if x.dtype.kind == "f" else x.astype(np.float32)
    how = {"kernel_shape": windows.kernel, "strides": windows.stride, "pads": [*windows.pad, *ends]}
    if any(q >= k for q, k in zip(how["pads"], windows.kernel * 2, strict=True)):
        # windows that lie in the padding as a whole, which the runtime's pooling does not take: it is written out
        pads = [0, 0, *windows.pad, 0, 0, *ends]
        wide = c.w.op("Pad", wide, c.w.ints(pads), wide.dtype.type(-np.inf if p.pool_type == "max" else 0))
        del how["pads"]
    if p.pool_type == "max":
        found = c.w.op("MaxPool", wide, **how)
        if "pads" not in how:
            found = c.xp.where(found <= np.finfo(wide.dtype).min, wide.dtype.type(-np.inf), found)
    elif p.pool_type == "lp":
        found = _lp(c, wide, windows.kernel, how)
    elif plain and p.pool_type == "avg" and "pads" in how:
        found = c.w.op("AveragePool", wide, **how, count_include_pad=int(p.count_include_pad is not False))
    else:
        # a mean that counts padding, times the size of a window, is the sum
        found = c.w.op("AveragePool", wide, **how, count_include_pad=1) * math.prod(windows.kernel)
        if p.pool_type == "avg":
            counts = window_counts(windows, p.count_include_pad is not False)
            found = found / c.w.const(counts, wide.dtype)
    return back(found.astype(x.dtype), last)


def _lp(c: Call, x: Tensor, kernel: tuple[int, ...], how: dict[str, Any]) -> Tensor:
    """(Σ xᵖ)^(1/p) of the signed numbers: the standard's LpPool takes magnitudes, so the sum is made here."""
    exponent = c.p.p_value
    power = x if exponent == 1 else c.w.op("Pow", x, x.dtype.type(exponent))
    total = c.w.op("AveragePool", power, **how, count_include_pad=1) * math.prod(kernel)
    return _root(c, total, exponent)


def _root(c: Call, total: Tensor, exponent: int) -> Tensor:
    if exponent == 1:
        return total
    if exponent == 2:
        return c.xp.sqrt(total)
    found = c.xp.sign(total) * c.w.op("Pow", abs(total), total.dtype.type(1 / exponent))
    return found


def _whole(c: Call, x: Tensor) -> Tensor:
    p, xp = c.p, c.xp
    axes = tuple(range(2, x.ndim))
    if p.pool_type == "max" and x.dtype.kind == "f":
        return c.w.op("GlobalMaxPool", x)
    if p.pool_type == "avg" and x.dtype.kind == "f":
        return c.w.op("GlobalAveragePool", x)
    if p.pool_type in ("max", "avg"):
        return xp.max(x, axes, keepdims=True) if p.pool_type == "max" else xp.mean(x, axes, keepdims=True)
    power = x if p.pool_type == "sum" or p.p_value == 1 else c.w.op("Pow", x, x.dtype.type(p.p_value))
    total = xp.sum(power, axis=axes, keepdims=True, dtype=x.dtype)
    return total if p.pool_type == "sum" else _root(c, total, p.p_value)


@rule("ROIPooling")
def region_pooling(c: Call, x: Tensor, rois: Tensor) -> Tensor:
    """MaxRoiPool, which rounds the corners and spreads the bins the same way."""
    found: Tensor = c.w.op(
        "MaxRoiPool", x, rois.astype(x.dtype), pooled_shape=c.p.pooled_size, spatial_scale=c.p.spatial_scale
    )
    return found


@rule("_contrib_ROIAlign")
def region_align(c: Call, x: Tensor, rois: Tensor) -> Tensor:
    """RoiAlign; regions of no image (a number below 0) are read from the first one and then set to 0."""
    p = c.p
    image = rois[:, 0]
    how = "half_pixel" if p.aligned else "output_half_pixel"
    found = c.w.op(
        "RoiAlign", x, rois[:, 1:].astype(x.dtype), c.xp.maximum(image, image.dtype.type(0)).astype(np.int64),
        output_height=p.pooled_size[0], output_width=p.pooled_size[1], sampling_ratio=max(p.sample_ratio, 0),
        spatial_scale=p.spatial_scale, coordinate_transformation_mode=how,
    )  # fmt: skip
    if p.position_sensitive:  # of all bins of all channels, each channel's own bin
        bins = math.prod(p.pooled_size)
        own = found[:, : x.shape[1] // bins * bins].reshape((rois.shape[0], x.shape[1] // bins, bins, bins))
        found = (own * np.eye(bins, dtype=found.dtype)).sum(axis=3).reshape(c.outputs[0].shape)
    return c.xp.where((image < 0).reshape((-1, 1, 1, 1)), found.dtype.type(0), found)
