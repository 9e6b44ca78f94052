"""Operators that see the same elements under another shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ParamError, ShapeError
from .copying import copied
from .operator import Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import Axes, Ints, OpParams
from .registry import register
from .reshaping import reshaped, target_reshaped
from .shapes import flattened, normalize_axes, normalize_axis
from .sight import Looks, same_elements


class Reshaping(Operator):
    """One input, the same elements in the same order; the gradient goes back by the input's shape."""

    category = "shape"
    view = True

    def reshape(self, p: Any, shape: Shape) -> Shape:
        """The output's shape for an input's."""
        raise NotImplementedError

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else self.reshape(p, shapes[0])]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same_elements(inputs[0], output)]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        return data.reshape(self.reshape(p, data.shape))

    def ready(self, xp: Any, p: Any, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        shape = self.reshape(p, specs[0].shape)
        return lambda data: data.reshape(shape)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return F._reshape_to(dy, shape=at.inputs[0].shape)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


class ReshapeParams(OpParams):
    """What Reshape takes."""

    shape: Ints = Field(
        (),
        description="sizes; 0 copies an axis, -1 infers it, -2 copies the rest, -3 joins two, -4 splits one",
    )
    reverse: bool = Field(False, description="read shape and axes from the last one")
    target_shape: Ints = Field(
        (),
        description="older form of shape, with 0 for the one inferred size",
        json_schema_extra={"hidden": True},
    )
    keep_highest: bool = Field(
        False, description="with target_shape: keep the first axis", json_schema_extra={"hidden": True}
    )


@register
class Reshape(Reshaping):
    """The same elements under another shape.

    ``shape`` is read from left to right: a positive size; 0 copies the axis; -1 (once) is found from the
    other sizes; -2 copies all axes that remain; -3 joins the next two; -4 splits the next one into the two
    sizes after it. With ``reverse`` both are read from the right. Example: (2, 3, 4) with (0, -1) becomes (2,
    12). Raises ShapeError where the number of elements would change.
    """

    name = "Reshape"
    aliases = ("reshape",)
    title = "Reshape"
    in_palette = True
    Params = ReshapeParams

    def reshape(self, p: ReshapeParams, shape: Shape) -> Shape:
        if not p.shape and p.target_shape:
            return target_reshaped(shape, p.target_shape, p.keep_highest)
        if not p.shape and math.prod(shape) != 1:
            raise ParamError("parameter 'shape' is missing", parameter="shape", remedy="Give shape=(…)")
        return reshaped(shape, p.shape or (1,), reverse=p.reverse)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4),), {"shape": (4, 6)})
        yield Sample(((2, 3, 4),), {"shape": (0, -1)})
        yield Sample(((2, 3, 4),), {"shape": (-2,)})
        yield Sample(((2, 3, 4, 5),), {"shape": (-3, -3)})
        yield Sample(((2, 6, 4),), {"shape": (0, -4, -1, 2, 0)})
        yield Sample(((6, 4),), {"shape": (-4, 2, 3, -2)})
        yield Sample(((10, 5, 4),), {"shape": (-1, 0), "reverse": True})
        yield Sample(((2, 3, 4),), {"target_shape": (5, 0), "keep_highest": True})
        yield Sample(((0, 3, 4),), {"shape": (0, -1)})
        yield Sample(
            (Draw((2, 3), "integer", 0, 9),),
            {"shape": 6},
            differentiable=False,
            dtypes=("float16", "int32", "uint8"),
        )


