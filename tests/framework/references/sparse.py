"""Operators that are about storage, on dense arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from .indexing import REFERENCES as INDEXING


def _retain(p: Any, data: Any, indices: Any) -> Any:
    out = np.zeros_like(data)
    for i in indices.astype(int):
        out[i] = data[i]
    return out


def _square_sum(p: Any, data: Any) -> Any:
    axes = range(data.ndim) if p.axis is None else np.atleast_1d(p.axis)
    axes = [a for a in range(data.ndim) if (a in axes) != p.exclude]
    found = np.einsum(data, [0, 1], data, [0, 1], [a for a in (0, 1) if a not in axes])
    if p.keepdims:
        found = np.expand_dims(found, tuple(axes))
    return np.atleast_1d(found)


def _count(p: Any, data: Any) -> Any:
    found = (data != 0).astype(np.int64)
    return np.atleast_1d(found.sum() if p.axis is None else found.sum(axis=p.axis))


REFERENCES = {
    "cast_storage": lambda p, data: data,
    "_sparse_retain": _retain,
    "_square_sum": _square_sum,
    "_contrib_getnnz": _count,
    "_contrib_edge_id": lambda p, data, u, v: np.array(
        [data[int(i), int(j)] or -1 for i, j in zip(u, v, strict=True)], dtype=data.dtype
    ),
    "_contrib_SparseEmbedding": INDEXING["Embedding"],
    "_scatter_plus_scalar": lambda p, x: x + p.scalar,
    "_scatter_minus_scalar": lambda p, x: x - p.scalar,
    "_scatter_elemwise_div": lambda p, a, b: a / b if a.dtype.kind == "f" else np.trunc(a / b),
}
