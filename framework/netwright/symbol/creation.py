"""Symbols of constants: zeros, ranges, the identity matrix."""

from __future__ import annotations

from typing import Any

from ..ops.params import dtype_name
from .compose import apply
from .symbol import Symbol


def _constant(op: str, name: str | None, dtype: Any, **params: Any) -> Symbol:
    return apply(op, (), {**params, "dtype": dtype_name("float32" if dtype is None else dtype)}, name)


def zeros(shape: Any, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A constant of zeros."""
    return _constant("_zeros", name, dtype, shape=shape)


def ones(shape: Any, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A constant of ones."""
    return _constant("_ones", name, dtype, shape=shape)


def full(shape: Any, val: float, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A constant of one value."""
    return _constant("_full", name, dtype, shape=shape, value=val)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """Evenly spaced values in [start, stop), each given ``repeat`` times."""
    return _constant("_arange", name, dtype, start=start, stop=stop, step=step, repeat=repeat)


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: Any = None,
) -> Symbol:
    """``num`` evenly spaced values from start to stop."""
    return _constant("_linspace", name, dtype, start=start, stop=stop, num=num, endpoint=endpoint)


def eye(N: int, M: int = 0, k: int = 0, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """Ones on the k-th diagonal of an N × M matrix (M = N where 0)."""
    return _constant("_eye", name, dtype, N=N, M=M, k=k)
