"""Random shapes, and random arrays of any storage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..device import Device
from ..errors import ParamError
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..ndarray.sparse import csr_matrix, row_sparse_array, zeros

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


def assign_each2(input1: Any, input2: Any, function: Callable[[Any, Any], Any] | None) -> Any:
    """``function`` of every pair of elements; the first array itself without a function."""
    if function is None:
        return np.array(input1)
    first, second = np.asarray(input1), np.asarray(input2)
    found = [function(a, b) for a, b in zip(first.reshape(-1), second.reshape(-1), strict=True)]
    return np.array(found, dtype=np.float64).reshape(first.shape)


def random_arrays(*shapes: Sequence[int]) -> Any:
    """Normal float32 NumPy arrays of these shapes; one alone is no list."""
    made = [np.asarray(np.random.randn(*shape), dtype=np.float32) for shape in shapes]
    return made[0] if len(made) == 1 else made


def random_uniform_arrays(
    *shapes: Sequence[int], low: float = 0.0, high: float = 1.0, dtype: Any = np.float32
) -> list[np.ndarray[Any, Any]]:
    """Uniform NumPy arrays of these shapes."""
    return [np.asarray(np.random.uniform(low, high, size=tuple(shape)), dtype=dtype) for shape in shapes]


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """``k`` different members in a random order."""
    if not 0 <= k <= len(population):
        raise ParamError("more than there are", where="random_sample", wanted=f"<= {len(population)}", got=k)
    return [population[i] for i in np.random.permutation(len(population))[:k]]


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape with sizes 1 … dim, or 0 … dim."""
    return tuple(int(n) for n in np.random.randint(0 if allow_zero_size else 1, dim + 1, size=num_dim))


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape of two axes."""
    return tuple(rand_shape_nd(1, dim, allow_zero_size)[0] for dim in (dim0, dim1))


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape of three axes."""
    return tuple(rand_shape_nd(1, dim, allow_zero_size)[0] for dim in (dim0, dim1, dim2))


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """A random place in a rectangle, without its upper ends."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def np_reduce(dat: Any, axis: Any, keepdims: bool, numpy_reduce_func: Callable[..., Any]) -> Any:
    """A NumPy reduction of one axis made one of several axes (all by default)."""
    axes = range(dat.ndim) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    found = dat
    for one in sorted(axes, reverse=True):
        found = numpy_reduce_func(found, axis=one)
    if not keepdims:
        return found
    return found.reshape([1 if i in axes else n for i, n in enumerate(dat.shape)])


def collapse_sum_like(a: Any, shape: Sequence[int]) -> Any:
    """The sum of an array over what broadcasting added to ``shape``."""
    added = a.ndim - len(shape)
    axes = [*range(added), *(i + added for i, n in enumerate(shape) if n == 1)]
    return np.sum(a, axis=tuple(axes)).reshape(shape)


def create_2d_tensor(rows: int, columns: int, dtype: Any = np.int64) -> NDArray:
    """A matrix whose rows hold their number."""
    return array(np.repeat(np.arange(rows)[:, None], columns, axis=1), dtype=dtype)


def create_vector(size: int, dtype: Any = np.int64) -> NDArray:
    """0, 1, 2, …"""
    return array(np.arange(size), dtype=dtype)


def get_identity_mat(size: int) -> NDArray:
    """The identity matrix."""
    return array(np.eye(size))


def get_identity_mat_batch(size: int) -> NDArray:
    """Two identity matrices."""
    return array(np.stack([np.eye(size)] * 2))


def new_orthonormal_matrix_2d(n: int) -> np.ndarray[Any, Any]:
    """A random orthonormal matrix."""
    return np.linalg.qr(np.random.randn(n, n))[0]


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray[Any, Any]:
    """A random symmetric matrix with eigenvalues in (−10, 10)."""
    q = new_orthonormal_matrix_2d(n)
    found: np.ndarray[Any, Any] = q.T @ np.diag(np.random.uniform(-10, 10, n)) @ q
    return found


def new_sym_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray[Any, Any]:
    """A stack of them, of this shape."""
    return _stack(shape, new_sym_matrix_with_real_eigvals_2d)


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray[Any, Any]:
    """A random matrix with eigenvalues in (−10, 10), well conditioned."""
    q = new_orthonormal_matrix_2d(n) @ np.diag(np.random.uniform(0.6, 1.5, n)) @ new_orthonormal_matrix_2d(n)
    found: np.ndarray[Any, Any] = np.linalg.inv(q) @ np.diag(np.random.uniform(-10, 10, n)) @ q
    return found


def new_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray[Any, Any]:
    """A stack of them, of this shape."""
    return _stack(shape, new_matrix_with_real_eigvals_2d)


def _stack(shape: Sequence[int], make: Callable[[int], np.ndarray[Any, Any]]) -> np.ndarray[Any, Any]:
    count = int(np.prod(shape[:-2]))
    return np.array([make(shape[-1]) for _ in range(count)]).reshape(shape)
