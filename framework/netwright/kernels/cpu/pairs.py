"""Windows of 2 × 2 side by side, many at a time: their maxima, and the gradient that goes to the first maximum."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from .intrinsics import f32
from .tiles import Writer

LONG, SHORT = 8, 4
"""Windows at a time."""
LOWEST = float(np.finfo(np.float32).min)
"""What no maximum is below."""

_I32 = ir.IntType(32)


def _apart(builder: Any, w: Writer, address: Any) -> list[Any]:
    """The even and the odd numbers of 2 · lanes."""
    n = w.lanes
    one, other = w.load(address, w.vector), w.load(w.move(address, 4 * n), w.vector)
    masks = [ir.Constant(ir.VectorType(_I32, n), [2 * i + odd for i in range(n)]) for odd in (0, 1)]
    return [builder.shuffle_vector(one, other, mask) for mask in masks]


def _together(builder: Any, w: Writer, even: Any, odd: Any, address: Any) -> None:
    """Store even and odd numbers in turn."""
    n = w.lanes
    order = [i // 2 + (n if i % 2 else 0) for i in range(2 * n)]
    for half in range(2):
        mask = ir.Constant(ir.VectorType(_I32, n), order[half * n : (half + 1) * n])
        w.store(builder.shuffle_vector(even, odd, mask), w.move(address, 4 * n * half))


def _larger(builder: Any, a: Any, b: Any) -> Any:
    """The larger number; NaN where one is NaN."""
    takes = builder.or_(builder.fcmp_ordered(">", b, a), builder.fcmp_unordered("!=", b, b))
    return builder.select(takes, b, a)


def _best(builder: Any, w: Writer, upper: Any, lower: Any) -> tuple[list[Any], Any]:
    """The four numbers of each window in order, and their maximum."""
    four = [*_apart(builder, w, upper), *_apart(builder, w, lower)]
    return four, _larger(builder, _larger(builder, four[0], four[1]), _larger(builder, four[2], four[3]))


def _maxima(lanes: int) -> Any:
    def typing_and_code(typing: Any, upper: Any, lower: Any, y: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
            w = Writer(builder, lanes)
            lowest = ir.Constant(w.vector, [LOWEST] * lanes)
            w.store(_larger(builder, lowest, _best(builder, w, v[0], v[1])[1]), v[2])
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64), generate

    return intrinsic(typing_and_code)


def _gradients(lanes: int) -> Any:
    def typing_and_code(typing: Any, upper: Any, lower: Any, g: Any, upper_out: Any, lower_out: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, v: Any) -> Any:
            w = Writer(builder, lanes)
            four, best = _best(builder, w, v[0], v[1])
            left, zero = w.load(v[2], w.vector), ir.Constant(w.vector, [0.0] * lanes)
            given = []
            for number in four:  # what is left of the gradient goes to the first that is the maximum
                hit = builder.fcmp_ordered("==", number, best)
                given.append(builder.select(hit, left, zero))
                left = builder.select(hit, zero, left)
            _together(builder, w, given[0], given[1], v[3])
            _together(builder, w, given[2], given[3], v[4])
            return context.get_dummy_value()

        return types.void(*[types.int64] * 5), generate

    return intrinsic(typing_and_code)


_maxima_long, _maxima_short = _maxima(LONG), _maxima(SHORT)
_gradients_long, _gradients_short = _gradients(LONG), _gradients(SHORT)


@register_jitable
def larger(a: float, b: float) -> float:
    """The larger of two numbers; NaN where one is NaN."""
    return b if b > a or b != b else a


@register_jitable
def pair_maxima(upper: int, lower: int, y: int, count: int) -> None:
    """y ← the maxima of ``count`` windows on two lines. The last vector may compute windows once more."""
    if count >= LONG:
        for q in range((count + LONG - 1) // LONG):
            o = min(q * LONG, count - LONG)
            _maxima_long(upper + 8 * o, lower + 8 * o, y + 4 * o)
    elif count >= SHORT:
        for q in range((count + SHORT - 1) // SHORT):
            o = min(q * SHORT, count - SHORT)
            _maxima_short(upper + 8 * o, lower + 8 * o, y + 4 * o)
    else:
        one, other, into = f32(upper, 2 * count), f32(lower, 2 * count), f32(y, count)
        for o in range(count):
            best = larger(larger(one[2 * o], one[2 * o + 1]), larger(other[2 * o], other[2 * o + 1]))
            into[o] = larger(LOWEST, best)


@register_jitable
def pair_gradients(upper: int, lower: int, g: int, upper_out: int, lower_out: int, count: int) -> None:
    """Each window's number of ``g`` for the first of its four that is the maximum, 0 for the others."""
    if count >= LONG:
        for q in range((count + LONG - 1) // LONG):
            o = min(q * LONG, count - LONG)
            _gradients_long(upper + 8 * o, lower + 8 * o, g + 4 * o, upper_out + 8 * o, lower_out + 8 * o)
    elif count >= SHORT:
        for q in range((count + SHORT - 1) // SHORT):
            o = min(q * SHORT, count - SHORT)
            _gradients_short(upper + 8 * o, lower + 8 * o, g + 4 * o, upper_out + 8 * o, lower_out + 8 * o)
    else:
        one, other, given = f32(upper, 2 * count), f32(lower, 2 * count), f32(g, count)
        first_line, second_line = f32(upper_out, 2 * count), f32(lower_out, 2 * count)
        for o in range(count):
            p, q, r, s = one[2 * o], one[2 * o + 1], other[2 * o], other[2 * o + 1]
            best = larger(larger(p, q), larger(r, s))
            first, second, third = p == best, q == best, r == best
            first_line[2 * o] = given[o] if first else 0.0
            first_line[2 * o + 1] = given[o] if second and not first else 0.0
            second_line[2 * o] = given[o] if third and not (first or second) else 0.0
            second_line[2 * o + 1] = given[o] if s == best and not (first or second or third) else 0.0
