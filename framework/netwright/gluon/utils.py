"""Helpers of training on several devices."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from ..device import Device
from ..errors import DataError
from ..ndarray.array import NDArray
from ..ndarray.creation import array


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Parts along the batch axis; raises DataError where ``even_split`` cannot be."""
    size = data.shape[batch_axis]
    if size < num_slice or (even_split and size % num_slice):
        raise DataError(
            f"a batch of {size} cannot be split into {num_slice}" + (" equal parts" if even_split else ""),
            remedy="Use a batch size that is a multiple, or even_split=False",
        )
    step = size // num_slice
    if num_slice == 1:
        return [data]
    ends = [*((i + 1) * step for i in range(num_slice - 1)), size]
    begins = [0, *ends[:-1]]
    return [data.slice_axis(axis=batch_axis, begin=b, end=e) for b, e in zip(begins, ends, strict=True)]  # type: ignore[attr-defined]


def split_and_load(
    data: Any, ctx_list: Sequence[Device], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Parts along the batch axis, each on its device."""
    if not isinstance(data, NDArray):
        data = array(data, ctx=ctx_list[0])
    if len(ctx_list) == 1:
        return [data.as_in_context(ctx_list[0])]
    parts = split_data(data, len(ctx_list), batch_axis, even_split)
    return [part.as_in_context(ctx) for part, ctx in zip(parts, ctx_list, strict=True)]


def clip_global_norm(arrays: Sequence[NDArray], max_norm: float, check_isfinite: bool = True) -> float:
    """Scale arrays in place so that the norm over all of them is at most ``max_norm``; returns the norm before."""
    if not arrays:
        raise DataError("clip_global_norm() needs at least one array")
    total = math.sqrt(sum(float((a._data.astype("float64") ** 2).sum()) for a in arrays))
    if check_isfinite and not math.isfinite(total):
        warnings.warn("nan or inf is detected. Clipping results will be undefined.", stacklevel=2)
    scale = max_norm / (total + 1e-8)
    if scale < 1.0 and math.isfinite(total):
        for a in arrays:
            a._write(a._data * a._data.dtype.type(scale))
    return total
