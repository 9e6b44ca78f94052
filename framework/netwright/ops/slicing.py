"""Operators that take, or write, a regular part of an array: slices along axes and basic indexing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field

from ..errors import ParamError, ShapeError
from .copying import copied, zeros
from .keys import BasicKey, basic_shape, expanded, plain
from .operator import Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, keyed
from .storage import CSR, CompressedRows


def _bounds(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


Bounds = Annotated[tuple[int | None, ...], BeforeValidator(_bounds)]
"""A place per axis; one integer stands for a tuple of one."""
Steps = Annotated[tuple[int | None, ...], BeforeValidator(lambda value: () if value is None else _bounds(value))]
"""The same for distances; none at all: 1 along each axis."""
WHOLE = (None, None, None)


class Part(Operator):
    """A part of one array that a basic key names; the gradient writes it back into zeros."""

    category = "shape"

    def key(self, p: Any, *shapes: Shape) -> BasicKey:
        """The key for the inputs' shapes."""
        raise NotImplementedError

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        known = [s for s in shapes if s is not None]
        if len(known) < len(shapes):
            return shapes, [None]
        return shapes, [basic_shape(self.key(p, *known), known[0])]

    def infer_dtype(self, p: Any, dtypes: Any) -> Any:
        return dtypes, [dtypes[0]]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        key = expanded(self.key(p, *inputs), len(inputs[0]))
        return [keyed(key, inputs[0]), *(None for _ in inputs[1:])]

    def forward(self, xp: Any, p: Any, data: Any, *others: Any, out: Any = None) -> Any:
        key = self.key(p, data.shape, *(a.shape for a in others))
        found = data[plain(key)]
        return copied(xp, found if found.ndim else found.reshape(1), out)

    def ready(self, xp: Any, p: Any, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        where: Any = plain(self.key(p, *(s.shape for s in specs)))
        if len(specs) == 1 and xp is np and np.broadcast_to(np.zeros(()), specs[0].shape)[where].ndim:
            place = where[0] if where.__class__ is tuple and len(where) == 1 else where
            return lambda data: data[place].copy()

        def run(data: Any, *others: Any) -> Any:
            found = data[where]
            return found.copy() if found.ndim else found.reshape(1).copy()

        return run

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        shapes = [s.shape for s in at.inputs]
        return F._basic_index_grad(dy, shape=shapes[0], key=self.key(p, *shapes)), *(None,) * (len(shapes) - 1)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


class BasicIndexParams(OpParams):
    """What _basic_index takes."""

    key: BasicKey = Field(description="integers, (start, stop, step), None for a new axis, '...'")


@register
class BasicIndex(Part):
    """x[key] for integers, slices, new axes and ``...``; one element comes as shape (1,)."""

    name = "_basic_index"
    Params = BasicIndexParams

    def key(self, p: BasicIndexParams, *shapes: Shape) -> BasicKey:
        return p.key

    def samples(self) -> Iterable[Sample]:
        for key in (
            (1,),
            (-1, 2, 0),
            ((1, None, None),),
            ((None, None, -1), 0),
            ("...", 1),
            (None, (0, 2, None), "...", (3, 0, -2)),
            ((1, 1, None),),
            (),
        ):
            yield Sample(((2, 3, 4),), {"key": key})
        yield Sample(((0, 3),), {"key": ("...", 1)})


class BasicIndexGradParams(BasicIndexParams):
    """What _basic_index_grad takes."""

    shape: Ints = Field(description="shape of the array that was indexed")


@register
class BasicIndexGrad(Operator):
    """Zeros of ``shape`` with dy written to the part that ``key`` names: the adjoint of _basic_index."""

    name = "_basic_index_grad"
    category = "shape"
    Params = BasicIndexGradParams
    inputs = (Port("data", doc="gradient of the part"),)

    def infer_shape(self, p: BasicIndexGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        part = basic_shape(p.key, p.shape)
        if shapes[0] is not None and shapes[0] != part:
            raise ShapeError("the gradient has another shape than the part", port="data", wanted=part, got=shapes[0])
        return [part], [p.shape]

    def forward(self, xp: Any, p: BasicIndexGradParams, data: Any, *, out: Any = None) -> Any:
        out = zeros(xp, p.shape, data.dtype, out)
        part = out[plain(p.key)]
        part[...] = data.reshape(part.shape)
        return out

    def gradient(self, F: Any, p: BasicIndexGradParams, at: Any, dy: Any) -> Any:
        return F._basic_index(dy, key=p.key)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"key": (1,), "shape": (2, 3, 4)})
        yield Sample(((1,),), {"key": (1, 2, 3), "shape": (2, 3, 4)})
        yield Sample(((1, 2, 2),), {"key": (None, (None, None, -1), 2, (0, 2, None)), "shape": (2, 3, 4)})


