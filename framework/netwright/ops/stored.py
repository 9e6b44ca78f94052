"""Sparse forms that many operators share: mixins for their classes."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from .scattering import add_at
from .storage import CSR, DEFAULT, ROW_SPARSE, ChosenRows, CompressedRows, Stored, dense_of, sparse_module


class KeepsZeros:
    """Of operators of one input that work element by element: where f(0) = 0, only stored elements are computed.

    ``zero_stays`` says so, or ``keeps_zeros`` where it depends on the parameters.
    """

    zero_stays: ClassVar[bool] = False

    def keeps_zeros(self, p: Any) -> bool:
        """Whether f(0) = 0 under these parameters."""
        return self.zero_stays

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return stypes if self.keeps_zeros(p) else None

    def sparse(self, xp: Any, p: Any, data: Stored, *, out: Any = None) -> Any:
        return data.with_data(self.forward(xp, p, data.data))  # type: ignore[attr-defined]


class ReadsSparse:
    """Of operators whose result is dense, and to which making their sparse inputs dense costs no more than that.

    ``reads`` lists which storages each input may have beside the dense one.
    """

    reads: ClassVar[tuple[tuple[str, ...], ...]]

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        fits = all(s == DEFAULT or s in may for s, may in zip(stypes, self.reads, strict=False))
        return (DEFAULT,) if fits else None

    def sparse(self, xp: Any, p: Any, *inputs: Any, out: Any = None) -> Any:
        return self.forward(xp, p, *map(dense_of, inputs))  # type: ignore[attr-defined]


class AddsDense(ReadsSparse):
    """``csr + dense`` with broadcasting: dense."""

    reads = ((CSR,), ())


class JoinsSparse:
    """Of functions of two arrays of one shape with f(0, 0) = 0: sparse where both have one storage, else dense."""

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        if DEFAULT in stypes:
            return (DEFAULT,)
        return (stypes[0],) if stypes[0] == stypes[1] else None

    def sparse(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        if isinstance(lhs, ChosenRows) and isinstance(rhs, ChosenRows):
            rows = xp.union1d(lhs.indices, rhs.indices)
            return ChosenRows(lhs.shape, self.forward(xp, p, lhs.at(rows), rhs.at(rows)), rows)  # type: ignore[attr-defined]
        if isinstance(lhs, CompressedRows) and isinstance(rhs, CompressedRows):
            return joined_rows(xp, self, p, lhs, rhs, xp.union1d)
        return self.forward(xp, p, dense_of(lhs), dense_of(rhs))  # type: ignore[attr-defined]


def joined_rows(xp: Any, op: Any, p: Any, lhs: CompressedRows, rhs: CompressedRows, join: Any) -> CompressedRows:
    """op(lhs, rhs) at every place that either stores (``join`` is the array module's ``union1d``), or that both do
    (``intersect1d``).
    """
    columns = max(1, lhs.shape[1])
    here, there = lhs.rows() * columns + lhs.indices, rhs.rows() * columns + rhs.indices
    places = join(here, there)
    values = []
    for raw, own in ((lhs, here), (rhs, there)):
        found = xp.zeros(places.shape, dtype=raw.dtype)
        kept = xp.isin(own, places)
        found[xp.searchsorted(places, own[kept])] = raw.data[kept]
        values.append(found)
    pointer = xp.searchsorted(places, xp.arange(lhs.shape[0] + 1) * columns)
    return CompressedRows(lhs.shape, op.forward(xp, p, *values), places % columns, pointer)


class MultipliesSparse:
    """Product of two arrays of one shape: as sparse as the sparser one."""

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        if DEFAULT in stypes:
            return (stypes[1] if stypes[0] == DEFAULT else stypes[0],)
        return (stypes[0],) if stypes[0] == stypes[1] else None

    def sparse(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        if isinstance(lhs, ChosenRows) and isinstance(rhs, ChosenRows):
            rows = xp.intersect1d(lhs.indices, rhs.indices)
            return ChosenRows(lhs.shape, lhs.at(rows) * rhs.at(rows), rows)
        if isinstance(lhs, CompressedRows) and isinstance(rhs, CompressedRows):
            return joined_rows(xp, self, p, lhs, rhs, xp.intersect1d)
        stored, dense = (lhs, rhs) if isinstance(lhs, Stored) else (rhs, lhs)
        return stored.with_data(stored.data * elements_at(stored, dense))


class ScalesRows:
    """``csr ∘ dense`` with broadcasting where f(0, b) = 0: products and quotients."""

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (CSR,) if stypes == (CSR, DEFAULT) else None

    def sparse(self, xp: Any, p: Any, lhs: CompressedRows, rhs: Any, *, out: Any = None) -> Any:
        if rhs.ndim > 2 or any(n not in (1, m) for n, m in zip(rhs.shape[::-1], lhs.shape[::-1], strict=False)):
            return NotImplemented  # the dense side is the larger one
        wide = xp.broadcast_to(rhs, lhs.shape)
        return lhs.with_data(self.forward(xp, p, lhs.data, elements_at(lhs, wide)))  # type: ignore[attr-defined]


def elements_at(stored: Stored, dense: Any) -> Any:
    """A dense array's elements at the places that are stored."""
    if isinstance(stored, CompressedRows):
        return dense[stored.rows(), stored.indices]
    assert isinstance(stored, ChosenRows)
    return dense[stored.indices]


def product(xp: Any, p: Any, lhs: Any, rhs: Any, rows_only: bool) -> Any:
    """``dot`` of a CSR matrix with anything, or of anything with one; NotImplemented for other pairs.

    With ``rows_only`` csrᵀ · dense gives only the rows that can differ from 0.
    """
    work = _work_dtype(lhs.dtype)
    if isinstance(lhs, CompressedRows):
        matrix = _matrix(lhs, work)
        if isinstance(rhs, CompressedRows):
            other = _matrix(rhs, work)
            found = (matrix.T if p.transpose_a else matrix) @ (other.T if p.transpose_b else other)
            return found.toarray().astype(lhs.dtype, copy=False)
        right, tail = _as_matrix(dense_of(rhs), p.transpose_b)
        right = right.astype(work, copy=False)
        if not p.transpose_a:
            return _delivered(matrix @ right, lhs, (lhs.shape[0], *tail))
        if not rows_only:
            return _delivered(matrix.T @ right, lhs, (lhs.shape[1], *tail))
        kept, places = xp.unique(lhs.indices, return_inverse=True)
        narrow = sparse_module(xp).csr_matrix(
            (matrix.data, places.reshape(-1), lhs.indptr), shape=(lhs.shape[0], len(kept))
        )
        found = _delivered(narrow.T @ right, lhs, (len(kept), *tail))
        return ChosenRows((lhs.shape[1], *tail), found, kept)
    if isinstance(rhs, CompressedRows) and not isinstance(lhs, Stored):
        left, head = _as_matrix(lhs, not p.transpose_a)  # (contracted, free)
        other = _matrix(rhs, work)
        found = ((other if p.transpose_b else other.T) @ left.astype(work, copy=False)).T
        return _delivered(found, lhs, (*head, rhs.shape[0 if p.transpose_b else 1]))
    return NotImplemented


def csr_times_transposed(xp: Any, lhs: CompressedRows, rhs: Any) -> Any:
    """lhs · rhsᵀ for a dense rhs."""
    work = _work_dtype(lhs.dtype)
    return _delivered(_matrix(lhs, work) @ rhs.T.astype(work, copy=False), lhs, (lhs.shape[0], rhs.shape[0]))


def _work_dtype(dtype: Any) -> str:
    """What sparse matrices can be multiplied in."""
    return dtype.name if dtype.kind == "f" and dtype.itemsize >= 4 else "float32" if dtype.kind == "f" else "float64"


def _matrix(raw: CompressedRows, work: str) -> Any:
    return raw.with_data(raw.data.astype(work, copy=False)).matrix()


def _as_matrix(dense: Any, transposed: bool) -> tuple[Any, tuple[int, ...]]:
    """((contracted, free) matrix, free axes) of the dense factor: contracted first, or last where ``transposed``."""
    if transposed:
        free = dense.shape[:-1]
        return dense.reshape(math.prod(free), dense.shape[-1]).T, free
    free = dense.shape[1:]
    return dense.reshape(dense.shape[0], math.prod(free)), free


def _delivered(found: Any, like: Any, shape: tuple[int, ...]) -> Any:
    place = like.place.xp if isinstance(like, Stored) else None
    dense = found if place is None else place.asarray(found)
    return dense.astype(like.dtype).reshape(shape or (1,))


def sums(xp: Any, raw: CompressedRows, values: Any, axes: tuple[int, ...]) -> Any:
    """``values`` (one for each stored element) added up over these axes of the matrix; not empty axes."""
    if len(axes) == 2:
        return values.sum(dtype=values.dtype)
    found = xp.zeros(raw.shape[1 - axes[0]], dtype=values.dtype)
    add_at(xp, found, raw.indices if axes == (0,) else raw.rows(), values)
    return found


class LazyRows:
    """Of steps of optimizers: with a row sparse gradient only its rows of weight and states are updated.

    With ``lazy_update`` false all rows are, as if the others' gradient were 0.
    """

    lazy_weights: ClassVar[tuple[str, ...]] = (DEFAULT, ROW_SPARSE)
    """Storages of the weight with which the step is lazy."""

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        weight, grad, *states = stypes
        return (weight,) if grad == ROW_SPARSE and weight in self.lazy_weights and CSR not in states else None

    def sparse(self, xp: Any, p: Any, weight: Any, grad: ChosenRows, *states: Any, out: Any = None) -> Any:
        lazy = getattr(p, "lazy_update", True)
        rows = grad.indices if lazy else slice(None)
        target = weight if out is weight else _copy(weight)
        blocks = [_all_rows(xp, raw) for raw in (target, *states)]
        cut = [block[rows] for block in blocks]
        found = self.forward(xp, p, cut[0], grad.data if lazy else grad.dense(), *cut[1:])  # type: ignore[attr-defined]
        for block, new in zip(blocks, found if isinstance(found, tuple) else (found,), strict=True):
            block[rows] = new
        return target


def _copy(raw: Any) -> Any:
    return raw.mapped(lambda part: part.copy()) if isinstance(raw, Stored) else raw.copy()


def _all_rows(xp: Any, raw: Any) -> Any:
    """Memory of all rows; a row sparse array that lacks some gets them."""
    if not isinstance(raw, ChosenRows):
        return raw
    if not raw.full:
        raw.data, raw.indices = raw.dense(), xp.arange(raw.shape[0])
    return raw.data
