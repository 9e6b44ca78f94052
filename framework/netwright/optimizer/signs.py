"""Optimizers that step by signs, with noise, or against delay."""

from __future__ import annotations

import math
from typing import Any

from .. import ndarray as nd
from ..ndarray.array import NDArray
from . import updates
from .optimizer import Optimizer, State, register


@register()
class Signum(Optimizer):
    """v ← momentum·v − (1 − momentum)·(g + wd·w); w ← (1 − lr·wd_lh)·w + lr·sign(v) (Bernstein et al., 2018).

    Without momentum: w ← (1 − lr·(wd + wd_lh))·w − lr·sign(g).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.Signum(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.9, -1.1], dtype=float32)
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum, self.wd_lh = momentum, wd_lh

    def create_state(self, index: Any, weight: NDArray) -> State:
        return nd.zeros_like(weight) if self.momentum else None

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        if state is None:
            updates.signsgd_update(weight, grad, **self._common(lr, wd + self.wd_lh))
            return
        common = self._common(lr, wd)
        updates.signum_update(weight, grad, state, momentum=self.momentum, wd_lh=self.wd_lh, **common)


@register()
class SGLD(Optimizer):
    """w ← w − lr/2·(g + wd·w) + N(0, lr): samples from a posterior (Welling and Teh, 2011).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> mx.optimizer.SGLD(learning_rate=0.1).update(0, weight, mx.nd.array([0.5, 0.1]), None)
    >>> weight.shape
    (2,)
    """

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        g = self._prepared(grad) + wd * weight
        noise = nd.random.normal(0, math.sqrt(lr), shape=weight.shape, dtype=weight.dtype, ctx=weight.ctx)
        weight += noise - (lr / 2) * g


@register()
class DCASGD(Optimizer):
    """v ← momentum·v − lr·(g + wd·w + lamda·g²·(w − w₋)); w ← w + v: corrects for the delay (Zheng et al., 2017).

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.DCASGD(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.95, -1.01], dtype=float32)
    """

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum, self.lamda = momentum, lamda

    def create_state(self, index: Any, weight: NDArray) -> State:
        velocity = nd.zeros_like(weight) if self.momentum else None
        return (velocity, weight.detach().copy())

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        velocity, before = state
        g = self._prepared(grad)
        change = -lr * (g + wd * weight + self.lamda * g * g * (weight - before))
        if velocity is not None:
            velocity[:] = self.momentum * velocity + change
            change = velocity
        before[:] = weight
        weight += change


@register()
class Ftrl(Optimizer):
    """Follow the regularised leader: weights whose sum of gradients is below ``lamda1`` are 0 (McMahan et al., 2013).

    z ← z + g − (√(n + g²) − √n)·w / lr; n ← n + g²;
    w ← (sign(z)·lamda1 − z) / ((beta + √n) / lr + wd) where \\|z\\| > lamda1, else 0.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.Ftrl(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.299, -0.099], dtype=float32)
    """

    def __init__(self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.lamda1, self.beta = lamda1, beta

    def create_state(self, index: Any, weight: NDArray) -> State:
        return (nd.zeros_like(weight), nd.zeros_like(weight))

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        z, n = state
        common = self._common(lr, wd)
        updates.ftrl_update(weight, grad, z, n, lamda1=self.lamda1, beta=self.beta, **common)
