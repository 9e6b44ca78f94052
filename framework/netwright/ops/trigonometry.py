"""Circular and hyperbolic functions, element by element."""

from __future__ import annotations

import math
from typing import Any

from .arrays import in_float
from .elementwise import Elementwise, MathFunction
from .operator import At, Draw
from .registry import register

INSIDE = Draw((), "uniform", -0.9, 0.9)
"""Draws inside of (−1, 1)."""


@register
class Sin(MathFunction):
    """Sine of an angle in radians: y = sin x."""

    name = "sin"
    zero_stays = True
    ufunc = "sin"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.cos(data)


@register
class Cos(MathFunction):
    """Cosine of an angle in radians: y = cos x."""

    name = "cos"
    ufunc = "cos"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return -dy * F.sin(data)


@register
class Tan(MathFunction):
    """Tangent of an angle in radians: y = tan x."""

    name = "tan"
    zero_stays = True
    ufunc = "tan"
    drawn = INSIDE

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * (F.square(y) + 1.0)


@register
class Arcsin(MathFunction):
    """Inverse sine in radians, in [−π/2, π/2]; NaN outside of [−1, 1]."""

    name = "arcsin"
    zero_stays = True
    ufunc = "arcsin"
    drawn = INSIDE

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / F.sqrt(1.0 - F.square(data))


@register
class Arccos(MathFunction):
    """Inverse cosine in radians, in [0, π]; NaN outside of [−1, 1]."""

    name = "arccos"
    ufunc = "arccos"
    drawn = INSIDE

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return -dy / F.sqrt(1.0 - F.square(data))


@register
class Arctan(MathFunction):
    """Inverse tangent in radians, in [−π/2, π/2]."""

    name = "arctan"
    zero_stays = True
    ufunc = "arctan"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (F.square(data) + 1.0)


@register
class Degrees(Elementwise):
    """Radians to degrees: y = 180 x / π."""

    name = "degrees"
    zero_stays = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: xp.multiply(x, x.dtype.type(180.0 / math.pi), out=out), data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy * (180.0 / math.pi)


@register
class Radians(Elementwise):
    """Degrees to radians: y = π x / 180."""

    name = "radians"
    zero_stays = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: xp.multiply(x, x.dtype.type(math.pi / 180.0), out=out), data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy * (math.pi / 180.0)


@register
class Sinh(MathFunction):
    """Hyperbolic sine: y = (eˣ − e⁻ˣ) / 2."""

    name = "sinh"
    zero_stays = True
    ufunc = "sinh"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.cosh(data)


@register
class Cosh(MathFunction):
    """Hyperbolic cosine: y = (eˣ + e⁻ˣ) / 2."""

    name = "cosh"
    ufunc = "cosh"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.sinh(data)


@register
class Arcsinh(MathFunction):
    """Inverse hyperbolic sine: y = ln(x + √(x² + 1))."""

    name = "arcsinh"
    zero_stays = True
    ufunc = "arcsinh"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / F.sqrt(F.square(data) + 1.0)


@register
class Arccosh(MathFunction):
    """Inverse hyperbolic cosine: y = ln(x + √(x² − 1)); NaN below 1."""

    name = "arccosh"
    ufunc = "arccosh"
    drawn = Draw((), "uniform", 1.3, 3.0)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / F.sqrt(F.square(data) - 1.0)


@register
class Arctanh(MathFunction):
    """Inverse hyperbolic tangent: y = ln((1 + x) / (1 − x)) / 2; NaN outside of [−1, 1]."""

    name = "arctanh"
    zero_stays = True
    ufunc = "arctanh"
    drawn = INSIDE

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (1.0 - F.square(data))
