"""PSROIPooling: means over the bins of regions, each bin from channels of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .operator import Draw, Sample
from .params import OpParams
from .regions import FLOATS, RegionGather, Regions, RegionSpread, SpreadParams, Taps
from .registry import register


class SensitiveParams(OpParams):
    """What PSROIPooling takes."""

    spatial_scale: float = Field(gt=0, le=1, description="size of the images over that of the images regions speak of")
    output_dim: int = Field(ge=1, description="channels of the output")
    pooled_size: int = Field(ge=1, description="rows and columns of bins")
    group_size: int = Field(0, ge=0, description="rows and columns of channel groups; 0: pooled_size")


class SensitiveRegions(Regions):
    """(image, x1, y1, x2, y2): means over pixels; each bin reads the channels of its group."""

    def grid(self, p: SensitiveParams) -> tuple[int, int]:
        return p.pooled_size, p.pooled_size

    def channels_out(self, p: SensitiveParams, count: int) -> int:
        groups = (p.group_size or p.pooled_size) ** 2
        if count != p.output_dim * groups:
            raise ShapeError(
                "the channels do not fit the groups",
                port="data",
                wanted=f"output_dim · group_size² = {p.output_dim * groups} channels",
                got=count,
            )
        return p.output_dim

    def channels(self, p: SensitiveParams, count: int) -> Any | None:
        group = p.group_size or p.pooled_size
        of_bin = np.arange(p.pooled_size) * group // p.pooled_size
        groups = (of_bin[:, None] * group + of_bin).ravel()
        return np.arange(p.output_dim)[:, None] * group * group + groups

    def taps(self, p: SensitiveParams, region: Any, height: int, width: int) -> Taps:
        left, top = (_nearest(v) * p.spatial_scale for v in region[:2])
        right, low = (_nearest(v + 1) * p.spatial_scale for v in region[2:])
        rows, columns = (
            [
                range(
                    max(math.floor(i * size + begin), 0),
                    min(math.ceil((i + 1) * size + begin), limit),
                )
                for i in range(p.pooled_size)
            ]
            for begin, limit, size in (
                (top, height, max(low - top, 0.1) / p.pooled_size),
                (left, width, max(right - left, 0.1) / p.pooled_size),
            )
        )
        areas = [[y * width + x for y in r for x in c] for r in rows for c in columns]
        most = max(map(len, areas), default=0) or 1
        places, weights = np.zeros((len(areas), most), np.int64), np.zeros((len(areas), most))
        for i, area in enumerate(areas):
            places[i, : len(area)] = area
            weights[i, : len(area)] = 1 / len(area) if area else 0
        return places, weights


def _nearest(value: float) -> float:
    """To the nearest whole number, halves away from 0."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


@register
class PSROIPooling(SensitiveRegions, RegionGather):
    """Means over the bins of regions, each bin from channels of its own: (N, D · g², H, W) → (R, D, k, k).

    Output channel d of the bin in group (i, j) reads channel (d · g + i) · g + j (Dai et al. 2016).
    """

    name = "_contrib_PSROIPooling"
    Params = SensitiveParams
    adjoint = "_psroi_spread"

    def samples(self) -> Iterable[Sample]:
        rois = Draw((4, 5), "integer", 0, 3)
        yield Sample(
            (Draw((3, 8, 5, 6)), rois), {"spatial_scale": 1.0, "output_dim": 2, "pooled_size": 2}, dtypes=FLOATS
        )
        more = {"spatial_scale": 0.7, "output_dim": 2, "pooled_size": 3, "group_size": 2}
        yield Sample((Draw((3, 8, 5, 6)), rois), more)


class SensitiveSpreadParams(SensitiveParams, SpreadParams):
    """What _psroi_spread takes."""


@register
class PSROISpread(SensitiveRegions, RegionSpread):
    """Values of bins added to the pixels that PSROIPooling averages: its adjoint."""

    name = "_psroi_spread"
    Params = SensitiveSpreadParams
    pooling = "_contrib_PSROIPooling"

    def samples(self) -> Iterable[Sample]:
        params = {"spatial_scale": 1.0, "output_dim": 2, "pooled_size": 2, "shape": (3, 8, 5, 6)}
        yield Sample(((4, 2, 2, 2), Draw((4, 5), "integer", 0, 3)), params)
