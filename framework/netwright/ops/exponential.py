"""Powers, roots, exponentials and logarithms, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from .arrays import in_float
from .elementwise import Elementwise, MathFunction
from .operator import At, Draw
from .registry import register


@register
class Square(Elementwise):
    """Square: y = x²."""

    name = "square"
    direct = "multiply(data, data)"
    zero_stays = True
    dtypes = ("float16", "int32")
    in_palette = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.multiply(data, data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * data * 2.0


@register
class Sqrt(MathFunction):
    """Square root: y = √x; NaN below 0."""

    name = "sqrt"
    zero_stays = True
    ufunc = "sqrt"
    drawn = Draw((), "uniform", 0.3, 3.0)
    dtypes = ("float16", "int32")

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * 0.5 / y


@register
class Rsqrt(Elementwise):
    """Reciprocal of the square root: y = 1/√x."""

    name = "rsqrt"
    temporaries = 1
    drawn = Draw((), "uniform", 0.3, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: xp.reciprocal(xp.sqrt(x), out=out), data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, y: Any) -> Any:
        return dy * -0.5 * y / data


@register
class Cbrt(MathFunction):
    """Cube root: y = ∛x."""

    name = "cbrt"
    zero_stays = True
    ufunc = "cbrt"
    drawn = Draw((), "uniform", 0.3, 3.0)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy / (F.square(y) * 3.0)


@register
class Rcbrt(Elementwise):
    """Reciprocal of the cube root: y = 1/∛x."""

    name = "rcbrt"
    temporaries = 1
    drawn = Draw((), "uniform", 0.3, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: xp.reciprocal(xp.cbrt(x), out=out), data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, y: Any) -> Any:
        return dy * y / (data * -3.0)


@register
class Reciprocal(Elementwise):
    """Reciprocal: y = 1/x."""

    name = "reciprocal"
    drawn = Draw((), "uniform", 0.5, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, xp.reciprocal, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return -dy * F.square(y)


@register
class Exp(MathFunction):
    """Exponential: y = eˣ."""

    name = "exp"
    ufunc = "exp"
    in_palette = True
    title = "Exponential"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * y


@register
class Expm1(MathFunction):
    """Exponential less 1, exact near 0: y = eˣ − 1."""

    name = "expm1"
    zero_stays = True
    ufunc = "expm1"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * (y + 1.0)


class Logarithm(MathFunction):
    """Logarithms: tested where they are defined."""

    drawn = Draw((), "uniform", 0.3, 3.0)


@register
class Log(Logarithm):
    """Natural logarithm: y = ln x; NaN below 0, −∞ at 0."""

    name = "log"
    ufunc = "log"
    in_palette = True
    title = "Logarithm"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / data


@register
class Log10(Logarithm):
    """Logarithm to base 10: y = log₁₀ x."""

    name = "log10"
    ufunc = "log10"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (data * float(np.log(10.0)))


@register
class Log2(Logarithm):
    """Logarithm to base 2: y = log₂ x."""

    name = "log2"
    ufunc = "log2"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (data * float(np.log(2.0)))


@register
class Log1p(Logarithm):
    """Natural logarithm of 1 + x, exact near 0: y = ln(1 + x)."""

    name = "log1p"
    zero_stays = True
    ufunc = "log1p"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (data + 1.0)
