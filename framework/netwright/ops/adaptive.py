"""Optimizer steps that scale each element by the size of its past gradients: Adam, RMSProp and their kin."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from pydantic import Field

from ..errors import ShapeError
from .arrays import deliver
from .operator import Draw, Port, Sample, Shape, Shapes
from .optimizer import (
    BETA1,
    BETA2,
    CLIP,
    DECAY,
    EPSILON,
    GRAD,
    RATE,
    RESCALE,
    WEIGHT,
    Update,
    clip_then_decay,
    clipped,
    decay_then_clip,
    state,
)
from .params import OpParams, hint
from .registry import register
from .stored import LazyRows

MEANS = (state("mean", "mean of the gradients"), state("var", "mean of the squared gradients"))


class AdamParams(OpParams):
    """Parameters of adam_update."""

    lr: float = RATE
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = EPSILON
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    lazy_update: bool = hint(True, "Whether a row sparse gradient updates its own rows only.")


@register
class AdamUpdate(LazyRows, Update):
    """Adam: m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − lr · m / (√v + ε).

    lr carries the correction √(1 − β₂ᵗ) / (1 − β₁ᵗ) of the first steps. Source: Kingma and Ba 2015.
    """

    name = "adam_update"
    Params = AdamParams
    inputs = (WEIGHT, GRAD, *MEANS)
    sample_params = ({"beta1": 0.8, "beta2": 0.9, "epsilon": 1e-3, "clip_gradient": 0.3},)

    def forward(self, xp: Any, p: AdamParams, weight: Any, grad: Any, mean: Any, var: Any, *, out: Any = None) -> Any:
        g = decay_then_clip(xp, p, weight, grad, p.clip_gradient)
        mean, var = advanced(xp, p, g, mean, var)
        step = xp.sqrt(var)
        step += p.epsilon
        xp.divide(mean, step, out=step)
        step *= p.lr
        return xp.subtract(weight, step, out=out), mean, var


def advanced(xp: Any, p: Any, g: Any, mean: Any, var: Any) -> tuple[Any, Any]:
    """The means after one more gradient."""
    mean = mean * p.beta1
    mean += g * (1 - p.beta1)
    var = var * p.beta2
    square = g * g
    square *= 1 - p.beta2
    var += square
    return mean, var


class AdamWParams(OpParams):
    """Parameters of _adamw_update."""

    lr: float = RATE
    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = EPSILON
    wd: float = DECAY
    eta: float = Field(description="factor of the whole step")
    clip_gradient: float = CLIP


@register
class AdamWUpdate(Update):
    """Adam with decay apart from the gradient: w ← w − eta · (lr · m / (√v + ε) + wd · w).

    ``rescale_grad`` is an array of one number here; nothing changes where it is 0 or not finite, as when a loss scale
    overflowed. Source: Loshchilov and Hutter 2019.
    """

    name = "_adamw_update"
    Params = AdamWParams
    inputs = (WEIGHT, GRAD, *MEANS, Port("rescale_grad", doc="factor of the gradient, one number"))

    def infer_shape(self, p: AdamWParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        weight = next((s for s in shapes[:4] if s is not None), None)
        scale = shapes[4] if shapes[4] is not None else (1,)
        for port, given in zip(self.inputs[:4], shapes[:4], strict=True):
            if given is not None and given != weight:
                raise ShapeError(f"{port.name} does not fit", port=port.name, wanted=weight, got=given)
        if math.prod(scale) != 1:
            raise ShapeError("rescale_grad is one number", port="rescale_grad", wanted=(1,), got=scale)
        return [*[weight] * 4, scale], [weight]

    def forward(
        self,
        xp: Any,
        p: AdamWParams,
        weight: Any,
        grad: Any,
        mean: Any,
        var: Any,
        rescale_grad: Any,
        *,
        out: Any = None,
    ) -> Any:
        factor = rescale_grad.reshape(()).astype(weight.dtype)
        steps = xp.isfinite(factor) & (factor != 0)
        g = clipped(xp, grad * xp.where(steps, factor, 0), p.clip_gradient)
        new_mean, new_var = advanced(xp, p, g, mean, var)
        step = (new_mean / (xp.sqrt(new_var) + p.epsilon) * p.lr + weight * p.wd) * p.eta
        return (
            deliver(xp, xp.where(steps, weight - step, weight), out),
            xp.where(steps, new_mean, mean),
            xp.where(steps, new_var, var),
        )

    def samples(self) -> Iterable[Sample]:
        states = [Draw((3, 4), "uniform", 0.5 + i, 1.0 + i) for i in range(2)]
        for scale in (Draw((1,), "uniform", 0.5, 0.6), Draw((1,), "uniform", 0.0, 0.0)):
            for given in ({}, {"wd": 0.1, "clip_gradient": 0.3, "beta1": 0.8}):
                yield Sample(((3, 4), (3, 4), *states, scale), {"lr": 0.1, "eta": 0.7, **given})


class RMSPropParams(OpParams):
    """Parameters of rmsprop_update."""

    lr: float = RATE
    gamma1: float = Field(0.95, description="share of the squared gradient's mean that is kept")
    epsilon: float = EPSILON
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    clip_weights: float = Field(-1.0, description="largest size of a weight; negative for no limit")


@register
class RMSPropUpdate(Update):
    """RMSProp: n ← γ₁ n + (1 − γ₁) g²; w ← w − lr · g / √(n + ε). Source: Tieleman and Hinton 2012."""

    name = "rmsprop_update"
    Params = RMSPropParams
    inputs = (WEIGHT, GRAD, state("n", "mean of the squared gradients"))
    sample_params = ({"gamma1": 0.8, "clip_gradient": 0.3, "clip_weights": 0.4},)

    def forward(self, xp: Any, p: RMSPropParams, weight: Any, grad: Any, n: Any, *, out: Any = None) -> Any:
        g = decay_then_clip(xp, p, weight, grad, p.clip_gradient)
        n = n * p.gamma1 + g * g * (1 - p.gamma1)
        moved = weight - g * p.lr / xp.sqrt(n + p.epsilon)
        return deliver(xp, clipped(xp, moved, p.clip_weights), out), n


class RMSPropAlexParams(OpParams):
    """Parameters of rmspropalex_update."""

    lr: float = RATE
    gamma1: float = Field(0.95, description="share of the gradient's means that is kept")
    gamma2: float = Field(0.9, description="share of the last step that is kept")
    epsilon: float = EPSILON
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    clip_weights: float = Field(-1.0, description="largest size of a weight; negative for no limit")


@register
class RMSPropAlexUpdate(Update):
    """RMSProp by the variance, with momentum.

    n ← γ₁ n + (1 − γ₁) g²; ḡ ← γ₁ ḡ + (1 − γ₁) g; Δ ← γ₂ Δ − lr · g / √(n − ḡ² + ε); w ← w + Δ. Source: Graves 2013.
    """

    name = "rmspropalex_update"
    Params = RMSPropAlexParams
    inputs = (
        WEIGHT,
        GRAD,
        state("n", "mean of the squared gradients"),
        state("g", "mean of the gradients"),
        state("delta", "the last step"),
    )

    def forward(
        self, xp: Any, p: RMSPropAlexParams, weight: Any, grad: Any, n: Any, g: Any, delta: Any, *, out: Any = None
    ) -> Any:
        new = decay_then_clip(xp, p, weight, grad, p.clip_gradient)
        n = n * p.gamma1 + new * new * (1 - p.gamma1)
        g = g * p.gamma1 + new * (1 - p.gamma1)
        delta = delta * p.gamma2 - new * p.lr / xp.sqrt(n - g * g + p.epsilon)
        return deliver(xp, clipped(xp, weight + delta, p.clip_weights), out), n, g, delta

    def samples(self) -> Iterable[Sample]:
        # n must be above the square of g
        n, g = Draw((3, 4), "uniform", 4.0, 5.0), Draw((3, 4), "uniform", 0.1, 0.5)
        for given in ({}, {"wd": 0.1, "gamma1": 0.8, "gamma2": 0.5, "clip_gradient": 0.3, "clip_weights": 0.4}):
            yield Sample(((3, 4), (3, 4), n, g, (3, 4)), {"lr": 0.1, **given})


class FTMLParams(OpParams):
    """Parameters of ftml_update."""

    lr: float = RATE
    beta1: float = Field(0.6, description="share of the weighted gradients' sum that is kept")
    beta2: float = BETA2
    epsilon: float = EPSILON
    t: int = Field(ge=1, description="number of this step, from 1")
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_grad: float = CLIP


@register
class FTMLUpdate(Update):
    """Follow the moving leader.

    v ← β₂ v + (1 − β₂) g²; d' = (1 − β₁ᵗ) / lr · (√(v / (1 − β₂ᵗ)) + ε);
    z ← β₁ z + (1 − β₁) g − (d' − β₁ d) · w; d ← d'; w ← −z / d. Source: Zheng and Kwok 2017.
    """

    name = "ftml_update"
    Params = FTMLParams
    inputs = (
        WEIGHT,
        GRAD,
        state("d", "divisor of the last step"),
        state("v", "mean of the squared gradients"),
        state("z", "weighted sum of gradients"),
    )
    required = {"t": 3}  # noqa: RUF012
    sample_params = ({"clip_grad": 0.3, "beta1": 0.5, "epsilon": 1e-3},)

    def forward(
        self, xp: Any, p: FTMLParams, weight: Any, grad: Any, d: Any, v: Any, z: Any, *, out: Any = None
    ) -> Any:
        g = decay_then_clip(xp, p, weight, grad, p.clip_grad)
        v = v * p.beta2 + g * g * (1 - p.beta2)
        new = (xp.sqrt(v / (1 - p.beta2**p.t)) + p.epsilon) * ((1 - p.beta1**p.t) / p.lr)
        z = z * p.beta1 + g * (1 - p.beta1) - (new - d * p.beta1) * weight
        return deliver(xp, -z / new, out), new, v, z


class LambPhase1Params(OpParams):
    """Parameters of lamb_update_phase1."""

    beta1: float = BETA1
    beta2: float = BETA2
    epsilon: float = Field(1e-6, description="added to what is divided by")
    t: int = Field(ge=1, description="number of this step, from 1")
    bias_correction: bool = Field(True, description="correct the means of the first steps")
    wd: float = Field(description="weight decay")
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP


@register
class LambPhase1(Update):
    """First half of LAMB, the direction: m̂ / (√v̂ + ε) + wd · w with Adam's means. Source: You et al. 2020."""

    name = "lamb_update_phase1"
    Params = LambPhase1Params
    inputs = (WEIGHT, GRAD, *MEANS)

    def forward(
        self, xp: Any, p: LambPhase1Params, weight: Any, grad: Any, mean: Any, var: Any, *, out: Any = None
    ) -> Any:
        g = clipped(xp, grad * p.rescale_grad, p.clip_gradient)
        mean, var = advanced(xp, p, g, mean, var)
        m, v = mean, var
        if p.bias_correction:
            m, v = mean / (1 - p.beta1**p.t), var / (1 - p.beta2**p.t)
        return deliver(xp, m / (xp.sqrt(v) + p.epsilon) + weight * p.wd, out), mean, var

    def samples(self) -> Iterable[Sample]:
        states = [Draw((3, 4), "uniform", 0.5 + i, 1.0 + i) for i in range(2)]
        for given in ({}, {"bias_correction": False, "clip_gradient": 0.3, "rescale_grad": 0.5}):
            yield Sample(((3, 4), (3, 4), *states), {"t": 2, "wd": 0.1, **given})


class LambPhase2Params(OpParams):
    """Parameters of lamb_update_phase2."""

    lr: float = RATE
    lower_bound: float = Field(-1.0, description="the weight's norm counts at least this; negative for no bound")
    upper_bound: float = Field(-1.0, description="the weight's norm counts at most this; negative for no bound")


@register
class LambPhase2(Update):
    """Second half of LAMB: w ← w − lr · (r1 / r2) · direction.

    r1 = ‖w‖ and r2 = ‖direction‖; the ratio is 1 where one of them is 0.
    """

    name = "lamb_update_phase2"
    Params = LambPhase2Params
    inputs = (
        WEIGHT,
        Port("g", doc="the direction"),
        Port("r1", doc="norm of the weight, one number"),
        Port("r2", doc="norm of the direction, one number"),
    )

    def infer_shape(self, p: LambPhase2Params, shapes: Shapes) -> tuple[Shapes, Shapes]:
        one: Shape = (1,)
        weight = shapes[0] or shapes[1]
        for port, given, wanted in zip(self.inputs, shapes, (weight, weight, one, one), strict=True):
            if given is not None and given != wanted:
                raise ShapeError(f"{port.name} does not fit", port=port.name, wanted=wanted, got=given)
        return [weight, weight, one, one], [weight]

    def forward(self, xp: Any, p: LambPhase2Params, weight: Any, g: Any, r1: Any, r2: Any, *, out: Any = None) -> Any:
        return lamb_step(xp, p, weight, g, r1, r2, out)

    def samples(self) -> Iterable[Sample]:
        one = Draw((1,), "uniform", 0.5, 2.0)
        for given in ({}, {"lower_bound": 1.0, "upper_bound": 1.2}):
            yield Sample(((3, 4), (3, 4), one, one), {"lr": 0.1, **given})
        yield Sample(((3, 4), (3, 4), one, Draw((1,), "uniform", 0.0, 0.0)), {"lr": 0.1})


def lamb_step(xp: Any, p: Any, weight: Any, direction: Any, r1: Any, r2: Any, out: Any) -> Any:
    """LAMB's step with the ratio of the norms."""
    size, length = r1.reshape(()), r2.reshape(())
    if p.lower_bound >= 0:
        size = xp.maximum(size, size.dtype.type(p.lower_bound))
    if p.upper_bound >= 0:
        size = xp.minimum(size, size.dtype.type(p.upper_bound))
    some = (size != 0) & (length != 0)
    ratio = xp.where(some, size, 1) / xp.where(some, length, 1)
    return deliver(xp, weight - direction * (ratio * p.lr).astype(weight.dtype), out)


class AdaGradParams(OpParams):
    """Parameters of _sparse_adagrad_update."""

    lr: float = RATE
    epsilon: float = Field(1e-7, description="added to what is divided by")
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP


@register
class AdaGradUpdate(LazyRows, Update):
    """AdaGrad: h ← h + g²; w ← w − lr · g / √(h + ε). Source: Duchi, Hazan and Singer 2011."""

    name = "_sparse_adagrad_update"
    aliases = ("adagrad_update",)
    Params = AdaGradParams
    inputs = (WEIGHT, GRAD, state("history", "sum of the squared gradients"))
    sample_params = ({"clip_gradient": 0.3, "epsilon": 1e-3},)

    def forward(self, xp: Any, p: AdaGradParams, weight: Any, grad: Any, history: Any, *, out: Any = None) -> Any:
        g = clip_then_decay(xp, p, weight, grad)
        history = history + g * g
        return xp.subtract(weight, g * p.lr / xp.sqrt(history + p.epsilon), out=out), history
