"""Special functions: the error function, its inverse, the gamma function and its logarithm's derivatives."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import Field

from .arrays import deliver, in_float, special
from .elementwise import Elementwise
from .operator import At, Draw, Sample
from .params import OpParams
from .registry import register


class Special(Elementwise):
    """A function of SciPy's (or CuPy's) module of special functions; float16 is computed there in float32."""

    function: ClassVar[str]
    temporaries = 1

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        compute = getattr(special(xp), self.function)
        value = in_float(xp, lambda x, out=None: compute(x).astype(x.dtype, copy=False), data, None)
        return deliver(xp, value, out)


@register
class Erf(Special):
    """Error function: y = 2/√π ∫₀ˣ e^(−t²) dt."""

    name = "erf"
    function = "erf"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.exp(-F.square(data)) * (2.0 / math.sqrt(math.pi))


@register
class Erfinv(Special):
    """Inverse of the error function; NaN outside of [−1, 1]."""

    name = "erfinv"
    function = "erfinv"
    drawn = Draw((), "uniform", -0.8, 0.8)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * F.exp(F.square(y)) * (math.sqrt(math.pi) / 2.0)


@register
class Gamma(Special):
    """Gamma function: y = Γ(x), (x − 1)! for positive integers."""

    name = "gamma"
    function = "gamma"
    drawn = Draw((), "uniform", 0.7, 3.5)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, y: Any) -> Any:
        return dy * y * F._polygamma(data, n=0)


@register
class Gammaln(Special):
    """Logarithm of the absolute value of the gamma function: y = ln \\|Γ(x)\\|."""

    name = "gammaln"
    function = "gammaln"
    drawn = Draw((), "uniform", 0.7, 3.5)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F._polygamma(data, n=0)


class PolygammaParams(OpParams):
    """What _polygamma takes."""

    n: int = Field(0, ge=0, description="0: the digamma function; else its n-th derivative")


@register
class Polygamma(Elementwise):
    """Derivatives of ln Γ: y = dⁿ⁺¹/dxⁿ⁺¹ ln Γ(x); digamma for n = 0, trigamma for n = 1."""

    name = "_polygamma"
    temporaries = 5.25
    Params = PolygammaParams
    drawn = Draw((), "uniform", 0.7, 3.5)

    def forward(self, xp: Any, p: PolygammaParams, data: Any, *, out: Any = None) -> Any:
        module = special(xp)

        def compute(x: Any, out: Any = None) -> Any:
            value = module.digamma(x) if p.n == 0 else module.polygamma(p.n, x)
            return value.astype(x.dtype, copy=False)

        return deliver(xp, in_float(xp, compute, data, None), out)

    def gradient(self, F: Any, p: PolygammaParams, at: At, dy: Any, data: Any) -> Any:
        return dy * F._polygamma(data, n=p.n + 1)

    def samples(self) -> Iterable[Sample]:
        for n in (0, 1, 2):
            yield Sample((Draw((3, 4), "uniform", 0.7, 3.5),), {"n": n})
        yield Sample((Draw((0, 4), "uniform", 0.7, 3.5),), {"n": 1})
