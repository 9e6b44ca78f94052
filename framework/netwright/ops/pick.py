"""One element of each line of an array: pick and its relatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import deliver
from .bounds import Mode, bounded
from .copying import copied
from .indexing import Picking, indices
from .operator import Port, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams
from .registry import register
from .shapes import normalize_axis


class PickParams(OpParams):
    """What pick takes."""

    axis: int | None = Field(-1, description="the axis along which one element is taken; none: of the flattened data")
    keepdims: bool = Field(False, description="keep that axis with size 1")
    mode: Mode = Field("clip", description="clip: the nearest index that exists; wrap: counted round; raise: an error")


def _line_shapes(axis: int, shape: Shape) -> tuple[Shape, Shape]:
    """The data's shape without the axis, and with 1 in its place."""
    axis = normalize_axis(axis, len(shape))
    return (*shape[:axis], *shape[axis + 1 :]) or (1,), (*shape[:axis], 1, *shape[axis + 1 :])


def _places(xp: Any, axis: int, shape: Shape) -> Callable[[Any], tuple[Any, ...]]:
    """What makes the key of one element of each line from their index arrays, clipped into the line."""
    axis = normalize_axis(axis, len(shape))
    kept = _line_shapes(axis, shape)[1]
    grid = [xp.arange(n).reshape([n if k == i else 1 for k in range(len(shape))]) for i, n in enumerate(shape)]
    before, after = tuple(grid[:axis]), tuple(grid[axis + 1 :])
    zero, last = xp.zeros((), np.int64), xp.full((), shape[axis] - 1, np.int64)

    def key(index: Any) -> tuple[Any, ...]:
        place = xp.maximum(index.astype(np.int64), zero)
        return (*before, xp.minimum(place, last, out=place).reshape(kept), *after)

    return key


@register
class Pick(Picking):
    """One element of each line along an axis: y[i] = data[i, index[i]].

    data (N, C), index (N,) or (N, 1) → (N,), or (N, 1) with ``keepdims``. Without an axis, index names
    elements of the flattened data and gives the output its shape.
    """

    name = "pick"
    aliases = ("choose_element_0index",)
    title = "Pick"
    in_palette = True
    Params = PickParams
    inputs = (Port("data", doc="what is picked from"), Port("index", doc="which element of each line"))

    def infer_shape(self, p: PickParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, index = shapes
        if data is None:
            return shapes, [None]
        if p.axis is None:
            return shapes, [index]
        without, kept = _line_shapes(p.axis, data)
        if index is not None and index not in (without, kept):
            raise ShapeError(
                f"index must name one element for each line of {data}",
                port="index",
                wanted=f"{without} or {kept}",
                got=index,
            )
        return [data, index or without], [kept if p.keepdims else without]

    def forward(self, xp: Any, p: PickParams, data: Any, index: Any, *, out: Any = None) -> Any:
        if p.axis is None:
            places = bounded(xp, index, data.size, p.mode, "index")
            return xp.take(data.reshape(-1), places, out=out)
        without, kept = _line_shapes(p.axis, data.shape)
        places = bounded(xp, index, data.shape[p.axis], p.mode, "index").reshape(kept)
        found = xp.take_along_axis(data, places, p.axis)
        return deliver(xp, found if p.keepdims else found.reshape(without), out)

    def ready(self, xp: Any, p: PickParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        shape = specs[0].shape
        if p.axis is None or p.mode != "clip" or not math.prod(shape):
            return super().ready(xp, p, specs)
        places = _places(xp, p.axis, shape)
        without, kept = _line_shapes(p.axis, shape)
        given = kept if p.keepdims else without
        return lambda data, index: data[places(index)].reshape(given)

    def gradient(self, F: Any, p: PickParams, at: Any, dy: Any, index: Any) -> Any:
        shape = at.inputs[0].shape
        if p.axis is None:
            flat = F._take_grad(dy, index, shape=(math.prod(shape),), mode=p.mode)
            return F._reshape_to(flat, shape=shape), None
        return F._pick_grad(dy, index, shape=shape, axis=p.axis, keepdims=p.keepdims, mode=p.mode), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), indices((4,), -1, 5)))
        yield Sample(((4, 3), indices((4, 1), -5, 9, "float32")), {"mode": "wrap"})
        yield Sample(((4, 3), indices((3,), 0, 4, "int32")), {"axis": 0, "keepdims": True})
        yield Sample(((2, 3, 4), indices((2, 4), 0, 3)), {"axis": -2, "mode": "raise"})
        yield Sample(((4, 3), indices((5,), 0, 12)), {"axis": None})
        yield Sample(((5,), indices((1,), 0, 5)), {"axis": 0})
        yield Sample(((0, 3), indices((0,), 0, 1)))


