"""Whether the parts of a sparse array make a valid one (``check_format``)."""

from __future__ import annotations

import numpy as np

from ..errors import IndexRangeError, ShapeError
from .storage import ChosenRows, CompressedRows


def check_csr(raw: CompressedRows, full: bool, ordered: bool = True) -> None:
    """Raise where pointers, columns and elements do not fit together; without ``ordered`` columns need not rise."""
    where = "CSRNDArray"
    rows, columns = raw.shape
    pointer = raw.indptr
    if pointer.shape != (rows + 1,):
        raise ShapeError("indptr has another length", where=where, wanted=(rows + 1,), got=pointer.shape)
    if raw.data.ndim != 1 or raw.data.shape != raw.indices.shape:
        raise ShapeError(
            "data and indices have different lengths", where=where, wanted=raw.data.shape, got=raw.indices.shape
        )
    if pointer[0] != 0 or pointer[-1] != len(raw.indices):
        raise IndexRangeError(
            "indptr does not reach from the first element to the last",
            where=where,
            wanted=f"0 to {len(raw.indices)}",
            got=f"{pointer[0]} to {pointer[-1]}",
        )
    if not full:
        return
    if (np.diff(pointer) < 0).any():
        raise IndexRangeError("indptr falls", where=where, wanted="numbers that do not fall")
    if ((raw.indices < 0) | (raw.indices >= columns)).any():
        raise IndexRangeError("a column is outside the array", where=where, wanted=f"0 to {columns - 1}")
    owner = raw.rows()
    if ordered and ((np.diff(raw.indices) <= 0) & (np.diff(owner) == 0)).any():
        raise IndexRangeError("columns do not rise within a row", where=where, wanted="sorted, each once")


def check_row_sparse(raw: ChosenRows, full: bool) -> None:
    """Raise where rows and elements do not fit together, or rows do not rise."""
    where = "RowSparseNDArray"
    if raw.indices.ndim != 1 or raw.data.shape != (len(raw.indices), *raw.shape[1:]):
        wanted = (len(raw.indices), *raw.shape[1:])
        raise ShapeError("data do not hold a row for each index", where=where, wanted=wanted, got=raw.data.shape)
    if not full or not len(raw.indices):
        return
    if (np.diff(raw.indices) <= 0).any():
        raise IndexRangeError("row indices do not rise", where=where, wanted="sorted, each once")
    if raw.indices[0] < 0 or raw.indices[-1] >= raw.shape[0]:
        raise IndexRangeError("a row is outside the array", where=where, wanted=f"0 to {raw.shape[0] - 1}")
