"""Python's operators on NDArrays in the least time: ``x + y``, ``2 * x``, ``x += y``, ``-x``, and ``nd.add(x, y)``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import watching
from ..ops import get
from ..ops.arithmetic import BINARY, SPECIAL, Arithmetic
from ..ops.arrays import scalar_like
from ..ops.operator import FLOAT32, Operator
from .array import NDArray
from .quick import MAX_CALLS, make_ready
from .quick_code import Function, defined, direct_body, number_of


def make_operator(name: str, reverse: bool, general: Function) -> Function:
    """The method behind ``x + y``, or ``1 + x`` where ``reverse``, for a name of BINARY."""
    both, right, left = BINARY[name]
    scalar, pair = get(left if reverse else right), ""
    if get(both).direct and not reverse:
        pair = f"""
    if other.__class__ is Taken and self.__class__ is Taken:
{direct_body(get(both), ["self", "other"], ["lhs", "rhs"], f"_facts{number_of(get(both))}")}
        return broadcast(self, other)"""
    if not scalar.direct:
        return general
    broadcast = make_ready(get(both), ["lhs", "rhs"], general)
    return defined(f"""
def method(self, other):{pair}
    kind = other.__class__
    if (kind is float or kind is int) and self.__class__ is Taken:
        _facts, scalar = scalars[other]
{direct_body(scalar, ["self"], ["data"], "_facts")}
    return general(self, other)
""", name="method", general=general, broadcast=broadcast, scalars=_Scalars(scalar))  # fmt: skip


IN_PLACE = {"__iadd__": "add", "__isub__": "subtract", "__imul__": "multiply", "__itruediv__": "true_divide"}
"""Python's operators in place, and NumPy's functions for floating-point numbers behind them."""


def make_in_place(name: str, general: Function) -> Function:
    """The method behind ``x += y``: of an array that is not recorded, and another or a number, NumPy writes straight
    into the first.
    """
    _, scalar, _ = BINARY[name]
    return defined(f"""
def method(self, other):
    kind = other.__class__
    if self.__class__ is Taken and ((kind is Taken and other._entry is None and self._entry is None)
                                    or not _mode.state & 1):
        _0 = self._data
        if _0.__class__ is ndarray and ((dtype := _0.dtype) is float32 or dtype is float64):
            if kind is Taken:
                _1 = other._data
                if _1.__class__ is not ndarray or _1.dtype is not dtype or _0.shape != _1.shape:
                    return general(self, other)
            elif (kind is float or kind is int) and dtype is float32:
                _1 = scalars[other][1]
            else:
                return general(self, other)
            try:
                {name}(_0, _1, _0)
                return self
            except ValueError:  # memory that is read-only
                pass
    return general(self, other)
""", name="method", general=general, scalars=_Scalars(get(scalar)), **{name: getattr(np, name)})  # fmt: skip


def make_negative(special: str, operator: str) -> Function:
    """The method behind ``-x`` and ``abs(x)``."""
    op = get(operator)
    return defined(f"""
def method(self):
    if self.__class__ is Taken:
{direct_body(op, ["self"], ["data"], f"_facts{number_of(op)}")}
    return general(self)
""", name="method", general=getattr(Arithmetic, special))  # fmt: skip


def make_pair(name: str, general: Function) -> Function:
    """``nd.add(a, b)``: of two arrays by the short way, else ``general``."""
    op = get(BINARY[name][0])
    if not op.direct:
        return general
    return defined(f"""
def function(lhs=None, rhs=None, **named):
    if lhs.__class__ is Taken and rhs.__class__ is Taken and not named:
{direct_body(op, ["lhs", "rhs"], ["lhs", "rhs"], f"_facts{number_of(op)}")}
    return general(lhs, rhs, **named)
""", general=make_ready(op, ["lhs", "rhs"], general))  # fmt: skip


_ZERO = np.zeros((), FLOAT32)


class _Scalars(dict[Any, tuple[Any, Any]]):
    """By number: the facts of an operator with that scalar, and the number as an array without axes."""

    def __init__(self, op: Operator) -> None:
        super().__init__()
        self._op = op
        self._zeros: dict[float, tuple[Any, Any]] = {}

    def __missing__(self, number: float) -> tuple[Any, Any]:
        if number == 0:  # 0.0 == -0.0, so that the number does not tell them apart
            sign = math.copysign(1.0, number)
            found = self._zeros.get(sign)
            if found is None:
                found = self._zeros[sign] = self._made(float(number))
            return found
        if len(self) >= MAX_CALLS:
            self.clear()
        found = self[number] = self._made(float(number))
        return found

    def _made(self, number: float) -> tuple[Any, Any]:
        value = np.asarray(scalar_like(_ZERO, number))
        return self._op.facts(self._op.make_params({"scalar": number})), value


def install() -> None:
    """Give NDArray its quick operators, and begin."""
    for special, general in vars(Arithmetic).items():
        if general.__hash__ is not None and (found := SPECIAL.get(general)):
            setattr(NDArray, special, make_operator(*found, general))
    for special, operator in IN_PLACE.items():
        setattr(NDArray, special, make_in_place(operator, getattr(NDArray, special)))
    NDArray.__neg__ = make_negative("__neg__", "negative")  # type: ignore[method-assign]
    NDArray.__abs__ = make_negative("__abs__", "abs")  # type: ignore[method-assign]
    watching.begin(NDArray)
