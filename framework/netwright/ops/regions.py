"""Averages over bins of regions of images: ROIAlign and RROIAlign.

Each bin is a weighted sum of pixels whose places and weights follow from the region alone. So the gradient is the same
sum the other way round, and each operator has an adjoint, which spreads values over images.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import DataError, ParamError, ShapeError
from .arrays import accumulator
from .boxes import on_host
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes
from .params import Ints, OpParams, Sizes
from .registry import register
from .scattering import add_at

Taps = tuple[Any, Any]
"""(places in an image's rows laid end to end (bins, k), their weights (bins, k))."""


class Regions:
    """How one kind of region is laid over an image."""

    numbers: ClassVar[int] = 5
    """Numbers of a region: the image's, then the region's."""

    def grid(self, p: Any) -> tuple[int, int]:
        """Rows and columns of bins."""
        size: tuple[int, int] = p.pooled_size
        if len(size) != 2:
            raise ParamError("the grid has a height and a width", parameter="pooled_size", wanted="(h, w)", got=size)
        return size

    def channels(self, p: Any, count: int) -> Any | None:
        """For each output channel and bin the channel it reads (C, bins); None: its own. ``count``: the images'."""
        return None

    def channels_out(self, p: Any, count: int) -> int:
        """Number of output channels for ``count`` channels of the images."""
        return count

    def taps(self, p: Any, region: Any, height: int, width: int) -> Taps:
        """Places and weights of one region."""
        raise NotImplementedError("a kind of region says which pixels it takes")

    def check(self, p: Any, data: Shape | None, rois: Shape | None) -> None:
        """Raise ShapeError unless these are images and regions."""
        if data is not None and len(data) != 4:
            raise ShapeError("images have four axes", port="data", wanted="(N, C, H, W)", got=data)
        if rois is not None and (len(rois) != 2 or rois[1] != self.numbers):
            raise ShapeError("a region has its numbers", port="rois", wanted=f"(R, {self.numbers})", got=rois)

    def each(self, p: Any, rois: Any, shape: Shape) -> Iterator[tuple[int, int, Taps]]:
        """(number of the region, its image, its taps); regions of images below 0 are left out."""
        for r, (image, *region) in enumerate(on_host(rois).astype(np.float64)):
            if int(image) >= shape[0]:
                raise DataError(
                    "a region names an image that is not there", port="rois", wanted=f"< {shape[0]}", got=int(image)
                )
            if image >= 0:
                yield r, int(image), self.taps(p, region, shape[2], shape[3])


class RegionGather(Operator, Regions):
    """Base of the poolings: (N, C, H, W) and regions (R, …) → (R, C', h, w)."""

    category = "pooling"
    inputs: ClassVar[tuple[Port, ...]] = (Port("data", doc="images (N, C, H, W)"), Port("rois", doc="regions (R, …)"))
    adjoint: ClassVar[str]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, rois = shapes
        self.check(p, data, rois)
        if data is None or rois is None:
            return shapes, [None]
        return shapes, [(rois[0], self.channels_out(p, data[1]), *self.grid(p))]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: Any, data: Any, rois: Any) -> Any:
        count = data.shape[1]
        out = xp.zeros((rois.shape[0], self.channels_out(p, count), *self.grid(p)), data.dtype)
        channels = self.channels(p, count)
        if channels is None:
            channels = np.arange(count)[:, None]
        which, work = xp.asarray(channels)[..., None], accumulator(data.dtype)
        for r, image, (places, weights) in self.each(p, rois, data.shape):
            pixels = data[image].reshape(count, -1)[which, xp.asarray(places)].astype(work, copy=False)
            out[r] = (pixels * xp.asarray(weights, dtype=work)).sum(axis=-1).reshape(out.shape[1:])
        return out

    def gradient(self, F: Any, p: Any, at: At, dy: Any, rois: Any) -> Any:
        return getattr(F, self.adjoint)(dy, rois, **p.given(), shape=at.inputs[0].shape), None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(32 * outputs[0].size)


