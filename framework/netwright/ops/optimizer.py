"""Optimizer steps as operators: weight, gradient and states in; the new weight out, the states updated.

Call with ``out=weight`` to update in place. ``wd`` is weight decay, ``rescale_grad`` multiplies the gradient first (1
over the batch size, say), ``clip_gradient`` then limits each of its elements, where it is not negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from pydantic import Field

from .arrays import deliver
from .operator import Draw, Operator, Port, Sample, TensorSpec
from .params import OpParams, hint
from .registry import register
from .stored import LazyRows

RATE = Field(description="learning rate")
DECAY = Field(0.0, description="weight decay")
RESCALE = Field(1.0, description="factor of the gradient")
CLIP = Field(-1.0, description="largest size of an element of the gradient; negative for no limit")
MOMENTUM = Field(0.0, description="share of the last step that is kept")
BETA1 = Field(0.9, description="share of the gradient's mean that is kept")
BETA2 = Field(0.999, description="share of the squared gradient's mean that is kept")
EPSILON = Field(1e-8, description="added to what is divided by")

WEIGHT = Port("weight", "weight", doc="what is trained")
GRAD = Port("grad", doc="its gradient")


def state(name: str, doc: str) -> Port:
    """A port whose array gets a new value at each step."""
    return Port(name, "state", doc=doc)


def rescaled(gradient: Any, factor: float) -> Any:
    """The gradient times the factor; itself where that is 1."""
    return gradient if factor == 1.0 else gradient * factor


def clipped(xp: Any, gradient: Any, limit: float) -> Any:
    """The gradient with each element within ± limit; itself where the limit is negative."""
    return xp.clip(gradient, -limit, limit) if limit >= 0 else gradient


def clip_then_decay(xp: Any, p: Any, weight: Any, grad: Any) -> Any:
    """clip(rescale · g) + wd · w: the rule of SGD and its kin."""
    g = clipped(xp, rescaled(grad, p.rescale_grad), p.clip_gradient)
    return g + weight * p.wd if p.wd else g


def decay_then_clip(xp: Any, p: Any, weight: Any, grad: Any, limit: float) -> Any:
    """clip(rescale · g + wd · w): the rule of Adam and RMSProp."""
    g = rescaled(grad, p.rescale_grad)
    return clipped(xp, g + weight * p.wd if p.wd else g, limit)


class Update(Operator):
    """Base of the steps: all arrays have the weight's shape and dtype."""

    category = "optimizer"
    inputs: ClassVar[tuple[Port, ...]] = (WEIGHT, GRAD)
    inplace = (0,)
    sample_params: ClassVar[tuple[dict[str, Any], ...]] = ()

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 4 * len(inputs) * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        common = {"lr": 0.1, "wd": 0.2, "rescale_grad": 0.5}
        plain: dict[str, Any] = {"lr": 0.1}
        for given in (plain, common, *({**common, **more} for more in self.sample_params)):
            # gradients first, then states: all positive, the first ones small beside the later
            states = [Draw((3, 4), "uniform", 0.5 + i, 1.0 + i) for i in range(len(self.inputs) - 2)]
            yield Sample(((3, 4), (3, 4), *states), {**self.required, **given})
        yield Sample(((0,), *[(0,)] * (len(self.inputs) - 1)), {**self.required, **plain})

    required: ClassVar[dict[str, Any]] = {}


class SGDParams(OpParams):
    """Parameters of sgd_update."""

    lr: float = RATE
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    lazy_update: bool = hint(True, "Whether a row sparse gradient updates its own rows only.")


@register
class SGDUpdate(LazyRows, Update):
    """Stochastic gradient descent: w ← w − lr · (g + wd · w)."""

    name = "sgd_update"
    Params = SGDParams
    sample_params = ({"clip_gradient": 0.3},)

    def forward(self, xp: Any, p: SGDParams, weight: Any, grad: Any, *, out: Any = None) -> Any:
        return xp.subtract(weight, clip_then_decay(xp, p, weight, grad) * p.lr, out=out)


class MomentumParams(OpParams):
    """Parameters of sgd_mom_update."""

    lr: float = RATE
    momentum: float = MOMENTUM
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    lazy_update: bool = hint(True, "Whether a row sparse gradient updates its own rows only.")


@register
class SGDMomUpdate(LazyRows, Update):
    """SGD with momentum: m ← momentum · m − lr · (g + wd · w); w ← w + m."""

    name = "sgd_mom_update"
    Params = MomentumParams
    inputs = (WEIGHT, GRAD, state("mom", "the last step"))
    sample_params = ({"momentum": 0.9, "clip_gradient": 0.3},)

    def forward(self, xp: Any, p: MomentumParams, weight: Any, grad: Any, mom: Any, *, out: Any = None) -> Any:
        new = mom * p.momentum - clip_then_decay(xp, p, weight, grad) * p.lr
        return xp.add(weight, new, out=out), new


