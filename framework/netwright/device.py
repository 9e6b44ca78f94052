"""Devices, and the array module (NumPy or CuPy) behind each.

A device is named as in MXNet: ``cpu()``, ``gpu(0)``. ``Context`` is the MXNet 1.x name of the same class.
"""

from __future__ import annotations

import functools
import importlib
import threading
from types import ModuleType, TracebackType
from typing import Any, ClassVar, Self

import numpy as np

from .errors import DeviceError


class _Kind(type):
    """Gives the class itself ``default_ctx``, as MXNet's has it."""

    @property
    def default_ctx(cls) -> Device:
        """The device in use; it can be set."""
        return current_device()

    @default_ctx.setter
    def default_ctx(cls, device: Device) -> None:
        Device._current.value = device


class _Current(threading.local):
    """The device of each thread, and those of the ``with`` blocks around it."""

    value: Device | None = None

    def __init__(self) -> None:
        self.outer: list[Device | None] = []


class Device(metaclass=_Kind):
    """Where an array lives. Compares by value; as a ``with`` block it becomes the default device.

    >>> Device("cpu", 0)
    cpu(0)
    """

    __slots__ = ("_hash", "device_id", "device_type")
    device_type: str
    device_id: int
    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {"cpu": 1, "gpu": 2, "cpu_pinned": 3, "cpu_shared": 5}
    _current = _Current()

    def __init__(self, device_type: str | Device, device_id: int = 0) -> None:
        kind: str = device_type.device_type if isinstance(device_type, Device) else device_type
        number: int = device_type.device_id if isinstance(device_type, Device) else int(device_id)
        if kind not in self.devstr2type:
            raise DeviceError(
                "unknown kind of device",
                where="Context",
                wanted="cpu or gpu",
                got=repr(kind),
                remedy="Use cpu() or gpu(0)",
            )
        self.device_type = kind
        self.device_id = number
        self._hash = hash((kind, number))

    @property
    def device_typeid(self) -> int:
        """MXNet's number for the kind of device."""
        return self.devstr2type[self.device_type]

    @property
    def is_gpu(self) -> bool:
        """Whether it is a GPU."""
        return self.device_type == "gpu"

    @property
    def xp(self) -> ModuleType:
        """The array module whose arrays live here; raises DeviceError where there is no such device."""
        return _cupy_for(self.device_id) if self.device_type == "gpu" else np

    def empty_cache(self) -> None:
        """Give memory that the allocator keeps for reuse back to the device."""
        if self.is_gpu:
            self.xp.get_default_memory_pool().free_all_blocks()

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Device) and self.device_type == other.device_type and self.device_id == other.device_id
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __enter__(self) -> Self:
        current = Device._current
        current.outer.append(current.value)
        current.value = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        current = Device._current
        current.value = current.outer.pop()

    @classmethod
    def parse(cls, text: str | Device | None) -> Device:
        """``"cpu"``, ``"gpu"``, ``"gpu:1"``, ``"gpu(1)"``, ``"auto"`` or a device."""
        if text is None:
            return current_device()
        if isinstance(text, Device):
            return text
        if text == "auto":
            return best_device()
        kind, _, number = text.replace("(", ":").rstrip(")").partition(":")
        if kind not in cls.devstr2type or not (number or "0").isdigit():
            raise DeviceError(
                "unknown device",
                where="Context",
                wanted="auto, cpu, gpu or gpu:N",
                got=repr(text),
                remedy="Use cpu() or gpu(0)",
            )
        return cls(kind, int(number or 0))


Context = Device


def cpu(device_id: int = 0) -> Device:
    """The host's processors. All numbers are one memory; arrays and parameters keep them apart, as in MXNet."""
    return Device("cpu", device_id) if device_id else _CPU


def cpu_pinned(device_id: int = 0) -> Device:
    """Host memory; here the same as ``cpu()``."""
    return Device("cpu_pinned", device_id)


def gpu(device_id: int = 0) -> Device:
    """The GPU of that number. Whether it is there shows when something is put on it."""
    return Device("gpu", device_id)


@functools.cache
def _cupy() -> tuple[Any | None, int, str]:
    """(module, number of GPUs, why not)."""
    try:
        module = importlib.import_module("cupy")
    except ImportError:
        return None, 0, "CuPy is not installed (pip install 'netwright[gpu]')"
    try:
        count = int(module.cuda.runtime.getDeviceCount())
    except module.cuda.runtime.CUDARuntimeError as error:
        return module, 0, f"CUDA reports: {error}"
    return module, count, "" if count else "CUDA reports no device"


def num_gpus() -> int:
    """How many GPUs can be used."""
    return _cupy()[1]


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """(free, total) bytes of a GPU's memory; raises DeviceError where there is no such GPU."""
    free, total = _cupy_for(device_id).cuda.runtime.memGetInfo()
    return int(free), int(total)


def why_no_gpu() -> str:
    """Why ``num_gpus()`` is 0 (an empty text where it is not)."""
    return _cupy()[2]


def _cupy_for(device_id: int) -> ModuleType:
    module, count, why = _cupy()
    if module is None or device_id >= count:
        raise DeviceError(
            f"gpu({device_id}) is not there",
            where="Context",
            wanted=f"one of {count} GPUs" if count else "a GPU",
            got=why or f"device number {device_id}",
            remedy="Use cpu(), or the device 'auto', which takes a GPU only where there is one",
        )
    module.cuda.Device(device_id).use()
    return module  # type: ignore[no-any-return]


def current_device() -> Device:
    """The innermost ``with device:`` block's device, or ``cpu(0)``."""
    return Device._current.value or _CPU


def best_device() -> Device:
    """A GPU where there is one, else the CPU; never an error."""
    return gpu(0) if num_gpus() else _CPU


def place_of(device: Device) -> Device | None:
    """What an array on the device has to remember, for its elements do not tell: a CPU number other than 0."""
    return None if device.is_gpu or device == _CPU else device


def device_of(array: Any) -> Device:
    """The device a NumPy or CuPy array lies on."""
    if isinstance(array, np.ndarray):
        return _CPU
    return gpu(int(array.device.id))


_CPU = Device("cpu", 0)
current_context = current_device
