"""Activation functions that are operators of their own: relu, sigmoid, tanh and their kin, and clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from pydantic import Field

from .arrays import deliver, in_float, special
from .elementwise import Elementwise, MathFunction
from .operator import At, Draw, Sample, TensorSpec
from .params import OpParams
from .registry import register
from .totals import SMALL

KINKED = Draw((), "distinct", -2.05, 2.1)
"""Draws that stay away from 0."""
_LARGEST_EXPONENT = {2: 11.0, 4: 88.0, 8: 709.0}
"""By size of the floating-point type: the largest whole x whose eˣ is finite."""


class Nonlinearity(Elementwise):
    """An activation function; found in the palette."""

    category = "activation"
    in_palette = True


@register
class Relu(Nonlinearity):
    """Rectified linear unit: y = max(x, 0); the gradient at 0 is 0."""

    name = "relu"
    direct = "maximum(data, zero)"
    zero_stays = True
    title = "ReLU"
    drawn = KINKED
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.maximum(data, data.dtype.type(0), out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * (y > 0.0)


def logistic(xp: Any, data: Any, out: Any = None) -> Any:
    """1 / (1 + e⁻ˣ), exact for very negative x too; the exponent is limited where e⁻ˣ would overflow.

    Small arrays are computed by SciPy's function, in a fifth of the time. Either is off by 4 units in the last place
    at most.
    """
    if xp is np and data.size <= SMALL and data.dtype.itemsize > 2:
        return special(xp).expit(data, out=out)
    one = data.dtype.type(1)
    value = xp.negative(data, out=out)
    xp.minimum(value, data.dtype.type(_LARGEST_EXPONENT[data.dtype.itemsize]), out=value)
    xp.exp(value, out=value)
    xp.add(value, one, out=value)
    return xp.divide(one, value, out=value)


@register
class Sigmoid(Nonlinearity):
    """Logistic function: y = 1 / (1 + e⁻ˣ), without overflow."""

    name = "sigmoid"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: logistic(xp, x, out), data, out)

    def ready(self, xp: Any, p: Any, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        small = xp is np and specs[0].size <= SMALL and specs[0].dtype.name in ("float32", "float64")
        return special(xp).expit if small else super().ready(xp, p, specs)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * y * (1.0 - y)


@register
class Tanh(MathFunction):
    """Hyperbolic tangent: y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""

    name = "tanh"
    zero_stays = True
    ufunc = "tanh"
    category = "activation"
    in_palette = True

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * (1.0 - F.square(y))


@register
class Softsign(Nonlinearity):
    """Soft sign: y = x / (1 + \\|x\\|)."""

    name = "softsign"
    temporaries = 2
    drawn = KINKED

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, in_float(xp, lambda x, out=None: x / (xp.absolute(x) + x.dtype.type(1)), data, None), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / F.square(F.abs(data) + 1.0)


def softplus(xp: Any, data: Any) -> Any:
    """ln(1 + eˣ) without overflow: max(x, 0) + ln(1 + e^(−\\|x\\|))."""
    return xp.maximum(data, data.dtype.type(0)) + xp.log1p(xp.exp(-xp.absolute(data)))


@register
class Softrelu(Nonlinearity):
    """Smooth rectifier (softplus): y = ln(1 + eˣ), without overflow."""

    name = "_softrelu"
    temporaries = 3
    title = "Softplus"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, in_float(xp, lambda x, out=None: softplus(xp, x), data, None), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.sigmoid(data)


class HardSigmoidParams(OpParams):
    """What hard_sigmoid takes."""

    alpha: float = Field(0.2, description="slope")
    beta: float = Field(0.5, description="value at 0")


@register
class HardSigmoid(Nonlinearity):
    """Straight-line sigmoid: y = min(max(α x + β, 0), 1)."""

    name = "hard_sigmoid"
    temporaries = 3
    Params = HardSigmoidParams
    title = "Hard sigmoid"

    def forward(self, xp: Any, p: HardSigmoidParams, data: Any, *, out: Any = None) -> Any:
        def compute(x: Any, out: Any = None) -> Any:
            line = x * x.dtype.type(p.alpha) + x.dtype.type(p.beta)
            return xp.minimum(xp.maximum(line, x.dtype.type(0)), x.dtype.type(1))

        return deliver(xp, in_float(xp, compute, data, None), out)

    def gradient(self, F: Any, p: HardSigmoidParams, at: At, dy: Any, y: Any) -> Any:
        return dy * (y > 0.0) * (y < 1.0) * p.alpha

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 4), (9,), (0, 3)):
            yield Sample((Draw(shape, "distinct", -4.2, 4.1),))
            yield Sample((Draw(shape, "distinct", -4.2, 4.1),), {"alpha": 0.3, "beta": 0.4})
        yield Sample((Draw((3, 4), "distinct", -4.2, 4.1),), differentiable=False, dtypes=("float16",))


