"""Tensors on the wire: the protocol's datatype names, JSON data, and raw little-endian bytes."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright_studio.inference.open_inference.problems import ProtocolError

DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
    "BYTES": np.dtype(object),
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def name_of(dtype: np.dtype[Any]) -> str:
    """The protocol's name of an element type."""
    return _NAMES[np.dtype(dtype).newbyteorder("<") if dtype.itemsize > 1 and dtype.kind != "O" else np.dtype(dtype)]


def dtype_of(datatype: Any, tensor: str) -> np.dtype[Any]:
    """The element type a request names; ProtocolError for one the protocol does not have."""
    if not isinstance(datatype, str) or datatype not in DTYPES:
        raise ProtocolError(
            f"input '{tensor}': datatype must be one of {', '.join(DTYPES)}, got {str(datatype)[:40]!r}"
        )
    return DTYPES[datatype]


def shape_of(shape: Any, tensor: str) -> tuple[int, ...]:
    """The shape a request names: a list of non-negative whole numbers, at most 16."""
    whole = isinstance(shape, list) and len(shape) <= 16 and all(type(n) is int and 0 <= n < 2**63 for n in shape)
    if not whole:
        raise ProtocolError(f"input '{tensor}': shape must be a list of whole numbers, got {str(shape)[:80]}")
    return tuple(shape)


def from_bytes(content: memoryview, datatype: str, shape: tuple[int, ...], tensor: str) -> NDArray[Any]:
    """Raw bytes → array; BYTES elements each follow their length as four bytes."""
    if datatype == "BYTES":
        elements = _split_bytes(content, tensor)
        if len(elements) != math.prod(shape):
            raise ProtocolError(
                f"input '{tensor}': shape {list(shape)} wants {math.prod(shape)} elements, got {len(elements)}"
            )
        return _objects(elements, shape)
    dtype = DTYPES[datatype]
    wanted = math.prod(shape) * dtype.itemsize
    if len(content) != wanted:
        raise ProtocolError(
            f"input '{tensor}': shape {list(shape)} of {datatype} wants {wanted} bytes, got {len(content)}"
        )
    return np.frombuffer(content, dtype).reshape(shape)


def from_json(data: Any, datatype: str, shape: tuple[int, ...], tensor: str) -> NDArray[Any]:
    """A flat or nested list → array; the number of elements must be the shape's, each of the datatype's range."""
    if not isinstance(data, list):
        raise ProtocolError(f"input '{tensor}': data must be a list")
    if datatype == "BYTES":
        flat = _flatten(data, tensor)
        if len(flat) != math.prod(shape):
            raise ProtocolError(
                f"input '{tensor}': shape {list(shape)} wants {math.prod(shape)} elements, got {len(flat)}"
            )
        return _objects([str(element).encode() for element in flat], shape)
    found = _numbers(data, DTYPES[datatype], datatype, tensor)
    if found.size != math.prod(shape):
        raise ProtocolError(
            f"input '{tensor}': shape {list(shape)} wants {math.prod(shape)} elements, got {found.size}"
        )
    if found.ndim > 1 and found.shape != shape:
        raise ProtocolError(f"input '{tensor}': data is nested as {list(found.shape)}, its shape says {list(shape)}")
    return found.reshape(shape)


def _numbers(data: list[Any], dtype: np.dtype[Any], datatype: str, tensor: str) -> NDArray[Any]:
    if dtype.kind == "f" and data and type(data[0]) is float:
        quick = _flat_floats(data)
        if quick is not None:
            return _rounded(quick, dtype, datatype, tensor)
    try:
        raw = np.array(data)
    except (ValueError, OverflowError):
        raise ProtocolError(f"input '{tensor}': data is ragged: its lists differ in length") from None
    if raw.size == 0:
        return raw.astype(dtype)
    kinds = {"b": "b", "i": "iub", "u": "iub", "f": "fiub"}[dtype.kind]
    if raw.dtype.kind not in kinds:
        raise ProtocolError(f"input '{tensor}': data does not hold {datatype} values only")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if int(raw.max()) > limits.max or int(raw.min()) < limits.min:
            raise ProtocolError(f"input '{tensor}': a value is out of the range of {datatype}")
    return _rounded(raw, dtype, datatype, tensor)


def _flat_floats(data: list[Any]) -> NDArray[Any] | None:
    """A flat list of numbers, as most requests have it, or None: quicker than looking for nesting first."""
    try:
        return np.frombuffer(array("d", data), np.float64)
    except (TypeError, OverflowError):
        return None


def _rounded(raw: NDArray[Any], dtype: np.dtype[Any], datatype: str, tensor: str) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        rounded = raw.astype(dtype)
    if dtype.kind == "f" and not np.isfinite(rounded).all():
        raise ProtocolError(f"input '{tensor}': a value is out of the range of {datatype}")
    return rounded


def _flatten(data: list[Any], tensor: str) -> list[Any]:
    flat: list[Any] = []
    stack = [iter(data)]
    while stack:
        element = next(stack[-1], stack)
        if element is stack:
            stack.pop()
        elif isinstance(element, list):
            stack.append(iter(element))
        elif isinstance(element, str):
            flat.append(element)
        else:
            raise ProtocolError(f"input '{tensor}': data of BYTES must be texts")
    return flat


def _split_bytes(content: memoryview, tensor: str) -> list[bytes]:
    elements, position = [], 0
    while position < len(content):
        if position + 4 > len(content):
            raise ProtocolError(f"input '{tensor}': BYTES end within a length")
        (length,) = struct.unpack_from("<I", content, position)
        position += 4
        if position + length > len(content):
            raise ProtocolError(f"input '{tensor}': BYTES end within an element")
        elements.append(bytes(content[position : position + length]))
        position += length
    return elements


def _objects(elements: Sequence[bytes], shape: tuple[int, ...]) -> NDArray[Any]:
    array = np.empty(len(elements), object)
    array[:] = elements
    return array.reshape(shape)


def to_bytes(array: NDArray[Any]) -> bytes:
    """Array → raw little-endian bytes."""
    if array.dtype.kind == "O":
        return b"".join(struct.pack("<I", len(element)) + element for element in array.ravel())
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()


def to_json(array: NDArray[Any]) -> Any:
    """Array → what becomes a flat JSON list; NaN and infinities have to go through Python floats."""
    if array.dtype.kind == "O":
        return [element.decode(errors="replace") for element in array.ravel()]
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat if array.dtype.kind != "f" or np.isfinite(flat).all() else flat.tolist()
