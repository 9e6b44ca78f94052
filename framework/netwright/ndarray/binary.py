"""``nd.maximum(a, b)`` and its kin: each side may be an array or a number."""

from __future__ import annotations

import operator
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from ..errors import DTypeError, ParamError
from ..ops.arithmetic import BINARY
from .array import NDArray
from .quick_operators import make_pair

_ON_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "true_divide": operator.truediv,
    "modulo": operator.mod,
    "power": operator.pow,
    "maximum": max,
    "minimum": min,
    "hypot": np.hypot,
}
"""What two numbers give; comparisons give 1 or 0, as MXNet has it."""


def _on_numbers(name: str, lhs: Any, rhs: Any) -> Any:
    if name in _ON_NUMBERS:
        return _ON_NUMBERS[name](lhs, rhs)
    compare = getattr(np, {"lesser": "less", "lesser_equal": "less_equal"}.get(name, name))
    return int(compare(lhs, rhs))


_SIDES = (("lhs", "base", "left"), ("rhs", "exp", "right"))
"""MXNet's names for the operands: (base, exp) of ``power``, (left, right) of ``sym.maximum``, else (lhs, rhs)."""


def _by_name(name: str, given: list[Any], named: dict[str, Any]) -> list[Any]:
    for side, names in enumerate(_SIDES):
        for word in names:
            if word in named:
                given[side] = named.pop(word)
    if named:
        raise ParamError(f"there is no parameter {next(iter(named))!r}", where=name, remedy="Give two operands")
    return given


def make_binary(name: str, tensor: type[Any]) -> Callable[..., Any]:
    """The function of that name for NDArrays or Symbols."""
    both, scalar_right, scalar_left = BINARY[name]

    def function(lhs: Any = None, rhs: Any = None, **named: Any) -> Any:
        if named:
            lhs, rhs = _by_name(name, [lhs, rhs], named)
        if isinstance(lhs, tensor) and isinstance(rhs, tensor):
            return lhs._apply(both, (lhs, rhs), {})
        if isinstance(lhs, tensor) and isinstance(rhs, Number):
            return lhs._apply(scalar_right, (lhs._counted(),), {"scalar": float(rhs)})  # type: ignore[arg-type]
        if isinstance(rhs, tensor) and isinstance(lhs, Number):
            return rhs._apply(scalar_left, (rhs._counted(),), {"scalar": float(lhs)})  # type: ignore[arg-type]
        if isinstance(lhs, Number) and isinstance(rhs, Number):
            return _on_numbers(name, lhs, rhs)
        raise DTypeError(
            "this function is for arrays and numbers",
            where=name,
            wanted=f"{tensor.__name__} or a number on either side",
            got=f"{type(lhs).__name__} and {type(rhs).__name__}",
        )

    if tensor is NDArray:
        function = make_pair(name, function)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``{both}`` of two arrays with broadcasting, or of an array and a number."
    return function
