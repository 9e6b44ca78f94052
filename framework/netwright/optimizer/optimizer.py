"""Optimizer: the base with learning rates and decay, and the updater that keeps each weight's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from .. import ndarray as nd
from ..device import Device
from ..errors import CheckpointError, ParamError
from ..lr_scheduler import LRScheduler
from ..ndarray.array import NDArray
from ..registry import Table
from .fused import FusedUpdate, flatten, step_is_native
from .gathering import can_gather, gather

State = NDArray | tuple[Any, ...] | None

table: Table[Optimizer] = Table("optimizer")
register = table.register
create = table.create


class ScheduledRateError(ParamError, UserWarning):
    """The rate was set by hand while a scheduler sets it."""


class Optimizer:
    """Base of all optimizers. A subclass gives ``create_state(index, weight)`` and ``step(weight, grad, state, lr,
    wd, t)``.

    The gradient is multiplied by ``rescale_grad`` and clipped to ±``clip_gradient`` first. ``wd`` is weight decay;
    Gluon decays all parameters, a Module those that ``set_wd_mult`` leaves.

    A subclass in MXNet's manner gives ``update(index, weight, grad, state)`` instead of ``step``, and calls
    ``_update_count``, ``_get_lr`` and ``_get_wd`` itself.

    >>> @mx.optimizer.register
    ... class Plain(mx.optimizer.Optimizer):
    ...     def step(self, weight, grad, state, lr, wd, t):
    ...         weight -= lr * grad
    >>> weight = mx.nd.array([1.0])
    >>> mx.optimizer.create("plain", learning_rate=0.5).update(0, weight, mx.nd.array([0.4]), None)
    >>> weight.asscalar().item()
    0.800000011920929
    """

    opt_registry: ClassVar[dict[str, type[Optimizer]]] = table._classes
    register = staticmethod(register)
    create_optimizer = staticmethod(create)
    master_first: ClassVar[bool] = True
    """Whether the float32 copy of a float16 weight is the first of the state's two parts."""
    aggregate_num = 0
    """How many weights one call of ``update`` takes; they are updated one by one here."""

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
            raise ParamError(
                "learning_rate and wd cannot be negative",
                where=type(self).__name__,
                wanted="at least 0",
                got=f"{self.lr}, {wd}",
                remedy="Minimise the loss; to maximise something, negate it",
            )
        self.wd = wd
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.begin_num_update = self.num_update = begin_num_update
        self.idx2name = dict(param_idx2name or {})
        self.param_dict = dict(param_dict or {})
        self._attributes = _weights_attributes(sym)
        self.set_lr_mult({})
        self.set_wd_mult({})
        self._index_update_count: dict[Any, int] = {}

    # ---------------------------------------------------------------- what a subclass says
    def create_state(self, index: Any, weight: NDArray) -> State:
        """The weight's state (momentum, …): an array, a tuple of them, or None."""
        return None

    def step(self, weight: NDArray, grad: NDArray, state: Any, lr: float, wd: float, t: int) -> None:
        """Update the weight and its state in place; ``t`` counts this weight's updates from 1."""
        raise ParamError(f"{type(self).__name__} has no step()")

    def native_step(self) -> str:
        """The kernel that does what ``step`` does, for all weights at once; empty where there is none."""
        return ""

    def native_facts(self, lr: float, wd: float, t: int) -> tuple[float, ...]:
        """The numbers that kernel takes for a weight."""
        return (lr, wd, self.rescale_grad, -1.0 if self.clip_gradient is None else self.clip_gradient)

    # ---------------------------------------------------------------- use
    def create_state_multi_precision(self, index: Any, weight: NDArray) -> State:
        """The state, with a float32 copy of a float16 weight before it under ``multi_precision``."""
        if self.multi_precision and weight.dtype == np.float16:
            master = weight.astype("float32")
            state = self.create_state(index, master)
            return (master, state) if self.master_first else (state, master)
        return self.create_state(index, weight)

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Update one weight (or a list of them)."""
        if isinstance(index, (list, tuple)):
            for i, w, g, s in zip(index, weight, grad, state, strict=True):
                self.update(i, w, g, s)
            return
        self._update_count(index)
        self.step(weight, grad, state, self._get_lr(index), self._get_wd(index), self._index_update_count[index])

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """``update`` on the float32 copy where there is one."""
        if isinstance(index, (list, tuple)):
            for i, w, g, s in zip(index, weight, grad, state, strict=True):
                self.update_multi_precision(i, w, g, s)
        elif self.multi_precision and weight.dtype == np.float16:
            master, inner = state if self.master_first else state[::-1]
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
            raise ScheduledRateError(
                "the learning rate is set by a scheduler",
                where=type(self).__name__,
                remedy="Change lr_scheduler.base_lr, or make one without scheduler",
            )
        if isinstance(lr, bool) or not isinstance(lr, Real):
            raise ParamError(
                "the learning rate is a number",
                where=type(self).__name__,
                wanted="such as 0.1",
                got=repr(lr)[:60],
                remedy="Give a number, or an lr_scheduler when the optimizer is made",
            )
        self.lr = lr

    def set_lr_scale(self, args_lrscale: Any) -> None:
        """Replaced by ``set_lr_mult``: raises ParamError."""
        raise ParamError("there is no set_lr_scale", where=type(self).__name__, remedy="Use set_lr_mult()")

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
        for one in index if isinstance(index, (list, tuple)) else [index]:
            self._index_update_count[one] = self.count(one) + 1
            self.num_update = max(self.num_update, self._index_update_count[one])

    def count(self, index: Any) -> int:
        """How often that weight was updated."""
        return self._index_update_count.get(index, self.begin_num_update)

    def set_count(self, index: Any, count: int) -> None:
        """Say how often that weight was updated."""
        self._index_update_count[index] = count

    def _multiplier(self, table: Mapping[Any, float], attribute: str, index: Any) -> float:
        if index in self.param_dict:
            return float(getattr(self.param_dict[index], attribute))
        return table.get(index, table.get(self.idx2name.get(index, ""), 1.0))

    def _get_lr(self, index: Any) -> float:
        return self.learning_rate * self._multiplier(self.lr_mult, "lr_mult", index)

    def _get_lrs(self, indices: Sequence[Any]) -> list[float]:
        return [self._get_lr(index) for index in indices]

    def _get_wds(self, indices: Sequence[Any]) -> list[float]:
        return [self._get_wd(index) for index in indices]

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
        return {
            "num_update": self.num_update,
            "counts": [[k, v] for k, v in self._index_update_count.items()],
            "lr": self.lr,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        self.num_update = int(state["num_update"])
        self._index_update_count = {k: int(v) for k, v in state["counts"]}
        self.lr = float(state["lr"])


def _weights_attributes(sym: Any) -> dict[str, dict[str, str]]:
    """The attributes of a symbol's arguments by name."""
    if sym is None:
        return {}
    found: dict[str, dict[str, str]] = sym.attr_dict()
    return {name: found[name] for name in sym.list_arguments() if name in found}


