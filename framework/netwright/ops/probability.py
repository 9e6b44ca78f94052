"""Probability densities of samples: ``random_pdf_…``, differentiable by the samples and the parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import Field

from ..errors import ShapeError
from .arrays import special
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes
from .params import OpParams
from .registry import register

SAMPLE = Port("sample", doc="samples: the parameters' axes, then axes of one's own")


class PdfParams(OpParams):
    """What every random_pdf_… takes."""

    is_log: bool = Field(False, description="the logarithm of the density instead")


def lined_up(array: Any, ndim: int) -> Any:
    """A parameter with axes of size 1 behind its own, so that it broadcasts to the samples."""
    return array.reshape(array.shape + (1,) * (ndim - array.ndim))


class Density(Operator):
    """Density of each sample under the distribution whose parameters have the sample's leading axes."""

    category = "random"
    Params: ClassVar[type[OpParams]] = PdfParams
    spans: ClassVar[tuple[Draw, ...]]
    """How the sample and each parameter are drawn for the tests."""

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        """ln p(sample), of arrays that broadcast."""
        raise NotImplementedError

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        """Derivatives of ln p by the sample and each parameter (None where there is none)."""
        raise NotImplementedError

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        sample, *parameters = shapes
        for port, shape in zip(self.inputs[1:], parameters, strict=True):
            if sample is not None and shape is not None and shape != sample[: len(shape)]:
                raise ShapeError(
                    "the sample's leading axes are the parameters'",
                    port=port.name,
                    wanted=sample[: len(shape)],
                    got=shape,
                )
        return shapes, [sample]

    def forward(self, xp: Any, p: PdfParams, sample: Any, *parameters: Any) -> Any:
        logarithm = self.log_density(xp, sample, *(lined_up(a, sample.ndim) for a in parameters))
        logarithm = xp.broadcast_to(logarithm, sample.shape).astype(sample.dtype)
        return logarithm if p.is_log else xp.exp(logarithm)

    def gradient(self, F: Any, p: PdfParams, at: At, dy: Any, y: Any, xs: Any) -> Any:
        ndim = len(at.inputs[0].shape)
        wide = [
            F._reshape_to(x, shape=s.shape + (1,) * (ndim - len(s.shape))) for x, s in zip(xs, at.inputs, strict=True)
        ]
        weight = dy if p.is_log else dy * y
        found: list[Any] = []
        for slope, spec, wanted in zip(self.slopes(F, *wide), at.inputs, at.wanted, strict=True):
            if slope is None or not wanted:
                found.append(None)
                continue
            axes = tuple(range(len(spec.shape), ndim))
            product = weight * slope
            found.append(F._sum_to(product, shape=spec.shape, axis=axes) if axes else product)
        return tuple(found)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 8 * int(outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        first, *rest = self.spans
        for shape, lead, is_log in (
            ((3, 4), (3,), False),
            ((2, 3, 2), (2, 3), True),
            ((4,), (4,), False),
            ((0, 3), (0,), True),
        ):
            draws = [Draw(lead, d.kind, d.low, d.high) for d in rest]
            yield Sample((Draw(shape, first.kind, first.low, first.high), *draws), {"is_log": is_log})


@register
class PdfUniform(Density):
    """Density of the uniform distribution: p = 1 / (high − low), wherever the sample lies (as MXNet)."""

    name = "_random_pdf_uniform"
    aliases = ("random_pdf_uniform",)
    inputs = (SAMPLE, Port("low", doc="lower bounds"), Port("high", doc="upper bounds"))
    spans = (Draw((), "uniform", 0, 1), Draw((), "uniform", -2, -1), Draw((), "uniform", 1, 2))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        low, high = parameters
        return -xp.log(high - low)

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        low, high = parameters
        by_low = 1.0 / F.broadcast_sub(high, low)
        return F.zeros_like(sample), by_low, -by_low


@register
class PdfNormal(Density):
    """Density of the normal distribution: p = e^(−(x − μ)² / 2σ²) / (σ √2π)."""

    name = "_random_pdf_normal"
    aliases = ("random_pdf_normal",)
    inputs = (SAMPLE, Port("mu", doc="means"), Port("sigma", doc="standard deviations"))
    spans = (Draw(()), Draw(()), Draw((), "uniform", 0.5, 2))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        mu, sigma = parameters
        return -0.5 * ((sample - mu) / sigma) ** 2 - xp.log(sigma) - 0.5 * math.log(2 * math.pi)

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        mu, sigma = parameters
        standard = (sample - mu) / sigma
        return -standard / sigma, standard / sigma, (F.square(standard) - 1.0) / sigma


@register
class PdfGamma(Density):
    """Density of the gamma distribution with shape α and rate β: p = βᵅ xᵅ⁻¹ e^(−β x) / Γ(α).

    As in MXNet, β is the rate here, while it is the scale where samples are drawn.
    """

    name = "_random_pdf_gamma"
    aliases = ("random_pdf_gamma",)
    inputs = (SAMPLE, Port("alpha", doc="shapes"), Port("beta", doc="rates"))
    spans = (Draw((), "uniform", 0.5, 3), Draw((), "uniform", 0.7, 3), Draw((), "uniform", 0.5, 2))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        alpha, beta = parameters
        return alpha * xp.log(beta) + (alpha - 1) * xp.log(sample) - beta * sample - special(xp).gammaln(alpha)

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        alpha, beta = parameters
        return (
            (alpha - 1.0) / sample - beta,
            F.log(beta) + F.log(sample) - F._polygamma(alpha, n=0),
            alpha / beta - sample,
        )


@register
class PdfExponential(Density):
    """Density of the exponential distribution with rate λ: p = λ e^(−λ x)."""

    name = "_random_pdf_exponential"
    aliases = ("random_pdf_exponential",)
    inputs = (SAMPLE, Port("lam", doc="rates"))
    spans = (Draw((), "uniform", 0.2, 3), Draw((), "uniform", 0.5, 3))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        (lam,) = parameters
        return xp.log(lam) - lam * sample

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        (lam,) = parameters
        return -(lam * F.ones_like(sample)), 1.0 / lam - sample


@register
class PdfPoisson(Density):
    """Probability under the Poisson distribution with mean λ: p = λˣ e^(−λ) / x!; no gradient by the sample."""

    name = "_random_pdf_poisson"
    aliases = ("random_pdf_poisson",)
    inputs = (SAMPLE, Port("lam", doc="means"))
    spans = (Draw((), "integer", 0, 6), Draw((), "uniform", 0.5, 3))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        (lam,) = parameters
        return sample * xp.log(lam) - lam - special(xp).gammaln(sample + 1)

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        return F.zeros_like(sample), sample / parameters[0] - 1.0


def _negative_binomial(xp: Any, x: Any, k: Any, p: Any) -> Any:
    gammaln = special(xp).gammaln
    return gammaln(x + k) - gammaln(x + 1) - gammaln(k) + k * xp.log(p) + x * xp.log(1 - p)


@register
class PdfNegativeBinomial(Density):
    """Probability of x failures before the k-th success: p = Γ(x + k) / (x! Γ(k)) pᵏ (1 − p)ˣ."""

    name = "_random_pdf_negative_binomial"
    aliases = ("random_pdf_negative_binomial",)
    inputs = (SAMPLE, Port("k", doc="numbers of successes"), Port("p", doc="probabilities of success"))
    spans = (Draw((), "integer", 0, 6), Draw((), "uniform", 1, 4), Draw((), "uniform", 0.2, 0.8))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        return _negative_binomial(xp, sample, *parameters)

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        k, p = parameters
        by_k = F._polygamma(sample + k, n=0) - F._polygamma(k, n=0) + F.log(p)
        return F.zeros_like(sample), by_k, k / p - sample / (1.0 - p)


@register
class PdfGeneralizedNegativeBinomial(Density):
    """Probability under the negative binomial distribution of mean μ and dispersion α: k = 1/α, p = 1/(1 + μ α)."""

    name = "_random_pdf_generalized_negative_binomial"
    aliases = ("random_pdf_generalized_negative_binomial",)
    inputs = (SAMPLE, Port("mu", doc="means"), Port("alpha", doc="dispersions"))
    spans = (Draw((), "integer", 0, 6), Draw((), "uniform", 0.5, 3), Draw((), "uniform", 0.3, 1.5))

    def log_density(self, xp: Any, sample: Any, *parameters: Any) -> Any:
        mu, alpha = parameters
        return _negative_binomial(xp, sample, 1 / alpha, 1 / (1 + mu * alpha))

    def slopes(self, F: Any, sample: Any, *parameters: Any) -> tuple[Any, ...]:
        mu, alpha = parameters
        k = 1.0 / alpha
        spread = mu * alpha + 1.0
        by_mu = (sample - mu) / (mu * spread)
        by_k = F._polygamma(sample + k, n=0) - F._polygamma(k, n=0) - F.log(spread)
        return F.zeros_like(sample), by_mu, (sample - mu) / (alpha * spread) - by_k * F.square(k)


@register
class PdfDirichlet(Operator):
    """Density of the Dirichlet distribution: p = Γ(Σ α) / Π Γ(αᵢ) · Π xᵢ^(αᵢ − 1), over the last axis.

    Shapes: alpha (…, k), sample (…, *more, k) give (…, *more).
    """

    name = "_random_pdf_dirichlet"
    aliases = ("random_pdf_dirichlet",)
    category = "random"
    Params = PdfParams
    inputs = (SAMPLE, Port("alpha", doc="concentrations, along the last axis"))

    def infer_shape(self, p: PdfParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        sample, alpha = shapes
        if sample is None:
            return shapes, [None]
        if alpha is not None and (len(alpha) > len(sample) or alpha != _corner(sample, alpha)):
            raise ShapeError(
                "the concentrations do not fit the samples", port="alpha", wanted=_corner(sample, alpha), got=alpha
            )
        return shapes, [sample[:-1] or (1,)]

    def _wide(self, sample: Shape, alpha: Shape) -> Shape:
        return (*alpha[:-1], *(1,) * (len(sample) - len(alpha)), alpha[-1])

    def forward(self, xp: Any, p: PdfParams, sample: Any, alpha: Any) -> Any:
        gammaln = special(xp).gammaln
        wide = alpha.reshape(self._wide(sample.shape, alpha.shape))
        weighted = xp.sum((wide - 1) * xp.log(sample), axis=-1)
        logarithm = weighted + gammaln(xp.sum(wide, axis=-1)) - xp.sum(gammaln(wide), axis=-1)
        logarithm = xp.asarray(logarithm, dtype=sample.dtype).reshape(sample.shape[:-1] or (1,))
        return logarithm if p.is_log else xp.exp(logarithm)

    def gradient(self, F: Any, p: PdfParams, at: At, dy: Any, y: Any, sample: Any, alpha: Any) -> Any:
        shape, alpha_shape = at.inputs[0].shape, at.inputs[1].shape
        wide = F._reshape_to(alpha, shape=self._wide(shape, alpha_shape))
        weight = F._spread(dy if p.is_log else dy * y, shape=shape, axis=(len(shape) - 1,))
        total = F._polygamma(F.sum(wide, axis=-1, keepdims=True), n=0)
        by_alpha = weight * (F.log(sample) + (total - F._polygamma(wide, n=0)))
        between = tuple(range(len(alpha_shape) - 1, len(shape) - 1))
        if between:
            by_alpha = F._sum_to(by_alpha, shape=alpha_shape, axis=between)
        return weight * ((wide - 1.0) / sample), by_alpha

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 6 * int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for shape, alpha, is_log in (((2, 4, 3), (2, 3), False), ((2, 3), (2, 3), True), ((2, 2, 2, 3), (2, 3), True)):
            draws = (Draw(shape, "uniform", 0.1, 0.6), Draw(alpha, "uniform", 0.7, 2.5))
            yield Sample(draws, {"is_log": is_log})
        yield Sample((Draw((0, 3), "uniform", 0.1, 0.6), Draw((0, 3), "uniform", 0.7, 2.5)))


def _corner(sample: Shape, alpha: Shape) -> Shape:
    """The leading axes that the parameters share with the sample, and the last."""
    return (*sample[: len(alpha) - 1], sample[-1])
