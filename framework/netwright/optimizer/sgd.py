"""Stochastic gradient descent, with momentum and Nesterov's look-ahead."""

from __future__ import annotations

from typing import Any

from .. import ndarray as nd
from ..ndarray.array import NDArray
from . import updates
from .optimizer import Optimizer, State, register


@register()
class SGD(Optimizer):
    """v ← momentum·v − lr·(g + wd·w); w ← w + v (without momentum: w ← w − lr·(g + wd·w)).

    With ``lazy_update`` a row sparse gradient updates its own rows only, the decay included.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.SGD(learning_rate=0.1, momentum=0.9)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.95, -1.01], dtype=float32)
    """

    master_first = False
    aggregate_num = 4

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum, self.lazy_update = momentum, lazy_update

    def create_state(self, index: Any, weight: NDArray) -> State:
        stype = weight.stype if self.lazy_update else "default"
        return nd.zeros(weight.shape, weight.ctx, weight.dtype, stype) if self.momentum else None

    def native_step(self) -> str:
        return "sgd_mom_update" if self.momentum else "sgd_update"

    def native_facts(self, lr: float, wd: float, t: int) -> tuple[float, ...]:
        return (*super().native_facts(lr, wd, t), self.momentum)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        common = {**self._common(lr, wd), "lazy_update": self.lazy_update}
        if state is None:
            updates.sgd_update(weight, grad, **common)
        else:
            updates.sgd_mom_update(weight, grad, state, momentum=self.momentum, **common)


@register()
class NAG(Optimizer):
    """Nesterov's accelerated gradient (Sutskever et al., 2013): the momentum step is looked ahead of.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.NAG(learning_rate=0.1, momentum=0.9)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.905, -1.019], dtype=float32)
    """

    master_first = False

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def create_state(self, index: Any, weight: NDArray) -> State:
        return nd.zeros(weight.shape, weight.ctx, weight.dtype) if self.momentum else None

    def native_step(self) -> str:
        return "nag_mom_update" if self.momentum else "sgd_update"

    def native_facts(self, lr: float, wd: float, t: int) -> tuple[float, ...]:
        return (*super().native_facts(lr, wd, t), self.momentum)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        if state is None:
            updates.sgd_update(weight, grad, **self._common(lr, wd))
        else:
            updates.nag_mom_update(weight, grad, state, momentum=self.momentum, **self._common(lr, wd))
