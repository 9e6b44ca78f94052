"""Raw sparse arrays: compressed rows (``csr``) and chosen rows (``row_sparse``), on NumPy or CuPy alike.

They stand where a dense array would: with ``shape`` and ``dtype``. Indices are int64, as in MXNet. An operator's
``sparse`` method takes and gives them; everything else of an operator knows dense arrays only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from ..device import Device, device_of
from ..errors import ShapeError, StorageError

DEFAULT, CSR, ROW_SPARSE = "default", "csr", "row_sparse"
STYPES = (DEFAULT, CSR, ROW_SPARSE)
INDEX: np.dtype[Any] = np.dtype(np.int64)


class Stored:
    """Base: ``data`` holds the elements that are stored, the others are 0."""

    __slots__ = ("data", "shape")
    stype: ClassVar[str]
    data: Any
    shape: tuple[int, ...]

    @property
    def dtype(self) -> Any:
        return self.data.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def place(self) -> Device:
        """The device the parts lie on."""
        return device_of(self.data)

    def parts(self) -> tuple[Any, ...]:
        """The raw arrays: elements first, then indices (in the order of MXNet's files)."""
        raise NotImplementedError

    def mapped(self, change: Callable[[Any], Any]) -> Stored:
        """The same with every part changed: copied, or moved to another device."""
        raise NotImplementedError

    def with_data(self, data: Any) -> Stored:
        """Other elements at the same places; indices are shared, as nothing writes to them."""
        raise NotImplementedError

    def dense(self) -> Any:
        """All elements as an array of the array module."""
        raise NotImplementedError


class CompressedRows(Stored):
    """A matrix by rows: row i holds ``data[indptr[i]:indptr[i+1]]`` in the columns ``indices[indptr[i]:indptr[i+1]]``.

    Columns rise within a row.
    """

    __slots__ = ("indices", "indptr")
    stype = CSR

    def __init__(self, shape: tuple[int, ...], data: Any, indices: Any, indptr: Any) -> None:
        self.shape, self.data, self.indices, self.indptr = shape, data, indices, indptr

    def parts(self) -> tuple[Any, ...]:
        return self.data, self.indptr, self.indices

    def mapped(self, change: Callable[[Any], Any]) -> CompressedRows:
        return CompressedRows(self.shape, change(self.data), change(self.indices), change(self.indptr))

    def with_data(self, data: Any) -> CompressedRows:
        return CompressedRows(self.shape, data, self.indices, self.indptr)

    def rows(self) -> Any:
        """The row of each stored element."""
        xp = self.place.xp
        counts = self.indptr[1:] - self.indptr[:-1]
        if xp is np:
            return np.repeat(np.arange(len(counts)), counts)
        # CuPy repeats by a number only: count the row ends at or before each element
        return xp.searchsorted(self.indptr[1:], xp.arange(len(self.data)), side="right")

    def dense(self) -> Any:
        found = self.place.xp.zeros(self.shape, dtype=self.dtype)
        found[self.rows(), self.indices] = self.data
        return found

    def cut(self, begin: int, end: int) -> CompressedRows:
        """Rows begin to end."""
        first, last = int(self.indptr[begin]), int(self.indptr[end])
        pointer = self.indptr[begin : end + 1] - self.indptr[begin]
        shape = (end - begin, *self.shape[1:])
        return CompressedRows(shape, self.data[first:last].copy(), self.indices[first:last].copy(), pointer)

    def columns(self, begin: int, end: int) -> CompressedRows:
        """Columns begin to end."""
        xp = self.place.xp
        kept = (self.indices >= begin) & (self.indices < end)
        before = xp.zeros(len(kept) + 1, dtype=INDEX)
        before[1:] = xp.cumsum(kept)
        shape = (self.shape[0], end - begin)
        return CompressedRows(shape, self.data[kept], self.indices[kept] - begin, before[self.indptr])

    def chosen(self, rows: Any) -> CompressedRows:
        """The rows of these numbers (in range), in their order."""
        xp = self.place.xp
        counts = (self.indptr[1:] - self.indptr[:-1])[rows]
        pointer = xp.zeros(len(rows) + 1, dtype=INDEX)
        pointer[1:] = xp.cumsum(counts)
        owner = CompressedRows((len(rows), 0), xp.empty(int(pointer[-1])), None, pointer).rows()
        places = self.indptr[rows][owner] + xp.arange(int(pointer[-1])) - pointer[owner]
        return CompressedRows((len(rows), *self.shape[1:]), self.data[places], self.indices[places], pointer)

    def matrix(self) -> Any:
        """The same as a matrix of SciPy (or of CuPy's ``cupyx.scipy``), over the same memory."""
        return sparse_module(self.place.xp).csr_matrix((self.data, self.indices, self.indptr), shape=self.shape)


def joined(xp: Any, arrays: Sequence[CompressedRows]) -> CompressedRows:
    """The rows of one matrix below those of another."""
    counts = [len(a.data) for a in arrays]
    pointers = [a.indptr[:-1] + sum(counts[:i]) for i, a in enumerate(arrays)]
    end = xp.full(1, sum(counts), dtype=INDEX)
    return CompressedRows(
        (sum(a.shape[0] for a in arrays), arrays[0].shape[1]),
        xp.concatenate([a.data for a in arrays]),
        xp.concatenate([a.indices for a in arrays]),
        xp.concatenate([*pointers, end]),
    )


class ChosenRows(Stored):
    """An array of which only the rows ``indices`` (rising) are stored: ``dense[indices[i]] = data[i]``."""

    __slots__ = ("indices",)
    stype = ROW_SPARSE

    def __init__(self, shape: tuple[int, ...], data: Any, indices: Any) -> None:
        self.shape, self.data, self.indices = shape, data, indices

    def parts(self) -> tuple[Any, ...]:
        return self.data, self.indices

    def mapped(self, change: Callable[[Any], Any]) -> ChosenRows:
        return ChosenRows(self.shape, change(self.data), change(self.indices))

    def with_data(self, data: Any) -> ChosenRows:
        return ChosenRows(self.shape, data, self.indices)

    def dense(self) -> Any:
        found = self.place.xp.zeros(self.shape, dtype=self.dtype)
        found[self.indices] = self.data
        return found

    @property
    def full(self) -> bool:
        """Whether every row is stored."""
        return len(self.indices) == self.shape[0]

    def at(self, rows: Any) -> Any:
        """The rows of these numbers (of any shape, in range) as a dense array; those not stored are 0."""
        xp = self.place.xp
        if self.full:
            return self.data[rows]
        found = xp.zeros((*rows.shape, *self.shape[1:]), dtype=self.dtype)
        if len(self.indices):
            places = xp.minimum(xp.searchsorted(self.indices, rows), len(self.indices) - 1)
            there = self.indices[places] == rows
            found[there] = self.data[places[there]]
        return found


def sparse_module(xp: Any) -> Any:
    """The sparse matrices of the array module."""
    if xp is np:
        from scipy import sparse  # 0.1 s to import: only where it is used
    else:
        from cupyx.scipy import sparse
    return sparse


def stype_of(raw: Any) -> str:
    """``default`` for a dense array."""
    return raw.stype if isinstance(raw, Stored) else DEFAULT


def lies_on(raw: Any) -> Device:
    """The device an array or a stored one lies on."""
    return raw.place if isinstance(raw, Stored) else device_of(raw)


def dense_of(raw: Any) -> Any:
    """The array itself, or all elements of a stored one."""
    return raw.dense() if isinstance(raw, Stored) else raw


def elements_of(raw: Any) -> Any:
    """The elements that an array holds: all of a dense one, those that are stored of another."""
    return raw.data if isinstance(raw, Stored) else raw


def with_elements(raw: Any, elements: Any) -> Any:
    """An array with other elements where ``raw`` has its."""
    return raw.with_data(elements) if isinstance(raw, Stored) else elements


def empty_storage(xp: Any, stype: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """Zeros: no element is stored."""
    check_shape(stype, shape)
    indices = xp.zeros(0, dtype=INDEX)
    if stype == CSR:
        return CompressedRows(shape, xp.zeros(0, dtype=dtype), indices, xp.zeros(shape[0] + 1, dtype=INDEX))
    if stype == ROW_SPARSE:
        return ChosenRows(shape, xp.zeros((0, *shape[1:]), dtype=dtype), indices)
    return xp.zeros(shape, dtype=dtype)


def check_shape(stype: str, shape: tuple[int, ...]) -> None:
    """Raise StorageError for an unknown storage, ShapeError where the storage cannot hold the shape."""
    if stype not in STYPES:
        raise StorageError("unknown storage type", wanted=", ".join(STYPES), got=repr(stype))
    if stype == CSR and len(shape) != 2:
        raise ShapeError("To convert to a CSR, the array should be 2 dimensional", wanted="a matrix", got=shape)
    if stype == ROW_SPARSE and not shape:
        raise ShapeError("an array without axes has no rows", where="row_sparse")


def cast(xp: Any, raw: Any, stype: str) -> Any:
    """In another storage (never the input's own memory); StorageError between the two sparse ones, as in MXNet."""
    check_shape(stype, raw.shape)
    before = stype_of(raw)
    if before == stype:
        return raw.mapped(lambda part: part.copy()) if isinstance(raw, Stored) else raw.copy()
    if stype == DEFAULT:
        return raw.dense()
    if before != DEFAULT:
        raise StorageError(
            f"cast_storage from {before} to {stype} is not supported",
            remedy="Go through tostype('default')",
        )
    if stype == CSR:
        rows, columns = raw.nonzero()
        pointer = xp.zeros(raw.shape[0] + 1, dtype=INDEX)
        pointer[1:] = xp.cumsum(xp.bincount(rows, minlength=raw.shape[0]))
        return CompressedRows(raw.shape, raw[rows, columns], columns.astype(INDEX, copy=False), pointer)
    kept = (raw != 0).any(axis=tuple(range(1, raw.ndim))).nonzero()[0]
    return ChosenRows(raw.shape, raw[kept], kept.astype(INDEX, copy=False))


def as_stored(xp: Any, raw: Any, stype: str) -> Any:
    """In that storage, by way of a dense array between the two sparse ones; itself where it is in it."""
    before = stype_of(raw)
    if before == stype:
        return raw
    return cast(xp, dense_of(raw) if before != DEFAULT else raw, stype)


def summed_rows(xp: Any, shape: tuple[int, ...], rows: Any, values: Any) -> ChosenRows:
    """``values[i]`` added up in row ``rows[i]``; only the rows that occur are stored."""
    from .scattering import add_rows

    kept, places = xp.unique(rows, return_inverse=True)
    width = math.prod(shape[1:])
    found = xp.zeros((len(kept), width), dtype=values.dtype)
    add_rows(xp, found, places.reshape(-1), values.reshape(len(rows), width))
    return ChosenRows(shape, found.reshape(len(kept), *shape[1:]), kept.astype(INDEX, copy=False))
