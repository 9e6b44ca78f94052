"""Optimizers that MXNet keeps apart (``mx.optimizer.contrib``)."""

from __future__ import annotations

from typing import Any

from .. import ndarray as nd
from ..errors import ParamError
from ..ndarray.array import NDArray
from .optimizer import Optimizer, State, register


@register()
class GroupAdaGrad(Optimizer):
    """AdaGrad with one rate a row: h ← h + mean(g², row); w ← w − lr·g/√(h + ε). Takes no decay.

    >>> weight = mx.nd.ones((2, 2))
    >>> optimizer = mx.optimizer.contrib.GroupAdaGrad(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([[1, 1], [0, 0]]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([[0.9, 0.9],
           [1. , 1. ]], dtype=float32)
    """

    def __init__(self, eps: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Any, weight: NDArray) -> State:
        return nd.zeros((weight.shape[0], *[1] * (weight.ndim - 1)), weight.ctx, weight.dtype, weight.stype)

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        if wd:
            raise ParamError("this optimizer takes no weight decay", where="GroupAdaGrad", parameter="wd", got=wd)
        if grad.stype == "row_sparse":
            common = self._common(lr, wd)
            common.pop("wd")
            nd.contrib.group_adagrad_update(weight, grad, state, epsilon=self.float_stable_eps, out=weight, **common)
            return
        g = self._prepared(grad)
        axes = tuple(range(1, g.ndim))
        state += nd.mean(g * g, axis=axes, keepdims=True) if axes else g * g
        weight -= lr * nd.broadcast_div(g, nd.sqrt(state + self.float_stable_eps))