class NAGParams(OpParams):
    """Parameters of nag_mom_update."""

    lr: float = RATE
    momentum: float = MOMENTUM
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP


@register
class NAGMomUpdate(Update):
    """Nesterov's momentum: m ← momentum · m − lr · (g + wd · w); w ← w + momentum · m − lr · (g + wd · w)."""

    name = "nag_mom_update"
    Params = NAGParams
    inputs = (WEIGHT, GRAD, state("mom", "the last step"))
    sample_params = ({"momentum": 0.9, "clip_gradient": 0.3},)

    def forward(self, xp: Any, p: NAGParams, weight: Any, grad: Any, mom: Any, *, out: Any = None) -> Any:
        step = clip_then_decay(xp, p, weight, grad) * p.lr
        new = mom * p.momentum - step
        return xp.add(weight, new * p.momentum - step, out=out), new


class SignParams(OpParams):
    """Parameters of signsgd_update."""

    lr: float = RATE
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP


@register
class SignSGDUpdate(Update):
    """SGD by the sign alone: w ← (1 − lr · wd) · w − lr · sign(g). Source: Bernstein et al. 2018."""

    name = "signsgd_update"
    Params = SignParams
    sample_params = ({"clip_gradient": 0.3},)

    def forward(self, xp: Any, p: SignParams, weight: Any, grad: Any, *, out: Any = None) -> Any:
        # neither a positive factor nor a limit changes a sign
        step = xp.sign(grad) * (p.lr if p.rescale_grad > 0 else -p.lr if p.rescale_grad else 0.0)
        return xp.subtract(weight * (1 - p.lr * p.wd), step, out=out)


class SignumParams(OpParams):
    """Parameters of signum_update."""

    lr: float = RATE
    momentum: float = MOMENTUM
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP
    wd_lh: float = Field(0.0, description="weight decay apart from the gradient")


@register
class SignumUpdate(Update):
    """SignSGD with momentum.

    m ← momentum · m − (1 − momentum) · (g + wd · w); w ← (1 − lr · wd_lh) · w + lr · sign(m).
    """

    name = "signum_update"
    Params = SignumParams
    inputs = (WEIGHT, GRAD, state("mom", "the mean of past steps"))
    sample_params = ({"momentum": 0.9, "wd_lh": 0.1, "clip_gradient": 0.3},)

    def forward(self, xp: Any, p: SignumParams, weight: Any, grad: Any, mom: Any, *, out: Any = None) -> Any:
        new = mom * p.momentum - clip_then_decay(xp, p, weight, grad) * (1 - p.momentum)
        return xp.add(weight * (1 - p.lr * p.wd_lh), xp.sign(new) * p.lr, out=out), new


class FtrlParams(OpParams):
    """Parameters of ftrl_update."""

    lr: float = RATE
    lamda1: float = Field(0.01, description="weight of the L1 penalty")
    beta: float = Field(1.0, description="added to the root of the squared gradients' sum")
    wd: float = DECAY
    rescale_grad: float = RESCALE
    clip_gradient: float = CLIP


@register
class FtrlUpdate(LazyRows, Update):
    """Follow the regularised leader, for sparse weights.

    z ← z + g − (√(n + g²) − √n) · w / lr; n ← n + g²;
    w ← (sign(z) · lamda1 − z) / ((beta + √n) / lr + wd) where |z| > lamda1, else 0. Source: McMahan et al. 2013.
    """

    name = "ftrl_update"
    lazy_weights = ("row_sparse",)  # as in MXNet: where z is 0 the weight becomes 0
    Params = FtrlParams
    inputs = (WEIGHT, GRAD, state("z", "the sum that weights follow"), state("n", "sum of squared gradients"))
    sample_params = ({"lamda1": 0.9, "clip_gradient": 0.3},)

    def forward(self, xp: Any, p: FtrlParams, weight: Any, grad: Any, z: Any, n: Any, *, out: Any = None) -> Any:
        g = clipped(xp, grad * p.rescale_grad, p.clip_gradient)
        squares = n + g * g
        root = xp.sqrt(squares)
        z = z + g - (root - xp.sqrt(n)) * weight / p.lr
        free = (xp.sign(z) * p.lamda1 - z) / ((root + p.beta) / p.lr + p.wd)
        return deliver(xp, free * (xp.absolute(z) > p.lamda1), out), z, squares
