"""Random distributions: how each is drawn, from the few draws that NumPy's and CuPy's generators have in common."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..errors import ParamError
from .operator import Shape

FLOAT_TYPES = ("float16", "float32", "float64")


def working(dtype: str) -> Any:
    """The dtype to draw in: generators give float32 and float64."""
    return np.float64 if dtype == "float64" else np.float32


class Distribution:
    """A rule: the names of its parameters and how it is drawn."""

    parameters: ClassVar[tuple[str, ...]]

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        """An array of that size and dtype; the values are numbers, or arrays that broadcast to ``size``."""
        raise NotImplementedError


def _moved(drawn: Any, scale: Any, begin: Any) -> Any:
    """drawn · scale + begin, of which nothing is computed that changes nothing."""
    scaled = drawn if scale.__class__ is float and scale == 1.0 else drawn * scale
    return scaled if begin.__class__ is float and begin == 0.0 else scaled + begin


class Uniform(Distribution):
    """Uniform on [low, high)."""

    parameters = ("low", "high")

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        low, high = values
        unit = rng.random(size, dtype=working(dtype))
        return _moved(unit, high - low, low).astype(dtype, copy=False)


class Normal(Distribution):
    """Normal with mean ``loc`` (``mu``) and deviation ``scale`` (``sigma``)."""

    parameters = ("loc", "scale")

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        mean, deviation = values
        standard = rng.standard_normal(size, dtype=working(dtype))
        return _moved(standard, deviation, mean).astype(dtype, copy=False)


class Gamma(Distribution):
    """Gamma with shape α and scale β: mean α β."""

    parameters = ("alpha", "beta")

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        alpha, beta = values
        return (rng.standard_gamma(alpha, size, dtype=working(dtype)) * beta).astype(dtype, copy=False)


class Exponential(Distribution):
    """Exponential with rate λ: mean 1/λ."""

    parameters = ("lam",)

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        return (rng.standard_exponential(size, dtype=working(dtype)) / values[0]).astype(dtype, copy=False)


class Poisson(Distribution):
    """Poisson with mean λ."""

    parameters = ("lam",)

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        return rng.poisson(values[0], size).astype(dtype)


class NegativeBinomial(Distribution):
    """Failures before the k-th success of trials with success probability p: mean k (1 − p) / p.

    Drawn as a Poisson number whose mean is gamma distributed.
    """

    parameters = ("k", "p")

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        k, p = values
        mean = rng.standard_gamma(k, size, dtype=np.float64) * ((1.0 - p) / p)
        return rng.poisson(mean, size).astype(dtype)


class GeneralizedNegativeBinomial(Distribution):
    """Negative binomial by its mean μ and dispersion α: variance μ + α μ²; Poisson where α is 0."""

    parameters = ("mu", "alpha")

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        mu, alpha = (xp.asarray(v, dtype=np.float64) for v in values)
        spread = xp.where(alpha > 0, alpha, 1.0)
        mixed = rng.standard_gamma(1.0 / spread, size, dtype=np.float64) * (spread * mu)
        return rng.poisson(xp.where(alpha > 0, mixed, mu), size).astype(dtype)


def drawn(distribution: Distribution, xp: Any, rng: Any, size: Shape, dtype: str, values: tuple[Any, ...]) -> Any:
    """A draw; a parameter outside of the distribution's range is a ParamError."""
    try:
        return distribution.draw(xp, rng, size, dtype, *values)
    except ValueError as error:
        raise ParamError(
            f"no such distribution: {error}",
            parameter=distribution.parameters[0],
            got=", ".join(f"{name}={value}" for name, value in zip(distribution.parameters, values, strict=True)),
        ) from None
