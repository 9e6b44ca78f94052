"""Optimizers whose rate follows the size of each layer's weights, for large batches: LARS and LAMB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import ndarray as nd
from ..ndarray.array import NDArray
from . import updates
from .optimizer import Optimizer, State, register


@register()
class LARS(Optimizer):
    """SGD at the rate lr·η·‖w‖ / (‖g‖ + wd·‖w‖ + ε) (You et al., 2017); biases, gammas and betas at lr.

    ``momentum_correction`` multiplies the momentum by the ratio of the rate to the one before. Of the names in
    ``param_idx2name``, those that do not end in ``_weight`` are not decayed.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.LARS(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 1., -1.], dtype=float32)
    """

    master_first = False
    aggregate_num = 4

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum, self.lazy_update, self.eta, self.eps = momentum, lazy_update, eta, eps
        self.momentum_correction = momentum_correction
        self._rates: tuple[int, float, float] = (-1, 0.0, 0.0)
        """(update, rate then, rate at the update before)"""

    def create_state(self, index: Any, weight: NDArray) -> State:
        return nd.zeros_like(weight) if self.momentum else None

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        if isinstance(index, (list, tuple)):
            super().update(index, weight, grad, state)
            return
        self._update_count(index)
        now = self.learning_rate
        if self._rates[0] != self.num_update:
            self._rates = (self.num_update, now, self._rates[1] if self._rates[0] >= 0 else now)
        lr, wd = self._get_lr(index), self._get_wd(index)
        if not self._name(index).endswith(("gamma", "beta", "bias")):
            lr *= self._layer_ratio(weight, grad, wd)
        if state is None:
            updates.sgd_update(weight, grad, **self._common(lr, wd))
            return
        _, now, before = self._rates
        momentum = self.momentum * (now / before if self.momentum_correction and before else 1)
        updates.sgd_mom_update(weight, grad, state, momentum=momentum, **self._common(lr, wd))

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        plain = {n: 0.0 for n in self.idx2name.values() if not n.endswith("_weight")}
        self.wd_mult = {**plain, **self._attribute("__wd_mult__"), **args_wd_mult}

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "rates": list(self._rates)}

    def load_state_dict(self, state: Any) -> None:
        super().load_state_dict(state)
        update, now, before = state["rates"]
        self._rates = (int(update), float(now), float(before))

    def _name(self, index: Any) -> str:
        if index in self.param_dict:
            return str(self.param_dict[index].name)
        return self.idx2name.get(index, str(index))

    def _layer_ratio(self, weight: NDArray, grad: NDArray, wd: float) -> float:
        norm_w = float(nd.norm(weight.astype("float32")).asscalar())
        norm_g = float(nd.norm(grad.astype("float32") * self.rescale_grad).asscalar())
        return self.eta * norm_w / (norm_g + wd * norm_w + self.eps) if norm_w > 0 and norm_g > 0 else 1.0


@register()
class LAMB(Optimizer):
    """w ← w − lr·‖w‖/‖d‖·d with Adam's direction d = m̂/(√v̂ + ε) + wd·w (You et al., 2020).

    ‖w‖ counts at least ``lower_bound`` and at most ``upper_bound``.

    >>> weight = mx.nd.array([1.0, -1.0])
    >>> optimizer = mx.optimizer.LAMB(learning_rate=0.1)
    >>> optimizer.update(0, weight, mx.nd.array([0.5, 0.1]), optimizer.create_state(0, weight))
    >>> weight.asnumpy().round(3)
    array([ 0.9, -1.1], dtype=float32)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.lower_bound, self.upper_bound, self.bias_correction = lower_bound, upper_bound, bias_correction

    def create_state(self, index: Any, weight: NDArray) -> State:
        return (nd.zeros_like(weight), nd.zeros_like(weight))

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        common = self._common(lr, wd)
        del common["lr"]
        mean, var = state
        direction = nd.lamb_update_phase1(
            weight,
            grad,
            mean,
            var,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            t=t,
            bias_correction=self.bias_correction,
            **common,
        )
        nd.lamb_update_phase2(
            weight,
            direction,
            nd.norm(weight),
            nd.norm(direction),
            lr=lr,
            out=weight,
            lower_bound=-1.0 if self.lower_bound is None else self.lower_bound,
            upper_bound=-1.0 if self.upper_bound is None else self.upper_bound,
        )
