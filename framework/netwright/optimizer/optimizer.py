"""Optimizer: the base with learning rates and decay, and the updater that keeps each weight's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..errors import CheckpointError, ParamError
from ..lr_scheduler import LRScheduler
from ..ndarray.array import NDArray
from ..registry import Table

State = NDArray | tuple[Any, ...] | None

table: Table[Optimizer] = Table("optimizer")
register = table.register


class Optimizer:
    """Base of all optimizers. A subclass gives ``create_state(index, weight)`` and ``step(weight, grad, state, lr,
    wd, t)``.

    The gradient is multiplied by ``rescale_grad`` and clipped to ±``clip_gradient`` first. ``wd`` is weight decay;
    Gluon decays all parameters, a Module those that ``set_wd_mult`` leaves.
    """

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: Mapping[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: Mapping[Any, Any] | None = None,
    ) -> None:
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        if lr_scheduler is not None and learning_rate is not None:
            lr_scheduler.base_lr = learning_rate
        if learning_rate is None:
            learning_rate = 0.01 if lr_scheduler is None else lr_scheduler.base_lr
        self.lr = learning_rate
        if self.lr < 0 or wd < 0:
            raise ParamError("learning_rate and wd cannot be negative", got=f"{self.lr}, {wd}")
        self.wd = wd
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.begin_num_update = self.num_update = begin_num_update
        self.idx2name = dict(param_idx2name or {})
        self.param_dict = dict(param_dict or {})
        self._attributes: dict[str, dict[str, str]] = {} if sym is None else sym.attr_dict()
        self.set_lr_mult({})
        self.set_wd_mult({})
        self._counts: dict[Any, int] = {}

    # ---------------------------------------------------------------- what a subclass says
    def create_state(self, index: Any, weight: NDArray) -> State:
        """The weight's state (momentum, …): an array, a tuple of them, or None."""
        return None

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        """Update the weight and its state in place; ``t`` counts this weight's updates from 1."""
        raise ParamError(f"{type(self).__name__} has no step()")

    # ---------------------------------------------------------------- use
    def create_state_multi_precision(self, index: Any, weight: NDArray) -> State:
        """The state, with a float32 copy of a float16 weight before it under ``multi_precision``."""
        if self.multi_precision and weight.dtype == np.float16:
            master = weight.astype("float32")
            return (master, self.create_state(index, master))
        return self.create_state(index, weight)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update one weight (or a list of them)."""
        if isinstance(index, (list, tuple)):
            for i, w, g, s in zip(index, weight, grad, state, strict=True):
                self.update(i, w, g, s)
            return
        self._update_count(index)
        self.step(weight, grad, state, self._get_lr(index), self._get_wd(index), self._counts[index])

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """``update`` on the float32 copy where there is one."""
        if isinstance(index, (list, tuple)):
            for i, w, g, s in zip(index, weight, grad, state, strict=True):
                self.update_multi_precision(i, w, g, s)
        elif self.multi_precision and weight.dtype == np.float16:
            master, inner = state
            self.update(index, master, grad.astype("float32"), inner)
            master.copyto(weight)
        else:
            self.update(index, weight, grad, state)

    @property
    def learning_rate(self) -> float:
        """The rate of the next update, before multipliers."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Set the rate; not while a scheduler sets it."""
        if self.lr_scheduler is not None:
            raise ParamError(
                "the learning rate is set by a scheduler",
                remedy="Change lr_scheduler.base_lr, or make one without scheduler",
            )
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: Mapping[Any, float]) -> None:
        """Multipliers of the rate by weight name or index, over those in the symbol's attributes."""
        self.lr_mult: dict[Any, float] = {**self._attribute("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        """Multipliers of the decay by weight name or index, over those in the symbol's attributes.

        Of the names in ``param_idx2name``, those that end neither in ``_weight`` nor in ``_gamma`` are not decayed.
        """
        plain = {n: 0.0 for n in self.idx2name.values() if not n.endswith(("_weight", "_gamma"))}
        self.wd_mult: dict[Any, float] = {**plain, **self._attribute("__wd_mult__"), **args_wd_mult}

    def _attribute(self, key: str) -> dict[str, float]:
        return {name: float(found[key]) for name, found in self._attributes.items() if key in found}

    def _update_count(self, index: Any) -> None:
        self._counts[index] = self.count(index) + 1
        self.num_update = max(self.num_update, self._counts[index])

    def count(self, index: Any) -> int:
        """How often that weight was updated."""
        return self._counts.get(index, self.begin_num_update)

    def set_count(self, index: Any, count: int) -> None:
        """Say how often that weight was updated."""
        self._counts[index] = count

    def _multiplier(self, table: Mapping[Any, float], attribute: str, index: Any) -> float:
        if index in self.param_dict:
            return float(getattr(self.param_dict[index], attribute))
        return table.get(index, table.get(self.idx2name.get(index, ""), 1.0))

    def _get_lr(self, index: Any) -> float:
        return self.learning_rate * self._multiplier(self.lr_mult, "lr_mult", index)

    def _get_wd(self, index: Any) -> float:
        return self.wd * self._multiplier(self.wd_mult, "wd_mult", index)

    def _common(self, lr: float, wd: float) -> dict[str, Any]:
        """The parameters every update operator takes."""
        clip = -1.0 if self.clip_gradient is None else self.clip_gradient
        return {"lr": lr, "wd": wd, "rescale_grad": self.rescale_grad, "clip_gradient": clip}

    def _prepared(self, grad: NDArray) -> NDArray:
        """The gradient rescaled and clipped."""
        return self._clipped(grad * self.rescale_grad)

    def _clipped(self, grad: NDArray) -> NDArray:
        if self.clip_gradient is None:
            return grad
        return nd.clip(grad, -self.clip_gradient, self.clip_gradient)  # type: ignore[no-any-return]

    # ---------------------------------------------------------------- state that is saved
    def state_dict(self) -> dict[str, Any]:
        """Counts as JSON-able values (the weights' states are the updater's)."""
        return {"num_update": self.num_update, "counts": [[k, v] for k, v in self._counts.items()], "lr": self.lr}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        self.num_update = int(state["num_update"])
        self._counts = {k: int(v) for k, v in state["counts"]}
        self.lr = float(state["lr"])


class Updater:
    """Calls an optimizer and keeps the states: ``updater(index, grad, weight)``."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, State] = {}

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        indices, grads, weights = (
            (index, grad, weight) if isinstance(index, (list, tuple)) else ([index], [grad], [weight])
        )
        for i, g, w in zip(indices, grads, weights, strict=True):
            if i not in self.states:
                self.states[i] = self.optimizer.create_state_multi_precision(i, w)
            self.optimizer.update_multi_precision(i, w, g, self.states[i])

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """All states flat by ``index/position``, for a file."""
        found: dict[str, np.ndarray[Any, Any]] = {}
        for index, state in self.states.items():
            for i, array in enumerate(flatten(state)):
                found[f"{index}/{i}"] = array.asnumpy()
        return found

    def load_arrays(self, arrays: Mapping[str, np.ndarray[Any, Any]], weights: Mapping[Any, NDArray]) -> None:
        """Fill the states of the given weights from ``arrays()``, once the optimizer's own state is loaded.

        Weights that were never updated have none. Raises CheckpointError where a state does not fit.
        """
        for index, weight in weights.items():
            if index not in self.optimizer._counts:
                continue
            state = self.optimizer.create_state_multi_precision(index, weight)
            for i, array in enumerate(flatten(state)):
                saved = arrays.get(f"{index}/{i}")
                if saved is None or saved.shape != array.shape:
                    raise CheckpointError(
                        "the optimizer's state is of another optimizer or network",
                        where=str(index),
                        wanted=array.shape,
                        got=None if saved is None else saved.shape,
                    )
                array._write(array.ctx.xp.asarray(saved))
            self.states[index] = state


def flatten(state: Any) -> list[NDArray]:
    """The arrays in a state, in order."""
    if state is None:
        return []
    if isinstance(state, Sequence):
        return [array for part in state for array in flatten(part)]
    return [state]


def get_updater(optimizer: Optimizer) -> Updater:
    """An updater for the optimizer."""
    return Updater(optimizer)
