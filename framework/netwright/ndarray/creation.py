"""Arrays from Python values, files' contents and nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..device import Device, current_device, place_of
from ..errors import DataError
from ..ops.params import dtype_name
from .array import NDArray, _moved
from .invoke import F

Shape = int | Sequence[int]


def _device(ctx: Device | str | None) -> Device:
    return current_device() if ctx is None else Device.parse(ctx)


def _shape(shape: Shape) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(n) for n in shape)


def array(source_array: Any, ctx: Device | None = None, dtype: Any = None) -> NDArray:
    """A copy of nested lists, a NumPy array or an NDArray.

    The dtype is float32 unless given; an NDArray keeps its own (MXNet's rule).
    """
    if isinstance(source_array, NDArray):
        source: Any = source_array._data
        dtype = source.dtype if dtype is None else dtype
        ctx = source_array.ctx if ctx is None else ctx
    else:
        source = source_array
        dtype = np.float32 if dtype is None else dtype
    name = dtype_name(dtype)
    if isinstance(source, (list, tuple)):
        source = _lists(source)
    if not hasattr(source, "get"):
        try:
            source = np.asarray(source)
            if source.dtype == object:
                raise ValueError("rows of different lengths, or values that are not numbers")
        except ValueError as error:
            raise DataError(f"this cannot be made an array: {error}", where="nd.array") from None
    try:
        copied = source.astype(name, copy=True)
    except (TypeError, ValueError) as error:
        raise DataError(f"this cannot be made an array: {error}", where="nd.array") from None
    device = _device(ctx)
    placed = _moved(copied, device)
    return NDArray(np.ascontiguousarray(placed) if isinstance(placed, np.ndarray) else placed, None, place_of(device))


def _lists(values: Any) -> Any:
    """Lists may hold NDArrays."""
    if isinstance(values, NDArray):
        return values.asnumpy()
    return [_lists(v) for v in values] if isinstance(values, (list, tuple)) else values


def from_numpy(ndarray: np.ndarray[Any, Any], zero_copy: bool = True) -> NDArray:
    """An NDArray over a NumPy array's memory (its own copy without ``zero_copy``), keeping the dtype."""
    dtype_name(ndarray.dtype)
    return NDArray(ndarray if zero_copy and ndarray.flags.c_contiguous else np.array(ndarray, order="C"))


def empty(shape: Shape, ctx: Device | None = None, dtype: Any = None) -> NDArray:
    """An array whose elements are not set."""
    device = _device(ctx)
    return NDArray(device.xp.empty(_shape(shape), dtype=dtype_name(dtype or np.float32)), None, place_of(device))


def zeros(shape: Shape, ctx: Device | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """An array of zeros."""
    device = _device(ctx)
    return NDArray(device.xp.zeros(_shape(shape), dtype=dtype_name(dtype or np.float32)), None, place_of(device))


def ones(shape: Shape, ctx: Device | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """An array of ones."""
    device = _device(ctx)
    return NDArray(device.xp.ones(_shape(shape), dtype=dtype_name(dtype or np.float32)), None, place_of(device))


def full(
    shape: Shape, val: float, ctx: Device | None = None, dtype: Any = np.float32, out: NDArray | None = None
) -> NDArray:
    """An array of one value."""
    if out is not None:
        out._write(val)
        return out
    device = _device(ctx)
    return NDArray(device.xp.full(_shape(shape), val, dtype=dtype_name(dtype)), None, place_of(device))


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Device | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Evenly spaced values in [start, stop), each given ``repeat`` times."""
    if stop is None:
        start, stop = 0, start
    device = _device(ctx)
    xp = device.xp
    values = xp.repeat(xp.arange(start, stop, step), repeat).astype(dtype_name(dtype))
    return NDArray(values, None, place_of(device))


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Device | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """``num`` evenly spaced values from start to stop."""
    device = _device(ctx)
    return NDArray(
        device.xp.linspace(start, stop, num, endpoint=endpoint).astype(dtype_name(dtype)), None, place_of(device)
    )


def eye(N: int, M: int = 0, k: int = 0, ctx: Device | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Ones on the k-th diagonal of an N × M matrix (M = N where 0)."""
    device = _device(ctx)
    return NDArray(device.xp.eye(N, M or None, k, dtype=dtype_name(dtype or np.float32)), None, place_of(device))


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Axes moved to other places, the rest in order."""
    sources = [source] if isinstance(source, int) else list(source)
    targets = [destination] if isinstance(destination, int) else list(destination)
    sources = [s % tensor.ndim for s in sources]
    targets = [t % tensor.ndim for t in targets]
    rest = [a for a in range(tensor.ndim) if a not in sources]
    for target, moved in sorted(zip(targets, sources, strict=True)):
        rest.insert(target, moved)
    return F.transpose(tensor, axes=tuple(rest))  # type: ignore[no-any-return]


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays joined along an axis."""
    if not arrays:
        raise DataError("concatenate() needs at least one array")
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return F.Concat(*arrays, dim=axis)  # type: ignore[no-any-return]


def waitall() -> None:
    """Return when all devices are done."""
    from ..device import gpu, num_gpus

    for i in range(num_gpus()):
        gpu(i).xp.cuda.Device(i).synchronize()
