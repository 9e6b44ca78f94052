"""Optimizers that scale each weight's step by what its gradients were."""

from __future__ import annotations

import math
from typing import Any

from .. import ndarray as nd
from ..ndarray.array import NDArray
from . import updates
from .optimizer import Optimizer, State, register


def _zeros(weight: NDArray, lazy: bool = True) -> NDArray:
    """Zeros of the weight's shape; in its storage where states are updated lazily."""
    return nd.zeros(weight.shape, weight.ctx, weight.dtype, weight.stype if lazy else "default")


@register()
class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − lr·√(1−β₂ᵗ)/(1−β₁ᵗ)·m/(√v + ε) (Kingma and Ba, 2015).

    With ``lazy_update`` a row sparse gradient updates its own rows only.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.Adam(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.9, -1.1], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon, self.lazy_update = beta1, beta2, epsilon, lazy_update

    def create_state(self, index: Any, weight: NDArray) -> State:
        return (_zeros(weight, self.lazy_update), _zeros(weight, self.lazy_update))

    def native_step(self) -> str:
        return "adam_update"

    def native_facts(self, lr: float, wd: float, t: int) -> tuple[float, ...]:
        common = super().native_facts(self._corrected(lr, t), wd, t)
        return (*common, self.beta1, self.beta2, self.epsilon, 1 - self.beta1, 1 - self.beta2)

    def _corrected(self, lr: float, t: int) -> float:
        """The rate with the correction for means that began at 0."""
        return lr * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        lr = self._corrected(lr, t)
        mean, var = state
        updates.adam_update(
            weight,
            grad,
            mean,
            var,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            lazy_update=self.lazy_update,
            **self._common(lr, wd),
        )


@register()
class AdamW(Optimizer):
    """Adam with decay apart from the gradient: w ← w − (lr'·m/(√v + ε) + lr·wd·w) (Loshchilov and Hutter, 2019).

    Without ``correct_bias`` lr' is lr, else lr·√(1−β₂ᵗ)/(1−β₁ᵗ).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.AdamW(learning_rate=0.1, wd=0.01)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.899, -1.099], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        correct_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon, self.correct_bias = beta1, beta2, epsilon, correct_bias

    def create_state(self, index: Any, weight: NDArray) -> State:
        return (_zeros(weight), _zeros(weight))

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        mean, var = state
        rate = lr * math.sqrt(1 - self.beta2**t) / (1 - self.beta1**t) if self.correct_bias else lr
        if wd:
            updates.sgd_update(weight, nd.zeros_like(grad), lr=lr, wd=wd)
        updates.adam_update(
            weight,
            grad,
            mean,
            var,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **self._common(rate, 0.0),
        )


@register()
class RMSProp(Optimizer):
    """n ← γ₁n + (1−γ₁)g²; w ← w − lr·g/√(n + ε) (Tieleman and Hinton, 2012); ``centered``: Graves, 2013.

    ``gamma1`` decays the squares, ``gamma2`` is the momentum of the centered form.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.RMSProp(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.684, -1.316], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1, self.gamma2, self.epsilon = gamma1, gamma2, epsilon
        self.centered, self.clip_weights = centered, clip_weights

    def create_state(self, index: Any, weight: NDArray) -> State:
        return tuple(_zeros(weight) for _ in range(3 if self.centered else 1))

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        common = {**self._common(lr, wd), "gamma1": self.gamma1, "epsilon": self.epsilon}
        common["clip_weights"] = -1.0 if self.clip_weights is None else self.clip_weights
        if self.centered:
            n, g, delta = state
            updates.rmspropalex_update(weight, grad, n, g, delta, gamma2=self.gamma2, **common)
        else:
            updates.rmsprop_update(weight, grad, state[0], **common)


@register()
class AdaGrad(Optimizer):
    """h ← h + g²; w ← w − lr·(g/√(h + ε) + wd·w) (Duchi, Hazan and Singer, 2011).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.AdaGrad(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.9, -1.1], dtype=float32)
    """

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Any, weight: NDArray) -> State:
        return _zeros(weight)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        if grad.stype == "row_sparse":
            nd.sparse.adagrad_update(
                weight, grad, state, epsilon=self.float_stable_eps, out=weight, **self._common(lr, wd)
            )
            return
        grad = grad * self.rescale_grad
        if self.clip_gradient is not None:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        state += grad * grad
        weight -= lr * (grad / nd.sqrt(state + self.float_stable_eps) + wd * weight)
