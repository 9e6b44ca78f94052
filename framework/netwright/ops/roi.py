"""ROIPooling: the largest values in a grid of bins over regions of images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from ..errors import DataError, ParamError, ShapeError
from .arrays import accumulator, deliver
from .operator import Draw, DTypes, Operator, Port, Sample, Shapes
from .params import Ints, OpParams, Sizes
from .registry import register
from .scattering import add_at


class RoiParams(OpParams):
    """What ROIPooling takes."""

    pooled_size: Sizes = Field(description="height and width of the grid of bins")
    spatial_scale: float = Field(gt=0, le=1, description="size of the data over that of the images regions speak of")


class Bin(NamedTuple):
    """One bin of one region."""

    place: tuple[int, int, int]
    image: int
    rows: slice
    columns: slice


def _round(value: float) -> int:
    """To the nearest whole number, halves away from 0."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def _edges(begin: int, end: int, count: int, limit: int) -> list[tuple[int, int]]:
    """Where ``count`` bins over positions begin … end lie, cut off at 0 and ``limit``."""
    size = max(end - begin + 1, 1) / count
    found = [(math.floor(i * size) + begin, math.ceil((i + 1) * size) + begin) for i in range(count)]
    return [(min(max(a, 0), limit), min(max(b, 0), limit)) for a, b in found]


def _bins(p: RoiParams, rois: Any, shape: tuple[int, ...]) -> Iterator[Bin]:
    """All bins that hold at least one position."""
    table = rois.get() if hasattr(rois, "get") else rois
    for r, (batch, *corners) in enumerate(table.tolist()):
        if not 0 <= int(batch) < shape[0]:
            raise DataError(
                "a region names an image that is not there", port="rois", wanted=f"0 to {shape[0] - 1}", got=batch
            )
        x1, y1, x2, y2 = (_round(v * p.spatial_scale) for v in corners)
        rows = _edges(y1, y2, p.pooled_size[0], shape[2])
        columns = _edges(x1, x2, p.pooled_size[1], shape[3])
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                if top < bottom and left < right:
                    yield Bin((r, i, j), int(batch), slice(top, bottom), slice(left, right))


def _check(p: RoiParams, shapes: Shapes) -> None:
    data, rois = shapes[:2]
    if len(p.pooled_size) != 2:
        raise ParamError(
            "the grid has a height and a width", parameter="pooled_size", wanted="(h, w)", got=p.pooled_size
        )
    if data is not None and len(data) != 4:
        raise ShapeError("images have four axes", port="data", wanted="(N, C, H, W)", got=data)
    if rois is not None and (len(rois) != 2 or rois[1] != 5):
        raise ShapeError("a region has five numbers", port="rois", wanted="(R, 5)", got=rois)


