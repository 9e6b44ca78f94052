"""Operators that put elements in another order: transposes, flips, blocks of depth and space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ParamError, ShapeError
from .copying import copied
from .operator import Draw, Operator, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams, Size
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, permuted


class Permutation(Operator):
    """One input, the same elements in another order."""

    category = "shape"

    def permuted(self, p: Any, shape: Shape) -> Shape:
        """The output's shape for an input's."""
        raise NotImplementedError

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else self.permuted(p, shapes[0])]

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


class TransposeParams(OpParams):
    """What transpose takes."""

    axes: Ints = Field((), description="the input's axes in the output's order; empty: all in reverse")


def _order(axes: Ints, ndim: int) -> tuple[int, ...]:
    if not axes:
        return tuple(reversed(range(ndim)))
    order = tuple(normalize_axis(a, ndim, "axes") for a in axes)
    if sorted(order) != list(range(ndim)):
        raise ParamError(
            f"axes must name each of the {ndim} axes once",
            parameter="axes",
            wanted=f"an order of 0 to {ndim - 1}",
            got=axes,
        )
    return order


@register
class Transpose(Permutation):
    """Axes in another order: y.shape[i] = x.shape[axes[i]]. (2, 3, 4) with axes (1, 0, 2) → (3, 2, 4)."""

    name = "transpose"
    title = "Transpose"
    in_palette = True
    Params = TransposeParams

    def permuted(self, p: TransposeParams, shape: Shape) -> Shape:
        return tuple(shape[a] for a in _order(p.axes, len(shape)))

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [permuted(_order(p.axes, len(inputs[0])))]

    def forward(self, xp: Any, p: TransposeParams, data: Any, *, out: Any = None) -> Any:
        return copied(xp, data.transpose(_order(p.axes, data.ndim)), out)

    def ready(self, xp: Any, p: TransposeParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        order = _order(p.axes, len(specs[0].shape))
        if order == (1, 0):
            return lambda x: x.T.copy()
        return lambda x: x.transpose(order).copy()

    def gradient(self, F: Any, p: TransposeParams, at: Any, dy: Any) -> Any:
        order = _order(p.axes, len(at.inputs[0].shape))
        return F.transpose(dy, axes=tuple(order.index(i) for i in range(len(order))))

    def samples(self) -> Iterable[Sample]:
        for shape, axes in (
            ((2, 3), ()),
            ((4,), ()),
            ((2, 3, 4), ()),
            ((2, 3, 4), (1, 2, 0)),
            ((2, 3, 4, 2), (0, -1, 1, 2)),
            ((0, 3), (1, 0)),
        ):
            yield Sample((shape,), {"axes": axes})
        yield Sample(
            (Draw((2, 3), "integer", 0, 9),),
            differentiable=False,
            dtypes=("float16", "int32", "int64", "uint8"),
        )


class SwapParams(OpParams):
    """What SwapAxis takes."""

    dim1: int = Field(0, description="one axis")
    dim2: int = Field(0, description="the axis it changes places with")


@register
class SwapAxis(Permutation):
    """Two axes changed with each other: (2, 3, 4) with dim1 0 and dim2 2 → (4, 3, 2)."""

    name = "SwapAxis"
    aliases = ("swapaxes",)
    title = "Swap axes"
    Params = SwapParams

    def permuted(self, p: SwapParams, shape: Shape) -> Shape:
        a, b = (normalize_axis(d, len(shape), n) for d, n in ((p.dim1, "dim1"), (p.dim2, "dim2")))
        sizes = list(shape)
        sizes[a], sizes[b] = sizes[b], sizes[a]
        return tuple(sizes)

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        order = list(range(len(inputs[0])))
        a, b = normalize_axis(p.dim1, len(order), "dim1"), normalize_axis(p.dim2, len(order), "dim2")
        order[a], order[b] = b, a
        return [permuted(order)]

    def forward(self, xp: Any, p: SwapParams, data: Any, *, out: Any = None) -> Any:
        return copied(xp, xp.swapaxes(data, p.dim1, p.dim2), out)

    def ready(self, xp: Any, p: SwapParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        one, other = p.dim1, p.dim2
        return lambda x: x.swapaxes(one, other).copy()

    def gradient(self, F: Any, p: SwapParams, at: Any, dy: Any) -> Any:
        return F.SwapAxis(dy, dim1=p.dim1, dim2=p.dim2)

    def samples(self) -> Iterable[Sample]:
        for dim1, dim2 in ((0, 2), (1, -1), (0, 0)):
            yield Sample(((2, 3, 4),), {"dim1": dim1, "dim2": dim2})
        yield Sample(((3, 0),), {"dim1": 0, "dim2": 1})


class FlipParams(OpParams):
    """What flip takes."""

    axis: Ints = Field(description="the axis or axes whose order is turned round")


@register
class Flip(Permutation):
    """The order along one or several axes turned round: [1, 2, 3] → [3, 2, 1]."""

    name = "reverse"
    aliases = ("flip",)
    title = "Flip"
    Params = FlipParams

    def permuted(self, p: FlipParams, shape: Shape) -> Shape:
        for axis in p.axis:
            normalize_axis(axis, len(shape))
        return shape

    def forward(self, xp: Any, p: FlipParams, data: Any, *, out: Any = None) -> Any:
        return copied(xp, xp.flip(data, p.axis), out)

    def gradient(self, F: Any, p: FlipParams, at: Any, dy: Any) -> Any:
        return F.reverse(dy, axis=p.axis)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((5,),), {"axis": 0})
        yield Sample(((2, 3, 4),), {"axis": (0, -1)})
        yield Sample(((2, 0),), {"axis": 0})


class BlockParams(OpParams):
    """What depth_to_space and space_to_depth take."""

    block_size: Size = Field(description="side of the square block of positions that becomes, or comes from, channels")


def _image(shape: Shape) -> tuple[int, int, int, int]:
    if len(shape) != 4:
        raise ShapeError("data must be images", port="data", wanted="(batch, channels, height, width)", got=shape)
    return shape[0], shape[1], shape[2], shape[3]


def _blocks_in(xp: Any, blocks: Any, shape: Shape, out: Any) -> Any:
    """The blocks, in their order, seen with the output's shape."""
    if out is None:
        return blocks.copy().reshape(shape)
    copied(xp, blocks, out.reshape(blocks.shape))  # a plan's buffers are contiguous: this is a view
    return out


