"""What is trained: a Gluon network with a loss, on a device, with its weights and optimizer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import autograd
from ..device import Device
from ..errors import CheckpointError, GraphError, ParamError
from ..gluon import loss as losses
from ..gluon.block import Block, HybridBlock
from ..gluon.parameter import Parameter
from ..initializer import Initializer
from ..ndarray.array import NDArray
from ..ndarray.creation import array
from ..optimizer import Optimizer, Updater
from ..scheduler import Plan, Strategy
from ..symbol.precision import policy_of
from ..tape import Mode, set_autocast
from .loss_scale import all_finite, make_scaler
from .measures import measure
from .task import Examiner, Observer

TASKS = ("classification", "regression", "loss")
_CLASSES = (losses.SoftmaxCrossEntropyLoss, losses.SigmoidBinaryCrossEntropyLoss)
_VALUES = (losses.L1Loss, losses.L2Loss, losses.HuberLoss, losses.PoissonNLLLoss)


class BlockTask:
    """Training of a Gluon network: ``loss(net(x), y)`` starts the backward pass.

    Weights that are initialised already are kept, the others begin by the settings' initializer. ``task`` says what
    is measured: ``classification`` (accuracy), ``regression`` (errors) or ``loss`` alone; by default it follows from
    the loss. Hybrid networks are compiled by ``strategy`` unless ``hybridize`` is False. Data and labels become
    ``dtype``. Weights are decayed and rated by their parameters' own multipliers.

    >>> from netwright import train
    >>> net = mx.gluon.nn.Dense(3)
    >>> task = train.BlockTask(net, mx.gluon.loss.SoftmaxCrossEntropyLoss())
    >>> x, y = np.eye(6, dtype="float32"), np.arange(6) % 3
    >>> settings = train.TrainSettings(epochs=2, batch_size=2, validation_split=0)
    >>> train.fit(task, (x, y), settings=settings).steps
    6
    """

    takes_device_arrays = False

    def __init__(
        self,
        net: Block,
        loss: Block,
        task: str | None = None,
        strategy: Strategy | None = None,
        hybridize: bool = True,
        dtype: str = "float32",
    ) -> None:
        self.net, self.loss, self.dtype, self.strategy = net, loss, dtype, strategy
        self.task = _task_of(loss) if task is None else task
        if self.task not in TASKS:
            raise ParamError("unknown task", where="BlockTask", wanted=" or ".join(TASKS), got=repr(task))
        self.scaler = make_scaler(strategy)
        self.observer: Observer | None = None
        self.examiner: Examiner | None = None
        precision = strategy.precision if strategy is not None else "float32"
        self._eager_policy = None if hybridize and isinstance(net, HybridBlock) else policy_of(precision)
        if hybridize:
            for block in (net, loss):
                if isinstance(block, HybridBlock):
                    block.hybridize(strategy=strategy)

    # ---------------------------------------------------------------- setting up
    def set_up(self, device: Device, reason: str, initializer: str | Initializer) -> None:
        """Put the weights on a device; those without a value are initialised (where the shape follows from data, at
        the first step).
        """
        self.device, self.reason = device, reason
        for parameter in self._parameters().values():
            if parameter._data is None and parameter._deferred is None:
                parameter.initialize(None, device, initializer)
            elif parameter.list_ctx() != [device]:
                parameter.reset_ctx(device)

    def use(self, optimizer: Optimizer) -> None:
        """Train with this optimizer from now on."""
        self.optimizer = optimizer
        parameters = self._parameters()
        optimizer.set_lr_mult({name: p.lr_mult for name, p in parameters.items()})
        optimizer.set_wd_mult({name: p.wd_mult for name, p in parameters.items()})
        self.updater = Updater(optimizer)
        self._used = parameters

    def _parameters(self) -> dict[str, Parameter]:
        """By path (``0.weight``); a shared one by its first."""
        found: dict[int, tuple[str, Parameter]] = {}
        for name, parameter in self.net._structured().items():
            found.setdefault(id(parameter), (name, parameter))
        return dict(found.values())

    @property
    def weights(self) -> dict[str, NDArray]:
        """The trained arrays by path, as far as they are made."""
        return {
            name: p.data() for name, p in self._parameters().items() if p.grad_req != "null" and p._data is not None
        }

    def _trained(self) -> dict[str, NDArray]:
        """``weights``, of the parameters that were there when the training began."""
        return {name: p.data() for name, p in self._used.items() if p.grad_req != "null" and p._data is not None}

    @property
    def parameters(self) -> int:
        """Count of trained numbers, as far as shapes are known."""
        return sum(w.size for w in self.weights.values())

    # ---------------------------------------------------------------- one batch
    def step(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> dict[str, float]:
        """Forward, backward and update on one batch; returns its sums for Measures."""
        data, label = self._on_device(x), self._on_device(y)
        scale = 1.0 if self.scaler is None else self.scaler.loss_scale
        with autograd.record(), self._casting():
            output = self.net(data)
            loss = self.loss(output, label)
            scaled = loss if self.scaler is None else loss * scale
        with np.errstate(over="ignore", invalid="ignore"):  # the step that overflows is left out
            scaled.backward()
        self.optimizer.rescale_grad = 1.0 / (loss.size * scale)
        weights = self._trained()
        gradients = [w.grad for w in weights.values()]
        if self.observer is not None:
            found = {
                n: g._data for n, g in zip(weights, gradients, strict=True) if g is not None and g.stype == "default"
            }
            self.observer(found, self.optimizer.rescale_grad)
        sums = self._measure(output, label, loss)
        if self.examiner is not None:
            raw = {name: g._data for name, g in zip(weights, gradients, strict=True) if g is not None}
            self.examiner(x, y, sums, raw, self.optimizer.rescale_grad)
        if self.scaler is None or not self.scaler.update(
            not all_finite(self.device.xp, (g._data for g in gradients if g is not None))
        ):
            self.updater(list(weights), gradients, list(weights.values()))
        return sums

    def evaluate(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> dict[str, float]:
        """The sums of one batch without training."""
        data, label = self._on_device(x), self._on_device(y)
        with self._casting():
            output = self.net(data)
            return self._measure(output, label, self.loss(output, label))

    def make_ready(self, batch_size: int) -> None:
        """Steps of another batch size are planned as they come."""

    def plan(self, batch_size: int, training: bool = True) -> Plan:
        """The Scheduler's plan for that batch size, once it has run; raises GraphError before."""
        plans: list[Plan] = self.net.plans() if isinstance(self.net, HybridBlock) else []
        for plan in plans:
            fed = next((v for n, v in plan.graph.inputs.items() if n.startswith("data")), None)
            if fed is not None and fed.shape[:1] == (batch_size,) and plan.graph.train is training:
                return plan
        raise GraphError(
            f"there is no plan for a batch of {batch_size} yet",
            where=self.net.name,
            remedy="Train or evaluate such a batch first; a network that is not hybrid has no plan",
        )

    def work(self, batch_size: int) -> None:
        """Not known: shapes follow from the first batch."""

    def settle(self, train: Any, seed: int, epoch: int) -> dict[str, float]:
        """Nothing comes once an epoch."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Nothing is to be saved besides weights and optimizer."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing was saved."""

    @contextmanager
    def _casting(self) -> Iterator[None]:
        """Compiled networks cast by their plan, others call by call."""
        if self._eager_policy is None:
            yield
            return
        before = Mode.autocast
        set_autocast(self._eager_policy)
        try:
            yield
        finally:
            set_autocast(before)

    def _on_device(self, values: np.ndarray[Any, Any]) -> NDArray:
        return array(np.ascontiguousarray(values), ctx=self.device, dtype=self.dtype)

    def _measure(self, output: Any, label: NDArray, loss: NDArray) -> dict[str, float]:
        first = output[0] if isinstance(output, (list, tuple)) else output
        predicted, wanted = first.asnumpy(), label.asnumpy()
        if self.task == "classification":
            if predicted.shape[1:] == (1,) and not getattr(self.loss, "_from_sigmoid", False):
                predicted = (predicted > 0).astype(predicted.dtype)  # a logit above 0 is a probability above ½
            elif wanted.shape == predicted.shape and predicted.ndim > 1 and predicted.shape[1] > 1:
                wanted = wanted.argmax(axis=1)
        return measure(self.task, float(loss.asnumpy().mean()), predicted, wanted)

    # ---------------------------------------------------------------- weights as files hold them
    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """All weights and states by path."""
        return {name: p.data().asnumpy() for name, p in self._parameters().items() if p._data is not None}

    def load_arrays(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Set all weights and states; raises CheckpointError where one is missing."""
        parameters = self._parameters()
        for name in parameters:
            if name not in arrays:
                raise CheckpointError("a weight is missing", where=name, got=", ".join(list(arrays)[:8]))
        for name, parameter in parameters.items():
            parameter.set_data(array(arrays[name], ctx=self.device, dtype=arrays[name].dtype))

    def take_arrays(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> tuple[list[str], list[str]]:
        """Set the weights and states of which there is one of that shape; (those set, those left as they are)."""
        taken, left = [], []
        for name, parameter in self._parameters().items():
            given, shape = arrays.get(name), parameter.shape or ()
            if given is None or not _fits(shape, given.shape):
                left.append(name)
                continue
            parameter.set_data(array(given, ctx=self.device, dtype=given.dtype))
            taken.append(name)
        return taken, left


def _fits(shape: tuple[int, ...], given: tuple[int, ...]) -> bool:
    """Whether a shape, of which a 0 is not known yet, may be the given one."""
    return len(shape) == len(given) and all(n in (0, m) for n, m in zip(shape, given, strict=True))


def _task_of(loss: Block) -> str:
    return "classification" if isinstance(loss, _CLASSES) else "regression" if isinstance(loss, _VALUES) else "loss"
