"""Operators on elements named by coordinates: gather_nd, scatter_nd, and numbers of places."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator, deliver
from .bounds import counted_from_end
from .copying import copied, zeros
from .indexing import Picking, indices
from .operator import Operator, Port, Sample, Shape, Shapes
from .params import Ints, OpParams
from .registry import register
from .scattering import add_rows, flat_places


def _gathered_shape(shape: Shape, index: Shape) -> Shape:
    """The shape of the elements that ``index`` (M, …) names in an array of ``shape``."""
    if not index or not 1 <= index[0] <= len(shape):
        raise ShapeError(
            "indices hold one row for each of the first axes",
            port="indices",
            wanted=f"(M, …) with M from 1 to {len(shape)}",
            got=index,
        )
    return (*index[1:], *shape[index[0] :]) or (1,)


def _coordinates(xp: Any, index: Any, shape: Shape) -> tuple[Any, ...]:
    return tuple(counted_from_end(xp, row, size, "indices") for row, size in zip(index, shape, strict=False))


class ShapeParams(OpParams):
    """A shape that is taken literally."""

    shape: Ints = Field(description="shape of the output")


@register
class GatherNd(Picking):
    """Elements, or whole parts, by coordinates: y[j…] = data[indices[0, j…], …, indices[M−1, j…]].

    data (X₀, …, Xₙ), indices (M, J…) → (J…, X_M, …, Xₙ). Negative coordinates count from the end; others outside of
    the axis raise DataError.
    """

    name = "gather_nd"
    title = "Gather"
    inputs = (Port("data", doc="what is taken from"), Port("indices", doc="one row of coordinates for each axis"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, index = shapes
        return shapes, [None if data is None or index is None else _gathered_shape(data, index)]

    def forward(self, xp: Any, p: Any, data: Any, indices: Any, *, out: Any = None) -> Any:
        found = data[_coordinates(xp, indices, data.shape)]
        return deliver(xp, found.reshape(_gathered_shape(data.shape, indices.shape)), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, indices: Any) -> Any:
        return F._scatter_nd_add(dy, indices, shape=at.inputs[0].shape), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), indices((2, 5), -3, 3)))
        yield Sample(((3, 4, 2), indices((1, 2, 3), 0, 3, "float32")))
        yield Sample(((3, 4, 2), indices((3, 1), 0, 2, "int32")))
        yield Sample(((3, 4), indices((2, 0), 0, 1)))


class Scatter(Picking):
    """Values written, or added, at coordinates in zeros of ``shape``."""

    Params = ShapeParams
    inputs = (Port("data", doc="the values"), Port("indices", doc="one row of coordinates for each axis"))

    def infer_shape(self, p: ShapeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, index = shapes
        if data is not None and index is not None:
            wanted = _gathered_shape(p.shape, index)
            if data != wanted:
                raise ShapeError("the values do not fit the indices", port="data", wanted=wanted, got=data)
        return shapes, [p.shape]

    def gradient(self, F: Any, p: ShapeParams, at: Any, dy: Any, indices: Any) -> Any:
        return F.gather_nd(dy, indices), None


@register
class ScatterNd(Scatter):
    """Zeros of ``shape`` with values written at coordinates: y[indices[0, j…], …] = data[j…]; undoes gather_nd.

    data (J…, X_M, …), indices (M, J…). Where a place is named twice, one of the values stands there.
    """

    name = "scatter_nd"
    title = "Scatter"

    def forward(self, xp: Any, p: ShapeParams, data: Any, indices: Any, *, out: Any = None) -> Any:
        out = zeros(xp, p.shape, data.dtype, out)
        places = _coordinates(xp, indices, p.shape)
        out[places] = data.reshape(out[places].shape)
        return out

    def samples(self) -> Iterable[Sample]:
        # one column each: places that are named once, as the gradient wants them
        yield Sample(((1,), indices((2, 1), 0, 3)), {"shape": (3, 4)})
        yield Sample(((1, 4), indices((1, 1), -3, 3, "float32")), {"shape": (3, 4)})


@register
class ScatterNdAdd(Scatter):
    """Zeros of ``shape`` with values added at coordinates: the adjoint of gather_nd."""

    name = "_scatter_nd_add"
    aliases = ("_backward_gather_nd",)

    def forward(self, xp: Any, p: ShapeParams, data: Any, indices: Any, *, out: Any = None) -> Any:
        count = indices.shape[0]
        rest = math.prod(p.shape[count:])
        target = xp.zeros((math.prod(p.shape[:count]), rest), dtype=accumulator(data.dtype))
        places = flat_places(xp, _coordinates(xp, indices, p.shape), p.shape[:count]).reshape(-1)
        values = data.reshape(places.size, rest).astype(target.dtype, copy=False)
        add_rows(xp, target, places, values)
        return deliver(xp, target.reshape(p.shape).astype(data.dtype, copy=False), out)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((5,), indices((2, 5), -3, 3)), {"shape": (3, 4)})
        yield Sample(((2, 3, 4), indices((1, 2, 3), 0, 3, "float32")), {"shape": (3, 4)})
        yield Sample(((0,), indices((2, 0), 0, 1)), {"shape": (3, 4)})


@register
class ScatterSetNd(Picking):
    """A copy of lhs with the values of rhs written at coordinates."""

    name = "_scatter_set_nd"
    Params = ShapeParams
    inputs = (
        Port("lhs", doc="what is copied"),
        Port("rhs", doc="the values"),
        Port("indices", doc="one row of coordinates for each axis"),
    )

    def infer_shape(self, p: ShapeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs, index = shapes
        if lhs is not None and lhs != p.shape:
            raise ShapeError("shape must be that of lhs", port="lhs", parameter="shape", wanted=p.shape, got=lhs)
        if rhs is not None and index is not None and rhs != _gathered_shape(p.shape, index):
            wanted = _gathered_shape(p.shape, index)
            raise ShapeError("the values do not fit the indices", port="rhs", wanted=wanted, got=rhs)
        return [p.shape, rhs, index], [p.shape]

    def forward(self, xp: Any, p: ShapeParams, lhs: Any, rhs: Any, indices: Any, *, out: Any = None) -> Any:
        out = copied(xp, lhs, out)
        places = _coordinates(xp, indices, lhs.shape)
        out[places] = rhs.reshape(out[places].shape)
        return out

    def gradient(self, F: Any, p: ShapeParams, at: Any, dy: Any, indices: Any) -> Any:
        rhs = at.inputs[1]
        nothing = F._zeros(shape=rhs.shape, dtype=rhs.dtype.name)
        return F._scatter_set_nd(dy, nothing, indices, shape=p.shape), F.gather_nd(dy, indices), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (1,), indices((2, 1), 0, 3)), {"shape": (3, 4)})
        yield Sample(((3, 4), (1, 4), indices((1, 1), 0, 3)), {"shape": (3, 4)})


def _checked(shape: Shape) -> Shape:
    if not shape or min(shape[1:], default=1) < 1 or shape[0] == 0 or shape[0] < -1:
        raise ParamError(
            "shape must hold the sizes of an array",
            parameter="shape",
            wanted="positive sizes; the first may be −1",
            got=shape,
        )
    return shape


@register
class RavelMultiIndex(Operator):
    """Numbers of places, counted row by row, from coordinates: (1, 2) in an array of (2, 3) → 5.

    data (M, J…) with one row of coordinates for each axis → (J…,), in data's dtype. There is no gradient.
    """

    name = "_ravel_multi_index"
    aliases = ("ravel_multi_index",)
    category = "indexing"
    Params = ShapeParams

    def infer_shape(self, p: ShapeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if not data or data[0] != len(_checked(p.shape)):
            raise ShapeError(
                "data holds one row of coordinates for each axis", port="data", wanted=f"({len(p.shape)}, …)", got=data
            )
        return shapes, [data[1:] or (1,)]

    def forward(self, xp: Any, p: ShapeParams, data: Any, *, out: Any = None) -> Any:
        places = flat_places(xp, data.astype(np.int64), p.shape).reshape(data.shape[1:] or (1,))
        return deliver(xp, places.astype(data.dtype), out)

    def samples(self) -> Iterable[Sample]:
        for dtype in ("float32", "int64"):
            yield Sample((indices((2, 3), 0, 3, dtype),), {"shape": (3, 4)})
        yield Sample((indices((3, 2, 2), 0, 2),), {"shape": (-1, 3, 2)})


@register
class UnravelIndex(Operator):
    """Coordinates from numbers of places, counted row by row: 5 in an array of (2, 3) → (1, 2).

    data (J…) → (M, J…) with one row of coordinates for each axis, in data's dtype. There is no gradient.
    """

    name = "_unravel_index"
    aliases = ("unravel_index",)
    category = "indexing"
    Params = ShapeParams

    def infer_shape(self, p: ShapeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else (len(_checked(p.shape)), *shapes[0])]

    def forward(self, xp: Any, p: ShapeParams, data: Any, *, out: Any = None) -> Any:
        rest = data.astype(np.int64)
        rows = []
        for size in reversed(p.shape[1:]):
            rows.append(rest % size)
            rest = rest // size
        rows.append(rest)
        return deliver(xp, xp.stack(rows[::-1]).astype(data.dtype), out)

    def samples(self) -> Iterable[Sample]:
        for dtype in ("float32", "int64"):
            yield Sample((indices((5,), 0, 12, dtype),), {"shape": (3, 4)})
        yield Sample((indices((2, 2), 0, 12),), {"shape": (-1, 3, 2)})
