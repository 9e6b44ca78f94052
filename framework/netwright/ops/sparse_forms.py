"""Operators that are about storage: changing it, keeping some rows, counting what is stored, sums of squares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator, deliver
from .broadcast import ElemwiseDiv
from .indexing import Embedding, EmbeddingParams, Picking, indices
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams, hint
from .registry import register
from .scalar import MinusScalar, PlusScalar
from .shapes import normalize_axes, reduced_shape
from .storage import CSR, DEFAULT, ROW_SPARSE, ChosenRows, CompressedRows, cast, dense_of
from .stored import sums


class CastStorageParams(OpParams):
    """What cast_storage takes."""

    stype: Literal["default", "row_sparse", "csr"] = Field(description="the storage of the result")


@register
class CastStorage(Operator):
    """A copy in another storage: csr (of matrices), row_sparse or default. Plans know dense arrays only: a copy there.

    StorageError from one sparse storage to the other.
    """

    name = "cast_storage"
    category = "elementwise"
    Params = CastStorageParams

    def infer_shape(self, p: CastStorageParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if p.stype == CSR and shapes[0] is not None and len(shapes[0]) != 2:
            raise ShapeError("a csr array is a matrix", port="data", wanted="2 axes", got=shapes[0])
        return shapes, shapes

    def forward(self, xp: Any, p: CastStorageParams, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, data.copy() if out is None else data, out)

    def gives_sparse(self, p: CastStorageParams) -> bool:
        return p.stype != DEFAULT

    def infer_storage(self, p: CastStorageParams, stypes: tuple[str, ...]) -> tuple[str, ...]:
        return (p.stype,)

    def sparse(self, xp: Any, p: CastStorageParams, data: Any, *, out: Any = None) -> Any:
        return cast(xp, data, p.stype)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy

    def samples(self) -> Iterable[Sample]:
        for stype in ("default", "row_sparse", "csr"):
            yield Sample(((3, 4),), {"stype": stype})
        yield Sample(((3, 4, 2),), {"stype": "row_sparse"})
        yield Sample(((0, 2),), {"stype": "csr"})
        yield Sample((Draw((3, 4), "integer", 0, 2),), {"stype": "csr"}, differentiable=False, dtypes=("int32",))


@register
class SparseRetain(Picking):
    """The rows that ``indices`` names (rising, each once); the others become 0, or are no longer stored."""

    name = "_sparse_retain"
    inputs = (Port("data", doc="rows to choose from, row_sparse"), Port("indices", doc="which rows stay"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[1] is not None and len(shapes[1]) != 1:
            raise ShapeError("the indices are a vector", port="indices", got=shapes[1])
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: Any, data: Any, indices: Any, *, out: Any = None) -> Any:
        kept = xp.isin(xp.arange(data.shape[0]), indices.astype(np.int64))
        return deliver(xp, data * kept.reshape(-1, *(1,) * (data.ndim - 1)).astype(data.dtype), out)

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (ROW_SPARSE,) if stypes == (ROW_SPARSE, DEFAULT) else None

    def sparse(self, xp: Any, p: Any, data: ChosenRows, indices: Any, *, out: Any = None) -> ChosenRows:
        kept = xp.isin(data.indices, indices.astype(np.int64))
        return ChosenRows(data.shape, data.data[kept], data.indices[kept])

    def gradient(self, F: Any, p: Any, at: At, dy: Any, indices: Any) -> Any:
        return F._sparse_retain(dy, indices), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((5, 3), Draw((2,), "distinct", 0, 4, dtype="int64")))
        yield Sample(((4, 2, 2), indices((1,), 0, 4, "float32")))
        yield Sample(((3,), indices((0,), 0, 1)))


@register
class ScatterPlusScalar(PlusScalar):
    """Sum with a scalar where something is stored: y = x + s; what a sparse array does not store stays 0."""

    name = "_scatter_plus_scalar"
    aliases = ()

    def keeps_zeros(self, p: Any) -> bool:
        return True


@register
class ScatterMinusScalar(MinusScalar):
    """Difference with a scalar where something is stored: y = x − s; what a sparse array does not store stays 0."""

    name = "_scatter_minus_scalar"
    aliases = ()

    def keeps_zeros(self, p: Any) -> bool:
        return True


@register
class ScatterElemwiseDiv(ElemwiseDiv):
    """Quotient y = a / b of arrays of one shape; of a row_sparse a only in the rows that it stores."""

    name = "_scatter_elemwise_div"
    aliases = ()
    in_palette = False

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (ROW_SPARSE,) if stypes[0] == ROW_SPARSE else None

    def sparse(self, xp: Any, p: Any, lhs: ChosenRows, rhs: Any, *, out: Any = None) -> ChosenRows:
        rows = rhs.at(lhs.indices) if isinstance(rhs, ChosenRows) else dense_of(rhs)[lhs.indices]
        return lhs.with_data(self.forward(xp, p, lhs.data, rows))


class SquareSumParams(OpParams):
    """What _square_sum takes."""

    axis: int | tuple[int, ...] | None = Field(None, description="the axes to sum over; all where none is given")
    keepdims: bool = Field(False, description="keep reduced axes with size 1")
    exclude: bool = Field(False, description="sum over all axes but the ones given")


@register
class SquareSum(Operator):
    """Sum of squares over axes: y = Σ x². Of a row_sparse matrix over axis 1 with keepdims: row_sparse."""

    name = "_square_sum"
    category = "reduce"
    Params = SquareSumParams

    def infer_shape(self, p: SquareSumParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        return shapes, [reduced_shape(data, normalize_axes(p.axis, len(data), exclude=p.exclude), p.keepdims)]

    def forward(self, xp: Any, p: SquareSumParams, data: Any, *, out: Any = None) -> Any:
        axes = normalize_axes(p.axis, data.ndim, exclude=p.exclude)
        total = xp.sum(xp.square(data.astype(accumulator(data.dtype), copy=False)), axis=axes)
        value = xp.asarray(total).astype(data.dtype, copy=False).reshape(reduced_shape(data.shape, axes, p.keepdims))
        return deliver(xp, value, out)

    def infer_storage(self, p: SquareSumParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        if stypes != (ROW_SPARSE,) or p.axis not in (0, 1, (0,), (1,)) or p.exclude:
            return None
        return (ROW_SPARSE if p.keepdims and p.axis in (1, (1,)) else DEFAULT,)

    def sparse(self, xp: Any, p: SquareSumParams, data: ChosenRows, *, out: Any = None) -> Any:
        if data.ndim != 2:
            return NotImplemented
        found = self.forward(xp, p, data.data)
        if p.axis in (0, (0,)):
            return found
        rows = ChosenRows((data.shape[0], *found.shape[1:]), found, data.indices)
        return rows if p.keepdims else rows.dense()

    def gradient(self, F: Any, p: SquareSumParams, at: At, dy: Any, data: Any) -> Any:
        shape = at.inputs[0].shape
        axes = normalize_axes(p.axis, len(shape), exclude=p.exclude)
        return F._spread(dy, shape=shape, axis=axes) * data * 2.0

    def samples(self) -> Iterable[Sample]:
        for given in ({}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"axis": 0, "exclude": True}):
            yield Sample(((3, 4),), given)
        yield Sample(((0, 3),), {"axis": 1})


class CountParams(OpParams):
    """What getnnz takes."""

    axis: int | None = Field(None, ge=-2, le=1, description="count by column (0) or by row (1); none: all")


@register
class CountStored(Operator):
    """How many elements a csr matrix stores, explicit zeros too; of a dense one how many are not 0. int64."""

    name = "_contrib_getnnz"
    category = "reduce"
    Params = CountParams

    def infer_shape(self, p: CountParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if len(data) != 2:
            raise ShapeError("getnnz is for matrices", port="data", wanted="2 axes", got=data)
        return shapes, [(1,) if p.axis is None else (data[1 - p.axis % 2],)]

    def infer_dtype(self, p: CountParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64)]

    def forward(self, xp: Any, p: CountParams, data: Any) -> Any:
        return xp.asarray(xp.count_nonzero(data, axis=None if p.axis is None else p.axis % 2)).reshape(
            (1,) if p.axis is None else -1
        )

    def infer_storage(self, p: CountParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (DEFAULT,) if stypes == (CSR,) else None

    def sparse(self, xp: Any, p: CountParams, data: CompressedRows, *, out: Any = None) -> Any:
        ones = xp.ones(data.data.shape, dtype=np.int64)
        axes = (0, 1) if p.axis is None else (p.axis % 2,)
        return xp.asarray(sums(xp, data, ones, axes)).reshape((1,) if p.axis is None else -1)

    def samples(self) -> Iterable[Sample]:
        values = Draw((3, 4), "integer", 0, 2)
        for axis in (None, 0, 1):
            yield Sample((values,), {"axis": axis}, differentiable=False, dtypes=("float32", "int32"))


class SparseEmbeddingParams(EmbeddingParams):
    """What SparseEmbedding takes; its gradient is row sparse whatever ``sparse_grad`` says."""

    deterministic: bool = hint(False, "Taken for MXNet's sake: sums are always made in one order.")


@register
class SparseEmbedding(Embedding):
    """Embedding whose weight has a row_sparse gradient: only the rows that were looked up.

    data (any shape), weight (input_dim, output_dim) → data's shape with output_dim behind it.
    """

    name = "_contrib_SparseEmbedding"
    title = "Sparse embedding"
    in_palette = False
    Params = SparseEmbeddingParams

    def gives_sparse(self, p: Any) -> bool:
        return True
