"""``nd.sparse``: ways to make sparse arrays, and arithmetic on them; the operators come from the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..device import Device, place_of
from ..errors import DTypeError, ShapeError, StorageError
from ..ops.arithmetic import BINARY
from ..ops.params import dtype_name
from ..ops.storage import CSR, INDEX, ROW_SPARSE, ChosenRows, CompressedRows, cast, empty_storage
from . import creation
from .array import NDArray, _moved
from .binary import make_binary
from .creation import Shape, _device, _shape
from .stored import BaseSparseNDArray, CSRNDArray, RowSparseNDArray, of_raw

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "add",
    "array",
    "csr_matrix",
    "divide",
    "empty",
    "multiply",
    "row_sparse_array",
    "subtract",
    "zeros",
]


# ---------------------------------------------------------------- nothing stored
def zeros(stype: str, shape: Shape, ctx: Device | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """An array of zeros in a storage: ``csr``, ``row_sparse`` or ``default``.

    >>> print(mx.nd.sparse.zeros("csr", (2, 3)))
    <BLANKLINE>
    <CSRNDArray 2x3 @cpu(0)>
    """
    device = _device(ctx)
    raw = empty_storage(device.xp, stype, _shape(shape), np.dtype(dtype_name(dtype or np.float32)))
    return of_raw(raw, None, place_of(device))


def empty(stype: str, shape: Shape, ctx: Device | None = None, dtype: Any = None) -> NDArray:
    """The same: a sparse array that stores nothing."""
    if stype not in (CSR, ROW_SPARSE):
        raise StorageError("unknown storage type", where="sparse.empty", wanted="csr or row_sparse", got=repr(stype))
    return zeros(stype, shape, ctx, dtype)


# ---------------------------------------------------------------- from values
def array(source_array: Any, ctx: Device | None = None, dtype: Any = None) -> NDArray:
    """A copy of a sparse array or of a ``scipy.sparse`` matrix, with its dtype unless one is given."""
    if isinstance(source_array, BaseSparseNDArray):
        raw = source_array._data
        target = source_array.ctx if ctx is None else _device(ctx)
    elif is_scipy(source_array):
        raw, target = from_scipy(source_array), _device(ctx)
    else:
        raise StorageError(
            "this is no sparse array",
            where="sparse.array",
            got=type(source_array).__name__,
            remedy="Use nd.array(…), and tostype(…) for another storage",
        )
    copied = _moved(raw, target, copy=True)
    typed = copied if dtype is None else copied.with_data(copied.data.astype(dtype_name(dtype)))
    return of_raw(typed, None, place_of(target))


def csr_matrix(arg1: Any, shape: Any = None, ctx: Device | None = None, dtype: Any = None) -> CSRNDArray:
    """A CSR matrix from a dense one, a sparse one, its shape (empty), ``(data, indices, indptr)`` or
    ``(data, (row, column))``.

    The dtype is float32, or that of the array given.

    >>> a = mx.nd.sparse.csr_matrix(([5, 7], [1, 0], [0, 1, 2]), shape=(2, 3))
    >>> a.stype, a.asnumpy()
    ('csr', array([[0., 5., 0.],
           [7., 0., 0.]], dtype=float32))
    """
    where = "csr_matrix"
    if isinstance(arg1, tuple) and len(arg1) == 2 and all(isinstance(n, (int, np.integer)) for n in arg1):
        _same_shape(where, _shape(arg1), shape)
        return zeros(CSR, arg1, ctx, dtype)  # type: ignore[return-value]
    if isinstance(arg1, tuple) and len(arg1) == 2 and isinstance(arg1[1], tuple):
        from scipy.sparse import coo_matrix

        data, (row, column) = arg1
        values = _host(data, None if dtype is None else dtype)
        matrix = coo_matrix((values, (_host(row, INDEX), _host(column, INDEX))), shape=shape)
        return array(matrix.tocsr(), ctx, dtype)  # type: ignore[return-value]
    if isinstance(arg1, tuple):
        if len(arg1) != 3:
            raise ShapeError(
                "a csr matrix has three parts", where=where, wanted="(data, indices, indptr)", got=len(arg1)
            )
        return _csr_of_parts(*arg1, shape, ctx, dtype)
    if isinstance(arg1, RowSparseNDArray):
        raise StorageError(
            "Unexpected input type: RowSparseNDArray", where=where, remedy="Use tostype('default') first"
        )
    found = array(arg1, ctx, dtype) if isinstance(arg1, CSRNDArray) or is_scipy(arg1) else _cast(arg1, CSR, ctx, dtype)
    _same_shape(where, found.shape, shape)
    return found  # type: ignore[return-value]


def _csr_of_parts(data: Any, indices: Any, indptr: Any, shape: Any, ctx: Any, dtype: Any) -> CSRNDArray:
    values, columns, pointer = _host(data, dtype), _host(indices, INDEX), _host(indptr, INDEX)
    if shape is None:
        if columns.size == 0:
            raise ShapeError("the shape does not follow from empty indices", where="csr_matrix", remedy="Give shape=")
        shape = (len(pointer) - 1, int(columns.max()) + 1)
    shape = _shape(shape)
    if not values.ndim == columns.ndim == pointer.ndim == 1 or pointer.size == 0 or len(shape) != 2:
        raise ShapeError(
            "the parts of a csr matrix are vectors",
            where="csr_matrix",
            got=f"data {values.shape}, indices {columns.shape}, indptr {pointer.shape} for shape {shape}",
        )
    device = _device(ctx)
    return CSRNDArray(_moved(CompressedRows(shape, values, columns, pointer), device), None, place_of(device))


def row_sparse_array(arg1: Any, shape: Any = None, ctx: Device | None = None, dtype: Any = None) -> RowSparseNDArray:
    """A row sparse array from a dense one, a row sparse one, its shape (empty) or ``(data, indices)``.

    >>> a = mx.nd.sparse.row_sparse_array(([[1, 2]], [2]), shape=(4, 2))
    >>> a.stype, a.asnumpy()
    ('row_sparse', array([[0., 0.],
           [0., 0.],
           [1., 2.],
           [0., 0.]], dtype=float32))
    """
    where = "row_sparse_array"
    if isinstance(arg1, tuple) and len(arg1) < 2:
        raise ShapeError("a row sparse array has two parts", where=where, wanted="(data, indices)", got=len(arg1))
    if isinstance(arg1, tuple) and all(isinstance(n, (int, np.integer)) for n in arg1):
        _same_shape(where, _shape(arg1), shape)
        return zeros(ROW_SPARSE, arg1, ctx, dtype)  # type: ignore[return-value]
    if isinstance(arg1, tuple):
        values, rows = _host(arg1[0], dtype), _host(arg1[1], INDEX)
        if shape is None:
            if rows.size == 0:
                raise ShapeError("the shape does not follow from empty indices", where=where, remedy="Give shape=")
            shape = (int(rows[-1]) + 1, *values.shape[1:])
        shape = _shape(shape)
        if values.ndim != len(shape) or rows.ndim != 1:
            raise ShapeError(
                "the data hold a row for each index",
                where=where,
                wanted=(len(rows), *shape[1:]),
                got=values.shape,
            )
        device = _device(ctx)
        return RowSparseNDArray(_moved(ChosenRows(shape, values, rows), device), None, place_of(device))
    if isinstance(arg1, CSRNDArray):
        raise StorageError("Unexpected input type: CSRNDArray", where=where, remedy="Use tostype('default') first")
    found = array(arg1, ctx, dtype) if isinstance(arg1, RowSparseNDArray) else _cast(arg1, ROW_SPARSE, ctx, dtype)
    _same_shape(where, found.shape, shape)
    return found  # type: ignore[return-value]


def _host(values: Any, dtype: Any) -> Any:
    """A NumPy copy; the dtype is the array's own, or float32, unless one is given."""
    if isinstance(values, NDArray):
        values = values.asnumpy()
    if dtype is None:
        dtype = values.dtype if isinstance(values, np.ndarray) else np.float32
    try:
        return np.array(values, dtype=dtype if dtype is INDEX else dtype_name(dtype))
    except (TypeError, ValueError) as error:
        raise DTypeError(f"this cannot be made an array: {error}", where="nd.sparse") from None


