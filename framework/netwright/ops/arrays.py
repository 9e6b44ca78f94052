"""Small helpers on arrays that many forward functions share; they work for NumPy and CuPy alike."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ParamError


def deliver(xp: Any, value: Any, out: Any) -> Any:
    """``value`` itself, or copied (and cast) into ``out`` where that is given."""
    if out is None or out is value:
        return value
    xp.copyto(out, value, casting="unsafe")
    return out


def in_float(xp: Any, function: Callable[..., Any], data: Any, out: Any) -> Any:
    """A function of floating-point numbers that keeps the dtype; integers go through float64, cut off."""
    if data.dtype.kind == "f":
        return function(data, out=out)
    return deliver(xp, function(data.astype(np.float64)).astype(data.dtype), out)


def scalar_like(data: Any, scalar: float) -> Any:
    """The scalar in the array's dtype, so that the dtype of the result is the array's.

    Integers are cut off towards zero, as MXNet does; raises ParamError where the dtype cannot hold the value.
    """
    dtype = data.dtype
    if dtype.kind == "f":
        return _float_scalar(dtype, scalar)
    if dtype.kind == "b":
        return dtype.type(scalar != 0)
    limits = np.iinfo(dtype)
    if not math.isfinite(scalar) or not limits.min <= int(scalar) <= limits.max:
        raise ParamError(
            f"the scalar does not fit into {dtype.name}",
            parameter="scalar",
            wanted=f"{limits.min} to {limits.max}",
            got=scalar,
            remedy="Use astype() to compute in another dtype",
        )
    return dtype.type(int(scalar))


def _float_scalar(dtype: Any, scalar: float) -> Any:
    if dtype.itemsize < 8 and math.isfinite(scalar) and abs(scalar) > float(np.finfo(dtype).max):
        return dtype.type(math.copysign(math.inf, scalar))
    return dtype.type(scalar)


@functools.cache
def special(xp: Any) -> Any:
    """The module of special functions that belongs to the array module (its own ``special`` where it has one)."""
    own = getattr(xp, "special", None)
    if own is not None:
        return own
    return importlib.import_module("scipy.special" if xp is np else "cupyx.scipy.special")


def accumulator(dtype: Any) -> Any:
    """The dtype to sum in: float32 for float16, else the dtype itself."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype
