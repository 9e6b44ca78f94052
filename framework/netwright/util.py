"""Small functions of ``mx.util``: NumPy semantics, GPUs, environment variables.

Netwright's arrays always have NumPy's shapes: ``()`` is an array without axes, ``(0, 3)`` an empty one. The switch for
shapes is therefore kept and given back, and changes no result. NumPy arrays (``mx.np``) are not there: switching them
on is refused instead of pretended.
"""

from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from .device import gpu, gpu_memory_info, num_gpus
from .errors import ParamError

T = TypeVar("T")


class _Switches(threading.local):
    shape = False


_switches = _Switches()


def is_np_shape() -> bool:
    """Whether NumPy's shapes were switched on."""
    return _switches.shape


def set_np_shape(active: bool) -> bool:
    """Switch NumPy's shapes on or off; returns what was set before."""
    before, _switches.shape = _switches.shape, bool(active)
    return before


def is_np_array() -> bool:
    """Whether new arrays are NumPy-like ones: never, they are NDArrays."""
    return False


def _refuse_np_array(active: bool) -> None:
    if active:
        raise ParamError(
            "there are no NumPy-like arrays (mx.np)",
            where="NumPy semantics",
            remedy="Use mx.nd, whose arrays have NumPy's shapes, and asnumpy() for NumPy's functions",
        )


class _Shapes:
    def __init__(self, active: bool | None) -> None:
        self._active = active

    def __enter__(self) -> Self:
        self._before = _switches.shape
        if self._active is not None:
            set_np_shape(self._active)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        set_np_shape(self._before)


def np_shape(active: bool | None = True) -> _Shapes:
    """``set_np_shape`` for a ``with`` block."""
    return _Shapes(active)


def np_array(active: bool = True) -> _Shapes:
    """A ``with`` block for NumPy-like arrays; raises ParamError for True."""
    _refuse_np_array(active)
    return _Shapes(None)


def set_np(shape: bool = True, array: bool = True) -> None:
    """Switch NumPy's shapes, and NumPy-like arrays: raises ParamError where the latter are wanted."""
    if array and not shape:
        raise ParamError("NumPy-like arrays have NumPy's shapes", where="set_np", remedy="Pass shape=True")
    _refuse_np_array(array)
    set_np_shape(shape)


def reset_np() -> None:
    """Switch NumPy's semantics off."""
    set_np(shape=False, array=False)


def use_np_shape(func: T) -> T:
    """Decorator: a function, or all methods and properties of a class, run with NumPy's shapes."""
    if inspect.isclass(func):
        for name, member in list(vars(func).items()):
            if inspect.isfunction(member):
                setattr(func, name, use_np_shape(member))
            elif isinstance(member, property):
                getter = use_np_shape(member.fget) if member.fget else None
                setter = use_np_shape(member.fset) if member.fset else None
                setattr(func, name, property(getter, setter, member.fdel, member.__doc__))
        return func
    if not callable(func):
        raise ParamError("only classes and functions can be decorated", where="use_np_shape", got=type(func).__name__)

    @functools.wraps(func)
    def shaped(*args: Any, **kwargs: Any) -> Any:
        with np_shape(True):
            return func(*args, **kwargs)

    return shaped  # type: ignore[return-value]


def use_np_array(func: T) -> T:
    """Decorator for NumPy-like arrays: raises ParamError."""
    _refuse_np_array(True)
    return func


def use_np(func: T) -> T:
    """Decorator for NumPy's shapes and NumPy-like arrays: raises ParamError."""
    return use_np_shape(use_np_array(func))


def set_module(module: str | None) -> Callable[[T], T]:
    """Decorator: say which module a function or class belongs to."""

    def mark(func: T) -> T:
        if module is not None:
            func.__module__ = module
        return func

    return mark


def get_gpu_count() -> int:
    """How many GPUs can be used."""
    return num_gpus()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """(free, total) bytes of a GPU's memory."""
    return gpu_memory_info(gpu_dev_id)


def get_cuda_compute_capability(ctx: Any) -> int:
    """The compute capability of a GPU as one number: 90 for 9.0."""
    device = gpu(ctx.device_id)
    if not ctx.is_gpu:
        raise ParamError("only a GPU has a compute capability", where="get_cuda_compute_capability", got=ctx)
    return int(device.xp.cuda.Device(device.device_id).compute_capability)


def getenv(name: str) -> str | None:
    """An environment variable, or None."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable; None takes it away."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
