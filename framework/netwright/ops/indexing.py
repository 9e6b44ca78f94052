"""Operators that take elements by index arrays along one axis: take, pick, one_hot, Embedding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator, deliver
from .bounds import Mode, bounded, taken
from .operator import FLOAT32, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import DType, Ints, OpParams, Size, hint
from .registry import register
from .scattering import add_rows
from .shapes import normalize_axis
from .sight import Looks, same
from .storage import CSR, DEFAULT, ROW_SPARSE, ChosenRows, CompressedRows, summed_rows


class Picking(Operator):
    """Elements of the first input, named by the second one: any integers, or floats that are cut off.

    The output's dtype is the first input's; no gradient flows to the indices.
    """

    category = "indexing"

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


def indices(shape: Shape, low: int, high: int, dtype: str = "int64") -> Draw:
    """How samples draw index arrays."""
    return Draw(shape, "integer", low, high, dtype=dtype)


class TakeParams(OpParams):
    """What take takes."""

    axis: int = Field(0, description="the axis along which elements are taken")
    mode: Mode = Field("clip", description="clip: the nearest index that exists; wrap: counted round; raise: an error")


@register
class Take(Picking):
    """Slices along an axis, by index: y = a[…, indices, …].

    (N, D) taken along axis 0 by (B, T) → (B, T, D). The gradient adds up where an index stands several times.
    """

    name = "take"
    title = "Take"
    in_palette = True
    Params = TakeParams
    inputs = (Port("a", doc="what is taken from"), Port("indices", doc="which positions"))

    def infer_shape(self, p: TakeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        a, index = shapes
        if a is None or index is None:
            return shapes, [None]
        axis = normalize_axis(p.axis, len(a))
        return shapes, [(*a[:axis], *index, *a[axis + 1 :]) or (1,)]

    def forward(self, xp: Any, p: TakeParams, a: Any, indices: Any, *, out: Any = None) -> Any:
        places = bounded(xp, indices, a.shape[p.axis], p.mode, "indices")
        return taken(xp, a, places, p.axis, out)

    def ready(self, xp: Any, p: TakeParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        axis, mode = p.axis, p.mode
        if xp is not np or mode == "raise" or not specs[0].size:
            return super().ready(xp, p, specs)
        if specs[1].dtype.kind == "i":
            return lambda a, indices: a.take(indices, axis, None, mode)
        return lambda a, indices: a.take(indices.astype(np.int64), axis, None, mode)

    def infer_storage(self, p: TakeParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (CSR,) if stypes == (CSR, DEFAULT) and p.axis == 0 else None

    def sparse(self, xp: Any, p: TakeParams, a: CompressedRows, indices: Any, *, out: Any = None) -> Any:
        if indices.ndim != 1:
            raise ShapeError("rows of a csr matrix are taken by a vector", port="indices", got=indices.shape)
        return a.chosen(bounded(xp, indices, a.shape[0], p.mode, "indices"))

    def gradient(self, F: Any, p: TakeParams, at: Any, dy: Any, indices: Any) -> Any:
        return F._take_grad(dy, indices, shape=at.inputs[0].shape, axis=p.axis, mode=p.mode), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3), indices((2, 3), -1, 6)))
        yield Sample(((4, 3), indices((5,), -9, 9)), {"axis": 1, "mode": "wrap"})
        yield Sample(((2, 4, 3), indices((6,), 0, 3, "float32")), {"axis": -1, "mode": "raise"})
        yield Sample(((5,), indices((2, 2), 0, 5, "int32")))
        yield Sample(((4, 3), indices((0,), 0, 1)))


class TakeGradParams(TakeParams):
    """What _take_grad takes."""

    shape: Ints = Field(description="shape of the array that was taken from")
    sparse: bool = hint(False, "Whether eager calls give a row sparse array: only the rows that indices name.")


@register
class TakeGrad(Picking):
    """Zeros of ``shape`` with the slices added at their indices: the adjoint of take."""

    name = "_take_grad"
    Params = TakeGradParams
    inputs = (Port("data", doc="gradient of what was taken"), Port("indices", doc="which positions"))

    def infer_shape(self, p: TakeGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def forward(self, xp: Any, p: TakeGradParams, data: Any, indices: Any, *, out: Any = None) -> Any:
        axis = normalize_axis(p.axis, len(p.shape))
        size = p.shape[axis]
        before, after = math.prod(p.shape[:axis]), math.prod(p.shape[axis + 1 :])
        places = bounded(xp, indices, size, p.mode, "indices").reshape(-1)
        target = xp.zeros((size, before * after), dtype=accumulator(data.dtype))
        rows = data.reshape(before, places.size, after).swapaxes(0, 1).reshape(places.size, before * after)
        add_rows(xp, target, places, rows.astype(target.dtype, copy=False))
        result = target.reshape(size, before, after).swapaxes(0, 1).reshape(p.shape)
        return deliver(xp, xp.ascontiguousarray(result.astype(data.dtype, copy=False)), out)

    def gives_sparse(self, p: TakeGradParams) -> bool:
        return p.sparse

    def infer_storage(self, p: TakeGradParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (ROW_SPARSE,) if p.sparse and stypes == (DEFAULT, DEFAULT) else None

    def sparse(self, xp: Any, p: TakeGradParams, data: Any, indices: Any, *, out: Any = None) -> ChosenRows:
        places = bounded(xp, indices, p.shape[0], p.mode, "indices").reshape(-1)
        rows = summed_rows(xp, p.shape, places, data.astype(accumulator(data.dtype), copy=False))
        return ChosenRows(p.shape, rows.data.astype(data.dtype, copy=False), rows.indices)

    def gradient(self, F: Any, p: TakeGradParams, at: Any, dy: Any, indices: Any) -> Any:
        return F.take(dy, indices, axis=p.axis, mode=p.mode), None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 3), indices((2, 3), -1, 6)), {"shape": (4, 3)})
        yield Sample(((4, 5), indices((5,), -9, 9)), {"shape": (4, 3), "axis": 1, "mode": "wrap"})
        yield Sample(((2, 6, 3), indices((6,), 0, 4)), {"shape": (2, 4, 3), "axis": -2})
        yield Sample(((0, 3), indices((0,), 0, 1)), {"shape": (4, 3)})


class EmbeddingParams(OpParams):
    """What Embedding takes."""

    input_dim: Size = Field(description="how many things there are: indices reach from 0 to input_dim − 1")
    output_dim: Size = Field(description="how many numbers stand for one of them")
    dtype: DType = Field("float32", description="element type of the weight, where nothing else says it")
    sparse_grad: bool = hint(False, "Whether the weight's gradient holds only the rows that were looked up.")


@register
class Embedding(Picking):
    """A row of numbers for each index: y[…, :] = weight[data[…]].

    data (any shape), weight (input_dim, output_dim) → data's shape with output_dim behind it. Indices outside
    of the range count as its nearest end.
    """

    name = "Embedding"
    category = "sequence"
    title = "Embedding"
    in_palette = True
    Params: ClassVar[type[OpParams]] = EmbeddingParams
    inputs = (
        Port("data", doc="indices, of any integer or float dtype"),
        Port("weight", "weight", doc="one row an index: (input_dim, output_dim)"),
    )

    def infer_shape(self, p: EmbeddingParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, weight = shapes
        wanted = (p.input_dim, p.output_dim)
        if weight is not None and weight != wanted:
            raise ShapeError(
                "the weight does not hold input_dim rows of output_dim numbers",
                port="weight",
                wanted=wanted,
                got=weight,
                remedy="Set input_dim and output_dim to the weight's shape, or make the weight anew",
            )
        return [data, wanted], [None if data is None else (*data, p.output_dim)]

    def infer_dtype(self, p: EmbeddingParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        data, weight = dtypes
        weight = weight or np.dtype(p.dtype)
        return [data or FLOAT32, weight], [weight]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0]), None]

    def forward(self, xp: Any, p: EmbeddingParams, data: Any, weight: Any, *, out: Any = None) -> Any:
        return taken(xp, weight, bounded(xp, data, p.input_dim, "clip", "data"), 0, out)

    def infer_storage(self, p: EmbeddingParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (DEFAULT,) if stypes == (DEFAULT, ROW_SPARSE) else None

    def sparse(self, xp: Any, p: EmbeddingParams, data: Any, weight: ChosenRows, *, out: Any = None) -> Any:
        return weight.at(bounded(xp, data, p.input_dim, "clip", "data"))

    def gradient(self, F: Any, p: EmbeddingParams, at: Any, dy: Any, data: Any) -> Any:
        return None, F._take_grad(dy, data, shape=at.inputs[1].shape, sparse=self.gives_sparse(p))

    def gives_sparse(self, p: Any) -> bool:
        return bool(p.sparse_grad)

    def samples(self) -> Iterable[Sample]:
        yield Sample((indices((2, 3), 0, 5), (5, 4)), {"input_dim": 5, "output_dim": 4})
        yield Sample((indices((6,), -2, 9, "float32"), (5, 1)), {"input_dim": 5, "output_dim": 1})
        yield Sample((indices((2, 1, 2), 0, 3, "int32"), (3, 2)), {"input_dim": 3, "output_dim": 2})
        yield Sample((indices((0, 3), 0, 3), (3, 2)), {"input_dim": 3, "output_dim": 2})


class OneHotParams(OpParams):
    """What one_hot takes."""

    depth: int = Field(ge=0, le=2**31 - 1, description="how many positions there are")
    on_value: float = Field(1.0, description="the value at the index")
    off_value: float = Field(0.0, description="the value elsewhere")
    dtype: DType = Field("float32", description="element type of the output")


@register
class OneHot(Operator):
    """A vector for each index, on at that position and off elsewhere: 1 with depth 3 → [0, 1, 0].

    indices (any shape) → its shape with ``depth`` behind it. An index outside of the range gives a vector
    that is off throughout. There is no gradient.
    """

    name = "one_hot"
    category = "indexing"
    title = "One-hot"
    in_palette = True
    Params = OneHotParams
    inputs = (Port("indices", doc="positions, of any integer or float dtype"),)

    def infer_shape(self, p: OneHotParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else (*shapes[0], p.depth)]

    def infer_dtype(self, p: OneHotParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0])]

    def forward(self, xp: Any, p: OneHotParams, indices: Any, *, out: Any = None) -> Any:
        kind = np.dtype(p.dtype).type
        hit = indices.astype(np.int64)[..., None] == xp.arange(p.depth)
        on, off = (xp.asarray(v).astype(kind) for v in (p.on_value, p.off_value))  # −1 in uint8 is 255, as in MXNet
        return deliver(xp, xp.where(hit, on, off), out)

    def samples(self) -> Iterable[Sample]:
        yield Sample((indices((2, 3), -1, 5),), {"depth": 4})
        yield Sample((indices((3,), 0, 4, "float32"),), {"depth": 4, "on_value": 2.5, "off_value": -1.0})
        yield Sample((indices((3,), 0, 4, "int32"),), {"depth": 4, "on_value": 8, "dtype": "int32"})
        yield Sample((indices((0, 2), 0, 1),), {"depth": 2, "dtype": "float16"})


@register
class OnehotEncode(Picking):
    """One row for each index, 1 at that position and 0 elsewhere; rhs gives the shape (N, depth) and the dtype."""

    name = "_onehot_encode"
    inputs = (Port("lhs", doc="N positions"), Port("rhs", doc="an array of the output's shape and dtype"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        if rhs is not None and (len(rhs) != 2 or lhs not in (None, rhs[:1])):
            raise ShapeError("one row for each index", port="rhs", wanted="(N,) and (N, depth)", got=(lhs, rhs))
        return [lhs if rhs is None else rhs[:1], rhs], [rhs]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[1]]

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return deliver(xp, (lhs.astype(np.int64)[:, None] == xp.arange(rhs.shape[1])).astype(rhs.dtype), out)

    def samples(self) -> Iterable[Sample]:
        yield Sample((indices((3,), 0, 4, "float32"), (3, 4)), differentiable=False, dtypes=("float32", "float16"))
        yield Sample((indices((2,), -1, 5), (2, 4)), differentiable=False)
        yield Sample((indices((0,), 0, 1), (0, 2)), differentiable=False)
