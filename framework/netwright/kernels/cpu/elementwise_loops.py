"""Loops over a block of elements: one for each code of the elementwise kernel."""

from __future__ import annotations

from typing import Any

from numba.extending import register_jitable

from .codes import Code
from .elements import ceil, fence, floor, get, put, rint, root, size, trunc
from .functions import (
    INF,
    ONE,
    ZERO,
    erf,
    exp,
    expm1,
    hypot,
    log,
    log1p,
    maximum,
    minimum,
    power,
    sigmoid,
    softplus,
    tanh,
)

# fmt: off
_NAMES = (
    "COPY", "NEGATIVE", "ABSOLUTE", "SIGN", "SQUARE", "SQRT", "RECIPROCAL", "EXP", "EXPM1", "LOG", "LOG1P",
    "TANH", "SIGMOID", "SOFTPLUS", "ERF", "FLOOR", "CEIL", "TRUNC", "RINT", "NOT", "IS_NAN", "IS_FINITE", "ADD",
    "SUBTRACT", "MULTIPLY", "DIVIDE", "MAXIMUM", "MINIMUM", "EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL",
    "AND", "OR", "XOR", "POWER", "HYPOT", "ADD_NUMBER", "MULTIPLY_NUMBER", "DIVIDE_NUMBER", "NUMBER_MINUS",
    "NUMBER_OVER", "MAXIMUM_NUMBER", "MINIMUM_NUMBER", "EQUAL_NUMBER", "NOT_EQUAL_NUMBER", "GREATER_NUMBER",
    "GREATER_EQUAL_NUMBER", "LESS_NUMBER", "LESS_EQUAL_NUMBER", "WHERE", "MULTIPLY_GREATER_NUMBER",
    "SPREAD_NUMBER",
)
(
    COPY, NEGATIVE, ABSOLUTE, SIGN, SQUARE, SQRT, RECIPROCAL, EXP, EXPM1, LOG, LOG1P, TANH, SIGMOID, SOFTPLUS,
    ERF, FLOOR, CEIL, TRUNC, RINT, NOT, IS_NAN, IS_FINITE, ADD, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM,
    EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, AND, OR, XOR, POWER, HYPOT, ADD_NUMBER, MULTIPLY_NUMBER,
    DIVIDE_NUMBER, NUMBER_MINUS, NUMBER_OVER, MAXIMUM_NUMBER, MINIMUM_NUMBER, EQUAL_NUMBER, NOT_EQUAL_NUMBER,
    GREATER_NUMBER, GREATER_EQUAL_NUMBER, LESS_NUMBER, LESS_EQUAL_NUMBER, WHERE, MULTIPLY_GREATER_NUMBER,
    SPREAD_NUMBER,
) = (int(Code[name]) for name in _NAMES)
# fmt: on
"""The codes as plain numbers, which compiled functions can hold."""


def _unary(function: Any) -> Any:
    """A loop z ← function(x)."""

    @register_jitable(forceinline=True)
    def loop(z: int, x: int, n: int) -> None:
        for i in range(n):
            put(z, i, function(get(x, i)))

    return loop


def _binary(function: Any) -> Any:
    """A loop z ← function(x, y)."""

    @register_jitable(forceinline=True)
    def loop(z: int, x: int, y: int, n: int) -> None:
        for i in range(n):
            put(z, i, function(get(x, i), get(y, i)))

    return loop


def _number(function: Any) -> Any:
    """A loop z ← function(x, c), where c is the one number at y."""

    @register_jitable(forceinline=True)
    def loop(z: int, x: int, y: int, n: int) -> None:
        c = get(y, 0)
        for i in range(n):
            put(z, i, function(get(x, i), c))

    return loop


@_unary
@register_jitable(forceinline=True)
def _copy(v: Any) -> Any:
    return v


@_unary
@register_jitable(forceinline=True)
def _negative(v: Any) -> Any:
    return -v


_absolute, _sqrt, _exp, _expm1, _log, _log1p = (_unary(f) for f in (size, root, exp, expm1, log, log1p))
_tanh, _sigmoid, _softplus, _erf = (_unary(f) for f in (tanh, sigmoid, softplus, erf))
_floor, _ceil, _trunc, _rint = (_unary(f) for f in (floor, ceil, trunc, rint))


