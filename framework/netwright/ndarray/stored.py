"""Sparse arrays as people hold them: CSRNDArray and RowSparseNDArray, with MXNet's members.

What they compute goes the way of every array, through ``invoke``; only what differs from a dense array stands here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar, NoReturn, Self

import numpy as np

from ..device import Device, place_of
from ..errors import DTypeError, IndexRangeError, StorageError
from ..ops.params import dtype_name
from ..ops.storage import CSR, DEFAULT, ROW_SPARSE, ChosenRows, CompressedRows, Stored, as_stored, empty_storage
from ..ops.storage_checks import check_csr, check_row_sparse
from ..tape import Entry
from .array import NDArray, _moved


class BaseSparseNDArray(NDArray):
    """Base of the sparse arrays. Their elements are ``data`` where ``indices`` say, and 0 elsewhere."""

    __slots__ = ()
    _data: Stored
    _others: ClassVar[tuple[str, ...]]
    """Storages it can be copied into."""

    # ---------------------------------------------------------------- facts
    @property
    def dtype(self) -> Any:
        return self._data.dtype.type

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def ctx(self) -> Device:
        return self._place or self._data.place

    context = ctx
    device = ctx

    def __repr__(self) -> str:
        return f"\n<{type(self).__name__} {'x'.join(map(str, self.shape))} @{self.ctx}>"

    __str__ = __repr__

    @property
    def data(self) -> NDArray:
        """A copy of the stored elements."""
        return NDArray(self._data.data.copy(), None, self._place)

    @property
    def indices(self) -> NDArray:
        """A copy of the indices: columns of a CSR array, rows of a row sparse one."""
        return NDArray(self._data.indices.copy(), None, self._place)  # type: ignore[attr-defined]

    @property
    def _num_aux(self) -> int:
        return len(self._data.parts()) - 1

    @property
    def _aux_types(self) -> list[Any]:
        return [part.dtype.type for part in self._data.parts()[1:]]

    def check_format(self, full_check: bool = True) -> None:
        """Raise ShapeError or IndexRangeError where the parts do not make a valid array; ``full_check`` looks at every
        index.
        """
        raise NotImplementedError

    # ---------------------------------------------------------------- other forms
    def asnumpy(self) -> np.ndarray[Any, Any]:
        """A dense NumPy copy."""
        found = self._data.dense()
        return found if isinstance(found, np.ndarray) else np.asarray(found.get())

    def tostype(self, stype: str) -> NDArray:
        """A copy in another storage: the same or ``default``."""
        return self._apply("cast_storage", (self,), {"stype": stype})  # type: ignore[no-any-return]

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """The same places and values in another element type."""
        if not copy and self._data.dtype.name == dtype_name(dtype):
            return self
        return self._apply("Cast", (self,), {"dtype": dtype_name(dtype)})  # type: ignore[no-any-return]

    def copyto(self, other: NDArray | Device) -> NDArray:
        """Copy into an array of this storage or a dense one, or onto a device."""
        if other is self:
            warnings.warn("an array was copied to itself", RuntimeWarning, stacklevel=2)
            return self
        if isinstance(other, NDArray) and other.stype not in self._others:
            raise StorageError(
                "copyto does not support this destination",
                where=type(self).__name__,
                wanted=" or ".join(self._others),
                got=other.stype,
            )
        return super().copyto(other)

    def _write(self, values: Any) -> None:
        """Take values of any storage; the dtype stays."""
        raw = self._data
        xp = raw.place.xp
        if isinstance(values, (int, float, np.generic)) and values == 0:
            values = empty_storage(xp, self.stype, self.shape, raw.dtype)
        elif isinstance(values, (int, float, np.generic)):
            values = xp.full(self.shape, values, dtype=raw.dtype)
        found: Stored = as_stored(xp, values, self.stype)
        copy = found is values
        self._data = found.mapped(lambda part: part.copy()) if copy else found
        if self._data.dtype != raw.dtype:
            self._data = self._data.with_data(self._data.data.astype(raw.dtype))

    # ---------------------------------------------------------------- arithmetic
    def _binary(self, other: Any, name: str, scalar_name: str) -> Any:
        """Arrays of one shape meet element by element, where more is possible than with broadcasting."""
        if isinstance(other, NDArray):
            strict = _STRICT.get(name) if other.shape == self.shape else None
            return self._apply(strict or name, (self, other), {})
        return super()._binary(other, name, scalar_name)

    def _in_place(self, name: str, scalar_name: str, other: Any) -> Self:
        self._refuse_recorded(name)
        result = self._binary(other, name, scalar_name)
        if result is NotImplemented:
            raise DTypeError(f"cannot use {type(other).__name__} here", wanted="an NDArray or a number")
        result.copyto(self)
        return self

    # ---------------------------------------------------------------- what only dense arrays have
    def __setitem__(self, key: Any, value: Any) -> None:
        if not (isinstance(key, slice) and key == slice(None)):
            raise StorageError(f"{type(self).__name__} only supports [:] for assignment", got=repr(key)[:60])
        self._refuse_recorded("x[:] = value")
        if isinstance(value, np.ndarray):
            value = NDArray(self.ctx.xp.asarray(value, dtype=self._data.dtype))
        if isinstance(value, NDArray):
            if value is not self:
                value.copyto(self)
        elif isinstance(value, (int, float, np.generic)):
            self._set_number(value)
        else:
            raise DTypeError("this cannot be assigned", wanted="an array or a number", got=type(value).__name__)

    def _set_number(self, value: Any) -> None:
        self._write(value)

    def reshape(self, *shape: Any, **kwargs: Any) -> NoReturn:
        raise self._unsupported("reshape()")

    def __dlpack__(self, **kwargs: Any) -> NoReturn:
        raise self._unsupported("DLPack")

    def __iter__(self) -> Iterator[NDArray]:
        return (self[i] for i in range(len(self)))

    def _unsupported(self, what: str) -> StorageError:
        return StorageError(
            f"{what} is not supported for sparse arrays", where=type(self).__name__, remedy="Use tostype('default')"
        )

    # ---------------------------------------------------------------- pickling
    def __getstate__(self) -> dict[str, Any]:
        host = _moved(self._data, Device("cpu"))
        return {"shape": self.shape, "parts": host.parts(), "context": (self.ctx.device_type, self.ctx.device_id)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        device = Device(*state["context"])
        raw = _moved(raw_of_parts(self.stype, state["shape"], state["parts"]), device)
        self.__init__(raw, None, place_of(device))  # type: ignore[misc]


_STRICT = {
    "broadcast_add": "elemwise_add",
    "broadcast_sub": "elemwise_sub",
    "broadcast_mul": "elemwise_mul",
    "broadcast_div": "elemwise_div",
}


class CSRNDArray(BaseSparseNDArray):
    """A matrix in compressed rows: row i has ``data[indptr[i]:indptr[i+1]]`` in columns ``indices[…]``."""

    __slots__ = ()
    stype = CSR
    _data: CompressedRows
    _others = (DEFAULT, CSR)

    @property
    def indptr(self) -> NDArray:
        """A copy of where each row begins, and the last ends."""
        return NDArray(self._data.indptr.copy(), None, self._place)

    def asscipy(self) -> Any:
        """A ``scipy.sparse.csr_matrix`` with copied parts."""
        from scipy.sparse import csr_matrix

        data, indptr, indices = _moved(self._data, Device("cpu"), copy=True).parts()
        return csr_matrix((data, indices, indptr), shape=self.shape, dtype=self.dtype)

    def check_format(self, full_check: bool = True) -> None:
        check_csr(_moved(self._data, Device("cpu")), full_check)

    def __getitem__(self, key: Any) -> NDArray:
        """A row (as a matrix of one row), or consecutive rows.

        >>> a = mx.nd.array([[0, 1], [2, 0]]).tostype("csr")
        >>> a[1].asnumpy()
        array([[2., 0.]], dtype=float32)
        """
        count = len(self)
        if isinstance(key, (int, np.integer)):
            begin = int(key) + count if key < 0 else int(key)
            if not 0 <= begin < count:
                raise IndexRangeError("there is no such row", where="x[…]", wanted=f"{-count} to {count - 1}", got=key)
            return self._apply("slice", (self,), {"begin": (begin,), "end": (begin + 1,)})  # type: ignore[no-any-return]
        if isinstance(key, slice):
            if key.step is not None:
                raise StorageError("CSRNDArray only supports continuous slicing on axis 0", got=repr(key))
            if key.start is None and key.stop is None:
                return self
            begin, end, _ = key.indices(count)
            params = {"begin": (begin,), "end": (max(begin, end),)}
            return self._apply("slice", (self,), params)  # type: ignore[no-any-return]
        if isinstance(key, tuple):
            raise StorageError("Multi-dimension indexing is not supported", where="CSRNDArray", got=repr(key)[:60])
        raise StorageError("a CSRNDArray cannot be indexed with this", wanted="a row or rows", got=type(key).__name__)

    def _set_number(self, value: Any) -> None:
        raise StorageError("a number cannot be assigned to a CSRNDArray", remedy="Assign an array")


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which only some rows are stored: ``dense[indices[i]] = data[i]``."""

    __slots__ = ()
    stype = ROW_SPARSE
    _data: ChosenRows
    _others = (DEFAULT, ROW_SPARSE)

    def check_format(self, full_check: bool = True) -> None:
        check_row_sparse(_moved(self._data, Device("cpu")), full_check)

    def retain(self, *args: Any, **kwargs: Any) -> NDArray:
        """Only the rows of these indices: ``x.retain(indices)``; MXNet's ``x.retain(x, indices)`` is taken too.

        >>> x = mx.nd.ones((3, 1)).tostype("row_sparse")
        >>> x.retain(mx.nd.array([0, 2])).indices.asnumpy()
        array([0, 2])
        """
        data, indices = (self, *args, *kwargs.values())[-2:]
        if not isinstance(indices, NDArray):
            indices = NDArray(self.ctx.xp.asarray(indices, dtype=np.int64))
        return self._apply("_sparse_retain", (data, indices), {})  # type: ignore[no-any-return]

    def __getitem__(self, key: Any) -> NDArray:
        """``[:]`` only: the array itself."""
        if isinstance(key, slice) and key == slice(None):
            return self
        raise StorageError("RowSparseNDArray only supports [:] for indexing", got=repr(key)[:60])


def of_raw(raw: Any, entry: Entry | None = None, place: Device | None = None) -> NDArray:
    """The array over raw elements of any storage."""
    if raw.__class__ is np.ndarray:
        return NDArray(raw, entry, place)
    if isinstance(raw, CompressedRows):
        return CSRNDArray(raw, entry, place)
    return RowSparseNDArray(raw, entry, place) if isinstance(raw, ChosenRows) else NDArray(raw, entry, place)


def raw_of_parts(stype: str, shape: tuple[int, ...], parts: tuple[Any, ...]) -> Any:
    """A stored array from ``Stored.parts()``."""
    if stype == CSR:
        data, pointer, columns = parts
        return CompressedRows(shape, data, columns, pointer)
    data, rows = parts
    return ChosenRows(shape, data, rows)
