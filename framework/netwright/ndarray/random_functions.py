"""``random.uniform(…)`` and its kin as MXNet has them: numbers or arrays as parameters, means instead of rates.

One class serves ``nd.random`` and ``sym.random``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..errors import ParamError
from ..ops import get
from ..ops.operator import Operator


class RandomFunctions:
    """The functions of a ``random`` namespace, over operators made callable by ``make``."""

    def __init__(self, make: Callable[[Operator], Callable[..., Any]], tensor: type) -> None:
        self._make, self._tensor = make, tensor
        self._made: dict[str, Callable[..., Any]] = {}

    def _call(self, name: str, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        function = self._made.get(name)
        if function is None:
            function = self._made[name] = self._make(get(name))
        return function(*inputs, **{k: v for k, v in params.items() if v is not None})

    def _draw(self, kind: str, values: dict[str, Any], more: dict[str, Any]) -> Any:
        """By ``_random_…`` where the parameters are numbers, by ``_sample_…`` where they are arrays."""
        arrays = [isinstance(v, self._tensor) for v in values.values()]
        if True not in arrays:
            return self._call(f"_random_{kind}", (), {**values, **more})
        if all(arrays):
            more.pop("ctx", None)
            return self._call(f"_sample_{kind}", tuple(values.values()), more)
        raise ParamError(
            "the parameters must be all numbers or all arrays",
            where=f"random.{kind}",
            got=", ".join(f"{name}: {type(v).__name__}" for name, v in values.items()),
        )

    def uniform(self, low: Any = 0.0, high: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Numbers drawn uniformly from [low, high)."""
        return self._draw("uniform", {"low": low, "high": high}, {"shape": shape, "dtype": dtype, **more})

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Normally distributed numbers with mean ``loc`` and standard deviation ``scale``."""
        return self._draw("normal", {"loc": loc, "scale": scale}, {"shape": shape, "dtype": dtype, **more})

    def randn(self, *shape: int, loc: Any = 0.0, scale: Any = 1.0, dtype: Any = None, **more: Any) -> Any:
        """Normally distributed numbers in the shape given by position."""
        return self.normal(loc, scale, shape or (1,), dtype, **more)

    def gamma(self, alpha: Any = 1.0, beta: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Gamma distributed numbers with shape α and scale β."""
        return self._draw("gamma", {"alpha": alpha, "beta": beta}, {"shape": shape, "dtype": dtype, **more})

    def exponential(self, scale: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Exponentially distributed numbers with mean ``scale`` (the operator takes its inverse, the rate)."""
        zero = not isinstance(scale, self._tensor) and scale == 0
        rate: Any = math.inf if zero else 1.0 / scale
        return self._draw("exponential", {"lam": rate}, {"shape": shape, "dtype": dtype, **more})

    def poisson(self, lam: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Whole numbers of the Poisson distribution with mean ``lam``."""
        return self._draw("poisson", {"lam": lam}, {"shape": shape, "dtype": dtype, **more})

    def negative_binomial(self, k: Any = 1, p: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any) -> Any:
        """Failures before the k-th success of trials with success probability p."""
        return self._draw("negative_binomial", {"k": k, "p": p}, {"shape": shape, "dtype": dtype, **more})

    def generalized_negative_binomial(
        self, mu: Any = 1.0, alpha: Any = 1.0, shape: Any = None, dtype: Any = None, **more: Any
    ) -> Any:
        """Negative binomial whole numbers with mean μ and dispersion α."""
        values = {"mu": mu, "alpha": alpha}
        return self._draw("generalized_negative_binomial", values, {"shape": shape, "dtype": dtype, **more})

    def multinomial(
        self, data: Any, shape: Any = None, get_prob: bool = False, dtype: Any = "int32", **more: Any
    ) -> Any:
        """Indices drawn with the probabilities along the last axis of ``data``."""
        params = {"shape": shape, "get_prob": get_prob, "dtype": dtype, **more}
        return self._call("_sample_multinomial", (data,), params)


FUNCTIONS = (
    "uniform",
    "normal",
    "randn",
    "gamma",
    "exponential",
    "poisson",
    "negative_binomial",
    "generalized_negative_binomial",
    "multinomial",
)


def make_random(owner: str, make: Callable[[Operator], Callable[..., Any]], tensor: type) -> ModuleType:
    """The module ``<owner>.random``; the operators' own functions are added by ``populate``."""
    module = ModuleType(f"{owner}.random", "Random arrays.")
    functions = RandomFunctions(make, tensor)
    for name in FUNCTIONS:
        setattr(module, name, getattr(functions, name))
    return module
