"""LBSGD: one step for several batches, at a rate that warms up or follows the layer (MXNet's ``LBSGD``)."""

from __future__ import annotations

import math
from typing import Any

from .. import ndarray as nd
from ..errors import ParamError
from ..ndarray.array import NDArray
from . import updates
from .optimizer import Optimizer, State, register

_GROWTH = {"linear": lambda x: x, "power2": lambda x: x * x, "sqrt": math.sqrt}


@register()
class LBSGD(Optimizer):
    """SGD with momentum on the mean gradient of ``batch_scale`` batches, at the rate lr·m.

    During ``warmup_epochs``·``updates_per_epoch`` updates m rises from 1 to ``batch_scale`` (``warmup_strategy``
    ``linear``, ``power2`` or ``sqrt``); with ``lars`` it is √(‖w‖² / (‖g‖² + wd·‖w‖²)), between 0.01 and 100.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.LBSGD(learning_rate=0.1, warmup_strategy="linear")
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.95, -1.01], dtype=float32)
    """

    master_first = False

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: int = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(multi_precision=multi_precision, **kwargs)
        if warmup_strategy not in (*_GROWTH, "lars"):
            wanted = "linear, power2, sqrt or lars"
            raise ParamError("unknown warm-up", parameter="warmup_strategy", wanted=wanted, got=repr(warmup_strategy))
        if batch_scale < 1:
            raise ParamError("batch_scale counts batches", parameter="batch_scale", wanted=">= 1", got=batch_scale)
        self.momentum, self.warmup_strategy, self.warmup_epochs = momentum, warmup_strategy, warmup_epochs
        self.batch_scale, self.updates_per_epoch, self.num_epochs = batch_scale, updates_per_epoch, num_epochs
        self.init_updates = begin_epoch * updates_per_epoch

    def create_state(self, index: Any, weight: NDArray) -> State:
        momentum = nd.zeros_like(weight) if self.momentum else None
        return momentum if self.batch_scale == 1 else (momentum, nd.zeros_like(weight))

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update one weight, at the rate of the update before, as in MXNet."""
        if isinstance(index, (list, tuple)):
            super().update(index, weight, grad, state)
            return
        lr, wd = self._get_lr(index), self._get_wd(index)
        self._update_count(index)
        self.step(weight, grad, state, lr, wd, self.count(index))

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        momentum = state
        done = self.init_updates + t - self.begin_num_update
        if self.batch_scale > 1:
            momentum, collected = state
            collected += grad
            if done % self.batch_scale:
                return
            grad = collected / self.batch_scale
            collected[:] = 0
        common = self._common(lr * self._scale_of_rate(weight, grad, wd, done), wd)
        if momentum is None:
            updates.sgd_update(weight, grad, **common)
        else:
            updates.sgd_mom_update(weight, grad, momentum, momentum=self.momentum, **common)

    def _scale_of_rate(self, weight: NDArray, grad: NDArray, wd: float, done: int) -> float:
        if self.warmup_strategy == "lars":
            of_weight, of_grad = (float((a * a).sum().asscalar()) for a in (weight, grad))
            return min(max(math.sqrt(of_weight / (of_grad + wd * of_weight + 1e-18)), 0.01), 100.0)
        steps = self.warmup_epochs * self.updates_per_epoch
        if done >= steps:
            return float(self.batch_scale)
        growth: float = _GROWTH[self.warmup_strategy](done / steps)
        return 1.0 + (self.batch_scale - 1) * growth