@_unary
@register_jitable(forceinline=True)
def _sign(v: Any) -> Any:
    return ONE if v > ZERO else (-ONE if v < ZERO else v)


@_unary
@register_jitable(forceinline=True)
def _square(v: Any) -> Any:
    return v * v


@_unary
@register_jitable(forceinline=True)
def _reciprocal(v: Any) -> Any:
    return ONE / v


@_unary
@register_jitable(forceinline=True)
def _not(v: Any) -> Any:
    return ONE if v == ZERO else ZERO


@_unary
@register_jitable(forceinline=True)
def _is_nan(v: Any) -> Any:
    return ONE if v != v else ZERO


@_unary
@register_jitable(forceinline=True)
def _is_finite(v: Any) -> Any:
    return ONE if size(v) < INF else ZERO


@register_jitable(forceinline=True)
def _add(x: Any, y: Any) -> Any:
    return x + y


@_binary
@register_jitable(forceinline=True)
def _subtract(x: Any, y: Any) -> Any:
    return x - y


@register_jitable(forceinline=True)
def _multiply(x: Any, y: Any) -> Any:
    return x * y


@register_jitable(forceinline=True)
def _divide(x: Any, y: Any) -> Any:
    return x / y


@register_jitable(forceinline=True)
def _equal(x: Any, y: Any) -> Any:
    return ONE if x == y else ZERO


@register_jitable(forceinline=True)
def _not_equal(x: Any, y: Any) -> Any:
    return ONE if x != y else ZERO


@register_jitable(forceinline=True)
def _greater(x: Any, y: Any) -> Any:
    return ONE if x > y else ZERO


@register_jitable(forceinline=True)
def _greater_equal(x: Any, y: Any) -> Any:
    return ONE if x >= y else ZERO


@_binary
@register_jitable(forceinline=True)
def _and(x: Any, y: Any) -> Any:
    return ONE if (x != ZERO) & (y != ZERO) else ZERO


@_binary
@register_jitable(forceinline=True)
def _or(x: Any, y: Any) -> Any:
    return ONE if (x != ZERO) | (y != ZERO) else ZERO


@_binary
@register_jitable(forceinline=True)
def _xor(x: Any, y: Any) -> Any:
    return ONE if (x != ZERO) != (y != ZERO) else ZERO


@_number
@register_jitable(forceinline=True)
def _number_minus(x: Any, c: Any) -> Any:
    return c - x


@_number
@register_jitable(forceinline=True)
def _number_over(x: Any, c: Any) -> Any:
    return c / x


@_number
@register_jitable(forceinline=True)
def _less_number(x: Any, c: Any) -> Any:
    return ONE if x < c else ZERO


@_number
@register_jitable(forceinline=True)
def _less_equal_number(x: Any, c: Any) -> Any:
    return ONE if x <= c else ZERO


_adds, _multiplies, _divides, _maxima, _minima, _powers, _hypots = (
    _binary(f) for f in (_add, _multiply, _divide, maximum, minimum, power, hypot)
)
_equals, _not_equals, _greaters, _greater_equals = (_binary(f) for f in (_equal, _not_equal, _greater, _greater_equal))
_add_number, _multiply_number, _divide_number, _maximum_number, _minimum_number = (
    _number(f) for f in (_add, _multiply, _divide, maximum, minimum)
)
_equal_number, _not_equal_number, _greater_number, _greater_equal_number = (
    _number(f) for f in (_equal, _not_equal, _greater, _greater_equal)
)


@register_jitable(forceinline=True)
def _where(z: int, x: int, y: int, w: int, n: int) -> None:
    for i in range(n):
        put(z, i, get(y, i) if get(x, i) != ZERO else get(w, i))


@register_jitable(forceinline=True)
def _multiply_greater(z: int, x: int, y: int, w: int, n: int) -> None:
    c = get(y, 0)
    for i in range(n):
        put(z, i, get(x, i) * (ONE if get(w, i) > c else ZERO))