@register
class Flatten(Reshaping):
    """All axes behind the first made one: (N, C, H, W) → (N, C·H·W)."""

    name = "Flatten"
    aliases = ("flatten",)
    title = "Flatten"
    in_palette = True

    def reshape(self, p: Any, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError("there is nothing to flatten", port="data", wanted="at least one axis", got=shape)
        return shape[0], flattened(shape)

    def samples(self) -> Iterable[Sample]:
        for shape in ((2, 3, 4), (3, 4), (5,), (2, 3, 2, 2), (0, 3, 2)):
            yield Sample((shape,))


class ExpandParams(OpParams):
    """What expand_dims takes."""

    axis: int = Field(description="where the new axis stands in the output; negative ones count from its end")


@register
class ExpandDims(Reshaping):
    """One more axis, of size 1: (2, 3) with axis 1 → (2, 1, 3)."""

    name = "expand_dims"
    title = "Expand dims"
    in_palette = True
    Params = ExpandParams

    def reshape(self, p: ExpandParams, shape: Shape) -> Shape:
        axis = normalize_axis(p.axis, len(shape) + 1)
        return *shape[:axis], 1, *shape[axis:]

    def samples(self) -> Iterable[Sample]:
        for axis in (0, 1, 2, -1, -3):
            yield Sample(((3, 4),), {"axis": axis})
        yield Sample(((0,),), {"axis": 0})


class SqueezeParams(OpParams):
    """What squeeze takes."""

    axis: Axes = Field(None, description="axes of size 1 to drop; none: all of them")


@register
class Squeeze(Reshaping):
    """Axes of size 1 dropped: (1, 3, 1) → (3,). Where all are dropped one is left: (1, 1) → (1,)."""

    name = "squeeze"
    title = "Squeeze"
    in_palette = True
    Params = SqueezeParams

    def reshape(self, p: SqueezeParams, shape: Shape) -> Shape:
        if p.axis is None:
            return tuple(n for n in shape if n != 1) or (1,)
        axes = normalize_axes(p.axis, len(shape)) if p.axis != () else ()
        for axis in axes:
            if shape[axis] != 1:
                raise ShapeError(
                    f"axis {axis} of {shape} has size {shape[axis]} and cannot be dropped",
                    port="data",
                    parameter="axis",
                    wanted="an axis of size 1",
                    got=p.axis,
                )
        return tuple(n for i, n in enumerate(shape) if i not in axes) or (1,)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((1, 3, 1, 2),))
        yield Sample(((1, 3, 1, 2),), {"axis": 0})
        yield Sample(((1, 3, 1, 2),), {"axis": (-2, 0)})
        yield Sample(((1, 1),))
        yield Sample(((1, 0),), {"axis": 0})


class ReshapeLikeParams(OpParams):
    """What reshape_like takes."""

    lhs_begin: int | None = Field(None, description="first axis of lhs that is replaced (none: 0)")
    lhs_end: int | None = Field(None, description="axis of lhs behind the replaced ones (none: to the end)")
    rhs_begin: int | None = Field(None, description="first axis of rhs whose size is taken (none: 0)")
    rhs_end: int | None = Field(None, description="axis of rhs behind the taken ones (none: to the end)")


@register
class ReshapeLike(Operator):
    """lhs under the shape of rhs, or with axes [lhs_begin, lhs_end) replaced by rhs's [rhs_begin, rhs_end).

    (30, 7) like (15, 2, 4) with lhs 0 to 1 and rhs 0 to 2 becomes (15, 2, 7). No gradient flows to rhs.
    """

    name = "reshape_like"
    category = "shape"
    title = "Reshape like"
    Params = ReshapeLikeParams
    inputs = (Port("lhs", doc="what is reshaped"), Port("rhs", doc="whose shape is taken"))

    def infer_shape(self, p: ReshapeLikeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        return shapes, [None if lhs is None or rhs is None else self._shape(p, lhs, rhs)]

    def infer_dtype(self, p: Any, dtypes: Any) -> Any:
        return dtypes, [dtypes[0]]

    def _shape(self, p: ReshapeLikeParams, lhs: Shape, rhs: Shape) -> Shape:
        first, last = _axis_range(lhs, p.lhs_begin, p.lhs_end, "lhs")
        begin, end = _axis_range(rhs, p.rhs_begin, p.rhs_end, "rhs")
        result = (*lhs[:first], *rhs[begin:end], *lhs[last:])
        if math.prod(result) != math.prod(lhs):
            raise ShapeError(
                f"{lhs} holds {math.prod(lhs)} elements and cannot become {result}",
                port="rhs",
                wanted=f"axes whose sizes multiply to {math.prod(lhs[first:last])}",
                got=rhs[begin:end],
            )
        return result

    def forward(self, xp: Any, p: ReshapeLikeParams, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return copied(xp, lhs.reshape(self._shape(p, lhs.shape, rhs.shape)), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return F._reshape_to(dy, shape=at.inputs[0].shape), None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 6), (3, 4)))
        yield Sample(((6, 7), (3, 2, 4)), {"lhs_begin": 0, "lhs_end": 1, "rhs_begin": 0, "rhs_end": 2})
        yield Sample(((6, 7), (3, 2, 4)), {"lhs_end": -1, "rhs_end": -1})
        yield Sample(((0, 6), (3, 0)))


def _axis_range(shape: Shape, begin: int | None, end: int | None, which: str) -> tuple[int, int]:
    ndim = len(shape)
    first = 0 if begin is None else begin + ndim if begin < 0 else begin
    last = ndim if end is None else end + ndim if end < 0 else end
    if not 0 <= first <= last <= ndim:
        raise ParamError(
            f"{which}_begin and {which}_end name no axes of {shape}",
            parameter=f"{which}_begin",
            wanted=f"a range within 0 to {ndim}",
            got=(begin, end),
        )
    return first, last