def _cast(dense: Any, stype: str, ctx: Device | None, dtype: Any) -> NDArray:
    if dtype is None and isinstance(dense, np.ndarray):
        dtype = dense.dtype
    made = creation.array(dense, ctx, dtype)
    return of_raw(cast(made.ctx.xp, made._data, stype), None, made._place)


def _same_shape(where: str, found: tuple[int, ...], wanted: Any) -> None:
    if wanted is not None and tuple(wanted) != found:
        raise ShapeError("Shape mismatch detected", where=where, wanted=tuple(wanted), got=found)


def is_scipy(value: Any) -> bool:
    """Whether it is a matrix or array of ``scipy.sparse`` (which need not be imported to know)."""
    return type(value).__module__.startswith("scipy.sparse")


def from_scipy(matrix: Any) -> CompressedRows:
    """Compressed rows of any SciPy matrix, columns rising, each once."""
    rows = matrix.tocsr().sorted_indices()
    rows.sum_duplicates()
    dtype = np.dtype(dtype_name(rows.data.dtype))
    return CompressedRows(rows.shape, rows.data.astype(dtype), rows.indices.astype(INDEX), rows.indptr.astype(INDEX))


# ---------------------------------------------------------------- arithmetic
def _arithmetic(name: str, symbol: str) -> Callable[[Any, Any], Any]:
    plain = make_binary(name, NDArray)
    both = BINARY[name][0]

    def function(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray) and isinstance(rhs, NDArray) and lhs.shape == rhs.shape:
            return lhs._apply(both.replace("broadcast", "elemwise"), (lhs, rhs), {})
        return plain(lhs, rhs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"lhs {symbol} rhs of arrays or numbers; sparse where both arrays are, as the storages allow."
    return function


add = _arithmetic("add", "+")
subtract = _arithmetic("subtract", "-")
multiply = _arithmetic("multiply", "*")
divide = _arithmetic("divide", "/")
