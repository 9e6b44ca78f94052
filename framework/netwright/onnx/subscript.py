"""NumPy's subscripts on tensors under construction: by slices, by known positions, and by tensors of positions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .tensor import Inexpressible, Tensor

END = 2**31 - 1
"""Beyond every axis; the standard cuts it off."""


def take(x: Tensor, key: Any) -> Tensor:
    """``x[key]``."""
    parts = list(key) if isinstance(key, tuple) else [key]
    if any(isinstance(p, Tensor) and p.value is None for p in parts):
        return _gathered(x, parts)
    parts = [p.value if isinstance(p, Tensor) else p for p in parts]
    if all(p is None or p is Ellipsis or isinstance(p, (int, np.integer, slice)) for p in parts):
        whole = tuple(_written_out(parts, x.ndim))
        return x.view(lambda a: a[whole], _basic(x.copy(), list(whole)) if x.name else _unwritten(x, whole))
    places = np.arange(x.size).reshape(x.shape)[tuple(parts)]
    flat = x.writer.op("Gather", x.copy().reshape(-1), x.writer.const(places.reshape(-1).astype(np.int64)), axis=0)
    found: Tensor = flat.reshape(places.shape)
    return found.copy()


def _written_out(parts: list[Any], ndim: int) -> list[Any]:
    """The key with the ellipsis replaced, and every axis named."""
    given = sum(1 for p in parts if p is not None and p is not Ellipsis)
    rest: list[Any] = [slice(None)] * (ndim - given)
    if any(p is Ellipsis for p in parts):
        i = next(i for i, p in enumerate(parts) if p is Ellipsis)
        return parts[:i] + rest + parts[i + 1 :]
    return parts + rest


def _basic(x: Tensor, parts: list[Any]) -> Tensor:
    if x.value is not None and not (x.made and x.writer.sizes_are_open):
        return x._folded(x.value[tuple(parts)])
    starts, ends, axes, steps = [], [], [], []
    shape: list[int] = []
    axis = 0
    for part in parts:
        if part is None:
            shape.append(1)
            continue
        size = x.shape[axis]
        if isinstance(part, slice):
            begin, end, step = part.indices(size)
            shape.append(len(range(begin, end, step)))
        else:
            begin = int(part) % size
            end, step = begin + 1, 1
        if (begin, end, step) != (0, size, 1):
            starts.append(begin)
            ends.append(end if end >= 0 else -END)
            axes.append(axis)
            steps.append(step)
        axis += 1
    if axes:
        ints = x.writer.ints
        x = x.writer.op("Slice", x, ints(starts), ints(ends), ints(axes), ints(steps))
    return x.reshape(shape).copy()


def _gathered(x: Tensor, parts: list[Any]) -> Tensor:
    """Positions in tensors: Gather for one axis, else the elements by their numbers in the flattened data."""
    parts = _written_out(parts, x.ndim)
    chosen = [i for i, p in enumerate(parts) if isinstance(p, Tensor)]
    if len(chosen) == 1 and all(p == slice(None) for i, p in enumerate(parts) if i not in chosen):
        return x.writer.op("Gather", x, _whole_numbers(parts[chosen[0]]), axis=chosen[0])
    found = x.writer.op("Gather", x.copy().reshape(-1), _numbers(x, parts), axis=0)
    return found


def _whole_numbers(index: Tensor) -> Tensor:
    if index.dtype.kind == "b":
        raise Inexpressible("how many elements a mask selects is known only when the model runs")
    return index.astype(np.int64)


def _numbers(x: Tensor, parts: list[Any]) -> Tensor:
    """The numbers of the selected elements in the flattened data, laid out as NumPy lays them out."""
    arrays = [i for i, p in enumerate(parts) if p is not None and not isinstance(p, slice)]
    together = arrays == list(range(arrays[0], arrays[0] + len(arrays)))
    axes = {i: sum(q is not None for q in parts[:i]) for i in arrays}
    index = {i: _whole_numbers(x.writer.as_tensor(parts[i])) for i in arrays}
    wide = np.broadcast_shapes(*(t.shape for t in index.values()))
    # with every index 0, NumPy itself says where the rest of the key leads
    zeros = [np.zeros(index[i].shape, np.int64) if i in index else p for i, p in enumerate(parts)]
    base = np.arange(x.size).reshape(x.shape)[tuple(zeros)]
    before = arrays[0] if together else 0
    behind = base.ndim - before - len(wide)
    total: Tensor | None = None
    for i, places in index.items():
        size, stride = x.shape[axes[i]], math.prod(x.shape[axes[i] + 1 :])
        counted = x._xp("where", places < 0, places + size, places) * stride
        total = counted if total is None else total + counted
    assert total is not None
    shape = (*(1,) * (len(wide) - total.ndim), *total.shape, *(1,) * behind)
    found: Tensor = total.reshape(shape) + x.writer.const(base.astype(np.int64))
    return found


def put(x: Tensor, key: Any, value: Any, reduction: str | None = None) -> None:
    """``x[key] = value``, or that added where ``reduction`` is ``add``."""
    parts = list(key) if isinstance(key, tuple) else [key]
    new = x.writer.as_tensor(value)
    if all(p is Ellipsis or (isinstance(p, slice) and p == slice(None)) for p in parts):
        x.become(new if reduction is None else x + new)
        return
    new = new.astype(x.dtype)
    if all(p is None or p is Ellipsis or isinstance(p, (int, np.integer, slice)) for p in parts):
        part = take(x, key)
        part.become(new if reduction is None else part + new)
        return
    if not x.name:  # memory that nothing was written to: what stays unwritten does not matter
        x.become(x.writer.const(np.zeros(x.shape, x.dtype)))
    if any(isinstance(p, Tensor) and p.value is None for p in parts):
        index = _numbers(x, _written_out(parts, x.ndim))
        _scatter(x, index, x._xp("broadcast_to", new, index.shape), reduction)
        return
    parts = [p.value if isinstance(p, Tensor) else p for p in parts]
    places = np.arange(x.size).reshape(x.shape)[tuple(parts)]
    if not math.prod(places.shape):
        return
    new = x._xp("broadcast_to", new, places.shape)
    _scatter(x, x.writer.const(places.astype(np.int64)), new, reduction)


def _scatter(x: Tensor, index: Tensor, new: Tensor, reduction: str | None) -> None:
    """Write to elements by their numbers in the flattened data."""
    flat = x.copy().reshape(-1)
    found = x.writer.op("ScatterElements", flat, index.reshape(-1), new.reshape(-1), axis=0, reduction=reduction)
    x.become(found.reshape(x.shape).copy())


def _unwritten(x: Tensor, key: tuple[Any, ...]) -> Tensor:
    """A part of memory that nothing was written to yet."""
    return Tensor(x.writer, "", np.empty(x.shape, np.bool_)[key].shape, x.dtype, None)