class SliceParams(OpParams):
    """What slice takes."""

    begin: Bounds = Field(description="first position along each axis; none: from the start")
    end: Bounds = Field(description="position behind the last along each axis; none: to the end")
    step: Steps = Field((), description="distance between positions along each axis; none: 1; negative ones go back")


def _slices(p: SliceParams, ndim: int) -> BasicKey:
    if not len(p.begin) == len(p.end) or (p.step and len(p.step) != len(p.begin)):
        raise ParamError(
            "begin, end and step must name the same number of axes",
            parameter="end",
            wanted=f"{len(p.begin)} each",
            got=(len(p.begin), len(p.end), len(p.step)),
        )
    if len(p.begin) > ndim:
        raise ParamError(
            f"begin names {len(p.begin)} axes of {ndim}",
            parameter="begin",
            wanted=f"at most {ndim}",
            got=p.begin,
        )
    return tuple(zip(p.begin, p.end, p.step or (None,) * len(p.begin), strict=True))


@register
class Slice(Part):
    """A part along the first axes: y = x[begin₀:end₀:step₀, …]; axes that are not named stay whole.

    None in ``begin`` or ``end`` stands for the array's border; places outside of it are cut off, as in
    Python.
    """

    name = "slice"
    aliases = ("crop",)
    title = "Slice"
    in_palette = True
    Params = SliceParams

    def key(self, p: SliceParams, *shapes: Shape) -> BasicKey:
        return _slices(p, len(shapes[0]))

    def infer_storage(self, p: SliceParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (CSR,) if stypes == (CSR,) and all(s in (None, 1) for s in p.step) else None

    def sparse(self, xp: Any, p: SliceParams, data: CompressedRows, *, out: Any = None) -> CompressedRows:
        (begin, end), *columns = (
            slice(b, e).indices(n)[:2] for b, e, n in zip(p.begin, p.end, data.shape, strict=False)
        )
        found = data.cut(begin, max(begin, end))
        return found.columns(columns[0][0], max(columns[0])) if columns else found

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 5),), {"begin": (1,), "end": (3,)})
        yield Sample(((4, 5),), {"begin": (None, -3), "end": (None, None)})
        yield Sample(((4, 5, 3),), {"begin": (None, 4, 0), "end": (-1, None, 2), "step": (2, -2, None)})
        yield Sample(((4, 5),), {"begin": (2,), "end": (2,)})
        yield Sample(((4,),), {"begin": (2,), "end": (9,)})
        integers = Draw((4, 3), "integer", 0, 9)
        yield Sample(
            (integers,),
            {"begin": (1,), "end": (3,)},
            differentiable=False,
            dtypes=("float16", "int32", "int64", "uint8"),
        )


class SliceAxisParams(OpParams):
    """What slice_axis takes."""

    axis: int = Field(description="the axis that is cut")
    begin: int = Field(description="first position")
    end: int | None = Field(description="position behind the last; none: to the end")


@register
class SliceAxis(Part):
    """A part along one axis: positions begin … end − 1. Negative places count from the end."""

    name = "slice_axis"
    title = "Slice one axis"
    in_palette = True
    Params = SliceAxisParams

    def key(self, p: SliceAxisParams, *shapes: Shape) -> BasicKey:
        axis = normalize_axis(p.axis, len(shapes[0]))
        size = shapes[0][axis]
        begin = p.begin + size if p.begin < 0 else p.begin
        end = size if p.end is None else p.end + size if p.end < 0 else p.end
        if not (0 <= begin < end <= size or 0 == begin == end == size):
            raise ParamError(
                f"begin and end take no part of an axis of {size}",
                parameter="begin",
                wanted=f"0 ≤ begin < end ≤ {size}",
                got=(p.begin, p.end),
            )
        return (*(WHOLE,) * axis, (begin, end, None))

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 5),), {"axis": 0, "begin": 1, "end": 3})
        yield Sample(((4, 5),), {"axis": -1, "begin": -3, "end": None})
        yield Sample(((2, 3, 4),), {"axis": 1, "begin": 0, "end": -1})
        yield Sample(((0, 4),), {"axis": 1, "begin": 0, "end": 2})


class SliceLikeParams(OpParams):
    """What slice_like takes."""

    axes: Ints = Field((), description="the axes that are cut; empty: all of them")