@register_jitable(forceinline=True)
def _spread(z: int, y: int, n: int) -> None:
    c = get(y, 0)
    for i in range(n):
        put(z, i, c)


@register_jitable
def run_step(code: int, z: int, x: int, y: int, w: int, n: int) -> None:
    """n elements of one step: z from the operands at x, y and w."""
    if code == COPY:
        _copy(z, x, n)
    elif code == NEGATIVE:
        _negative(z, x, n)
    elif code == ABSOLUTE:
        _absolute(z, x, n)
    elif code == SIGN:
        _sign(z, x, n)
    elif code == SQUARE:
        _square(z, x, n)
    elif code == SQRT:
        _sqrt(z, x, n)
    elif code == RECIPROCAL:
        _reciprocal(z, x, n)
    elif code == EXP:
        _exp(z, x, n)
    elif code == EXPM1:
        _expm1(z, x, n)
    elif code == LOG:
        _log(z, x, n)
    elif code == LOG1P:
        _log1p(z, x, n)
    elif code == TANH:
        _tanh(z, x, n)
    elif code == SIGMOID:
        _sigmoid(z, x, n)
    elif code == SOFTPLUS:
        _softplus(z, x, n)
    elif code == ERF:
        _erf(z, x, n)
    elif code == FLOOR:
        _floor(z, x, n)
    elif code == CEIL:
        _ceil(z, x, n)
    elif code == TRUNC:
        _trunc(z, x, n)
    elif code == RINT:
        _rint(z, x, n)
    elif code == NOT:
        _not(z, x, n)
    elif code == IS_NAN:
        _is_nan(z, x, n)
    elif code == IS_FINITE:
        _is_finite(z, x, n)
    elif code == ADD:
        _adds(z, x, y, n)
    elif code == SUBTRACT:
        _subtract(z, x, y, n)
    elif code == MULTIPLY:
        _multiplies(z, x, y, n)
    elif code == DIVIDE:
        _divides(z, x, y, n)
    elif code == MAXIMUM:
        _maxima(z, x, y, n)
    elif code == MINIMUM:
        _minima(z, x, y, n)
    elif code == EQUAL:
        _equals(z, x, y, n)
    elif code == NOT_EQUAL:
        _not_equals(z, x, y, n)
    elif code == GREATER:
        _greaters(z, x, y, n)
    elif code == GREATER_EQUAL:
        _greater_equals(z, x, y, n)
    elif code == AND:
        _and(z, x, y, n)
    elif code == OR:
        _or(z, x, y, n)
    elif code == XOR:
        _xor(z, x, y, n)
    elif code == POWER:
        _powers(z, x, y, n)
    elif code == HYPOT:
        _hypots(z, x, y, n)
    elif code == ADD_NUMBER:
        _add_number(z, x, y, n)
    elif code == MULTIPLY_NUMBER:
        _multiply_number(z, x, y, n)
    elif code == DIVIDE_NUMBER:
        _divide_number(z, x, y, n)
    elif code == NUMBER_MINUS:
        _number_minus(z, x, y, n)
    elif code == NUMBER_OVER:
        _number_over(z, x, y, n)
    elif code == MAXIMUM_NUMBER:
        _maximum_number(z, x, y, n)
    elif code == MINIMUM_NUMBER:
        _minimum_number(z, x, y, n)
    elif code == EQUAL_NUMBER:
        _equal_number(z, x, y, n)
    elif code == NOT_EQUAL_NUMBER:
        _not_equal_number(z, x, y, n)
    elif code == GREATER_NUMBER:
        _greater_number(z, x, y, n)
    elif code == GREATER_EQUAL_NUMBER:
        _greater_equal_number(z, x, y, n)
    elif code == LESS_NUMBER:
        _less_number(z, x, y, n)
    elif code == LESS_EQUAL_NUMBER:
        _less_equal_number(z, x, y, n)
    elif code == WHERE:
        _where(z, x, y, w, n)
    elif code == MULTIPLY_GREATER_NUMBER:
        _multiply_greater(z, x, y, w, n)
    elif code == SPREAD_NUMBER:
        _spread(z, y, n)
    fence()