@register
class DepthToSpace(Permutation):
    """Channels laid out as blocks of positions: (N, C·b², H, W) → (N, C, H·b, W·b).

    Output channel c at (h·b + i, w·b + j) is input channel (i·b + j)·C + c at (h, w).
    """

    name = "depth_to_space"
    title = "Depth to space"
    in_palette = True
    Params = BlockParams

    def permuted(self, p: BlockParams, shape: Shape) -> Shape:
        n, c, h, w = _image(shape)
        b = p.block_size
        if c % (b * b):
            raise ShapeError(
                f"{c} channels do not make blocks of {b} by {b}",
                port="data",
                wanted=f"a multiple of {b * b} channels",
                got=c,
            )
        return n, c // (b * b), h * b, w * b

    def forward(self, xp: Any, p: BlockParams, data: Any, *, out: Any = None) -> Any:
        n, c, h, w = data.shape
        b = p.block_size
        blocks = data.reshape(n, b, b, c // (b * b), h, w).transpose(0, 3, 4, 1, 5, 2)
        return _blocks_in(xp, blocks, self.permuted(p, data.shape), out)

    def gradient(self, F: Any, p: BlockParams, at: Any, dy: Any) -> Any:
        return F.space_to_depth(dy, block_size=p.block_size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 8, 2, 3),), {"block_size": 2})
        yield Sample(((1, 9, 1, 2),), {"block_size": 3})
        yield Sample(((1, 2, 2, 2),), {"block_size": 1})


@register
class SpaceToDepth(Permutation):
    """Blocks of positions laid out as channels: (N, C, H·b, W·b) → (N, C·b², H, W); undoes depth_to_space."""

    name = "space_to_depth"
    title = "Space to depth"
    in_palette = True
    Params = BlockParams

    def permuted(self, p: BlockParams, shape: Shape) -> Shape:
        n, c, h, w = _image(shape)
        b = p.block_size
        if h % b or w % b:
            raise ShapeError(
                f"{h} by {w} positions do not split into blocks of {b} by {b}",
                port="data",
                wanted=f"height and width that are multiples of {b}",
                got=shape,
            )
        return n, c * b * b, h // b, w // b

    def forward(self, xp: Any, p: BlockParams, data: Any, *, out: Any = None) -> Any:
        n, c, h, w = data.shape
        b = p.block_size
        blocks = data.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
        return _blocks_in(xp, blocks, self.permuted(p, data.shape), out)

    def gradient(self, F: Any, p: BlockParams, at: Any, dy: Any) -> Any:
        return F.depth_to_space(dy, block_size=p.block_size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 2, 4, 6),), {"block_size": 2})
        yield Sample(((1, 1, 3, 6),), {"block_size": 3})
        yield Sample(((1, 2, 2, 2),), {"block_size": 1})