MAX_FUSED = 16
"""Sets of weights whose native steps are kept."""


class Updater:
    """Calls an optimizer and keeps the states: ``updater(index, grad, weight)``.

    >>> updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.1))
    >>> weight = mx.nd.array([1.0])
    >>> updater(0, mx.nd.array([2.0]), weight)
    >>> round(weight.asscalar().item(), 3)
    0.8
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Any, State] = {}
        self.states_synced: dict[Any, bool] = {}
        self.aggregate_updates = optimizer.aggregate_num > 0
        self._fused: dict[tuple[Any, ...], FusedUpdate] = {}
        """The native step of each set of weights that is updated at once; a training in turns has several."""

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        if isinstance(index, (list, tuple)):
            if can_gather(self.optimizer, weight, grad):
                with gather(weight[0].ctx.xp):
                    self._each(index, grad, weight)
            elif len(index) < 2 or not self._update_natively(index, grad, weight):
                self._each(index, grad, weight)
            return
        self._prepare(index, weight)
        self.optimizer.update_multi_precision(index, weight, grad, self.states[index])

    def _prepare(self, index: Any, weight: NDArray) -> None:
        """See to it that the weight has its state, on its device."""
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
            self._fused.clear()
        elif not self.states_synced.get(index, True):
            self.states[index] = self.sync_state_context(self.states[index], weight.ctx)
            self._fused.clear()
        self.states_synced[index] = True

    def _update_natively(self, indices: Sequence[Any], gradients: Sequence[Any], weights: Sequence[Any]) -> bool:
        """Update all weights by one call of a kernel, where there is one for them."""
        optimizer = self.optimizer
        if not step_is_native(optimizer):
            return False
        key = tuple(indices)
        fused = self._fused.get(key)
        if fused is None or not all(self.states_synced.get(i) for i in indices):
            for index, weight in zip(indices, weights, strict=True):
                self._prepare(index, weight)
            fused = self._fused.get(key)
        if fused is None or not fused.holds(indices, weights):
            states = [self.states[i] for i in indices]
            fused = FusedUpdate.find(optimizer, indices, weights, states)
            if fused is None:
                self._fused.pop(key, None)
                return False
            if len(self._fused) >= MAX_FUSED:
                self._fused.clear()
            self._fused[key] = fused
        before = [optimizer.count(i) for i in indices], optimizer.num_update
        rows = []
        for index in indices:
            optimizer._update_count(index)
            lr, wd = optimizer._get_lr(index), optimizer._get_wd(index)
            rows.append(optimizer.native_facts(lr, wd, optimizer._index_update_count[index]))
        fused.use(rows)
        if fused(gradients):
            return True
        for index, count in zip(indices, before[0], strict=True):
            optimizer.set_count(index, count)
        optimizer.num_update = before[1]
        return False

    def _each(self, index: Any, grad: Any, weight: Any) -> None:
        for i, g, w in zip(index, grad, weight, strict=True):
            self(i, g, w)

    def sync_state_context(self, state: Any, context: Device) -> Any:
        """The state with its arrays on a device."""
        if isinstance(state, (list, tuple)):
            return type(state)(self.sync_state_context(part, context) for part in state)
        return state.as_in_context(context) if isinstance(state, NDArray) else state

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """The states as bytes for ``set_states``; with ``dump_optimizer`` the optimizer's settings too."""
        from .states import pack

        return pack(self, dump_optimizer)

    def set_states(self, states: bytes) -> None:
        """Take the states (and the optimizer, where it was dumped) that ``get_states`` gave."""
        from .states import unpack

        unpack(self, states)
        self.states_synced = dict.fromkeys(self.states, False)

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
            if index not in self.optimizer._index_update_count:
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
            self._fused.clear()


def get_updater(optimizer: Optimizer) -> Updater:
    """An updater for the optimizer.

    >>> updater = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=0.5))
    >>> weight = mx.nd.array([1.0])
    >>> updater(0, mx.nd.array([1.0]), weight)
    >>> weight.asscalar().item()
    0.5
    """
    return Updater(optimizer)
