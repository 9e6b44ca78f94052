"""Random arrays whose distribution has arrays as parameters, draws from given probabilities, and shuffling."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from ..errors import ShapeError
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
from .operator import FLOAT32, At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, numbered
from .params import OpParams, Pads, dtype_name
from .random import FloatDType
from .registry import register


class SampleParams(OpParams):
    """What every _sample_… operator takes."""

    shape: Pads = Field((), description="how many numbers, in which shape, for each entry of the parameters")
    dtype: FloatDType | None = Field(None, description="element type; float32 where none is given")


class SampleArray(Operator, Distribution):
    """For each entry of the parameters' arrays, numbers of its own distribution: shape (*entries, *shape)."""

    category = "random"
    Params: ClassVar[type[OpParams]] = SampleParams
    spans: ClassVar[tuple[tuple[float, float], ...]]
    """For the samples: a range of each parameter."""

    def infer_shape(self, p: SampleParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        filled, found = super().infer_shape(p, shapes)
        return filled, [None if found[0] is None else found[0] + p.shape]

    def infer_dtype(self, p: SampleParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        filled, found = super().infer_dtype(p, dtypes)
        return filled, [self._dtype(p)] * len(found)

    def _dtype(self, p: SampleParams) -> np.dtype[Any]:
        return np.dtype(p.dtype) if p.dtype else FLOAT32

    def forward(self, xp: Any, p: SampleParams, *inputs: Any, rng: Any) -> Any:
        size = inputs[0].shape + p.shape
        values = tuple(a.reshape(a.shape + (1,) * len(p.shape)) for a in inputs)
        return drawn(self, xp, rng, size, self._dtype(p).name, values)

    def samples(self) -> Iterable[Sample]:
        for shape, params in (
            ((3,), {"shape": (2, 4)}),
            ((2, 3), {"shape": 5}),
            ((2, 3), {}),
            ((2,), {"shape": (3,), "dtype": "float64"}),
            ((0,), {"shape": 2}),
        ):
            yield Sample(
                tuple(Draw(shape, "uniform", low, high) for low, high in self.spans), params, differentiable=False
            )


@register
class SampleUniform(Uniform, SampleArray):
    """For each pair (low, high), numbers drawn uniformly from [low, high)."""

    name = "_sample_uniform"
    aliases = ("sample_uniform",)
    inputs = (Port("low", doc="lower bounds"), Port("high", doc="upper bounds"))
    spans = ((-1, 0), (1, 2))


@register
class SampleNormal(Normal, SampleArray):
    """For each pair (μ, σ), normally distributed numbers."""

    name = "_sample_normal"
    aliases = ("sample_normal",)
    inputs = (Port("mu", doc="means"), Port("sigma", doc="standard deviations"))
    spans = ((-1, 1), (0.5, 2))


@register
class SampleGamma(Gamma, SampleArray):
    """For each pair (α, β), gamma distributed numbers with shape α and scale β."""

    name = "_sample_gamma"
    aliases = ("sample_gamma",)
    inputs = (Port("alpha", doc="shapes"), Port("beta", doc="scales"))
    spans = ((0.5, 3), (0.5, 2))


@register
class SampleExponential(Exponential, SampleArray):
    """For each λ, exponentially distributed numbers with rate λ."""

    name = "_sample_exponential"
    aliases = ("sample_exponential",)
    inputs = (Port("lam", doc="rates"),)
    spans = ((0.5, 3),)


@register
class SamplePoisson(Poisson, SampleArray):
    """For each λ, whole numbers of the Poisson distribution with mean λ."""

    name = "_sample_poisson"
    aliases = ("sample_poisson",)
    inputs = (Port("lam", doc="means"),)
    spans = ((0.5, 3),)


@register
class SampleNegativeBinomial(NegativeBinomial, SampleArray):
    """For each pair (k, p), failures before the k-th success of trials with success probability p."""

    name = "_sample_negative_binomial"
    aliases = ("sample_negative_binomial",)
    inputs = (Port("k", doc="numbers of successes"), Port("p", doc="probabilities of success"))
    spans = ((1, 4), (0.2, 0.9))


@register
class SampleGeneralized(GeneralizedNegativeBinomial, SampleArray):
    """For each pair (μ, α), negative binomial whole numbers with mean μ and dispersion α."""

    name = "_sample_generalized_negative_binomial"
    aliases = ("sample_generalized_negative_binomial",)
    inputs = (Port("mu", doc="means"), Port("alpha", doc="dispersions"))
    spans = ((1, 4), (0, 1))


class MultinomialParams(OpParams):
    """What _sample_multinomial takes."""

    shape: Pads = Field((), description="how many draws, in which shape, from each distribution")
    get_prob: bool = Field(False, description="also give the logarithm of the drawn probabilities")
    dtype: Annotated[Literal["float16", "float32", "float64", "int32", "uint8"], BeforeValidator(dtype_name)] = Field(
        "int32", description="element type of the draws"
    )


@register
class SampleMultinomial(Operator):
    """Indices drawn with the probabilities that lie along the last axis: shape (*leading axes, *shape).

    With ``get_prob`` the logarithms of the drawn probabilities come too; the gradient flows through them, as policy
    gradients need.
    """

    name = "_sample_multinomial"
    aliases = ("sample_multinomial", "_random_multinomial")
    category = "random"
    Params = MultinomialParams
    inputs = (Port("data", doc="probabilities, summing to 1 along the last axis"),)

    def output_names(self, p: MultinomialParams) -> tuple[str, ...]:
        return ("output", "log_prob") if p.get_prob else ("output",)

    def listed_outputs(self, p: MultinomialParams) -> tuple[str, ...]:
        return numbered(2) if p.get_prob else ("output",)

    def _shape(self, p: MultinomialParams, data: Shape) -> Shape:
        if not data or data[-1] == 0:
            raise ShapeError(
                "there are no probabilities", port="data", wanted="at least one on the last axis", got=data
            )
        return data[:-1] + p.shape or (1,)

    def infer_shape(self, p: MultinomialParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        found = None if shapes[0] is None else self._shape(p, shapes[0])
        return shapes, [found] * len(self.output_names(p))

    def infer_dtype(self, p: MultinomialParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype), dtypes[0]][: len(self.output_names(p))]

    def forward(self, xp: Any, p: MultinomialParams, data: Any, *, rng: Any) -> Any:
        count, last = math.prod(p.shape), data.shape[-1]
        rows = data.reshape(-1, last)
        edges = xp.cumsum(rows.astype(np.float64), axis=-1)
        points = rng.random((len(rows), count), dtype=np.float64) * edges[:, -1:]
        if len(rows) == 1:
            found = xp.searchsorted(edges[0], points[0], side="right")[None]
        else:
            found = xp.sum(points[:, :, None] >= edges[:, None, :], axis=-1)
        found = xp.minimum(found, last - 1)
        shape = self._shape(p, data.shape)
        chosen = found.astype(p.dtype).reshape(shape)
        if not p.get_prob:
            return chosen
        return chosen, xp.log(xp.take_along_axis(rows, found, axis=1)).reshape(shape)

    def gradient(self, F: Any, p: MultinomialParams, at: At, dys: Any, data: Any, ys: Any) -> Any:
        if not p.get_prob:
            return None
        shape, last = at.inputs[0].shape, at.inputs[0].shape[-1]
        rows, count = math.prod(shape[:-1]), math.prod(p.shape)
        hot = F.one_hot(F._reshape_to(ys[0], shape=(rows, count)), depth=last, dtype=at.inputs[0].dtype.name)
        parts = hot * F._reshape_to(dys[1], shape=(rows, count, 1))
        return F._reshape_to(F._sum_to(parts, shape=(rows, last), axis=(1,)), shape=shape) / data

    def samples(self) -> Iterable[Sample]:
        draw = Draw((3, 4), "uniform", 0.1, 0.4)
        for params in ({}, {"shape": 5}, {"shape": (2, 3), "dtype": "float32"}, {"shape": 2, "get_prob": True}):
            yield Sample((draw,), params, differentiable=False)
        yield Sample((Draw((4,), "uniform", 0.1, 0.4),), {"dtype": "uint8"}, differentiable=False)


@register
class Shuffle(Operator):
    """The rows of an array (its parts along the first axis) in random order."""

    name = "_shuffle"
    aliases = ("shuffle", "_random_shuffle")
    category = "random"

    def forward(self, xp: Any, p: Any, data: Any, *, rng: Any) -> Any:
        return xp.take(data, xp.argsort(rng.random(data.shape[0])), axis=0)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3),), differentiable=False, dtypes=("float16", "float32", "float64", "int32"))
        yield Sample(((0, 3),), differentiable=False)
