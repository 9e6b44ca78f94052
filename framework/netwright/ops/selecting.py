"""Operators on whole rows: masks, copies by index, and arrays that number positions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import deliver
from .bounds import counted_from_end
from .copying import copied, zeros
from .indexing import Picking, indices
from .operator import Draw, DTypes, Operator, Port, Sample, Shape, Shapes, numbered
from .params import Ints, OpParams, Size
from .registry import register
from .shapes import normalize_axis


class MaskParams(OpParams):
    """What boolean_mask takes."""

    axis: int = Field(0, description="the axis along which positions are kept or left out")


def _mask_shape(axis: int, shape: Shape) -> Shape:
    return (shape[normalize_axis(axis, len(shape))],)


def _kept(xp: Any, index: Any) -> Any:
    return xp.nonzero(index)[0]


@register
class BooleanMask(Picking):
    """The positions along an axis where ``index`` is not 0: data (N, D), index (N,) → (K, D).

    K is known only from the values, so that a symbol with this operator cannot be planned ahead.
    """

    name = "_contrib_boolean_mask"
    dynamic = True
    Params = MaskParams
    inputs = (Port("data", doc="what is chosen from"), Port("index", doc="0 or not 0 for each position: (N,)"))

    def infer_shape(self, p: MaskParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, index = shapes
        if data is None:
            return shapes, [None]
        wanted = _mask_shape(p.axis, data)
        if index is not None and index != wanted:
            raise ShapeError("index needs one value for each position", port="index", wanted=wanted, got=index)
        return [data, wanted], [None]

    def forward(self, xp: Any, p: MaskParams, data: Any, index: Any) -> Any:
        return xp.take(data, _kept(xp, index), axis=p.axis)

    def gradient(self, F: Any, p: MaskParams, at: Any, dy: Any, index: Any) -> Any:
        return F._boolean_mask_grad(dy, index, axis=p.axis, shape=at.inputs[0].shape), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((5, 3), indices((5,), 0, 2)))
        yield Sample(((2, 6), indices((6,), 0, 2, "float32")), {"axis": 1})
        yield Sample(((3, 2), indices((3,), 0, 1)))


class MaskGradParams(MaskParams):
    """What _boolean_mask_grad takes."""

    shape: Ints = Field(description="shape of the array that was chosen from")


@register
class BooleanMaskGrad(Picking):
    """Zeros of ``shape`` with the chosen positions written back: the adjoint of boolean_mask."""

    name = "_boolean_mask_grad"
    Params = MaskGradParams
    inputs = (Port("data", doc="gradient of what was chosen"), Port("index", doc="the mask"))

    def infer_shape(self, p: MaskGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def forward(self, xp: Any, p: MaskGradParams, data: Any, index: Any, *, out: Any = None) -> Any:
        out = zeros(xp, p.shape, data.dtype, out)
        axis = normalize_axis(p.axis, len(p.shape))
        out[(*(slice(None),) * axis, _kept(xp, index))] = data
        return out

    def gradient(self, F: Any, p: MaskGradParams, at: Any, dy: Any, index: Any) -> Any:
        count = at.inputs[0].shape[p.axis]
        return F._kept(dy, index, axis=p.axis, count=count), None

    def samples(self) -> Iterable[Sample]:
        # all kept: the number of rows must fit whatever is drawn
        yield Sample(((4, 3), indices((4,), 1, 3)), {"shape": (4, 3)})
        yield Sample(((2, 3), indices((3,), 1, 3)), {"shape": (2, 3), "axis": -1})


class KeptParams(MaskParams):
    """What _kept takes."""

    count: int = Field(ge=0, description="how many positions are chosen")


@register
class Kept(Picking):
    """boolean_mask where the number of chosen positions is known: for the gradient of its gradient."""

    name = "_kept"
    Params = KeptParams
    inputs = BooleanMask.inputs

    def infer_shape(self, p: KeptParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        axis = normalize_axis(p.axis, len(data))
        return [data, _mask_shape(axis, data)], [(*data[:axis], p.count, *data[axis + 1 :])]

    def forward(self, xp: Any, p: KeptParams, data: Any, index: Any) -> Any:
        return xp.take(data, _kept(xp, index), axis=p.axis)

    def gradient(self, F: Any, p: KeptParams, at: Any, dy: Any, index: Any) -> Any:
        return F._boolean_mask_grad(dy, index, axis=p.axis, shape=at.inputs[0].shape), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), indices((4,), 1, 3)), {"count": 4})
        yield Sample(((2, 3), indices((3,), 1, 3)), {"count": 3, "axis": -1})


@register
class IndexCopy(Picking):
    """A copy of old_tensor with rows replaced: y[index_vector[i]] = new_tensor[i].

    old_tensor (N, D), index_vector (K,), new_tensor (K, D) → (N, D). Where a row is named twice the last one counts.
    """

    name = "_contrib_index_copy"
    inputs = (
        Port("old_tensor", doc="what is copied"),
        Port("index_vector", doc="which rows are replaced: (K,)"),
        Port("new_tensor", doc="the new rows"),
    )

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        old, index, new = shapes
        if old is None or index is None:
            return shapes, [old]
        if len(index) != 1:
            raise ShapeError("index_vector must be a vector", port="index_vector", wanted="(K,)", got=index)
        wanted = (*index, *old[1:])
        if new is not None and new != wanted:
            raise ShapeError("new_tensor needs a row for each index", port="new_tensor", wanted=wanted, got=new)
        return [old, index, wanted], [old]

    def forward(self, xp: Any, p: Any, old_tensor: Any, index_vector: Any, new_tensor: Any, *, out: Any = None) -> Any:
        out = copied(xp, old_tensor, out)
        out[counted_from_end(xp, index_vector, old_tensor.shape[0], "index_vector")] = new_tensor
        return out

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, index_vector: Any) -> Any:
        new = at.inputs[2]
        nothing = F._zeros(shape=new.shape, dtype=new.dtype.name)
        return F._contrib_index_copy(dy, index_vector, nothing), None, F.take(dy, index_vector, mode="wrap")

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), indices((1,), -4, 4), (1, 3)))
        yield Sample(((4,), indices((1,), 0, 4, "float32"), (1,)))


class IndexArrayParams(OpParams):
    """What index_array takes."""

    axes: Ints | None = Field(None, description="the axes whose positions are given; none: all")


@register
class IndexArray(Operator):
    """The coordinates of each element as int64: data (2, 3) → (2, 3, 2) with y[i, j] = (i, j)."""

    name = "_contrib_index_array"
    category = "indexing"
    Params = IndexArrayParams

    def infer_shape(self, p: IndexArrayParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        return shapes, [(*data, len(data) if p.axes is None else len(self._axes(p, len(data))))]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64)]

    def _axes(self, p: IndexArrayParams, ndim: int) -> tuple[int, ...]:
        return tuple(range(ndim)) if p.axes is None else tuple(normalize_axis(a, ndim, "axes") for a in p.axes)

    def forward(self, xp: Any, p: IndexArrayParams, data: Any) -> Any:
        axes = self._axes(p, data.ndim)
        result = xp.empty((*data.shape, len(axes)), dtype=np.int64)
        for i, axis in enumerate(axes):
            along = [1] * data.ndim
            along[axis] = data.shape[axis]
            result[..., i] = xp.arange(data.shape[axis]).reshape(along)
        return result

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3),))
        yield Sample(((2, 3, 4),), {"axes": (-1, 0)})
        yield Sample(((0, 3),), {"axes": 1})


class ArangeLikeParams(OpParams):
    """What arange_like takes."""

    start: float = Field(0.0, description="the first number")
    step: float = Field(1.0, description="the distance between numbers")
    repeat: Size = Field(1, description="how often each number stands")
    axis: int | None = Field(None, description="number along this axis of data only; none: all elements")


@register
class ArangeLike(Operator):
    """Evenly spaced numbers, as many as data has elements (in its shape) or positions along an axis (as a vector).

    y[i] = start + step · ⌊i / repeat⌋, in data's dtype. There is no gradient.
    """

    name = "_contrib_arange_like"
    category = "creation"
    Params = ArangeLikeParams

    def infer_shape(self, p: ArangeLikeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None or p.axis is None:
            return shapes, [data]
        return shapes, [(data[normalize_axis(p.axis, len(data))],)]

    def forward(self, xp: Any, p: ArangeLikeParams, data: Any, *, out: Any = None) -> Any:
        shape = data.shape if p.axis is None else (data.shape[p.axis],)
        places = xp.arange(math.prod(shape)) // p.repeat
        return deliver(xp, (p.start + p.step * places).astype(data.dtype).reshape(shape), out)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3),))
        yield Sample(((2, 4),), {"axis": -1, "start": 1, "step": 0.5, "repeat": 2})
        yield Sample((Draw((5,), "integer", 0, 3),), dtypes=("int32", "float16"))


class HistogramParams(OpParams):
    """What _histogram takes."""

    bin_cnt: Size | None = Field(None, description="how many bins of equal width; none: the edges are the input bins")
    range: tuple[float, float] | None = Field(
        None, description="lowest and highest edge, with bin_cnt; none: the smallest and largest value"
    )


@register
class Histogram(Operator):
    """How many values lie in each bin, as int64, and the edges of the bins.

    Values outside of the edges are not counted; the last bin holds its upper edge. There is no gradient.
    """

    name = "_histogram"
    category = "indexing"
    Params = HistogramParams
    inputs = (Port("data", doc="values of any shape"), Port("bins", doc="ascending edges", optional=True))
    outputs = ("hist", "bin_edges")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)

    def ports(self, p: HistogramParams) -> tuple[Port, ...]:
        return self.inputs if p.bin_cnt is None else self.inputs[:1]

    def infer_shape(self, p: HistogramParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if p.bin_cnt is not None:
            return shapes, [(p.bin_cnt,), (p.bin_cnt + 1,)]
        bins = shapes[1]
        if bins is not None and (len(bins) != 1 or bins[0] < 2):
            raise ShapeError("bins must hold at least two edges", port="bins", wanted="(K,) with K ≥ 2", got=bins)
        return shapes, [None if bins is None else (bins[0] - 1,), bins]

    def infer_dtype(self, p: HistogramParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64), dtypes[-1]]

    def forward(self, xp: Any, p: HistogramParams, data: Any, *bins: Any) -> Any:
        if bins:
            edges = bins[0].copy()
        else:
            low, high = p.range or ((float(data.min()), float(data.max())) if data.size else (0.0, 1.0))
            if low == high:
                low, high = low - 0.5, high + 0.5
            edges = xp.linspace(low, high, (p.bin_cnt or 1) + 1)
        counts = xp.histogram(data.reshape(-1), bins=edges)[0]
        return counts.astype(np.int64), edges.astype((bins[0] if bins else data).dtype)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 5),), {"bin_cnt": 6, "range": (-1.5, 1.5)})
        yield Sample(((20,),), {"bin_cnt": 3})
        # edges that are equal are in order, whatever is drawn
        yield Sample(((4, 5), Draw((2,), "uniform", 0.5, 0.5)))
        yield Sample(((0,),), {"bin_cnt": 2})
