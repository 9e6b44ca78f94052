"""Arrays from Python values, files' contents and nothing."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import watching
from ..device import Device, current_device, place_of
from ..errors import DataError, DTypeError, ParamError, ShapeError
from ..ops import get
from ..ops.params import dtype_name
from ..ops.storage import DEFAULT, empty_storage
from ..tape import mode
from .array import NDArray, _moved
from .invoke import F, invoke
from .quick import MAX_CALLS, SMALL, make_source
from .stored import BaseSparseNDArray, of_raw

Shape = int | Sequence[int]


def _device(ctx: Device | str | None) -> Device:
    return current_device() if ctx is None else Device.parse(ctx)


def _shape(shape: Shape) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(n) for n in shape)


def array(source_array: Any, ctx: Device | None = None, dtype: Any = None) -> NDArray:
    """A copy of nested lists, a NumPy array or an NDArray.

    The dtype is float32 unless given; an NDArray keeps its own (MXNet's rule). A sparse array or SciPy matrix gives a
    sparse array.

    >>> mx.nd.array([1, 2, 3]).dtype.__name__
    'float32'
    >>> mx.nd.array(np.ones((2, 3), dtype="int32")).dtype.__name__
    'float32'
    """
    if dtype is None and ctx is None and watching.names["Taken"] is not None and Device._current.value is None:
        quick = _numbers(source_array)
        if quick is not None:
            return NDArray(quick, None, None)
    if isinstance(source_array, BaseSparseNDArray) or type(source_array).__module__.startswith("scipy.sparse"):
        from .sparse import array as sparse_array

        return sparse_array(source_array, ctx, dtype)
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
    if isinstance(source, (dict, set)) or not hasattr(source, "get"):
        try:
            source = np.asarray(source)
            if source.dtype.kind in "Oc":
                raise ValueError("rows of different lengths, or values that are not numbers")
        except ValueError as error:
            raise _no_array(source_array, error) from None
    try:
        copied = source.astype(name, copy=True)
    except (TypeError, ValueError) as error:
        raise _no_array(source_array, error) from None
    device = _device(ctx)
    placed = _moved(copied, device)
    return NDArray(np.ascontiguousarray(placed) if isinstance(placed, np.ndarray) else placed, None, place_of(device))


def _numbers(source: Any) -> np.ndarray[Any, Any] | None:
    """A float32 copy of what is plainly numbers: a NumPy array, or lists that begin with one."""
    if source.__class__ is not np.ndarray:
        first = source
        while first.__class__ is list or first.__class__ is tuple:
            if not first:
                return None
            first = first[0]
        if first is source or (first.__class__ is not float and first.__class__ is not int):
            return None
        try:
            source = np.asarray(source)
        except ValueError:  # the general way says it
            return None
    return source.astype(np.float32, order="C") if source.dtype.kind in "fiub" else None


def _no_array(source: Any, error: Exception) -> DataError:
    return DataError(
        f"this cannot be made an array: {error}",
        where="nd.array",
        wanted="numbers, nested lists of one length, NumPy arrays or NDArrays",
        got=repr(source)[:60],
        remedy="Encode texts as numbers; make rows equally long",
    )


def _lists(values: Any) -> Any:
    """Lists may hold NDArrays."""
    if isinstance(values, NDArray):
        return values.asnumpy()
    return [_lists(v) for v in values] if isinstance(values, (list, tuple)) else values


def from_numpy(ndarray: np.ndarray[Any, Any], zero_copy: bool = True) -> NDArray:
    """An NDArray over a NumPy array's memory (its own copy without ``zero_copy``), keeping the dtype."""
    if not isinstance(ndarray, np.ndarray):
        raise DTypeError("from_numpy() takes a NumPy array", got=type(ndarray).__name__, remedy="Use nd.array(…)")
    dtype_name(ndarray.dtype)
    return NDArray(ndarray if zero_copy and ndarray.flags.c_contiguous else np.array(ndarray, order="C"))


def _made(name: str, ctx: Device | str | None, dtype: Any, **params: Any) -> NDArray:
    """What an operator without inputs gives on a device."""
    dtype = dtype if dtype.__class__ is str else _FLOAT if dtype is None or dtype is np.float32 else dtype_name(dtype)
    if ctx is not None:
        return _slowly(name, ctx, dtype=dtype, **params)
    quick = _quick.get(name)
    if quick is None:
        quick = _quick[name] = make_source(get(name), functools.partial(_slowly, name, None))
    return quick(dtype=dtype, **params)  # type: ignore[no-any-return]


_FLOAT = "float32"
_quick: dict[str, Any] = {}


def _slowly(name: str, ctx: Device | str | None, dtype: str, **params: Any) -> NDArray:
    op = get(name)
    p = op.make_params({"dtype": dtype_name(dtype), **params})
    tracer, mode.tracer = mode.tracer, None  # where a block is being compiled, it is a constant
    try:
        return invoke(op, p, (), None, _device(ctx))  # type: ignore[no-any-return]
    finally:
        mode.tracer = tracer


_templates: dict[Any, Any] = {}
"""What was asked for before, to be copied."""


def _again(key: tuple[Any, ...], name: str, ctx: Device | None, dtype: Any, **params: Any) -> NDArray:
    """What an operator without inputs gives; small arrays as copies of those that the same ``key`` gave before."""
    plain = ctx is None and watching.names["Taken"] is not None and Device._current.value is None
    if plain:
        try:
            return NDArray(_templates[key](), None, None)
        except (KeyError, TypeError):  # the first time, or a list
            pass
    made = _made(name, ctx, dtype, **params)
    if plain and made._data.size <= SMALL and all(one.__class__ in _PLAIN_KINDS for one in key):
        if len(_templates) >= MAX_CALLS:
            _templates.clear()
        _templates[key] = made._data.copy().copy
    return made


_PLAIN_KINDS = {int, tuple, str, type, type(None)}
"""Not floats: 0.0 == -0.0."""


def empty(shape: Shape, ctx: Device | None = None, dtype: Any = None, stype: str | None = None) -> NDArray:
    """An array whose elements need not be set (here they are 0); a sparse one (``stype``) stores nothing."""
    return zeros(shape, ctx, dtype, stype)


def zeros(
    shape: Shape, ctx: Device | None = None, dtype: Any = None, stype: str | None = None, **kwargs: Any
) -> NDArray:
    """An array of zeros, in the storage ``stype`` (``default``, ``csr`` or ``row_sparse``).

    >>> mx.nd.zeros((2, 2)).asnumpy()
    array([[0., 0.],
           [0., 0.]], dtype=float32)
    """
    if stype not in (None, DEFAULT):
        device, kind = _device(ctx), np.dtype(dtype_name("float32" if dtype is None else dtype))
        return of_raw(empty_storage(device.xp, str(stype), _shape(shape), kind), None, place_of(device))
    return _again(("_zeros", shape, dtype), "_zeros", ctx, dtype, shape=shape)


def ones(shape: Shape, ctx: Device | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """An array of ones.

    >>> mx.nd.ones((2,), dtype="int32").asnumpy()
    array([1, 1], dtype=int32)
    """
    return _again(("_ones", shape, dtype), "_ones", ctx, dtype, shape=shape)


def full(
    shape: Shape, val: float, ctx: Device | None = None, dtype: Any = np.float32, out: NDArray | None = None
) -> NDArray:
    """An array of one value.

    >>> mx.nd.full((2, 2), 7).asnumpy()
    array([[7., 7.],
           [7., 7.]], dtype=float32)
    """
    if out is not None:
        out[:] = val
        return out
    return _made("_full", ctx, dtype, shape=shape, value=val)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,
    ctx: Device | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """Evenly spaced values in [start, stop), each given ``repeat`` times.

    >>> mx.nd.arange(2, 10, 3).asnumpy()
    array([2., 5., 8.], dtype=float32)
    >>> mx.nd.arange(3, repeat=2).asnumpy()
    array([0., 0., 1., 1., 2., 2.], dtype=float32)
    """
    key = (start, stop, int(step) if step == 1 else step, repeat, dtype)
    return _again(key, "_arange", ctx, dtype, start=start, stop=stop, step=step, repeat=repeat)


def linspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    ctx: Device | None = None,
    dtype: Any = np.float32,
) -> NDArray:
    """``num`` evenly spaced values from start to stop.

    >>> mx.nd.linspace(0, 1, 5).asnumpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    return _made("_linspace", ctx, dtype, start=start, stop=stop, num=num, endpoint=endpoint)


def eye(N: int, M: int = 0, k: int = 0, ctx: Device | None = None, dtype: Any = None, **kwargs: Any) -> NDArray:
    """Ones on the k-th diagonal of an N × M matrix (M = N where 0).

    >>> mx.nd.eye(2, 3).asnumpy()
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    return _made("_eye", ctx, dtype, N=N, M=M, k=k)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write rows with a 1 at each index into ``out`` (one row for each index); returns it."""
    if out.ndim != 2 or out.shape[0] != indices.size:
        raise ShapeError(
            "out has one row for each index", where="onehot_encode", wanted=f"({indices.size}, depth)", got=out.shape
        )
    op = get("one_hot")
    p = op.make_params({"depth": out.shape[1], "dtype": out._data.dtype.name})
    return invoke(op, p, (indices.reshape((-1,)),), out)  # type: ignore[no-any-return]


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Axes moved to other places, the rest in order.

    >>> mx.nd.moveaxis(mx.nd.ones((2, 3, 4)), 0, 2).shape
    (3, 4, 2)
    """
    sources = _axes(source, tensor.ndim)
    targets = _axes(destination, tensor.ndim)
    if len(sources) != len(targets) or len({*sources}) != len(sources) or len({*targets}) != len(targets):
        raise ParamError(
            "each axis has one place to go to",
            where="moveaxis",
            wanted="as many different axes in destination as in source",
            got=f"{source} to {destination}",
        )
    rest = [a for a in range(tensor.ndim) if a not in sources]
    for target, moved in sorted(zip(targets, sources, strict=True)):
        rest.insert(target, moved)
    return F.transpose(tensor, axes=tuple(rest))  # type: ignore[no-any-return]


def _axes(given: int | Sequence[int], ndim: int) -> list[int]:
    axes = [given] if isinstance(given, int) else list(given)
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise ParamError("there is no such axis", where="moveaxis", wanted=f"{-ndim} to {ndim - 1}", got=axis)
    return [axis % ndim for axis in axes]


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Arrays joined along an axis.

    >>> a, b = mx.nd.ones((1, 2)), mx.nd.zeros((2, 2))
    >>> mx.nd.concatenate([a, b]).shape
    (3, 2)
    """
    if not arrays:
        raise DataError(
            "there is nothing to join",
            where="concatenate",
            wanted="at least one array",
            got="none",
            remedy="Skip it for an empty list",
        )
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return F.Concat(*arrays, dim=axis)  # type: ignore[no-any-return]


def waitall() -> None:
    """Return when all devices are done."""
    from ..device import gpu, num_gpus

    for i in range(num_gpus()):
        gpu(i).xp.cuda.Device(i).synchronize()