@register
class Gelu(Nonlinearity):
    """Gaussian error linear unit: y = x Φ(x) = x (1 + erf(x/√2)) / 2 (Hendrycks and Gimpel 2016)."""

    name = "gelu"
    temporaries = 2
    aliases = ("_contrib_gelu",)
    title = "GELU"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        erf = special(xp).erf

        def compute(x: Any, out: Any = None) -> Any:
            share = erf(x * x.dtype.type(math.sqrt(0.5))).astype(x.dtype, copy=False)
            xp.add(share, x.dtype.type(1), out=share)
            half = xp.multiply(x, x.dtype.type(0.5), out=out)
            return xp.multiply(half, share, out=half)

        return in_float(xp, compute, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        cumulative = (F.erf(data * math.sqrt(0.5)) + 1.0) * 0.5
        density = F.exp(F.square(data) * -0.5) * (1.0 / math.sqrt(2.0 * math.pi))
        return dy * (cumulative + data * density)


@register
class Silu(Nonlinearity):
    """Sigmoid linear unit (swish): y = x / (1 + e⁻ˣ) (Elfwing, Uchibe and Doya 2017)."""

    name = "silu"
    temporaries = 1
    aliases = ("swish",)
    title = "SiLU (swish)"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, in_float(xp, lambda x, out=None: x * logistic(xp, x), data, None), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        s = F.sigmoid(data)
        return dy * (s + data * s * (1.0 - s))


class SmoothL1Params(OpParams):
    """What smooth_l1 takes."""

    scalar: float = Field(1.0, gt=0, description="σ: where the parabola ends, at \\|x\\| = 1/σ²")


@register
class SmoothL1(Elementwise):
    """Smooth L1: y = (σ x)² / 2 where \\|x\\| < 1/σ², else \\|x\\| − 1/(2 σ²) (Girshick 2015)."""

    name = "smooth_l1"
    temporaries = 4.25
    Params = SmoothL1Params
    category = "loss"

    def forward(self, xp: Any, p: SmoothL1Params, data: Any, *, out: Any = None) -> Any:
        def compute(x: Any, out: Any = None) -> Any:
            squared, kind = p.scalar * p.scalar, x.dtype.type
            size = xp.absolute(x)
            return xp.where(size < kind(1 / squared), x * x * kind(squared / 2), size - kind(0.5 / squared))

        return deliver(xp, in_float(xp, compute, data, None), out)

    def gradient(self, F: Any, p: SmoothL1Params, at: At, dy: Any, data: Any) -> Any:
        squared = p.scalar * p.scalar
        return dy * F.clip(data * squared, a_min=-1.0, a_max=1.0)

    def samples(self) -> Iterable[Sample]:
        for sigma in (1.0, 2.0):
            for shape in ((3, 4), (9,), (0, 3)):
                yield Sample((Draw(shape, "distinct", -2.1, 2.2),), {"scalar": sigma})
        yield Sample((Draw((3, 4), "distinct", -2.1, 2.2),), differentiable=False, dtypes=("float16",))


class ClipParams(OpParams):
    """What clip takes."""

    a_min: float = Field(description="lower limit")
    a_max: float = Field(description="upper limit")


@register
class Clip(Elementwise):
    """Limits to [a_min, a_max]: y = min(max(x, a_min), a_max); the gradient flows within the limits."""

    name = "clip"
    Params = ClipParams
    in_palette = True

    def keeps_zeros(self, p: ClipParams) -> bool:
        return p.a_min <= 0.0 <= p.a_max

    def forward(self, xp: Any, p: ClipParams, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind == "f":
            low, high = data.dtype.type(p.a_min), data.dtype.type(p.a_max)
            return xp.minimum(xp.maximum(data, low, out=out), high, out=out)
        return deliver(xp, xp.clip(data.astype(np.float64), p.a_min, p.a_max).astype(data.dtype), out)

    def ready(self, xp: Any, p: ClipParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        dtype = specs[0].dtype
        if dtype.kind != "f":
            return super().ready(xp, p, specs)
        low, high, least, most = xp.asarray(p.a_min, dtype), xp.asarray(p.a_max, dtype), xp.minimum, xp.maximum

        def run(x: Any) -> Any:
            y = most(x, low)
            return least(y, high, out=y)

        return run

    def gradient(self, F: Any, p: ClipParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (data >= p.a_min) * (data <= p.a_max)

    def samples(self) -> Iterable[Sample]:
        limits = {"a_min": -0.5, "a_max": 0.85}
        for shape in ((3, 4), (7,), (0, 3)):
            yield Sample((Draw(shape, "distinct", -2.0, 2.1),), limits)
        yield Sample((Draw((3, 4), "uniform", -9, 9),), limits, differentiable=False, dtypes=("float16",))
        yield Sample(
            (Draw((3, 4), "integer", -9, 9),),
            {"a_min": -2, "a_max": 3},
            differentiable=False,
            dtypes=("int32", "int8"),
        )
