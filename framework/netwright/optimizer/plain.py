"""Optimizers that MXNet keeps for old programs and for tests."""

from __future__ import annotations

from typing import Any

from .. import ndarray as nd
from ..ndarray.array import NDArray
from .optimizer import Optimizer, State, register
from .sgd import SGD


@register()
class ccSGD(SGD):
    """SGD under the name it had when it was written in C++."""


@register()
class Test(Optimizer):
    """w ← w + rescale_grad·g, and the state is a copy of w: for tests of what calls optimizers."""

    __test__ = False  # pytest takes a class of this name for its own

    def create_state(self, index: Any, weight: NDArray) -> State:
        return nd.zeros_like(weight)  # type: ignore[no-any-return]

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        weight += grad * self.rescale_grad
        state[:] = weight
