"""MXNet's own file of arrays (``.params``): read in all its versions, written in the one that MXNet 1.x writes.

Little-endian: the number 0x112 and a reserved one (64 bits each), a counted list of arrays, a counted list of names
(none for a list of arrays). An array: a magic number, its kind of storage (0 dense, 1 row sparse, 2 CSR), shape,
device, number of its type, elements. A sparse array has the shape of its stored elements before its own, and behind
its type the types and shapes of its indices; the elements are those that are stored, then come the indices.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import CheckpointError, DTypeError, NetwrightError
from .ops.storage import ChosenRows, CompressedRows, Stored
from .ops.storage_checks import check_csr, check_row_sparse

Array = np.ndarray[Any, Any]

MAGIC = struct.pack("<Q", 0x112)
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_DTYPES = ("float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool")
_AUXILIARIES = (0, 1, 2)
"""How many index arrays each kind of storage has."""
_STORAGES = (type(None), ChosenRows, CompressedRows)
MAX_AXES = 32


def dump(arrays: Sequence[Array | Stored], names: Sequence[str]) -> bytes:
    """The file's bytes; no names for a list."""
    parts = [MAGIC, bytes(8), struct.pack("<Q", len(arrays))]
    for array in arrays:
        if array.dtype.name not in _DTYPES:
            raise DTypeError("a .params file cannot hold this type", wanted=", ".join(_DTYPES), got=array.dtype.name)
        stored = array if isinstance(array, Stored) else None
        parts.append(struct.pack("<Ii", _V2, _STORAGES.index(type(stored))))
        if stored is not None:
            parts.append(_shape(stored.data.shape))
        parts.append(_shape(array.shape or (1,)))  # the format has no arrays without axes
        values, *indices = (array,) if stored is None else stored.parts()
        parts.append(struct.pack("<iii", 1, 0, _DTYPES.index(array.dtype.name)))
        parts += [struct.pack("<i", _DTYPES.index(i.dtype.name)) + _shape(i.shape) for i in indices]
        parts += [_elements(part) for part in (values, *indices)]
    parts.append(struct.pack("<Q", len(names)))
    for name in names:
        text = name.encode()
        parts += [struct.pack("<Q", len(text)), text]
    return b"".join(parts)


def _shape(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<I{len(shape)}q", len(shape), *shape)


def _elements(array: Array) -> bytes:
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def parse(content: bytes, where: str) -> tuple[list[Array | Stored], list[str]]:
    """(arrays, names) of a file's bytes; raises CheckpointError where they are cut short or make no sense."""
    reader = _Reader(content, where)
    reader.take(16)
    arrays = [_read_array(reader) for _ in range(reader.count(12))]
    names = [reader.text() for _ in range(reader.count(8))]
    if names and len(names) != len(arrays):
        raise reader.damaged(f"{len(arrays)} arrays and {len(names)} names")
    return arrays, names


class _Reader:
    """Takes values off the front of bytes."""

    def __init__(self, content: bytes, where: str) -> None:
        self.content, self.where, self.place = memoryview(content), where, 0

    def damaged(self, got: str) -> CheckpointError:
        return CheckpointError("this is not a whole .params file", where=self.where, got=got)

    def take(self, size: int) -> memoryview:
        if size > len(self.content) - self.place:
            raise self.damaged(f"{len(self.content)} bytes, which end too soon")
        found = self.content[self.place : self.place + size]
        self.place += size
        return found

    def number(self, kind: str) -> int:
        return int(struct.unpack("<" + kind, self.take(struct.calcsize("<" + kind)))[0])

    def count(self, least: int) -> int:
        """A number of things of at least so many bytes each."""
        found = self.number("Q")
        if found * least > len(self.content):
            raise self.damaged(f"a count of {found}")
        return found

    def text(self) -> str:
        try:
            return bytes(self.take(self.count(1))).decode()
        except UnicodeDecodeError:
            raise self.damaged("a name that is no text") from None

    def shape(self, axes: int | None = None, kind: str = "q") -> tuple[int, ...]:
        axes = self.number("I") if axes is None else axes
        if axes > MAX_AXES:
            raise self.damaged(f"an array of {axes} axes")
        shape = tuple(self.number(kind) for _ in range(axes))
        if any(n < 0 for n in shape):
            raise self.damaged(f"the shape {shape}")
        return shape

    def dtype(self) -> np.dtype[Any]:
        number = self.number("i")
        if not 0 <= number < len(_DTYPES):
            raise self.damaged(f"type number {number}")
        return np.dtype(_DTYPES[number])

    def array(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        data = self.take(math.prod(shape) * dtype.itemsize)
        return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def _read_array(reader: _Reader) -> Array | Stored:
    magic = reader.number("I")
    storage = 0
    stored: tuple[int, ...] = ()
    if magic in (_V2, _V3):
        storage = reader.number("i")
        if not 0 <= storage < len(_AUXILIARIES):
            raise reader.damaged(f"storage of kind {storage}")
        if storage:
            stored = reader.shape()
        shape = reader.shape()
    elif magic == _V1:
        shape = reader.shape()
    else:  # the oldest files have no magic number: this is how many axes there are
        shape = reader.shape(magic, "I")
    if not shape and magic != _V3:
        return np.zeros((0,), np.float32)  # an array that was never set
    reader.take(8)  # the device it was on
    dtype = reader.dtype()
    if not storage:
        return reader.array(shape, dtype)
    kinds = [(reader.dtype(), reader.shape()) for _ in range(_AUXILIARIES[storage])]
    values = reader.array(stored, dtype)
    return _stored(reader, shape, values, [reader.array(s, d).astype(np.int64) for d, s in kinds])


def _stored(reader: _Reader, shape: tuple[int, ...], values: Array, indices: list[Array]) -> Stored:
    try:
        if len(indices) == 1:
            rows = ChosenRows(shape, values, indices[0])
            check_row_sparse(rows, full=True)
            return rows
        if len(shape) != 2:
            raise reader.damaged(f"a csr array of shape {shape}")
        matrix = CompressedRows(shape, values, indices[1], indices[0])
        check_csr(matrix, full=True, ordered=False)
        return matrix
    except NetwrightError as error:
        raise reader.damaged(f"a sparse array that is none: {error}") from None