@register
class ROIPooling(Operator):
    """The largest value in each bin of a grid over each region: (N, C, H, W) and (R, 5) → (R, C, h, w).

    A region is (image, x1, y1, x2, y2) with both corners inside, in the coordinates of an image that is 1/spatial_scale
    times as large as the data. A bin that holds no position gives 0. No gradient flows to the regions.
    """

    name = "ROIPooling"
    category = "pooling"
    title = "Region pooling"
    Params = RoiParams
    inputs = (Port("data", doc="images (N, C, H, W)"), Port("rois", doc="regions (R, 5)"))
    outputs = ("output", "maxidx")

    def visible_outputs(self, p: Any) -> int:
        return 1

    def infer_shape(self, p: RoiParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        _check(p, shapes)
        data, rois = shapes
        if data is None or rois is None:
            return shapes, [None, None]
        pooled = (rois[0], data[1], *p.pooled_size)
        return shapes, [pooled, pooled]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0], np.dtype(np.int64)]

    def forward(self, xp: Any, p: RoiParams, data: Any, rois: Any) -> Any:
        shape = (rois.shape[0], data.shape[1], *p.pooled_size)
        pooled, places = xp.zeros(shape, data.dtype), xp.full(shape, -1, np.int64)
        width = data.shape[3]
        for (r, i, j), image, rows, columns in _bins(p, rois, data.shape):
            area = data[image, :, rows, columns].reshape(data.shape[1], -1)
            first = area.argmax(axis=1)
            across = columns.stop - columns.start
            places[r, :, i, j] = (rows.start + first // across) * width + columns.start + first % across
            pooled[r, :, i, j] = area.max(axis=1)
        return pooled, places

    def gradient(self, F: Any, p: RoiParams, at: Any, dy: Any, ys: Any, rois: Any) -> Any:
        return F._roi_spread(dy, ys[1], rois, shape=at.inputs[0].shape), None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for scale, size in ((1.0, (2, 2)), (0.5, (3, 2))):
            yield Sample(
                (Draw((5, 2, 5, 6), "distinct"), Draw((6, 5), "uniform", 0.0, 4.9)),
                {"pooled_size": size, "spatial_scale": scale},
            )


class RoiSpreadParams(OpParams):
    """What _roi_spread and _roi_gather take."""

    shape: Ints = Field(description="shape of the images")


def _flat(xp: Any, places: Any, rois: Any, shape: tuple[int, ...]) -> Any:
    """Number of each place among all elements of the images; places that are −1 stand at 0."""
    _, channels, height, width = shape
    image = rois[:, 0].astype(np.int64).reshape(-1, 1, 1, 1)
    channel = xp.arange(channels).reshape(1, -1, 1, 1)
    return (image * channels + channel) * (height * width) + xp.maximum(places, 0)


class RoiPart(Operator):
    """Values for the places that ROIPooling found."""

    category = "pooling"
    Params = RoiSpreadParams
    inputs = (
        Port("data", doc="values"),
        Port("maxidx", doc="the second output of ROIPooling"),
        Port("rois", doc="regions (R, 5)"),
    )

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]


_PLACES = (Draw((2, 3, 2, 2), "integer", -1, 20, dtype="int64"), Draw((2, 5), "uniform", 0.0, 1.9))


@register
class RoiSpread(RoiPart):
    """Images of zeros with values added where the largest ones were: the gradient of ROIPooling."""

    name = "_roi_spread"

    def infer_shape(self, p: RoiSpreadParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def forward(self, xp: Any, p: RoiSpreadParams, data: Any, maxidx: Any, rois: Any, *, out: Any = None) -> Any:
        total = xp.zeros(math.prod(p.shape), accumulator(data.dtype))
        values = xp.where(maxidx >= 0, data, data.dtype.type(0)).astype(total.dtype, copy=False)
        add_at(xp, total, _flat(xp, maxidx, rois, p.shape).reshape(-1), values.reshape(-1))
        return deliver(xp, total.reshape(p.shape).astype(data.dtype, copy=False), out)

    def gradient(self, F: Any, p: RoiSpreadParams, at: Any, dy: Any, maxidx: Any, rois: Any) -> Any:
        return F._roi_gather(dy, maxidx, rois, shape=p.shape), None, None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 2, 2), *_PLACES), {"shape": (2, 3, 4, 5)})


@register
class RoiGather(RoiPart):
    """The values of images where the largest ones were: the adjoint of _roi_spread."""

    name = "_roi_gather"

    def infer_shape(self, p: RoiSpreadParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[1]]

    def forward(self, xp: Any, p: RoiSpreadParams, data: Any, maxidx: Any, rois: Any, *, out: Any = None) -> Any:
        found = xp.take(data.reshape(-1), _flat(xp, maxidx, rois, p.shape))
        return deliver(xp, xp.where(maxidx >= 0, found, data.dtype.type(0)), out)

    def gradient(self, F: Any, p: RoiSpreadParams, at: Any, dy: Any, maxidx: Any, rois: Any) -> Any:
        return F._roi_spread(dy, maxidx, rois, shape=p.shape), None, None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4, 5), *_PLACES), {"shape": (2, 3, 4, 5)})
