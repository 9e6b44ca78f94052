"""Functions of one float32 number that the compiler can turn into vector code.

Each is within 2.5 units in the last place of the true value over the whole range (``ACCURACY`` says it for each), and
treats NaN, infinities, zeros and denormal numbers as NumPy does. Their polynomials were fitted for the least greatest
relative error; the reductions of the argument are the usual ones (Cody and Waite, "Software Manual for the Elementary
Functions", 1980).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from .elements import fma, fma64, rint, root64, signed, size
from .intrinsics import bits_of, bits_of64, float_of, float_of64

ACCURACY = {
    "exp": 1.0, "expm1": 1.5, "log": 0.8, "log1p": 1.6, "tanh": 2.3, "sigmoid": 2.3, "softplus": 2.5, "erf": 1.1,
    "hypot": 0.51, "power": 0.51,
}  # fmt: skip
"""The greatest error of each in units in the last place of the result."""

F = np.float32
ZERO, HALF, ONE, TWO = F(0.0), F(0.5), F(1.0), F(2.0)
INF, NAN = F(np.inf), F(np.nan)
LOG2E = F(1.4426950408889634)
LN2_HIGH, LN2_LOW = F(0.693359375), F(-2.12194440054690583e-4)
EXP_LOW, EXP_HIGH = F(-104.0), F(89.0)
E2, E3, E4, E5, E6, E7 = (F(c) for c in (
    0.5, 0.1666666567325592, 0.04166628047823906, 0.00833350419998169, 0.0013945752289146185, 0.0001978926593437791,
))  # fmt: skip
L3, L4, L5, L6, L7, L8, L9, L10, L11 = (F(c) for c in (
    0.3333331346511841, -0.25000008940696716, 0.20002123713493347, -0.16668005287647247, 0.14219450950622559,
    -0.12405342608690262, 0.11888708919286728, -0.11677505075931549, 0.06747692078351974,
))  # fmt: skip
NORMAL, LIFT, LIFTED = F(1.1754943508222875e-38), F(8388608.0), F(23.0)
ROOT_HALF_BITS = np.int32(0x3F3504F3)
ERF_SPLIT, ERF_END = F(0.9375), F(4.0)
A0, A1, A2, A3, A4, A5, A6 = (F(c) for c in (
    0.12837916612625122, -0.37612631916999817, 0.1128367930650711, -0.02685849741101265, 0.005198829807341099,
    -0.0008118074620142579, 8.267458906630054e-05,
))  # fmt: skip
B0, B1, B2, B3, B4, B5, B6, B7 = (F(c) for c in (
    0.0001778133155312389, -1.1295300722122192, -0.6333159804344177, -0.1083143875002861, 0.02514178305864334,
    -0.0041796197183430195, 0.00043624211684800684, -2.1250107238302007e-05,
))  # fmt: skip


@register_jitable(forceinline=True)
def maximum(x: Any, y: Any) -> Any:
    """The greater of two; NaN where one is."""
    return x if x != x or x >= y else y


@register_jitable(forceinline=True)
def minimum(x: Any, y: Any) -> Any:
    """The smaller of two; NaN where one is."""
    return x if x != x or x <= y else y


@register_jitable(forceinline=True)
def at_least(x: Any, low: Any) -> Any:
    """max(x, low) where ``low`` is a number."""
    return low if x < low else x


@register_jitable(forceinline=True)
def at_most(x: Any, high: Any) -> Any:
    """min(x, high) where ``high`` is a number."""
    return high if x > high else x


@register_jitable(forceinline=True)
def power_of_two(n: Any) -> Any:
    """2ⁿ for whole n from −126 to 127."""
    return float_of(np.int32((np.int32(n) + 127) << 23))


@register_jitable(forceinline=True)
def exp(x: Any) -> Any:
    """eˣ."""
    x = at_most(at_least(x, EXP_LOW), EXP_HIGH)
    n = rint(x * LOG2E)
    n = n if n == n else ZERO
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    q = fma(fma(fma(fma(fma(E7, r, E6), r, E5), r, E4), r, E3), r, E2)
    y = fma(r * r, q, r) + ONE
    half = rint(n * HALF)
    return y * power_of_two(half) * power_of_two(n - half)


@register_jitable(forceinline=True)
def expm1(x: Any) -> Any:
    """eˣ − 1."""
    low = at_most(at_least(x, F(-30.0)), EXP_HIGH)
    n = rint(low * LOG2E)
    n = n if n == n else ZERO
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, low))
    q = fma(fma(fma(fma(fma(E7, r, E6), r, E5), r, E4), r, E3), r, E2)
    s = power_of_two(n - ONE)
    y = fma(s, fma(r * r, q, r), s - HALF) * TWO
    return x if x == ZERO else y


@register_jitable(forceinline=True)
def log(x: Any) -> Any:
    """ln x."""
    small = x < NORMAL
    y = x * LIFT if small else x
    shifted = np.int32(bits_of(y) - ROOT_HALF_BITS)
    e = np.int32(shifted >> 23)
    f = float_of(np.int32(bits_of(y) - (e << 23))) - ONE
    n = F(e) - (LIFTED if small else ZERO)
    p = fma(fma(fma(fma(fma(fma(fma(fma(L11, f, L10), f, L9), f, L8), f, L7), f, L6), f, L5), f, L4), f, L3)
    square = f * f
    tail = fma(n, LN2_LOW, square * f * p)
    found = fma(n, LN2_HIGH, f + fma(-HALF, square, tail))
    found = found if x > ZERO else (-INF if x == ZERO else NAN)
    return found if x < INF else x


@register_jitable(forceinline=True)
def log1p(x: Any) -> Any:
    """ln(1 + x)."""
    u = ONE + x
    found = log(u)
    lost = (x - (u - ONE)) / u
    found = found + (lost if u > ZERO and x < INF else ZERO)
    return x if size(x) < F(1e-8) else found


@register_jitable(forceinline=True)
def tanh(x: Any) -> Any:
    """(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""
    t = expm1(at_most(size(x), F(10.0)) * TWO)
    return signed(t / (t + TWO), x)


@register_jitable(forceinline=True)
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), for x < 0 as eˣ / (1 + eˣ): small results keep all their digits."""
    e = exp(-size(x))
    return (e if x < ZERO else ONE) / (ONE + e)


@register_jitable(forceinline=True)
def softplus(x: Any) -> Any:
    """ln(1 + eˣ)."""
    return at_least(x, ZERO) + log1p(exp(-size(x)))


@register_jitable(forceinline=True)
def erf(x: Any) -> Any:
    """2/√π ∫₀ˣ e^(−t²) dt."""
    s = x * x
    near = fma(fma(fma(fma(fma(fma(fma(A6, s, A5), s, A4), s, A3), s, A2), s, A1), s, A0), x, x)
    t = at_most(size(x), ERF_END)
    far = fma(fma(fma(fma(fma(fma(fma(B7, t, B6), t, B5), t, B4), t, B3), t, B2), t, B1), t, B0)
    far = signed(ONE - exp(far), x)
    return near if size(x) < ERF_SPLIT else far


@register_jitable(forceinline=True)
def hypot(x: Any, y: Any) -> Any:
    """√(x² + y²)."""
    a, b = np.float64(x), np.float64(y)
    found = F(root64(a * a + b * b))
    return INF if size(x) == INF or size(y) == INF else found


@register_jitable(forceinline=True)
def _log2(x: Any) -> Any:
    """log₂ |x| as a float64, good to some 2⁻³⁴; −∞ at 0."""
    y = np.float64(size(x))
    shifted = bits_of64(y) - np.int64(0x3FE6A09E667F3BCD)
    e = shifted >> np.int64(52)
    m = float_of64(bits_of64(y) - (e << np.int64(52)))
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    p = fma64(fma64(fma64(fma64(fma64(q, 1 / 13, 1 / 11), q, 1 / 9), q, 1 / 7), q, 1 / 5), q, 1 / 3)
    found = np.float64(np.int32(e)) + fma64(q * s, p, s) * 2.8853900817779268
    found = found if y > 0.0 else -np.inf
    return found if y < np.inf else y


@register_jitable(forceinline=True)
def power(x: Any, y: Any) -> Any:
    """xʸ as C has it."""
    t = _log2(x) * np.float64(y)
    t = 200.0 if t > 200.0 else t
    t = -200.0 if t < -200.0 else t
    n = np.float64(rint(F(t)))
    n = n if n == n else np.float64(0.0)
    h = t - n
    p = fma64(h, 1.5201917806830742e-05, 1.5469291179188884e-04)
    p = fma64(fma64(fma64(p, h, 1.333392258063365e-03), h, 9.618027253550404e-03), h, 5.550410353426612e-02)
    p = fma64(fma64(fma64(p, h, 2.4022651198158262e-01), h, 6.931471807284535e-01), h, 1.0)
    found = F(p * float_of64((np.int64(np.int32(n)) + 1023) << np.int64(52)))
    half = y * HALF
    whole = rint(y) == y
    odd = whole and rint(half) != half
    below = x < ZERO
    found = -found if odd and signed(ONE, x) < ZERO else found
    found = NAN if below and not whole and x > -INF and size(y) < INF else found
    found = ONE if size(x) == ONE and size(y) == INF else found
    return ONE if y == ZERO or x == ONE else found
