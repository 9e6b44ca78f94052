"""Correlation of two feature maps: how alike the surroundings of near positions are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ..errors import ParamError, ShapeError
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import register

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class CorrelationParams(OpParams):
    """Parameters of Correlation."""

    kernel_size: Size = Field(1, description="size of the surroundings that are compared, an odd number")
    max_displacement: Count = Field(1, description="how far apart the positions may be")
    stride1: Size = Field(1, description="step between positions in the first map")
    stride2: Size = Field(1, description="step between displacements")
    pad_size: Count = Field(0, description="zeros put on all sides of both maps")
    is_multiply: bool = Field(True, description="compare by products; otherwise by absolute differences")


class _Grid(NamedTuple):
    """Where the surroundings lie on the padded maps."""

    out: Shape
    """(height, width) of the output."""
    radius: int
    """Displacements to either side."""

    @property
    def side(self) -> int:
        """Displacements along one axis."""
        return 2 * self.radius + 1


def _grid(p: CorrelationParams, shape: Shape) -> _Grid:
    if len(shape) != 4:
        raise ShapeError("the maps have batch, channels, height and width", port="data1", wanted="4 axes", got=shape)
    if p.kernel_size % 2 == 0:
        raise ParamError("kernel_size is odd", parameter="kernel_size", wanted="an odd number", got=p.kernel_size)
    border = p.max_displacement + p.kernel_size // 2
    out = tuple(-(-(n + 2 * p.pad_size - 2 * border) // p.stride1) for n in shape[2:])
    if min(out) < 1:
        raise ShapeError(
            "nothing is left of the maps",
            port="data1",
            wanted=f"more than {2 * border} positions with padding",
            got=shape,
            remedy="Use a larger pad_size or a smaller max_displacement",
        )
    return _Grid(out, p.max_displacement // p.stride2)


def _pairs(p: CorrelationParams, grid: _Grid, a: Any, b: Any) -> Iterator[tuple[int, Any, Any]]:
    """(channel of the output, view of the first map, view of the second) for each displacement and kernel position."""

    def view(array: Any, top: int, left: int) -> Any:
        (height, width), step = grid.out, p.stride1
        return array[:, :, top : top + height * step : step, left : left + width * step : step]

    start = p.max_displacement
    half = p.kernel_size // 2
    # the padded maps are as large as the last view needs, see _padded
    for channel in range(grid.side**2):
        down = (channel // grid.side - grid.radius) * p.stride2
        right = (channel % grid.side - grid.radius) * p.stride2
        for j in range(-half, half + 1):
            for i in range(-half, half + 1):
                top, left = start + half + j, start + half + i
                yield channel, view(a, top, left), view(b, top + down, left + right)


def _padded(xp: Any, p: CorrelationParams, grid: _Grid, array: Any) -> Any:
    """The map with zeros around it, and as many more at the end as steps of ``stride1`` reach over."""
    batch, channels, height, width = array.shape
    border = p.max_displacement + p.kernel_size // 2
    sizes = [
        max(n + 2 * p.pad_size, m * p.stride1 + 2 * border) for n, m in zip((height, width), grid.out, strict=True)
    ]
    wide = xp.zeros((batch, channels, *sizes), array.dtype)
    wide[:, :, p.pad_size : p.pad_size + height, p.pad_size : p.pad_size + width] = array
    return wide


def _scale(p: CorrelationParams, shape: Shape) -> float:
    return 1.0 / (p.kernel_size**2 * max(1, shape[1]))


@register
class Correlation(Operator):
    """Compares the surroundings of positions in one map with those of displaced positions in another.

    y[n, d, i, j] = mean over channels and kernel of a · b (or |a − b|), a around (i, j), b displaced by the d-th of
    (2·⌊max_displacement / stride2⌋ + 1)² displacements, row by row.
    Shapes: data1, data2 (N, C, H, W) → (N, displacements, H', W'), H' = ⌈(H + 2·pad_size − 2·border) / stride1⌉ with
    border = max_displacement + ⌊kernel_size / 2⌋. Source: Dosovitskiy et al. 2015.
    """

    name = "Correlation"
    category = "convolution"
    title = "Correlation"
    Params = CorrelationParams
    inputs = (Port("data1", doc="first map, (N, C, H, W)"), Port("data2", doc="second map, of the same shape"))

    def infer_shape(self, p: CorrelationParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        (one, _), _ = super().infer_shape(p, shapes)
        if one is None:
            return shapes, [None]
        grid = _grid(p, one)
        return [one, one], [(one[0], grid.side**2, *grid.out)]

    def forward(self, xp: Any, p: CorrelationParams, data1: Any, data2: Any, *, out: Any = None) -> Any:
        grid = _grid(p, data1.shape)
        y = xp.empty((data1.shape[0], grid.side**2, *grid.out), data1.dtype) if out is None else out
        y[...] = 0
        maps = [_padded(xp, p, grid, a) for a in (data1, data2)]
        for channel, a, b in _pairs(p, grid, *maps):
            y[:, channel] += xp.sum(a * b if p.is_multiply else xp.absolute(a - b), axis=1)
        y *= y.dtype.type(_scale(p, data1.shape))
        return y

    def gradient(self, F: Any, p: CorrelationParams, at: At, dy: Any, data1: Any, data2: Any) -> Any:
        return F._correlation_grad(dy, data1, data2, **p.given())

    def flops(self, p: CorrelationParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 2 * outputs[0].size * p.kernel_size**2 * inputs[0].shape[1]

    def samples(self) -> Iterable[Sample]:
        # second: the slopes are an operator of their own that is not differentiated once more
        for shape, params in _CASES:
            maps = Draw(shape, "distinct", -2.0, 2.0), Draw(shape, "distinct", -1.9, 2.1)
            yield Sample(maps, params, second=False)


_CASES: tuple[tuple[Shape, dict[str, Any]], ...] = (
    ((1, 2, 4, 5), {"pad_size": 1}),
    ((2, 2, 6, 7), {"kernel_size": 3, "max_displacement": 2, "stride1": 2, "stride2": 2, "pad_size": 3}),
    ((1, 2, 4, 5), {"pad_size": 1, "is_multiply": False}),
    ((1, 3, 5, 6), {"kernel_size": 3, "max_displacement": 2, "pad_size": 2, "is_multiply": False}),
)


@register
class CorrelationGrad(Operator):
    """Gradient of Correlation in both maps, from that of its output. Shapes: as there."""

    name = "_correlation_grad"
    category = "convolution"
    Params = CorrelationParams
    inputs = (
        Port("grad", doc="gradient of the output"),
        Port("data1", doc="first map"),
        Port("data2", doc="second map"),
    )
    outputs = ("data1", "data2")

    def infer_shape(self, p: CorrelationParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[1], shapes[2]]

    def forward(self, xp: Any, p: CorrelationParams, grad: Any, data1: Any, data2: Any) -> Any:
        grid = _grid(p, data1.shape)
        a, b = (_padded(xp, p, grid, m) for m in (data1, data2))
        da, db = xp.zeros_like(a), xp.zeros_like(b)
        values, slopes = _pairs(p, grid, a, b), _pairs(p, grid, da, db)
        for (channel, va, vb), (_, sa, sb) in zip(values, slopes, strict=True):
            g = grad[:, channel][:, None]
            if p.is_multiply:
                sa += g * vb
                sb += g * va
            else:
                sign = g * xp.sign(va - vb)
                sa += sign
                sb -= sign
        height, width = data1.shape[2:]
        inner = (..., slice(p.pad_size, p.pad_size + height), slice(p.pad_size, p.pad_size + width))
        factor = grad.dtype.type(_scale(p, data1.shape))
        return da[inner] * factor, db[inner] * factor

    def flops(self, p: CorrelationParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 4 * inputs[0].size * p.kernel_size**2 * inputs[1].shape[1]

    def samples(self) -> Iterable[Sample]:
        for shape, params in _CASES:
            grid = _grid(CorrelationParams(**params), shape)
            maps = Draw(shape, "distinct", -2.0, 2.0), Draw(shape, "distinct", -1.9, 2.1)
            yield Sample(((shape[0], grid.side**2, *grid.out), *maps), params, differentiable=False)
