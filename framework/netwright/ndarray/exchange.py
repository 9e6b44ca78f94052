"""Arrays to and from other libraries without a copy, by DLPack."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..device import place_of
from ..errors import DTypeError
from ..ops.params import dtype_name
from .array import NDArray


class _Capsule:
    """A DLPack capsule as an object that ``from_dlpack`` functions take."""

    def __init__(self, capsule: Any, device: tuple[int, int]) -> None:
        self._capsule, self._device = capsule, device

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._device


class _Writable:
    """The memory of an array that NumPy made read-only for want of knowing better: old capsules do not say."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self._array = array
        address = array.__array_interface__["data"][0]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def to_dlpack_for_read(data: NDArray) -> Any:
    """A DLPack capsule of the array's memory, once its value is there. It can be read once."""
    data.wait_to_read()
    return data.__dlpack__()


def to_dlpack_for_write(data: NDArray) -> Any:
    """The same, for a reader that will write into the memory."""
    data._refuse_recorded("to_dlpack_for_write()")
    data.wait_to_write()
    return data.__dlpack__()


def from_dlpack(dlpack: Any) -> NDArray:
    """An NDArray over the memory of a DLPack capsule on the host, or of another library's array.

    >>> import netwright as mx
    >>> x = mx.nd.ones((2,))
    >>> y = mx.nd.from_dlpack(x.to_dlpack_for_write())
    >>> y[:] = 5
    >>> x.asnumpy()
    array([5., 5.], dtype=float32)
    """
    source = dlpack
    if type(dlpack).__name__ == "PyCapsule":
        source = _Capsule(dlpack, (1, 0))
    elif not hasattr(dlpack, "__dlpack__"):
        raise DTypeError(
            "this is no DLPack capsule", where="from_dlpack", wanted="a capsule or an array", got=type(dlpack).__name__
        )
    if source.__dlpack_device__()[0] == 1:
        found: Any = np.from_dlpack(source)
        found = found if found.flags.writeable else np.asarray(_Writable(found))
    else:
        import cupy  # the memory is a GPU's

        found = cupy.from_dlpack(source)
    dtype_name(found.dtype)
    contiguous = found if found.flags.c_contiguous else found.copy()
    place = dlpack.ctx if isinstance(dlpack, NDArray) else None
    return NDArray(contiguous, None, place_of(place) if place else None)
