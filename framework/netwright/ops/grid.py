"""Sampling images at any places: grids of places, bilinear sampling, and the spatial transformer made of both."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator, deliver
from .operator import Draw, Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Pads, Sizes
from .registry import register
from .scattering import add_at

ALL = (None, None, None)


class GridParams(OpParams):
    """What GridGenerator takes."""

    transform_type: Literal["affine", "warp"] = Field(description="affine: data are matrices; warp: data are flows")
    target_shape: Pads = Field((0, 0), description="affine: height and width of the grid")


def size_of(sizes: Sizes) -> tuple[int, int]:
    """Height and width; raises ParamError for any other number of sizes."""
    if len(sizes) != 2 or 0 in sizes:
        raise ParamError("the grid needs a height and a width", parameter="target_shape", wanted="(h, w)", got=sizes)
    return sizes[0], sizes[1]


def _base(xp: Any, height: int, width: int, dtype: Any) -> Any:
    """Rows x, y, 1 of the places of a regular grid, x and y from −1 to 1: (3, height·width)."""
    x = xp.linspace(-1, 1, width) if width > 1 else xp.full(1, -1.0)
    y = xp.linspace(-1, 1, height) if height > 1 else xp.full(1, -1.0)
    grid = xp.ones((3, height, width))
    grid[0], grid[1] = x[None, :], y[:, None]
    return grid.reshape(3, height * width).astype(dtype)


def affine_grid(xp: Any, theta: Any, height: int, width: int) -> Any:
    """Places (N, 2, height, width) that 2 × 3 matrices (N, 6) make of a regular grid."""
    count = theta.shape[0]
    grid = xp.matmul(theta.reshape(count, 2, 3), _base(xp, height, width, theta.dtype))
    return grid.reshape(count, 2, height, width)


def check_matrices(shape: Shape, port: str) -> None:
    """Raise ShapeError unless there are six numbers for each image."""
    if len(shape) != 2 or shape[1] != 6:
        raise ShapeError("an affine transform has six numbers", port=port, wanted="(N, 6)", got=shape)


@register
class GridGenerator(Operator):
    """Places where images are to be sampled: (N, 2, h, w) with x and y from −1 (first pixel) to 1 (last).

    ``affine``: data (N, 6), rows of 2 × 3 matrices that are applied to (x, y, 1) of a regular grid of ``target_shape``.
    ``warp``: data (N, 2, h, w), how far in pixels each place of a regular grid moves.
    """

    name = "GridGenerator"
    category = "convolution"
    title = "Grid generator"
    Params = GridParams

    def infer_shape(self, p: GridParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if p.transform_type == "affine":
            target = size_of(p.target_shape)
            if data is None:
                return shapes, [None]
            check_matrices(data, "data")
            return shapes, [(data[0], 2, *target)]
        if data is not None and (len(data) != 4 or data[1] != 2):
            raise ShapeError("a flow has a step in x and one in y", port="data", wanted="(N, 2, h, w)", got=data)
        return shapes, [data]

    def forward(self, xp: Any, p: GridParams, data: Any, *, out: Any = None) -> Any:
        if p.transform_type == "affine":
            return deliver(xp, affine_grid(xp, data, *size_of(p.target_shape)), out)
        height, width = data.shape[2:]
        place = xp.stack(
            [xp.broadcast_to(xp.arange(width), (height, width)), xp.arange(height)[:, None] + xp.zeros(width)]
        )
        half = xp.asarray([_half(width), _half(height)])[:, None, None]
        work = np.dtype(np.float64) if data.dtype == np.float64 else np.dtype(np.float32)
        moved = (data.astype(work, copy=False) + place.astype(work)) / half.astype(work) - work.type(1)
        return deliver(xp, moved.astype(data.dtype, copy=False), out)

    def gradient(self, F: Any, p: GridParams, at: Any, dy: Any) -> Any:
        if p.transform_type == "affine":
            return F._affine_grid_grad(dy)
        height, width = at.inputs[0].shape[2:]
        x, y = (F._basic_index(dy, key=(ALL, (i, i + 1, None))) for i in (0, 1))
        return F.Concat(x / _half(width), y / _half(height), dim=1, num_args=2)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 6),), {"transform_type": "affine", "target_shape": (3, 4)})
        yield Sample(((1, 6),), {"transform_type": "affine", "target_shape": (1, 2)})
        yield Sample(((2, 2, 3, 4),), {"transform_type": "warp"})


def _half(size: int) -> float:
    """Half the distance of the first pixel from the last; 1 where there is one pixel, which has none."""
    return (size - 1) / 2 if size > 1 else 1.0


@register
class AffineGridGrad(Operator):
    """The gradient of an affine GridGenerator: places (N, 2, h, w) → matrices (N, 6)."""

    name = "_affine_grid_grad"
    category = "convolution"
    inputs = (Port("grid", doc="gradient of the places"),)

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else (shapes[0][0], 6)]

    def forward(self, xp: Any, p: Any, grid: Any, *, out: Any = None) -> Any:
        count, _, height, width = grid.shape
        base = _base(xp, height, width, grid.dtype)
        return deliver(xp, xp.matmul(grid.reshape(count, 2, height * width), base.T).reshape(count, 6), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return F.GridGenerator(dy, transform_type="affine", target_shape=at.inputs[0].shape[2:])

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 2, 3, 4),))


# ------------------------------------------------------------------------------------------------- pixels by place
def _flat(xp: Any, rows: Any, columns: Any, height: int, width: int) -> tuple[Any, Any]:
    """(flat place of each pixel, brought into the image; whether it lies there), shaped (N, 1, …)."""
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    flat = xp.where(inside, rows * width + columns, 0).astype(np.int64)
    return flat[:, None], inside[:, None]


def pixels(xp: Any, data: Any, rows: Any, columns: Any) -> Any:
    """data (N, C, H, W) at whole rows and columns (N, h, w) → (N, C, h, w); 0 outside of the image."""
    n, c, height, width = data.shape
    flat, inside = _flat(xp, rows, columns, height, width)
    places = flat.reshape(n, 1, math.prod(flat.shape[1:]))
    found = xp.take_along_axis(data.reshape(n, c, height * width), xp.broadcast_to(places, (n, c, places.shape[2])), 2)
    return xp.where(inside, found.reshape(n, c, *rows.shape[1:]), data.dtype.type(0))


PIXEL_PORTS = (
    Port("data", doc="images, or values for their pixels"),
    Port("rows", doc="whole numbers: (N, h, w)"),
    Port("columns", doc="whole numbers: (N, h, w)"),
)


def _whole(shape: Shape) -> Draw:
    return Draw(shape, "integer", -1, 4)


@register
class Pixels(Operator):
    """Pixels of images at whole rows and columns; 0 outside of the image. No gradient flows to the places."""

    name = "_pixels"
    category = "convolution"
    inputs = PIXEL_PORTS

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, rows, _ = shapes
        return shapes, [None if data is None or rows is None else (*data[:2], *rows[1:])]

    def forward(self, xp: Any, p: Any, data: Any, rows: Any, columns: Any, *, out: Any = None) -> Any:
        return deliver(xp, pixels(xp, data, rows, columns), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, rows: Any, columns: Any) -> Any:
        height, width = at.inputs[0].shape[2:]
        return F._pixels_grad(dy, rows, columns, target_shape=(height, width)), None, None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 3, 4), _whole((2, 2, 5)), _whole((2, 2, 5))))


class PixelsGradParams(OpParams):
    """What _pixels_grad takes."""

    target_shape: Sizes = Field(description="height and width of the images")


@register
class PixelsGrad(Operator):
    """Values added to the pixels at whole rows and columns of images of zeros: the adjoint of _pixels."""

    name = "_pixels_grad"
    category = "convolution"
    Params = PixelsGradParams
    inputs = PIXEL_PORTS

    def infer_shape(self, p: PixelsGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else (*shapes[0][:2], *size_of(p.target_shape))]

    def forward(self, xp: Any, p: PixelsGradParams, data: Any, rows: Any, columns: Any, *, out: Any = None) -> Any:
        n, c = data.shape[:2]
        height, width = size_of(p.target_shape)
        flat, inside = _flat(xp, rows, columns, height, width)
        total = xp.zeros((n * c * height * width,), accumulator(data.dtype))
        start = xp.arange(n * c).reshape(n, c, 1, 1) * (height * width)
        values = xp.where(inside, data, data.dtype.type(0)).astype(total.dtype, copy=False)
        add_at(xp, total, (start + flat).reshape(-1), values.reshape(-1))
        return deliver(xp, total.reshape(n, c, height, width).astype(data.dtype, copy=False), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, rows: Any, columns: Any) -> Any:
        return F._pixels(dy, rows, columns), None, None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 2, 5), _whole((2, 2, 5)), _whole((2, 2, 5))), {"target_shape": (3, 4)})
