"""Edges of a graph that is kept as a csr matrix: the number at (u, v) is the edge's from u to v."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from .operator import Draw, DTypes, Operator, Port, Sample, Shapes
from .registry import register
from .storage import CSR, DEFAULT, CompressedRows


@register
class EdgeId(Operator):
    """What a matrix stores at the places (u_i, v_i), −1 where it stores nothing; of a dense one where it is 0.

    data (rows, columns), u and v (n,) → (n,), of data's dtype. No gradient. Errors: DataError for a place outside.
    """

    name = "_contrib_edge_id"
    category = "indexing"
    inputs = (
        Port("data", doc="the graph, a csr matrix"),
        Port("u", doc="rows: where the edges begin"),
        Port("v", doc="columns: where they end"),
    )

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, u, v = shapes
        if data is not None and len(data) != 2:
            raise ShapeError("a graph is a matrix", port="data", wanted="2 axes", got=data)
        if u is not None and v is not None and (u != v or len(u) != 1):
            raise ShapeError("u and v have one number for each edge", port="v", wanted="(n,) both", got=(u, v))
        return [data, u or v, v or u], [u or v]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: Any, data: Any, u: Any, v: Any) -> Any:
        rows, columns = _places(data.shape, u, v)
        found = data[rows, columns]
        return xp.where(found == 0, data.dtype.type(-1), found)

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (DEFAULT,) if stypes == (CSR, DEFAULT, DEFAULT) else None

    def sparse(self, xp: Any, p: Any, data: CompressedRows, u: Any, v: Any, *, out: Any = None) -> Any:
        rows, columns = _places(data.shape, u, v)
        stored = data.rows().astype(np.int64) * data.shape[1] + data.indices  # rising, as csr is in order
        wanted = rows * data.shape[1] + columns
        if not len(stored):
            return xp.full(u.shape, -1, data.dtype)
        at = xp.minimum(xp.searchsorted(stored, wanted), len(stored) - 1)
        return xp.where(stored[at] == wanted, data.data[at], data.dtype.type(-1))

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        ends = (Draw((5,), "integer", 0, 3, dtype="int64"), Draw((5,), "integer", 0, 4))
        yield Sample((Draw((3, 4), "integer", 0, 3), *ends), differentiable=False)
        yield Sample((Draw((3, 4)), Draw((0,), "integer", 0, 1), Draw((0,), "integer", 0, 1)), differentiable=False)


def _places(shape: tuple[int, ...], u: Any, v: Any) -> tuple[Any, Any]:
    """Rows and columns as whole numbers that exist."""
    found = u.astype(np.int64), v.astype(np.int64)
    for port, places, size in zip("uv", found, shape, strict=True):
        if places.size and not bool(((places >= 0) & (places < size)).all()):
            raise DataError("a node does not exist", port=port, wanted=f"0 to {size - 1}", got=str(places)[:80])
    return found
