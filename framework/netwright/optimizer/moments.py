"""Relatives of Adam: Adamax, Nadam, FTML, AdaDelta."""

from __future__ import annotations

from typing import Any

from .. import ndarray as nd
from ..ndarray.array import NDArray
from . import updates
from .optimizer import Optimizer, State, register


def _zeros(weight: NDArray, count: int) -> tuple[NDArray, ...]:
    return tuple(nd.zeros_like(weight) for _ in range(count))


@register()
class Adamax(Optimizer):
    """m ← β₁m + (1−β₁)g; u ← max(β₂u, \\|g\\|); w ← w − lr/(1−β₁ᵗ)·m/u (Kingma and Ba, 2015).

    g has the decay wd·w in it; it is clipped with the decay.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.Adamax(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.9, -1.1], dtype=float32)
    """

    def __init__(self, learning_rate: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2 = beta1, beta2

    def create_state(self, index: Any, weight: NDArray) -> State:
        return _zeros(weight, 2)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        mean, bound = state
        g = self._clipped(grad * self.rescale_grad + wd * weight)
        mean[:] = self.beta1 * mean + (1 - self.beta1) * g
        bound[:] = nd.broadcast_maximum(self.beta2 * bound, nd.abs(g))
        weight -= lr / (1 - self.beta1**t) * mean / bound


@register()
class Nadam(Optimizer):
    """Adam with Nesterov's momentum, whose weight β₁·(1 − ½·0.96^(t·schedule_decay)) grows (Dozat, 2016).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.Nadam(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.894, -1.106], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon, self.schedule_decay = beta1, beta2, epsilon, schedule_decay
        self.m_schedule = 1.0

    def create_state(self, index: Any, weight: NDArray) -> State:
        return _zeros(weight, 2)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        mean, var = state
        g = self._clipped(grad * self.rescale_grad + wd * weight)
        now, then = (self.beta1 * (1 - 0.5 * 0.96 ** (k * self.schedule_decay)) for k in (t, t + 1))
        # one product over all updates of all weights, as in MXNet
        self.m_schedule *= now
        ahead = self.m_schedule * then
        mean[:] = self.beta1 * mean + (1 - self.beta1) * g
        var[:] = self.beta2 * var + (1 - self.beta2) * g * g
        step = (1 - now) * g / (1 - self.m_schedule) + then * mean / (1 - ahead)
        weight -= lr * step / (nd.sqrt(var / (1 - self.beta2**t)) + self.epsilon)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "m_schedule": self.m_schedule}

    def load_state_dict(self, state: Any) -> None:
        super().load_state_dict(state)
        self.m_schedule = float(state["m_schedule"])


@register()
class FTML(Optimizer):
    """Follow the moving leader (Zheng and Kwok, 2017).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.FTML(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.9, -1.1], dtype=float32)
    """

    def __init__(self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def create_state(self, index: Any, weight: NDArray) -> State:
        return _zeros(weight, 3)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        common = self._common(lr, wd)
        common["clip_grad"] = common.pop("clip_gradient")
        d, v, z = state
        common |= {"beta1": self.beta1, "beta2": self.beta2, "epsilon": self.epsilon}
        updates.ftml_update(weight, grad, d, v, z, t=t, **common)


@register()
class AdaDelta(Optimizer):
    """n ← ρn + (1−ρ)g²; Δ = √((δ+ε)/(n+ε))·g; δ ← ρδ + (1−ρ)Δ²; w ← w − Δ − wd·w (Zeiler, 2012). Takes no rate.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.AdaDelta()
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.99, -1.01], dtype=float32)
    """

    def __init__(self, rho: float = 0.9, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho, self.epsilon = rho, epsilon

    def create_state(self, index: Any, weight: NDArray) -> State:
        return _zeros(weight, 2)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        squares, changes = state
        g = self._prepared(grad)
        squares[:] = self.rho * squares + (1 - self.rho) * g * g
        change = nd.sqrt(changes + self.epsilon) / nd.sqrt(squares + self.epsilon) * g
        changes[:] = self.rho * changes + (1 - self.rho) * change * change
        weight -= change + wd * weight
