"""Random arrays of any storage, for tests (``mx.test_utils.rand_ndarray`` and its kin)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .device import Device
from .errors import ParamError
from .ndarray.array import NDArray
from .ndarray.creation import array
from .ndarray.sparse import csr_matrix, row_sparse_array, zeros

Modifier = Callable[[Any], Any] | None


def assign_each(the_input: Any, function: Modifier) -> Any:
    """``function`` of every element; the input itself without a function."""
    if function is None:
        return np.array(the_input)
    values = np.asarray(the_input)
    found = [function(v) for v in values.reshape(-1)]
    return np.array(found, dtype=values.dtype).reshape(values.shape)


def rand_ndarray(
    shape: Sequence[int],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Modifier = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Device | None = None,
) -> NDArray:
    """A random array: uniform in [−1, 1), or of a sparse storage as ``rand_sparse_ndarray`` makes it."""
    if stype == "default":
        return array(np.random.uniform(-1, 1, tuple(shape)), ctx=ctx, dtype=dtype or np.float32)
    made, _ = rand_sparse_ndarray(
        shape,
        stype,
        density,
        dtype,
        distribution,
        modifier_func=modifier_func,
        shuffle_csr_indices=shuffle_csr_indices,
        ctx=ctx,
    )
    return made


def rand_sparse_ndarray(
    shape: Sequence[int],
    stype: str,
    density: float | None = None,
    dtype: Any = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Any = None,
    modifier_func: Modifier = None,
    shuffle_csr_indices: bool = False,
    ctx: Device | None = None,
) -> tuple[NDArray, tuple[Any, ...]]:
    """(a sparse array uniform in [0, 1) where it stores something, its parts).

    The parts are (data, indices) as NumPy arrays for ``row_sparse``, (indptr, indices, data) for ``csr``. ``density``
    (random by default) is the share of rows, or of elements, that are stored. ``distribution`` ``powerlaw``: each row
    of a csr matrix stores twice as much as the one before, until the density is reached.
    """
    density = np.random.rand() if density is None else density
    dtype = np.dtype(np.float32 if dtype is None else dtype)
    if stype == "row_sparse" and distribution in (None, "uniform"):
        rows = np.flatnonzero(np.random.rand(shape[0]) < density) if rsp_indices is None else np.asarray(rsp_indices)
        if len(rows) == 0:
            return zeros("row_sparse", shape, ctx, dtype), (np.zeros(0, dtype), np.zeros(0))
        values = _values((len(rows), *shape[1:]), dtype, data_init, modifier_func)
        return row_sparse_array((values, rows), tuple(shape), ctx, dtype), (values, rows)
    if stype != "csr" or distribution not in (None, "uniform", "powerlaw"):
        raise ParamError("no such random array", wanted="csr or row_sparse", got=f"{stype}, {distribution}")
    stored = _powerlaw(shape, density) if distribution == "powerlaw" else np.random.rand(*shape) < density
    counts = np.concatenate([[0], stored.sum(axis=1).cumsum()])
    columns = [np.flatnonzero(row) for row in stored]
    if shuffle_csr_indices:
        columns = [np.random.permutation(c) for c in columns]
    values = _values((int(counts[-1]),), dtype, data_init, modifier_func)
    made = csr_matrix((values, np.concatenate([np.zeros(0, np.int64), *columns]), counts), tuple(shape), ctx, dtype)
    return made, (made.indptr, made.indices, made.data)


def _values(shape: tuple[int, ...], dtype: Any, fill: float | None, modifier: Modifier) -> Any:
    values = np.random.rand(*shape).astype(dtype) if fill is None else np.full(shape, fill, dtype)
    return assign_each(values, modifier)


def _powerlaw(shape: Sequence[int], density: float) -> Any:
    """Which elements are stored: 1 in each row, then 2, 4, 8 … from the first row on, up to the density."""
    rows, columns = shape
    left = int(rows * columns * density)
    stored = np.zeros((rows, columns), bool)
    wanted = 2
    for i in range(rows):
        take = min(left, 1)
        stored[i, :take] = True
        left -= take
    for i in range(rows):
        more = min(left, min(wanted, columns) - int(stored[i].sum()))
        if more > 0:
            stored[i, : int(stored[i].sum()) + more] = True
            left -= more
        wanted *= 2
    for i in range(rows):
        more = min(left, columns - int(stored[i].sum()))
        stored[i, : int(stored[i].sum()) + more] = True
        left -= more
    return stored


def create_sparse_array(
    shape: Sequence[int],
    stype: str,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: Any = None,
    modifier_func: Modifier = None,
    density: float = 0.5,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """A sparse array; ``rsp_indices`` are the rows that a row sparse one stores."""
    rows = None if rsp_indices is None else np.sort(np.asarray(rsp_indices, dtype=np.int64))
    made, _ = rand_sparse_ndarray(
        shape, stype, density, dtype, None, data_init, rows, modifier_func, shuffle_csr_indices
    )
    return made


def create_sparse_array_zd(
    shape: Sequence[int],
    stype: str,
    density: float,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: Any = None,
    modifier_func: Modifier = None,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """The same; a row sparse one stores nothing but ``rsp_indices``."""
    share = 0.0 if stype == "row_sparse" else density
    return create_sparse_array(shape, stype, data_init, rsp_indices, dtype, modifier_func, share, shuffle_csr_indices)
