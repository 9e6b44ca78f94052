"""Repeating along axes of size 1 on request: broadcast_to, broadcast_axis, broadcast_like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ParamError, ShapeError
from .operator import At, DTypes, Operator, Port, Sample, Shape, Shapes
from .params import Ints, OpParams, Pads
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, pointwise


def repeat(xp: Any, data: Any, shape: Shape, out: Any) -> Any:
    """A copy of ``data`` repeated to ``shape``, which it broadcasts to."""
    if out is None:
        out = xp.empty(shape, dtype=data.dtype)
    out[...] = data
    return out


class BroadcastToParams(OpParams):
    """What broadcast_to takes."""

    shape: Pads = Field((), description="the wanted shape; 0 keeps the input's size on that axis")


@register
class BroadcastTo(Operator):
    """Repeat along axes of size 1 to a wanted shape of as many axes; 0 in the shape keeps a size.

    Example: broadcast_to([[1, 2]], shape=(2, 0)) = [[1, 2], [1, 2]].
    """

    name = "broadcast_to"
    category = "broadcast"
    Params = BroadcastToParams
    in_palette = True
    title = "Broadcast to"

    def infer_shape(self, p: BroadcastToParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else _target(data, p.shape)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def forward(self, xp: Any, p: BroadcastToParams, data: Any, *, out: Any = None) -> Any:
        return repeat(xp, data, _target(data.shape, p.shape), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F._sum_to(dy, shape=at.inputs[0].shape)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((1, 3),), {"shape": (4, 3)})
        yield Sample(((2, 1, 3),), {"shape": (0, 5, 0)})
        yield Sample(((1,),), {"shape": (3,)}, dtypes=("float16", "float32", "float64"), differentiable=False)
        yield Sample(((1, 0),), {"shape": (2, 0)})


def _target(data: Shape, wanted: Shape) -> Shape:
    if len(data) != len(wanted):
        raise ShapeError(
            "the shapes must have as many axes",
            port="data",
            wanted=f"{len(wanted)} axes, for shape={wanted}",
            got=data,
            remedy="Use expand_dims() or reshape() first",
        )
    for n, m in zip(data, wanted, strict=True):
        if n != m and n != 1 and m != 0:
            raise ShapeError(
                f"the input cannot be repeated to {wanted}",
                port="data",
                wanted="1 or equal sizes",
                got=data,
                remedy="Only axes of size 1 are repeated: use expand_dims() or tile()",
            )
    return tuple(m or n for n, m in zip(data, wanted, strict=True))


class BroadcastAxisParams(OpParams):
    """What broadcast_axis takes."""

    axis: Ints = Field((), description="the axes to repeat along")
    size: Pads = Field((), description="the wanted size of each of these axes")


@register
class BroadcastAxis(Operator):
    """Repeat along chosen axes of size 1.

    Example: broadcast_axis([[1], [2]], axis=1, size=3) = [[1, 1, 1], [2, 2, 2]].
    """

    name = "broadcast_axis"
    aliases = ("broadcast_axes",)
    category = "broadcast"
    Params = BroadcastAxisParams

    def infer_shape(self, p: BroadcastAxisParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else self._target(p, data)]

    def _target(self, p: BroadcastAxisParams, data: Shape) -> Shape:
        if len(p.axis) != len(p.size):
            raise ParamError("each axis needs its size", parameter="size", wanted=f"{len(p.axis)} sizes", got=p.size)
        target = list(data)
        for axis, size in zip(p.axis, p.size, strict=True):
            i = normalize_axis(axis, len(data))
            if data[i] != 1:
                raise ShapeError(
                    "only axes of size 1 can be repeated", port="data", wanted=f"1 on axis {axis}", got=data
                )
            target[i] = size
        return tuple(target)

    def forward(self, xp: Any, p: BroadcastAxisParams, data: Any, *, out: Any = None) -> Any:
        return repeat(xp, data, self._target(p, data.shape), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F._sum_to(dy, shape=at.inputs[0].shape)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((1, 2, 1),), {"axis": (0, 2), "size": (2, 3)})
        yield Sample(((3, 1),), {"axis": -1, "size": 4})
        yield Sample(((1, 0),), {"axis": 0, "size": 2})


class BroadcastLikeParams(OpParams):
    """What broadcast_like takes."""

    lhs_axes: Ints | None = Field(None, description="axes of the first input to repeat along; all of them by default")
    rhs_axes: Ints | None = Field(None, description="the axes of the second input that give their sizes")


@register
class BroadcastLike(Operator):
    """Repeat the first input along axes of size 1 to the sizes of the second, which gets no gradient."""

    name = "broadcast_like"
    category = "broadcast"
    Params = BroadcastLikeParams
    inputs = (
        Port("lhs", doc="the array to repeat"),
        Port("rhs", doc="gives the sizes; its values do not matter"),
    )

    def infer_shape(self, p: BroadcastLikeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        return shapes, [None if lhs is None or rhs is None else self._target(p, lhs, rhs)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def _target(self, p: BroadcastLikeParams, lhs: Shape, rhs: Shape) -> Shape:
        if p.lhs_axes is None and p.rhs_axes is None:
            if len(lhs) != len(rhs):
                raise ShapeError("the inputs must have as many axes", port="lhs", wanted=f"{len(rhs)} axes", got=lhs)
            pairs = [(i, i) for i in range(len(lhs))]
        elif p.lhs_axes is None or p.rhs_axes is None or len(p.lhs_axes) != len(p.rhs_axes):
            raise ParamError(
                "lhs_axes and rhs_axes go in pairs", parameter="rhs_axes", wanted=p.lhs_axes, got=p.rhs_axes
            )
        else:
            pairs = [
                (normalize_axis(i, len(lhs), "lhs_axes"), normalize_axis(j, len(rhs), "rhs_axes"))
                for i, j in zip(p.lhs_axes, p.rhs_axes, strict=True)
            ]
        target = list(lhs)
        for i, j in pairs:
            if lhs[i] not in (1, rhs[j]):
                raise ShapeError(
                    "the first input cannot be repeated",
                    port="lhs",
                    wanted=f"1 or {rhs[j]} on axis {i}",
                    got=lhs,
                )
            target[i] = rhs[j]
        return tuple(target)

    def forward(self, xp: Any, p: BroadcastLikeParams, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return repeat(xp, lhs, self._target(p, lhs.shape, rhs.shape), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F._sum_to(dy, shape=at.inputs[0].shape), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((1, 3), (2, 3)))
        yield Sample(((1, 2, 1), (4, 5)), {"lhs_axes": (0, -1), "rhs_axes": (1, 0)})
        yield Sample(((1, 3), (0, 3)))
