"""Random arrays whose distribution has numbers as parameters: ``_random_…`` by shape, ``_random_…_like`` by example."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from ..errors import ParamError
from .distributions import (
    Distribution,
    Exponential,
    Gamma,
    GeneralizedNegativeBinomial,
    NegativeBinomial,
    Normal,
    Poisson,
    Uniform,
    drawn,
)
from .operator import DTypes, Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Pads, dtype_name, hint
from .registry import register

FloatDType = Annotated[Literal["float16", "float32", "float64"], BeforeValidator(dtype_name)]
IntegerDType = Annotated[Literal["int32", "int64"], BeforeValidator(dtype_name)]


class DistributionParams(OpParams):
    """What every distribution takes besides its own parameters."""

    shape: Pads | None = Field(None, description="shape of the array; (1,) where none is given")
    ctx: str = hint("", "MXNet's text for the device; the device is chosen by the call.")
    dtype: FloatDType | None = Field(None, description="element type; float32 where none is given")


class UniformRange(OpParams):
    """The parameters of a uniform distribution."""

    low: float = Field(0.0, description="lower bound")
    high: float = Field(1.0, description="upper bound, not reached")


class NormalFacts(OpParams):
    """The parameters of a normal distribution."""

    loc: float = Field(0.0, description="mean")
    scale: float = Field(1.0, ge=0, description="standard deviation")


class GammaFacts(OpParams):
    """The parameters of a gamma distribution."""

    alpha: float = Field(1.0, gt=0, description="shape α")
    beta: float = Field(1.0, gt=0, description="scale β")


class ExponentialRate(OpParams):
    """The parameter of an exponential distribution."""

    lam: float = Field(1.0, gt=0, description="rate λ, the inverse of the mean")


class PoissonMean(OpParams):
    """The parameter of a Poisson distribution."""

    lam: float = Field(1.0, ge=0, description="mean λ")


class NegativeBinomialFacts(OpParams):
    """The parameters of a negative binomial distribution."""

    k: int = Field(1, ge=1, description="how many successes end the experiment")
    p: float = Field(1.0, gt=0, le=1, description="probability of success")


class GeneralizedFacts(OpParams):
    """The parameters of a generalized negative binomial distribution."""

    mu: float = Field(1.0, ge=0, description="mean μ")
    alpha: float = Field(1.0, ge=0, description="dispersion α")


class RandomArray(Operator, Distribution):
    """Numbers drawn from one distribution."""

    category = "random"
    inputs: ClassVar[tuple[Port, ...]] = ()

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [self._shape(p)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype or np.float32)]

    def _shape(self, p: Any) -> Shape:
        return (1,) if p.shape is None else tuple(p.shape)

    def forward(self, xp: Any, p: Any, *, rng: Any) -> Any:
        values = tuple(getattr(p, name) for name in self.parameters)
        return drawn(self, xp, rng, self._shape(p), p.dtype or "float32", values)

    def samples(self) -> Iterable[Sample]:
        for dtype in (None, "float16", "float64"):
            yield Sample((), {"shape": (3, 4), "dtype": dtype}, differentiable=False)
        yield Sample((), {}, differentiable=False)
        yield Sample((), {"shape": (0, 2)}, differentiable=False)


class RandomLike(Operator, Distribution):
    """Numbers drawn from one distribution, in the shape and dtype of data, whose values do not matter."""

    category = "random"

    def forward(self, xp: Any, p: Any, data: Any, *, rng: Any) -> Any:
        values = tuple(getattr(p, name) for name in self.parameters)
        return drawn(self, xp, rng, data.shape, data.dtype.name, values)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), differentiable=False, dtypes=("float16", "float32", "float64"))
        yield Sample(((0, 4),), differentiable=False)


class UniformParams(DistributionParams, UniformRange):
    """What _random_uniform takes."""


@register
class RandomUniform(Uniform, RandomArray):
    """Numbers drawn uniformly from [low, high)."""

    name = "_random_uniform"
    aliases = ("random_uniform", "uniform")
    Params = UniformParams


@register
class RandomUniformLike(Uniform, RandomLike):
    """Numbers drawn uniformly from [low, high), in the shape and dtype of data."""

    name = "_random_uniform_like"
    Params = UniformRange


class NormalParams(DistributionParams, NormalFacts):
    """What _random_normal takes."""


@register
class RandomNormal(Normal, RandomArray):
    """Numbers drawn from the normal distribution with mean ``loc`` and standard deviation ``scale``."""

    name = "_random_normal"
    aliases = ("random_normal", "normal")
    Params = NormalParams


@register
class RandomNormalLike(Normal, RandomLike):
    """Normally distributed numbers in the shape and dtype of data."""

    name = "_random_normal_like"
    Params = NormalFacts


class GammaParams(DistributionParams, GammaFacts):
    """What _random_gamma takes."""


@register
class RandomGamma(Gamma, RandomArray):
    """Numbers drawn from the gamma distribution with shape α and scale β (mean α β)."""

    name = "_random_gamma"
    aliases = ("random_gamma",)
    Params = GammaParams


@register
class RandomGammaLike(Gamma, RandomLike):
    """Gamma distributed numbers in the shape and dtype of data."""

    name = "_random_gamma_like"
    Params = GammaFacts


class ExponentialParams(DistributionParams, ExponentialRate):
    """What _random_exponential takes."""


@register
class RandomExponential(Exponential, RandomArray):
    """Numbers drawn from the exponential distribution with rate λ (mean 1/λ)."""

    name = "_random_exponential"
    aliases = ("random_exponential",)
    Params = ExponentialParams


@register
class RandomExponentialLike(Exponential, RandomLike):
    """Exponentially distributed numbers in the shape and dtype of data."""

    name = "_random_exponential_like"
    Params = ExponentialRate


class PoissonParams(DistributionParams, PoissonMean):
    """What _random_poisson takes."""


@register
class RandomPoisson(Poisson, RandomArray):
    """Whole numbers drawn from the Poisson distribution with mean λ."""

    name = "_random_poisson"
    aliases = ("random_poisson",)
    Params = PoissonParams


@register
class RandomPoissonLike(Poisson, RandomLike):
    """Poisson distributed whole numbers in the shape and dtype of data."""

    name = "_random_poisson_like"
    Params = PoissonMean


class NegativeBinomialParams(DistributionParams, NegativeBinomialFacts):
    """What _random_negative_binomial takes."""


@register
class RandomNegativeBinomial(NegativeBinomial, RandomArray):
    """Failures before the k-th success, each trial succeeding with probability p."""

    name = "_random_negative_binomial"
    aliases = ("random_negative_binomial",)
    Params = NegativeBinomialParams


@register
class RandomNegativeBinomialLike(NegativeBinomial, RandomLike):
    """Negative binomial whole numbers in the shape and dtype of data."""

    name = "_random_negative_binomial_like"
    Params = NegativeBinomialFacts


class GeneralizedParams(DistributionParams, GeneralizedFacts):
    """What _random_generalized_negative_binomial takes."""


@register
class RandomGeneralized(GeneralizedNegativeBinomial, RandomArray):
    """Negative binomial whole numbers by mean μ and dispersion α (variance μ + α μ²)."""

    name = "_random_generalized_negative_binomial"
    aliases = ("random_generalized_negative_binomial",)
    Params = GeneralizedParams


@register
class RandomGeneralizedLike(GeneralizedNegativeBinomial, RandomLike):
    """Negative binomial whole numbers by mean and dispersion, in the shape and dtype of data."""

    name = "_random_generalized_negative_binomial_like"
    Params = GeneralizedFacts


class BernoulliChance(OpParams):
    """The parameter of a Bernoulli distribution."""

    prob: float = Field(0.5, ge=0, le=1, description="probability of a 1")


class BernoulliParams(DistributionParams, BernoulliChance):
    """What _random_bernoulli takes."""


@register
class RandomBernoulli(RandomArray):
    """1 with probability ``prob``, else 0."""

    name = "_random_bernoulli"
    aliases = ("random_bernoulli",)
    Params = BernoulliParams
    parameters = ("prob",)

    def draw(self, xp: Any, rng: Any, size: Shape, dtype: str, *values: Any) -> Any:
        return (rng.random(size, dtype=np.float32) < values[0]).astype(dtype)


class RandintParams(OpParams):
    """What _random_randint takes."""

    low: int = Field(description="smallest number")
    high: int = Field(description="upper bound, not reached")
    shape: Pads | None = Field(None, description="shape of the array; (1,) where none is given")
    ctx: str = hint("", "MXNet's text for the device; the device is chosen by the call.")
    dtype: IntegerDType | None = Field(None, description="element type; int32 where none is given")


@register
class RandomRandint(Operator):
    """Whole numbers drawn uniformly from [low, high)."""

    name = "_random_randint"
    aliases = ("random_randint",)
    category = "random"
    inputs = ()
    Params = RandintParams

    def infer_shape(self, p: RandintParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if p.low >= p.high:
            raise ParamError(
                "the range is empty",
                parameter="high",
                wanted=f"more than low = {p.low}",
                got=p.high,
                remedy="Give low first; high is not reached",
            )
        return shapes, [(1,) if p.shape is None else tuple(p.shape)]

    def infer_dtype(self, p: RandintParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype or np.int32)]

    def forward(self, xp: Any, p: RandintParams, *, rng: Any) -> Any:
        size = (1,) if p.shape is None else tuple(p.shape)
        return rng.integers(p.low, p.high, size, dtype=np.int64).astype(p.dtype or np.int32)

    def samples(self) -> Iterable[Sample]:
        for dtype in (None, "int64"):
            yield Sample((), {"low": -3, "high": 8, "shape": (3, 4), "dtype": dtype}, differentiable=False)
        yield Sample((), {"low": 0, "high": 2, "shape": (0,)}, differentiable=False)