@register
class SliceLike(Part):
    """The first part of data, of the sizes that shape_like has along ``axes``.

    No gradient flows to shape_like.
    """

    name = "slice_like"
    title = "Slice like"
    Params = SliceLikeParams
    inputs = (Port("data", doc="what is cut"), Port("shape_like", doc="whose sizes are taken"))

    def key(self, p: SliceLikeParams, *shapes: Shape) -> BasicKey:
        data, like = shapes
        if not p.axes and len(data) != len(like):
            raise ShapeError(
                "without axes both arrays must have as many axes",
                port="shape_like",
                wanted=f"{len(data)} axes",
                got=like,
            )
        sizes = list(data)
        for axis in p.axes or range(len(data)):
            i, j = normalize_axis(axis, len(data), "axes"), normalize_axis(axis, len(like), "axes")
            if like[j] > data[i]:
                raise ShapeError(
                    f"data has fewer positions than shape_like along axis {axis}",
                    port="shape_like",
                    wanted=f"at most {data[i]}",
                    got=like[j],
                )
            sizes[i] = like[j]
        return tuple((0, n, None) for n in sizes)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (2, 3)))
        yield Sample(((3, 4, 5), (2, 3)), {"axes": (0, 1)})
        yield Sample(((3, 4), (2, 3)), {"axes": (-1,)})
        yield Sample(((3, 4), (3, 0)))


@register
class SliceAssign(Operator):
    """A copy of lhs with the part begin … end (see slice) replaced by rhs."""

    name = "_slice_assign"
    aliases = ("_crop_assign",)
    category = "shape"
    Params = SliceParams
    inputs = (Port("lhs", doc="what is copied"), Port("rhs", doc="what is written into the copy"))
    inplace = (0,)

    def infer_shape(self, p: SliceParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        if lhs is None:
            return shapes, [None]
        part = basic_shape(_slices(p, len(lhs)), lhs)
        if rhs is not None and rhs != part:
            raise ShapeError("rhs does not fit into the part", port="rhs", wanted=part, got=rhs)
        return [lhs, part], [lhs]

    def forward(self, xp: Any, p: SliceParams, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        out = lhs if out is lhs else copied(xp, lhs, out)
        out[plain(_slices(p, lhs.ndim))] = rhs
        return out

    def gradient(self, F: Any, p: SliceParams, at: Any, dy: Any) -> Any:
        bounds = {"begin": p.begin, "end": p.end, "step": p.step}
        return (
            F._slice_assign_scalar(dy, scalar=0.0, **bounds) if at.wanted[0] else None,
            F.slice(dy, **bounds) if at.wanted[1] else None,
        )

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 5), (2, 5)), {"begin": (1,), "end": (3,)})
        yield Sample(((4, 5), (2, 3)), {"begin": (None, -1), "end": (None, 1), "step": (2, -1)})


class SliceAssignScalarParams(OpParams):
    """What _slice_assign_scalar takes."""

    scalar: float = Field(0.0, description="what is written")
    begin: Bounds = Field(description="first position along each axis; none: from the start")
    end: Bounds = Field(description="position behind the last along each axis; none: to the end")
    step: Steps = Field((), description="distance between positions along each axis; none: 1")


@register
class SliceAssignScalar(Operator):
    """A copy of data with the part begin … end (see slice) set to a scalar."""

    name = "_slice_assign_scalar"
    aliases = ("_crop_assign_scalar",)
    category = "shape"
    Params = SliceAssignScalarParams
    inplace = (0,)

    def _key(self, p: SliceAssignScalarParams, ndim: int) -> BasicKey:
        return _slices(SliceParams(begin=p.begin, end=p.end, step=p.step), ndim)

    def infer_shape(self, p: SliceAssignScalarParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is not None:
            basic_shape(self._key(p, len(shapes[0])), shapes[0])
        return shapes, shapes

    def forward(self, xp: Any, p: SliceAssignScalarParams, data: Any, *, out: Any = None) -> Any:
        out = data if out is data else copied(xp, data, out)
        out[plain(self._key(p, data.ndim))] = data.dtype.type(p.scalar)
        return out

    def gradient(self, F: Any, p: SliceAssignScalarParams, at: Any, dy: Any) -> Any:
        return F._slice_assign_scalar(dy, scalar=0.0, begin=p.begin, end=p.end, step=p.step)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 5),), {"scalar": 2.5, "begin": (1,), "end": (3,)})
        yield Sample(((4, 5),), {"begin": (None, -1), "end": (None, 1), "step": (2, -2)})
