"""Functions that ONNX has not, by series of those it has, computed in float64.

Accuracy: about 1e-12 for the gamma family (polygamma for x > 0 only), 1e-7 for the inverse error function.
Sources: Lanczos 1964 (coefficients of g = 7, n = 9); Abramowitz and Stegun 6.3.7, 6.3.18, 6.4.11; Giles 2010.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .tensor import Tensor

if TYPE_CHECKING:
    from .array_module import ArrayModule

LANCZOS = (
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
)  # fmt: skip
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)
"""B₂, B₄, …"""
SHIFT = 10
"""Steps of the recurrence up to where the asymptotic series are exact."""
NEAR = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
        -0.00417768164, 0.246640727, 1.50140941)  # fmt: skip
FAR = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
       0.00943887047, 1.00167406, 2.83297682)  # fmt: skip


class SpecialFunctions:
    """``scipy.special`` as far as operators use it; the results are float64, but for ``erf``."""

    def __init__(self, xp: ArrayModule) -> None:
        self._xp = xp

    def erf(self, x: Tensor) -> Tensor:
        """The error function, which ONNX has."""
        return x.writer.op("Erf", x)

    def gammaln(self, x: Tensor) -> Tensor:
        """ln |Γ(x)| by Lanczos's series; below 1/2 by reflection."""
        xp, x = self._xp, x.astype(np.float64)
        small = x < 0.5
        z = xp.where(small, -x, x - 1)
        series: Any = LANCZOS[0]
        for i, c in enumerate(LANCZOS[1:], 1):
            series = c / (z + i) + series
        t = z + 7.5
        found = (z + 0.5) * xp.log(t) - t + xp.log(series) + 0.5 * math.log(2 * math.pi)
        mirror = math.log(math.pi) - xp.log(abs(xp.sin(x * math.pi)))
        return xp.where(small, mirror - found, found)

    def gamma(self, x: Tensor) -> Tensor:
        """Γ(x): its logarithm's exponential with the sign of sin πx below 0."""
        xp, x = self._xp, x.astype(np.float64)
        sign = xp.where(x < 0, xp.sign(xp.sin(x * math.pi)), 1.0)
        found: Tensor = sign * xp.exp(self.gammaln(x))
        return found

    def digamma(self, x: Tensor) -> Tensor:
        """d/dx ln Γ(x): the recurrence, then Stirling's series; below 0 by reflection."""
        xp, x = self._xp, x.astype(np.float64)
        negative = x < 0
        z = xp.where(negative, 1.0 - x, x)
        total: Any = 0.0
        for i in range(SHIFT):
            total = total - 1.0 / (z + i)
        z = z + SHIFT
        inverse = 1.0 / (z * z)
        series: Any = 0.0
        for k, number in reversed(list(enumerate(BERNOULLI, 1))):
            series = (series + number / (2 * k)) * inverse
        found = total + xp.log(z) - 0.5 / z - series
        return xp.where(negative, found - math.pi * xp.cos(x * math.pi) / xp.sin(x * math.pi), found)

    def polygamma(self, n: int, x: Tensor) -> Tensor:
        """The n-th derivative of digamma, for x > 0."""
        if n == 0:
            return self.digamma(x)
        x = x.astype(np.float64)
        total: Any = 0.0
        for i in range(SHIFT):
            total = total + math.factorial(n) / self._power(x + i, n + 1)
        z = x + SHIFT
        total = total + math.factorial(n - 1) / self._power(z, n) + math.factorial(n) / 2 / self._power(z, n + 1)
        for k, number in enumerate(BERNOULLI, 1):
            factor = number * math.factorial(2 * k + n - 1) / math.factorial(2 * k)
            total = total + factor / self._power(z, 2 * k + n)
        found: Tensor = total if n % 2 else -total
        return found

    def _power(self, x: Tensor, n: int) -> Tensor:
        return x.writer.op("Pow", x, np.float64(n))

    def erfinv(self, x: Tensor) -> Tensor:
        """The inverse error function by Giles's two polynomials in −ln(1 − x²)."""
        xp, x = self._xp, x.astype(np.float64)
        w = -xp.log((1.0 - x) * (1.0 + x))
        near, far = w - 2.5, xp.sqrt(xp.maximum(w, 0.0)) - 3.0
        low: Any = NEAR[0]
        for c in NEAR[1:]:
            low = low * near + c
        high: Any = FAR[0]
        for c in FAR[1:]:
            high = high * far + c
        found = xp.where(w < 5.0, low, high) * x
        return xp.where(abs(x) == 1.0, x * math.inf, found)