class RegionSpread(Operator, Regions):
    """Base of the adjoints: values (R, C', h, w) and regions → images of ``shape``."""

    category = "pooling"
    inputs: ClassVar[tuple[Port, ...]] = (Port("data", doc="values (R, C', h, w)"), Port("rois", doc="regions (R, …)"))
    pooling: ClassVar[str]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: Any, data: Any, rois: Any) -> Any:
        n, count, height, width = p.shape
        work = accumulator(data.dtype)
        out = xp.zeros((n, count, height * width), work)
        channels = self.channels(p, count)
        if channels is None:
            channels = np.arange(count)[:, None]
        which = xp.asarray(channels)[..., None]
        for r, image, (places, weights) in self.each(p, rois, p.shape):
            values = data[r].reshape(data.shape[1], -1)[..., None].astype(work) * xp.asarray(weights, dtype=work)
            where = xp.broadcast_arrays(which, xp.asarray(places)[None])
            add_at(
                xp, out[image], (where[0].ravel(), where[1].ravel()), xp.broadcast_to(values, where[1].shape).ravel()
            )
        return out.reshape(p.shape).astype(data.dtype, copy=False)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, rois: Any) -> Any:
        params = {k: v for k, v in p.given().items() if k != "shape"}
        return getattr(F, self.pooling)(dy, rois, **params), None


class SpreadParams(OpParams):
    """What the adjoints take besides."""

    shape: Ints = Field(description="shape of the images")


def bilinear(y: Any, x: Any, height: int, width: int) -> Taps:
    """Places and weights (…, 4) of the pixels around points; points more than 1 outside count as 0."""
    inside = (y >= -1) & (y <= height) & (x >= -1) & (x <= width)
    y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
    top, left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    low, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = y - top, x - left
    places = np.stack([top * width + left, top * width + right, low * width + left, low * width + right], axis=-1)
    shares = [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across]
    return places, np.stack(shares, axis=-1) * inside[..., None]


def grid_taps(size: tuple[float, float], grid: tuple[int, int], ratio: int, place: Any, image: tuple[int, int]) -> Taps:
    """Taps of a region of ``size`` (height, width) in ``grid`` bins of ``ratio``² points each (else by the size).

    ``place(y, x)`` gives the points in the image.
    """
    counts = [ratio if ratio > 0 else math.ceil(n / g) for n, g in zip(size, grid, strict=True)]
    y, x = ((np.arange(g * c) + 0.5) * (n / (g * c)) for n, g, c in zip(size, grid, counts, strict=True))
    rows, columns = place(y[:, None], x[None, :])
    places, weights = bilinear(rows, columns, *image)
    split = (grid[0], counts[0], grid[1], counts[1], 4)
    flat = [a.reshape(split).transpose(0, 2, 1, 3, 4).reshape(grid[0] * grid[1], -1) for a in (places, weights)]
    return flat[0], flat[1] / (counts[0] * counts[1])


class AlignParams(OpParams):
    """What ROIAlign takes."""

    pooled_size: Sizes = Field(description="height and width of the grid of bins")
    spatial_scale: float = Field(gt=0, description="size of the images over that of the images regions speak of")
    sample_ratio: int = Field(-1, description="points along each side of a bin; −1: as many as it has pixels")
    position_sensitive: bool = Field(False, description="each bin reads channels of its own")
    aligned: bool = Field(False, description="places count from the corners of pixels, half a pixel up and left")