class PickGradParams(OpParams):
    """What _pick_grad takes."""

    shape: Ints = Field(description="shape of the array that was picked from")
    axis: int = Field(-1, description="the axis of pick")
    keepdims: bool = Field(False, description="whether the gradient has that axis")
    mode: Mode = Field("clip", description="the mode of pick")


@register
class PickGrad(Picking):
    """Zeros of ``shape`` with one element of each line set: the adjoint of pick."""

    name = "_pick_grad"
    Params = PickGradParams
    inputs = (Port("data", doc="gradient of what was picked"), Port("index", doc="which element of each line"))

    def infer_shape(self, p: PickGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def forward(self, xp: Any, p: PickGradParams, data: Any, index: Any, *, out: Any = None) -> Any:
        _, kept = _line_shapes(p.axis, p.shape)
        size = p.shape[p.axis]
        places = bounded(xp, index, size, p.mode, "index").reshape(kept)
        along = [1] * len(p.shape)
        along[p.axis] = size
        hit = places == xp.arange(size).reshape(along)
        return deliver(xp, xp.where(hit, data.reshape(kept), data.dtype.type(0)), out)

    def ready(self, xp: Any, p: PickGradParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        shape, dtype = p.shape, specs[0].dtype
        if p.mode != "clip" or not math.prod(shape):
            return super().ready(xp, p, specs)
        places, kept = _places(xp, p.axis, shape), _line_shapes(p.axis, shape)[1]

        def run(data: Any, index: Any) -> Any:
            out = xp.zeros(shape, dtype)
            out[places(index)] = data.reshape(kept)
            return out

        return run

    def gradient(self, F: Any, p: PickGradParams, at: Any, dy: Any, index: Any) -> Any:
        return F.pick(dy, index, axis=p.axis, keepdims=p.keepdims, mode=p.mode), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4,), indices((4,), -1, 5)), {"shape": (4, 3)})
        yield Sample(((1, 3), indices((3,), -9, 9)), {"shape": (4, 3), "axis": 0, "keepdims": True, "mode": "wrap"})


@register
class BatchTake(Picking):
    """One element of each row: y[i] = a[i, indices[i]]; indices outside of the row count as its nearest end."""

    name = "batch_take"
    inputs = (Port("a", doc="a matrix (N, C)"), Port("indices", doc="which element of each row: (N,)"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        a, index = shapes
        if a is None:
            return shapes, [None]
        if len(a) != 2 or (index is not None and index != a[:1]):
            raise ShapeError(
                "a must be a matrix and indices name one element a row",
                port="indices" if len(a) == 2 else "a",
                wanted="(N, C) and (N,)",
                got=f"{a} and {index}",
            )
        return [a, a[:1]], [a[:1]]

    def forward(self, xp: Any, p: Any, a: Any, indices: Any, *, out: Any = None) -> Any:
        places = bounded(xp, indices, a.shape[1], "clip", "indices")
        return deliver(xp, xp.take_along_axis(a, places[:, None], 1).reshape(a.shape[0]), out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, indices: Any) -> Any:
        return F._pick_grad(dy, indices, shape=at.inputs[0].shape), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), indices((4,), -1, 5, "int32")))
        yield Sample(((0, 3), indices((0,), 0, 1, "int32")))


@register
class FillElement(Picking):
    """A copy of a matrix with one element of each row replaced: y[i, rhs[i]] = mhs[i]."""

    name = "fill_element_0index"
    inputs = (
        Port("lhs", doc="a matrix (N, C)"),
        Port("mhs", doc="the new elements: (N,)"),
        Port("rhs", doc="which element of each row: (N,)"),
    )

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, mhs, rhs = shapes
        if lhs is None:
            return shapes, [None]
        for port, shape in (("mhs", mhs), ("rhs", rhs)):
            if len(lhs) != 2 or (shape is not None and shape != lhs[:1]):
                raise ShapeError(
                    "one element a row is replaced", port=port, wanted="(N, C), (N,) and (N,)", got=f"{lhs} and {shape}"
                )
        return [lhs, lhs[:1], lhs[:1]], [lhs]

    def forward(self, xp: Any, p: Any, lhs: Any, mhs: Any, rhs: Any, *, out: Any = None) -> Any:
        out = copied(xp, lhs, out)
        places = bounded(xp, rhs, lhs.shape[1], "clip", "rhs")
        out[xp.arange(lhs.shape[0], dtype=np.int64), places] = mhs
        return out

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, rhs: Any) -> Any:
        nothing = F._zeros(shape=at.inputs[1].shape, dtype=at.inputs[1].dtype.name)
        return F.fill_element_0index(dy, nothing, rhs), F.pick(dy, rhs), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), (4,), indices((4,), 0, 3)))
