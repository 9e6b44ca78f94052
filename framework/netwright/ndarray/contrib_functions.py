"""What ``contrib`` has beside operators: functions that MXNet wrote in Python over them, for arrays and symbols."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..ops import get
from ..ops.operator import Operator


class ContribFunctions:
    """The functions, over operators made callable by ``make``."""

    def __init__(self, make: Callable[[Operator], Callable[..., Any]], tensor: type) -> None:
        self._make, self._tensor = make, tensor

    def _call(self, name: str, *inputs: Any, **params: Any) -> Any:
        return self._make(get(name))(*inputs, **params)

    def _one(self, number: Any) -> Any:
        """A number as an array of one; an array itself."""
        return number if isinstance(number, self._tensor) else self._call("_full", shape=(1,), value=float(number))

    def rand_zipfian(
        self, true_classes: Any, num_sampled: int, range_max: int, ctx: Any = None
    ) -> tuple[Any, Any, Any]:
        """Classes drawn by Zipf's law, and how often the true and the drawn ones are expected among them.

        P(k) = ln((k + 2) / (k + 1)) / ln(range_max + 1). Returns the classes (int64, (num_sampled,)), the expected
        counts of the true classes and those of the drawn ones (float64).
        """
        span = math.log(range_max + 1)
        more = {} if ctx is None else {"ctx": ctx}
        draws = self._call("_random_uniform", low=0.0, high=span, shape=(num_sampled,), dtype="float64", **more)
        classes = self._call("Cast", self._call("expm1", draws), dtype="int64")
        sampled = self._call("_mod_scalar", classes, scalar=range_max)

        def expected(k: Any) -> Any:
            number = self._call("Cast", k, dtype="float64")
            ratio = self._call("_plus_scalar", number, scalar=2.0) / self._call("_plus_scalar", number, scalar=1.0)
            return self._call("_mul_scalar", self._call("log", ratio), scalar=num_sampled / span)

        return sampled, expected(true_classes), expected(sampled)

    def adamw_update(
        self, weight: Any, grad: Any, mean: Any, var: Any, rescale_grad: Any, lr: float, eta: float, **more: Any
    ) -> Any:
        """A step of AdamW; ``rescale_grad`` is a number or an array of one."""
        return self._call("_adamw_update", weight, grad, mean, var, self._one(rescale_grad), lr=lr, eta=eta, **more)

    def mp_adamw_update(
        self,
        weight: Any,
        grad: Any,
        mean: Any,
        var: Any,
        weight32: Any,
        rescale_grad: Any,
        lr: float,
        eta: float,
        **more: Any,
    ) -> Any:
        """A step of AdamW on a master copy."""
        arrays = (weight, grad, mean, var, weight32, self._one(rescale_grad))
        return self._call("_mp_adamw_update", *arrays, lr=lr, eta=eta, **more)

    def _many(self, op: str, groups: Sequence[Sequence[Any]], tail: tuple[Any, ...], params: dict[str, Any]) -> Any:
        arrays = [a for group in zip(*groups, strict=True) for a in group]
        return self._call(op, *arrays, *tail, **params)

    def multi_adamw_update(
        self,
        weights: Any,
        grads: Any,
        mean: Any,
        var: Any,
        rescale_grad: Any,
        lrs: Any,
        wds: Any,
        etas: Any,
        size: int = 0,
        **more: Any,
    ) -> Any:
        """AdamW for lists of arrays."""
        params = {"num_weights": size or len(weights), "lrs": lrs, "wds": wds, "etas": etas, **more}
        return self._many("_multi_adamw_update", (weights, grads, mean, var), (self._one(rescale_grad),), params)

    def multi_mp_adamw_update(
        self,
        weights: Any,
        grads: Any,
        mean: Any,
        var: Any,
        weights32: Any,
        rescale_grad: Any,
        lrs: Any,
        wds: Any,
        etas: Any,
        size: int = 0,
        **more: Any,
    ) -> Any:
        """AdamW for lists of arrays with master copies."""
        params = {"num_weights": size or len(weights), "lrs": lrs, "wds": wds, "etas": etas, **more}
        groups = (weights, grads, mean, var, weights32)
        return self._many("_multi_mp_adamw_update", groups, (self._one(rescale_grad),), params)

    def multi_lamb_update(
        self,
        weights: Any,
        grads: Any,
        mean: Any,
        var: Any,
        step_count: Any,
        lrs: Any,
        wds: Any,
        num_tensors: int = 0,
        **more: Any,
    ) -> Any:
        """LAMB for lists of arrays."""
        params = {
            "num_tensors": num_tensors or len(weights),
            "step_count": step_count,
            "learning_rates": lrs,
            "wds": wds,
        }
        return self._many("_multi_lamb_update", (weights, grads, mean, var), (), {**params, **more})

    def multi_mp_lamb_update(
        self,
        weights: Any,
        grads: Any,
        mean: Any,
        var: Any,
        weights32: Any,
        step_count: Any,
        lrs: Any,
        wds: Any,
        num_tensors: int = 0,
        **more: Any,
    ) -> Any:
        """LAMB for lists of arrays with master copies."""
        params = {
            "num_tensors": num_tensors or len(weights),
            "step_count": step_count,
            "learning_rates": lrs,
            "wds": wds,
        }
        return self._many("_multi_mp_lamb_update", (weights, grads, mean, var, weights32), (), {**params, **more})


NAMES = tuple(name for name in vars(ContribFunctions) if not name.startswith("_"))
"""What ``contrib`` gets from here."""


def add_contrib(module: Any, make: Callable[[Operator], Callable[..., Any]], tensor: type) -> None:
    """Give the ``contrib`` namespace its functions."""
    functions = ContribFunctions(make, tensor)
    for name in NAMES:
        setattr(module, name, getattr(functions, name))
