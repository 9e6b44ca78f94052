"""Bilinear sampling of images at places that are learnt: BilinearSampler and SpatialTransformer.

The forward pass is one function of arrays; the gradients are composed of operators on pixels, so that they have
gradients of any order themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from ..errors import ShapeError
from .arrays import deliver
from .grid import ALL, affine_grid, check_matrices, pixels, size_of
from .operator import Draw, Operator, Port, Sample, Shapes
from .params import OpParams, Pads, hint
from .registry import register


def sample(xp: Any, data: Any, grid: Any) -> Any:
    """data (N, C, H, W) at the places grid (N, 2, h, w), x and y from −1 to 1; pixels outside count as 0."""
    height, width = data.shape[2:]
    x = (grid[:, 0] + 1) * grid.dtype.type((width - 1) / 2)
    y = (grid[:, 1] + 1) * grid.dtype.type((height - 1) / 2)
    left, top = xp.floor(x), xp.floor(y)
    right_part, low_part = (x - left)[:, None], (y - top)[:, None]
    upper = pixels(xp, data, top, left) * (1 - right_part) + pixels(xp, data, top, left + 1) * right_part
    lower = pixels(xp, data, top + 1, left) * (1 - right_part) + pixels(xp, data, top + 1, left + 1) * right_part
    return (upper * (1 - low_part) + lower * low_part).astype(data.dtype, copy=False)


def sample_gradient(F: Any, dy: Any, data: Any, grid: Any, size: tuple[int, int]) -> tuple[Any, Any]:
    """Gradients of ``sample`` with respect to data and grid, in operators of ``F``."""
    height, width = size
    x = (F._basic_index(grid, key=(ALL, 0)) + 1) * ((width - 1) / 2)
    y = (F._basic_index(grid, key=(ALL, 1)) + 1) * ((height - 1) / 2)
    left, top = F.floor(x), F.floor(y)
    right_part, low_part = F.expand_dims(x - left, axis=1), F.expand_dims(y - top, axis=1)
    rows, columns = (top, top + 1), (left, left + 1)
    across, down = (1 - right_part, right_part), (1 - low_part, low_part)
    into: Any = None
    corner: dict[tuple[int, int], Any] = {}
    for i in (0, 1):
        for j in (0, 1):
            corner[i, j] = F._pixels(data, rows[i], columns[j])
            share = F._pixels_grad(dy * (down[i] * across[j]), rows[i], columns[j], target_shape=size)
            into = share if into is None else into + share
    by_x = (corner[0, 1] - corner[0, 0]) * down[0] + (corner[1, 1] - corner[1, 0]) * down[1]
    by_y = (corner[1, 0] - corner[0, 0]) * across[0] + (corner[1, 1] - corner[0, 1]) * across[1]
    dx = F.sum(dy * by_x, axis=1, keepdims=True) * ((width - 1) / 2)
    dy_ = F.sum(dy * by_y, axis=1, keepdims=True) * ((height - 1) / 2)
    return into, F.Concat(dx, dy_, dim=1, num_args=2)


class BilinearSamplerParams(OpParams):
    """What BilinearSampler takes."""

    cudnn_off: bool | None = hint(None)


def _places(shape: tuple[int, ...]) -> Draw:
    """Places whose gradient is smooth nearby: no two on one pixel border."""
    return Draw(shape, "distinct", -1.13, 1.17)


@register
class BilinearSampler(Operator):
    """Images sampled at the places of a grid, interpolated between pixels.

    (N, C, H, W) at (N, 2, h, w) → (N, C, h, w); grid[:, 0] is x and grid[:, 1] is y, from −1 (first pixel) to 1 (last
    one); pixels outside of the image count as 0.
    """

    name = "BilinearSampler"
    category = "convolution"
    title = "Bilinear sampler"
    in_palette = True
    Params = BilinearSamplerParams
    inputs = (Port("data", doc="images (N, C, H, W)"), Port("grid", doc="places (N, 2, h, w)"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, grid = shapes
        if data is None or grid is None:
            return shapes, [None]
        if len(data) != 4:
            raise ShapeError("images have four axes", port="data", wanted="(N, C, H, W)", got=data)
        if len(grid) != 4 or grid[:2] != (data[0], 2):
            raise ShapeError(
                "there must be an x and a y for each place", port="grid", wanted=(data[0], 2, "h", "w"), got=grid
            )
        return shapes, [(*data[:2], *grid[2:])]

    def forward(self, xp: Any, p: Any, data: Any, grid: Any, *, out: Any = None) -> Any:
        return deliver(xp, sample(xp, data, grid), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, data: Any, grid: Any) -> Any:
        return sample_gradient(F, dy, data, grid, at.inputs[0].shape[2:])

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(11 * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4, 5), _places((2, 2, 3, 2))))
        yield Sample(((1, 1, 3, 3), _places((1, 2, 4, 4))))


class SpatialTransformerParams(OpParams):
    """What SpatialTransformer takes."""

    target_shape: Pads = Field((0, 0), description="height and width of the output")
    transform_type: Literal["affine"] = Field(description="how the places move")
    sampler_type: Literal["bilinear"] = Field(description="how values between pixels are found")
    cudnn_off: bool | None = hint(None)


@register
class SpatialTransformer(Operator):
    """Images turned, moved and scaled by matrices that a network found: GridGenerator, then BilinearSampler.

    data (N, C, H, W), loc (N, 6) → (N, C, h, w) with (h, w) = target_shape.
    """

    name = "SpatialTransformer"
    category = "convolution"
    title = "Spatial transformer"
    in_palette = True
    Params = SpatialTransformerParams
    inputs = (Port("data", doc="images (N, C, H, W)"), Port("loc", doc="a 2 × 3 matrix for each image: (N, 6)"))
    from_first = True

    def infer_shape(self, p: SpatialTransformerParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, loc = shapes
        target = size_of(p.target_shape)
        if loc is not None:
            check_matrices(loc, "loc")
        if data is None:
            return shapes, [None]
        if len(data) != 4:
            raise ShapeError("images have four axes", port="data", wanted="(N, C, H, W)", got=data)
        if loc is not None and loc[0] != data[0]:
            raise ShapeError("there must be one matrix an image", port="loc", wanted=(data[0], 6), got=loc)
        return [data, (data[0], 6)], [(*data[:2], *target)]

    def forward(self, xp: Any, p: SpatialTransformerParams, data: Any, loc: Any, *, out: Any = None) -> Any:
        return deliver(xp, sample(xp, data, affine_grid(xp, loc, *size_of(p.target_shape))), out)

    def gradient(self, F: Any, p: SpatialTransformerParams, at: Any, dy: Any, data: Any, loc: Any) -> Any:
        grid = F.GridGenerator(loc, transform_type="affine", target_shape=p.target_shape)
        into, places = sample_gradient(F, dy, data, grid, at.inputs[0].shape[2:])
        return into, F._affine_grid_grad(places)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(11 * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        how = {"transform_type": "affine", "sampler_type": "bilinear"}
        yield Sample(((2, 3, 4, 5), (2, 6)), {"target_shape": (3, 2), **how})
        yield Sample(((1, 1, 3, 3), (1, 6)), {"target_shape": (4, 4), **how})
