"""``nd.maximum(a, b)`` and its kin: each side may be an array or a number."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

TABLE = {
    # name: (both arrays, array and number, number and array)
    "add": ("broadcast_add", "_plus_scalar", "_plus_scalar"),
    "subtract": ("broadcast_sub", "_minus_scalar", "_rminus_scalar"),
    "multiply": ("broadcast_mul", "_mul_scalar", "_mul_scalar"),
    "divide": ("broadcast_div", "_div_scalar", "_rdiv_scalar"),
    "true_divide": ("broadcast_div", "_div_scalar", "_rdiv_scalar"),
    "modulo": ("broadcast_mod", "_mod_scalar", "_rmod_scalar"),
    "power": ("broadcast_power", "_power_scalar", "_rpower_scalar"),
    "maximum": ("broadcast_maximum", "_maximum_scalar", "_maximum_scalar"),
    "minimum": ("broadcast_minimum", "_minimum_scalar", "_minimum_scalar"),
    "hypot": ("broadcast_hypot", "_hypot_scalar", "_hypot_scalar"),
    "equal": ("broadcast_equal", "_equal_scalar", "_equal_scalar"),
    "not_equal": ("broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar"),
    "greater": ("broadcast_greater", "_greater_scalar", "_lesser_scalar"),
    "greater_equal": ("broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar"),
    "lesser": ("broadcast_lesser", "_lesser_scalar", "_greater_scalar"),
    "lesser_equal": ("broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar"),
    "logical_and": ("broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar"),
    "logical_or": ("broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar"),
    "logical_xor": ("broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar"),
}


def make_binary(name: str, tensor: type[Any]) -> Callable[[Any, Any], Any]:
    """The function of that name for NDArrays or Symbols."""
    both, scalar_right, scalar_left = TABLE[name]

    def function(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, tensor) and isinstance(rhs, tensor):
            return lhs._apply(both, (lhs, rhs), {})
        if isinstance(lhs, tensor) and isinstance(rhs, Number):
            return lhs._apply(scalar_right, (lhs,), {"scalar": float(rhs)})  # type: ignore[arg-type]
        if isinstance(rhs, tensor) and isinstance(lhs, Number):
            return rhs._apply(scalar_left, (rhs,), {"scalar": float(lhs)})  # type: ignore[arg-type]
        raise TypeError(
            f"{name}: wanted {tensor.__name__} or numbers, one at least of them {tensor.__name__}; "
            f"got {type(lhs).__name__} and {type(rhs).__name__}"
        )

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"``{both}`` of two arrays with broadcasting, or of an array and a number."
    return function
