"""References of operators of one input: Python's own ``math``, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special


def each(function: Callable[[float], float]) -> Callable[..., Any]:
    """The function on every element, by a plain loop."""

    def apply(p: Any, data: Any) -> Any:
        return np.array([function(float(v)) for v in data.ravel()], dtype=np.float64).reshape(data.shape)

    return apply


def each_with(function: Callable[[Any, float], float]) -> Callable[..., Any]:
    """The same for functions that have parameters."""

    def apply(p: Any, data: Any) -> Any:
        return np.array([function(p, float(v)) for v in data.ravel()], dtype=np.float64).reshape(data.shape)

    return apply


def away_from_zero(x: float) -> float:
    return math.copysign(math.floor(abs(x) + 0.5), x)


def eight_bits(x: float) -> float:
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(mantissa * 256), exponent - 8)


def lower_half(x: float) -> float:
    return float(math.ceil(x - 0.5))


def cast(p: Any, data: Any) -> Any:
    if p.dtype == "bool":
        return data != 0
    return data if p.dtype.startswith("float") else np.trunc(data)


def smooth_l1(p: Any, x: float) -> float:
    squared = p.scalar**2
    return squared * x * x / 2 if abs(x) < 1 / squared else abs(x) - 0.5 / squared


def softplus(x: float) -> float:
    return x if x > 30 else math.log1p(math.exp(x))


REFERENCES = {
    "identity": each(lambda x: x),
    "BlockGrad": each(lambda x: x),
    "_round_bfloat16": each(eight_bits),
    "_scale_gradient": lambda p, data, scale: np.asarray(data, np.float64),
    "_identity_with_attr_like_rhs": lambda p, lhs, rhs: lhs + 0 * rhs,
    "zeros_like": each(lambda x: 0.0),
    "ones_like": each(lambda x: 1.0),
    "Cast": cast,
    "amp_cast": lambda p, data: data,
    "negative": each(lambda x: -x),
    "abs": each(lambda x: x if x >= 0 else -x),
    "sign": each(lambda x: (x > 0) - (x < 0)),
    "round": each(away_from_zero),
    "rint": each(lower_half),
    "ceil": each(math.ceil),
    "floor": each(math.floor),
    "trunc": each(math.trunc),
    "square": each(lambda x: x**2),
    "sqrt": each(lambda x: math.sqrt(x) if x >= 0 else math.nan),
    "rsqrt": each(lambda x: x**-0.5),
    "cbrt": each(lambda x: x ** (1 / 3)),
    "rcbrt": each(lambda x: x ** (-1 / 3)),
    "reciprocal": each(lambda x: 1 / x),
    "exp": each(math.exp),
    "expm1": each(lambda x: math.exp(x) - 1),
    "log": each(math.log),
    "log10": each(lambda x: math.log(x, 10)),
    "log2": each(lambda x: math.log(x, 2)),
    "log1p": each(lambda x: math.log(1 + x)),
    "sin": each(math.sin),
    "cos": each(math.cos),
    "tan": each(math.tan),
    "arcsin": each(math.asin),
    "arccos": each(math.acos),
    "arctan": each(math.atan),
    "degrees": each(math.degrees),
    "radians": each(math.radians),
    "sinh": each(math.sinh),
    "cosh": each(math.cosh),
    "tanh": each(math.tanh),
    "arcsinh": each(math.asinh),
    "arccosh": each(math.acosh),
    "arctanh": each(math.atanh),
    "erf": each(math.erf),
    "erfinv": each(lambda x: float(special.ndtri((x + 1) / 2)) / math.sqrt(2)),
    "gamma": each(math.gamma),
    "gammaln": each(math.lgamma),
    "_polygamma": each_with(lambda p, x: float(special.polygamma(p.n, x))),
    "relu": each(lambda x: x if x > 0 else 0.0),
    "sigmoid": each(lambda x: 1 / (1 + math.exp(-x))),
    "softsign": each(lambda x: x / (1 + abs(x))),
    "_softrelu": each(softplus),
    "hard_sigmoid": each_with(lambda p, x: min(max(p.alpha * x + p.beta, 0.0), 1.0)),
    "gelu": each(lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2))),
    "silu": each(lambda x: x / (1 + math.exp(-x))),
    "smooth_l1": each_with(smooth_l1),
    "clip": each_with(lambda p, x: sorted((p.a_min, x, p.a_max))[1]),
    "logical_not": each(lambda x: x == 0),
    "_contrib_isnan": each(math.isnan),
    "_contrib_isinf": each(math.isinf),
    "_contrib_isfinite": each(math.isfinite),
    "shape_array": lambda p, data: np.array(list(data.shape)),
    "size_array": lambda p, data: np.array([math.prod(data.shape)]),
    "_contrib_round_ste": each(away_from_zero),
    "_contrib_sign_ste": each(lambda x: (x > 0) - (x < 0)),
    "_contrib_gradientmultiplier": each(lambda x: x),
    "_contrib_quadratic": each_with(lambda p, x: p.a * x**2 + p.b * x + p.c),
    "_contrib_allclose": lambda p, a, b: np.array(
        [float(all(abs(x - y) <= p.atol + p.rtol * abs(y) for x, y in zip(a.ravel(), b.ravel(), strict=True)))]
    ),
    "amp_multicast": lambda p, *arrays: arrays,
    "multi_sum_sq": lambda p, *arrays: np.array([math.fsum(v * v for v in a.ravel().tolist()) for a in arrays]),
    "multi_all_finite": lambda p, *arrays: np.array([float(all(math.isfinite(v) for a in arrays for v in a.ravel()))]),
    "all_finite": lambda p, data: np.array([float(all(math.isfinite(v) for v in data.ravel()))]),
}
