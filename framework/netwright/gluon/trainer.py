"""Trainer: an optimizer applied to the parameters of a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CheckpointError, NetwrightError, ParamError
from ..optimizer import Optimizer, Updater, create
from ..serialization import load_arrays, save_arrays
from ..tape import Variable
from .parameter import Parameter
from .parameter_dict import ParameterDict


class Trainer:
    """``step(batch_size)`` after ``backward()``: sums gradients over devices, divides by the batch size, updates."""

    def __init__(
        self,
        params: ParameterDict | Mapping[str, Parameter] | Sequence[Parameter],
        optimizer: str | Optimizer,
        optimizer_params: Mapping[str, Any] | None = None,
        kvstore: Any = "device",
        compression_params: Any = None,
        update_on_kvstore: bool | None = None,
    ) -> None:
        if isinstance(params, (ParameterDict, Mapping)):
            params = [params[name] for name in sorted(params)]
        self._params: list[Parameter] = []
        for parameter in params:
            if not isinstance(parameter, Parameter):
                raise ParamError(
                    "the first argument must hold Parameters",
                    where="Trainer",
                    got=type(parameter).__name__,
                    remedy="Pass net.collect_params()",
                )
            self._params.append(parameter)
        by_index = dict(enumerate(self._params))
        if isinstance(optimizer, Optimizer):
            if optimizer_params:
                raise ParamError("optimizer_params go with an optimizer's name, not with an Optimizer", where="Trainer")
            self._optimizer = optimizer
            self._optimizer.param_dict = by_index
        else:
            self._optimizer = create(optimizer, param_dict=by_index, **dict(optimizer_params or {}))
        self._scale = self._optimizer.rescale_grad
        self._updaters: list[Updater] = [Updater(self._optimizer)]

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        return self._optimizer.learning_rate

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        return self._optimizer

    def set_learning_rate(self, lr: float) -> None:
        """Set the rate; not while a scheduler sets it."""
        self._optimizer.set_learning_rate(lr)

    def step(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """Sum gradients over devices and update; gradients are divided by ``batch_size``."""
        self.allreduce_grads()
        self.update(batch_size, ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """Sum each parameter's gradients over its devices."""
        for parameter in self._params:
            if parameter.grad_req == "null" or len(parameter.list_ctx()) == 1:
                continue
            grads = parameter.list_grad()
            total = grads[0].copy()
            for other in grads[1:]:
                total += other.as_in_context(total.ctx)
            for grad in grads:
                grad._write(total.as_in_context(grad.ctx)._data)

    def update(self, batch_size: int, ignore_stale_grad: bool = False) -> None:
        """Update only (after ``allreduce_grads``)."""
        if batch_size <= 0:
            raise ParamError("batch_size must be positive", where="Trainer.step", got=batch_size)
        self._optimizer.rescale_grad = self._scale / batch_size
        if not ignore_stale_grad:
            self._check_fresh()
        for i, parameter in enumerate(self._params):
            if parameter.grad_req == "null":
                continue
            arrays, count = parameter.list_data(), self._optimizer.count(i)
            while len(self._updaters) < len(arrays):
                self._updaters.append(Updater(self._optimizer))
            for updater, array in zip(self._updaters, arrays, strict=False):
                entry = array._entry
                if entry is None or not isinstance(entry[0], Variable):
                    continue
                if ignore_stale_grad and not entry[0].fresh:
                    continue
                self._optimizer.set_count(i, count)  # one update, however many devices hold the weight
                updater(i, array.grad, array)
                entry[0].fresh = False

    def _check_fresh(self) -> None:
        """Refuse before anything is updated."""
        for parameter in self._params:
            if parameter.grad_req == "null":
                continue
            for array in parameter.list_data():
                entry = array._entry
                if entry is not None and isinstance(entry[0], Variable) and not entry[0].fresh:
                    raise NetwrightError(
                        "its gradient was not computed since the last step",
                        where=parameter.name,
                        remedy="Call backward() on a loss that uses it inside autograd.record(), or pass "
                        "ignore_stale_grad=True",
                    )

    def save_states(self, fname: str) -> None:
        """Write the optimizer's states."""
        facts = json.dumps(self._optimizer.state_dict())
        arrays = {f"{k}/{n}": a for k, u in enumerate(self._updaters) for n, a in u.arrays().items()}
        arrays["__facts__"] = np.frombuffer(facts.encode(), dtype=np.uint8)
        save_arrays(Path(fname), arrays)

    def load_states(self, fname: str) -> None:
        """Read what ``save_states`` wrote."""
        arrays = load_arrays(fname)
        try:
            self._optimizer.load_state_dict(json.loads(arrays.pop("__facts__").tobytes()))
        except (KeyError, ValueError) as error:
            raise CheckpointError("this file does not hold a trainer's states", where=Path(fname).name) from error
        count = 1 + max((int(n.partition("/")[0]) for n in arrays), default=0)
        while len(self._updaters) < count:
            self._updaters.append(Updater(self._optimizer))
        for k, updater in enumerate(self._updaters):
            mine = {n.partition("/")[2]: a for n, a in arrays.items() if n.startswith(f"{k}/")}
            used = {int(n.partition("/")[0]) for n in mine}
            weights = {i: p.list_data()[k] for i, p in enumerate(self._params) if i in used}
            updater.load_arrays(mine, weights)
