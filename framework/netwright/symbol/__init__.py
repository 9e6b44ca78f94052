"""Declared graphs: variables, a function for every operator (``sym.X``), inference, JSON, executors."""

from __future__ import annotations

import sys
from typing import Any

from ..ndarray.binary import make_binary
from ..ndarray.contrib_functions import add_contrib
from ..ndarray.forms import make_histogram, make_split_v2
from ..ndarray.random_functions import make_random
from ..ops.arithmetic import BINARY
from ..ops.namespaces import populate
from .compose import apply, make_function
from .control_flow import CONTROL_FLOW
from .executor import Executor
from .json import load, load_json
from .symbol import Group, Symbol, Variable, var

fromjson = load_json

__all__ = [
    "Executor",
    "Group",
    "Symbol",
    "Variable",
    "arange",
    "fromjson",
    "full",
    "histogram",
    "load",
    "load_json",
    "ones",
    "random",
    "split_v2",
    "var",
    "zeros",
]


def zeros(shape: Any, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A constant of zeros."""
    return apply("_zeros", (), {"shape": shape, "dtype": dtype or "float32"}, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A constant of ones."""
    return apply("_ones", (), {"shape": shape, "dtype": dtype or "float32"}, name)


def full(shape: Any, val: float, dtype: Any = None, name: str | None = None, **kwargs: Any) -> Symbol:
    """A constant of one value."""
    return apply("_full", (), {"shape": shape, "value": float(val), "dtype": dtype or "float32"}, name)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    dtype: Any = None,
    **kwargs: Any,
) -> Symbol:
    """Evenly spaced values in [start, stop)."""
    return apply(
        "_arange",
        (),
        {"start": start, "stop": stop, "step": step, "repeat": repeat, "dtype": dtype or "float32"},
    )


split_v2 = make_split_v2(make_function)
histogram = make_histogram(make_function)
random = make_random(__name__, make_function, Symbol)
for _name in BINARY:
    globals()[_name] = make_binary(_name, Symbol)
populate(sys.modules[__name__], make_function)
for _name, _function in CONTROL_FLOW.items():
    setattr(sys.modules[f"{__name__}.contrib"], _name, _function)
add_contrib(sys.modules[f"{__name__}.contrib"], make_function, Symbol)