class AlignedRegions(Regions):
    """(image, x1, y1, x2, y2): bins of points, without any rounding."""

    def channels(self, p: AlignParams, count: int) -> Any | None:
        if not p.position_sensitive:
            return None
        bins = math.prod(p.pooled_size)
        return np.arange(count // bins * bins).reshape(-1, bins)

    def channels_out(self, p: AlignParams, count: int) -> int:
        return count // math.prod(p.pooled_size) if p.position_sensitive else count

    def taps(self, p: AlignParams, region: Any, height: int, width: int) -> Taps:
        shift = 0.5 if p.aligned else 0.0
        x1, y1, x2, y2 = (v * p.spatial_scale - shift for v in region)
        least = 0.0 if p.aligned else 1.0
        size = (max(y2 - y1, least), max(x2 - x1, least))
        if min(size) <= 0:
            raise DataError("a region is empty", port="rois", wanted="x1 < x2, y1 < y2", got=region)
        return grid_taps(
            size, self.grid(p), p.sample_ratio, lambda y, x: np.broadcast_arrays(y + y1, x + x1), (height, width)
        )


@register
class ROIAlign(AlignedRegions, RegionGather):
    """Averages of points in each bin of a grid over regions: (N, C, H, W) and (R, 5) → (R, C, h, w) (He et al. 2017).

    A region is (image, x1, y1, x2, y2) in the coordinates of an image that is 1/spatial_scale times as large; points
    between pixels are interpolated. Regions of image −1 give 0. No gradient flows to the regions.
    """

    name = "_contrib_ROIAlign"
    title = "Region align"
    Params = AlignParams
    adjoint = "_roi_align_spread"

    def samples(self) -> Iterable[Sample]:
        images, rois = Draw((3, 4, 5, 6)), Draw((4, 5), "integer", 0, 3)
        yield Sample((images, rois), {"pooled_size": (2, 3), "spatial_scale": 0.7}, dtypes=FLOATS)
        for more in ({"sample_ratio": 2}, {"sample_ratio": 1, "position_sensitive": True}):
            yield Sample((images, rois), {"pooled_size": (2, 2), "spatial_scale": 1.5, **more})


FLOATS = ("float16", "float32", "float64")


class AlignSpreadParams(AlignParams, SpreadParams):
    """What _roi_align_spread takes."""


@register
class ROIAlignSpread(AlignedRegions, RegionSpread):
    """Values of bins added to the pixels that ROIAlign averages: its adjoint."""

    name = "_roi_align_spread"
    Params = AlignSpreadParams
    pooling = "_contrib_ROIAlign"

    def samples(self) -> Iterable[Sample]:
        params = {"pooled_size": (2, 3), "spatial_scale": 1.7, "shape": (3, 2, 5, 6)}
        yield Sample(((4, 2, 2, 3), Draw((4, 5), "integer", 0, 3)), params)


class RotatedParams(OpParams):
    """What RROIAlign takes."""

    pooled_size: Sizes = Field(description="height and width of the grid of bins")
    spatial_scale: float = Field(gt=0, description="size of the images over that of the images regions speak of")
    sampling_ratio: int = Field(-1, description="points along each side of a bin; −1: as many as it has pixels")


class RotatedRegions(Regions):
    """(image, x, y, width, height, angle in degrees): bins of points, turned about the middle."""

    numbers = 6

    def taps(self, p: RotatedParams, region: Any, height: int, width: int) -> Taps:
        x0, y0, w, h = (v * p.spatial_scale for v in region[:4])
        c, s = math.cos(math.radians(region[4])), math.sin(math.radians(region[4]))
        size = (max(h, 1.0), max(w, 1.0))

        def place(y: Any, x: Any) -> tuple[Any, Any]:
            y, x = y - size[0] / 2, x - size[1] / 2
            return y * c - x * s + y0, x * c + y * s + x0

        return grid_taps(size, self.grid(p), p.sampling_ratio, place, (height, width))


@register
class RROIAlign(RotatedRegions, RegionGather):
    """ROIAlign for regions that are turned: (N, C, H, W) and (R, 6) → (R, C, h, w) (Ma et al. 2018).

    A region is (image, x, y, width, height, angle): its middle, and degrees counter-clockwise.
    """

    name = "_contrib_RROIAlign"
    Params = RotatedParams
    adjoint = "_rroi_align_spread"

    def samples(self) -> Iterable[Sample]:
        images, rois = Draw((3, 2, 5, 6)), Draw((4, 6), "integer", 0, 3)
        yield Sample((images, rois), {"pooled_size": (2, 3), "spatial_scale": 0.7}, dtypes=FLOATS)
        yield Sample((images, rois), {"pooled_size": (2, 2), "spatial_scale": 1.5, "sampling_ratio": 2})


class RotatedSpreadParams(RotatedParams, SpreadParams):
    """What _rroi_align_spread takes."""


@register
class RROIAlignSpread(RotatedRegions, RegionSpread):
    """Values of bins added to the pixels that RROIAlign averages: its adjoint."""

    name = "_rroi_align_spread"
    Params = RotatedSpreadParams
    pooling = "_contrib_RROIAlign"

    def samples(self) -> Iterable[Sample]:
        params = {"pooled_size": (2, 3), "spatial_scale": 1.7, "shape": (3, 2, 5, 6)}
        yield Sample(((4, 2, 2, 3), Draw((4, 6), "integer", 0, 3)), params)
