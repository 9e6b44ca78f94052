"""Python's operators on anything that operators can be applied to: NDArray, Symbol, and the Scheduler's values.

One table says which operator stands behind ``+``, ``<`` or ``@``-like methods, so that the three worlds cannot drift.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

from ..errors import DTypeError, KindError

BINARY = {
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
"""Functions of two operands, either of which may be a number: ``nd.maximum(a, 0)``."""

SPECIAL: dict[Callable[[Any, Any], Any], tuple[str, bool]] = {}
"""Methods behind Python's operators: the name in BINARY, and whether the operands are in reverse order."""

_NEVER_EQUAL = (str, bytes, dict, set, type(None))
_MIXED = "Arrays and symbols do not mix: make a variable with sym.Variable(name), and feed the array when it runs"


def _both(name: str, never: tuple[type[Any], ...] = ()) -> Callable[[Any, Any], Any]:
    """The method behind ``x ∘ other``, for a name of BINARY; nothing is known of operands of the types ``never``."""
    both, right, _ = BINARY[name]

    def method(self: Any, other: Any) -> Any:
        return NotImplemented if never and isinstance(other, never) else self._binary(other, both, right)

    SPECIAL[method] = name, False
    return method


def _reverse(name: str) -> Callable[[Any, Any], Any]:
    """The method behind ``other ∘ x``."""
    both, _, left = BINARY[name]

    def method(self: Any, other: Any) -> Any:
        return self._reversed(other, both, left)

    SPECIAL[method] = name, True
    return method


class Arithmetic:
    """Mixin; the class gives ``_apply(operator name, inputs, params)``."""

    __slots__ = ()
    # NumPy must leave ``np_scalar * x`` to us
    __array_priority__ = 1000.0

    def _apply(self, name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _counted(self) -> Any:
        """What meets a number: itself, or truths as whole numbers."""
        return self

    def _operand(self, other: Any) -> Any:
        """``other``, which is neither a number nor one of us, as one of us; None where that cannot be."""
        return None

    def _binary(self, other: Any, name: str, scalar_name: str) -> Any:
        if isinstance(other, type(self)):
            return self._apply(name, (self, other), {})
        if isinstance(other, Number):
            return self._apply(scalar_name, (self._counted(),), {"scalar": float(other)})  # type: ignore[arg-type]
        operand = self._operand(other)
        return self._unlike(other, name) if operand is None else self._apply(name, (self, operand), {})

    def _reversed(self, other: Any, name: str, scalar_name: str) -> Any:
        if isinstance(other, Number):
            return self._apply(scalar_name, (self._counted(),), {"scalar": float(other)})  # type: ignore[arg-type]
        operand = self._operand(other)
        return self._unlike(other, name) if operand is None else self._apply(name, (operand, self), {})

    def _unlike(self, other: Any, name: str) -> Any:
        """An error for what can never be an operand; others may know what to do with us."""
        other_world = isinstance(other, Arithmetic) and not isinstance(self, type(other))
        if other_world or isinstance(other, (str, bytes, list, tuple, dict, set, type(None))):
            kind = type(self).__name__
            raise KindError(
                f"an operator between {kind} and {type(other).__name__}",
                where=name,
                wanted=f"{kind} or a number on the other side",
                got=repr(other)[:60],
                remedy=_MIXED if other_world else "Make it an array with nd.array(…) first",
            )
        return NotImplemented

    __add__ = _both("add")
    __radd__ = _reverse("add")
    __sub__ = _both("subtract")
    __rsub__ = _reverse("subtract")
    __mul__ = _both("multiply")
    __rmul__ = _reverse("multiply")
    __truediv__ = _both("divide")
    __rtruediv__ = _reverse("divide")
    __mod__ = _both("modulo")
    __rmod__ = _reverse("modulo")
    __pow__ = _both("power")
    __rpow__ = _reverse("power")
    __gt__ = _both("greater")
    __ge__ = _both("greater_equal")
    __lt__ = _both("lesser")
    __le__ = _both("lesser_equal")
    __eq__ = _both("equal", never=_NEVER_EQUAL)
    __ne__ = _both("not_equal", never=_NEVER_EQUAL)

    def __neg__(self) -> Any:
        return self._apply("negative", (self,), {})

    def __abs__(self) -> Any:
        return self._apply("abs", (self,), {})

    def __hash__(self) -> int:
        return id(self) >> 4

    def __matmul__(self, other: Any) -> Any:
        raise DTypeError("the operator @ is not defined, as in MXNet 1.x", remedy="Use dot(a, b) or batch_dot(a, b)")
