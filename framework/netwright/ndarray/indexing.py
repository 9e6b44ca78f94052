"""What stands between the brackets of ``x[…]``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, IndexRangeError, ShapeError


def numpy_key(key: Any, data: Any) -> Any:
    """The key with our arrays in it replaced by integer arrays of the data's own module.

    MXNet's index arrays may be floats (its default dtype): they are taken as integers.
    """
    if isinstance(key, tuple):
        return tuple(_part(k, data) for k in key)
    return _part(key, data)


def _part(part: Any, data: Any) -> Any:
    if isinstance(part, (bool, np.bool_)):
        return int(part)  # a place, as in MXNet, and not NumPy's mask without axes
    if part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer)):
        return part
    raw = getattr(part, "_data", part)
    if isinstance(raw, (list, tuple)):
        raw = np.asarray([getattr(r, "_data", r) for r in raw])
    if not hasattr(raw, "dtype"):
        raise DTypeError(
            "cannot index with this",
            where="x[…]",
            wanted="integers, slices, None, ... or arrays",
            got=type(part).__name__,
            remedy="Use int(…) for a position" if isinstance(part, float) else "Select by positions, or by a mask",
        )
    if raw.dtype.kind == "f":
        raw = raw.astype(np.int64)
    return _beside(raw, data)


def _beside(raw: Any, data: Any) -> Any:
    """A NumPy array on the device of the data."""
    if not isinstance(data, np.ndarray) and isinstance(raw, np.ndarray):
        import cupy  # the data lie on a GPU: it is there

        return cupy.asarray(raw)
    return raw


def is_basic(key: Any) -> bool:
    """Only integers, slices, None and ``...``: a regular part of the array."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(p is None or p is Ellipsis or isinstance(p, (slice, int, np.integer, np.bool_)) for p in parts)


def take_view(data: Any, key: Any) -> Any:
    """The elements of ``data[key]``; they share memory with ``data`` where they lie together (as MXNet does)."""
    try:
        found = data[numpy_key(key, data)]
    except IndexError as error:
        raise index_error(error, data, "x[…]") from None
    if is_basic(key):
        if found.ndim == 0:
            # MXNet 1.x has no arrays without axes: one element is an array of shape (1,)
            flat = data[numpy_key(_last_as_slice(key, data.ndim), data)]
            return flat.reshape(1)
        return found if found.flags.c_contiguous else found.copy()
    return found.reshape(1) if found.ndim == 0 else found


def is_whole(key: Any) -> bool:
    """``x[:]`` or ``x[...]``: all of it."""
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def assign(data: Any, key: Any, value: Any) -> None:
    """``data[key] = value`` with NumPy's broadcasting; numbers are cast as C casts them (as MXNet does).

    One element may be given as an array of any number of axes, since here it has the shape (1,).
    """
    where = "x[…] = value"
    raw = _beside(_value(value), data)
    index = numpy_key(key, data)
    try:
        if raw.size == 1 and 0 < raw.ndim > data[index].ndim:
            raw = raw.reshape(())
        with np.errstate(over="ignore", invalid="ignore"):
            data[index] = raw.astype(data.dtype, copy=False)
    except ValueError as error:
        if isinstance(data, np.ndarray) and not data.flags.writeable:
            raise DTypeError("this array looks at memory that is read-only", where=where, remedy="Use copy()") from None
        raise ShapeError(
            "the value does not fit into the part it is assigned to",
            where=where,
            wanted=f"something that broadcasts to {tuple(data[index].shape)}",
            got=tuple(raw.shape),
            remedy="Use reshape() or broadcast_to() to give it that shape",
        ) from error
    except IndexError as error:
        raise index_error(error, data, where) from None


def _value(value: Any) -> Any:
    """What is assigned, as an array of numbers of some module."""
    if hasattr(value, "dtype") and hasattr(value, "ndim") and not isinstance(value, np.generic):
        return value
    if isinstance(value, (list, tuple)):
        value = [getattr(v, "_data", v) for v in value]
    try:
        raw = np.asarray(value)
    except ValueError:
        raw = np.asarray(None)
    if raw.dtype.kind not in "biuf":
        raise DTypeError(
            "this cannot be assigned to the elements of an array",
            where="x[…] = value",
            wanted="an NDArray, numbers or a NumPy array",
            got=repr(value)[:60],
            remedy="Make it an array with nd.array(…)",
        )
    return raw


def index_error(error: IndexError, data: Any, where: str) -> IndexRangeError:
    """NumPy's words with the array's shape."""
    return IndexRangeError(
        str(error),
        where=where,
        got=f"an index into shape {tuple(data.shape)}",
        remedy="Positions begin at 0; negative ones count from the end",
    )


def _last_as_slice(key: Any, ndim: int) -> Any:
    """``x[1, 2]`` as ``x[1, 2:3]``, so that the element is still seen in place."""
    parts = [p for p in (key if isinstance(key, tuple) else (key,)) if p is not Ellipsis]
    last = int(parts[-1])
    return (*parts[:-1], slice(last, last + 1 if last != -1 else None))


def plain_key(array: Any, key: Any) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """(operator, inputs, parameters) that compute ``array[key]``, for the tape."""
    from .array import NDArray

    if is_basic(key):
        parts = key if isinstance(key, tuple) else (key,)
        return "_basic_index", (array,), {"key": tuple(_encode(p) for p in parts)}
    parts = key if isinstance(key, tuple) else (key,)
    arrays, pattern = [], []
    for part in parts:
        if is_basic(part):
            pattern.append(_encode(part))
        else:
            raw = _part(part, array._data)
            # a mask stands for the places where it holds
            for index in raw.nonzero() if raw.dtype.kind == "b" else (raw,):
                arrays.append(NDArray(index))
                pattern.append("array")
    return "_advanced_index", (array, *arrays), {"key": tuple(pattern), "num_args": 1 + len(arrays)}


def _encode(part: Any) -> Any:
    """JSON-able: an integer, None, "...", or (start, stop, step)."""
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        return tuple(None if v is None else int(v) for v in (part.start, part.stop, part.step))
    return None if part is None else int(part)
