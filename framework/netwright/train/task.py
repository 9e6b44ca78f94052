"""What is trained: a graph with loss heads, on a device, with its weights and optimizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..device import Device, cpu
from ..errors import DataError, GraphError, MemoryLimitError
from ..graph.check import DataSpec
from ..graph.network import Head, Network, of_symbol, to_network
from ..graph.weights import initial_weights
from ..initializer import Initializer
from ..initializer import create as create_initializer
from ..ndarray.array import NDArray
from ..ops.operator import Shape, TensorSpec
from ..optimizer import Optimizer, Updater
from ..scheduler import Compiled, Strategy
from ..scheduler.cost import Work
from ..symbol.symbol import Symbol
from ..task_choice import TaskChoice
from .latent import ClusterSettler, make_settler
from .loss_scale import SCALE, all_finite, make_scaler, scale_heads
from .measures import measure, measure_losses
from .turns import Part, parts, whole

Observer = Callable[[Mapping[str, Any], float], None]
"""Told of a step before its update: the raw gradients by weight, lent until it returns, and the factor they are
scaled by."""

Examiner = Callable[[Any, Any, dict[str, float], Mapping[str, Any], float], None]
"""Told of each step before its update: the batch, its sums, and the raw gradients by weight (lent until it returns),
which times the factor are those of the mean."""

Samples = np.ndarray[Any, Any] | Sequence[np.ndarray[Any, Any]]
"""One array, or one for each input in their order."""


class GraphTask:
    """Training of a graph JSON or a symbol: its loss heads start the backward pass, labels come from the data or from
    inside the graph.

    ``data`` (a DatasetInfo or DataSpec) says what feeds the graph. Of a symbol, ``inputs`` may name what is fed, with
    the shapes of one sample; where there are several, a batch is a sequence of arrays in their order. ``choice`` says
    what the network is for, and which loss trains which weights (``settings.task``).

    >>> from netwright import datasets, templates
    >>> from netwright.train import GraphTask
    >>> GraphTask(templates.get("mlp-digits").graph, datasets.info("digits")).task
    'classification'
    """

    def __init__(
        self,
        graph: Any,
        data: Any = None,
        strategy: Strategy | None = None,
        inputs: Mapping[str, Shape] | None = None,
        choice: TaskChoice | None = None,
    ) -> None:
        self.data = data if isinstance(data, DataSpec) else DataSpec.of(data)
        if inputs is None:
            self.network: Network = to_network(graph, self.data if self.data.input_shape else None)
        else:
            self.network = of_symbol(graph, inputs)
        self.strategy = strategy
        losses = [head for head in self.network.heads if head.is_loss]
        if not losses:
            raise GraphError(
                "the network has no loss, so it cannot be trained",
                remedy="Add SoftmaxOutput for classes or LinearRegressionOutput for values",
            )
        if inputs is None and len(self.network.inputs) != 1:
            raise GraphError(
                "a data set feeds one Input", wanted="1 Input node", got=f"{len(self.network.inputs)} Input nodes"
            )
        self.head: Head = losses[0]
        self.graph, self.choice = graph, choice or TaskChoice()
        self.scaler = make_scaler(strategy)
        self._turns = parts(self.network, self.choice.turns)
        self._whole = whole(self.network) if self.choice.turns else self._turns[0]
        self._settler = make_settler(graph, self.choice, self.data)
        self.weights: dict[str, NDArray] = {}
        self.states: dict[str, NDArray] = {}
        self._compiled: dict[tuple[int, str | None], Compiled] = {}
        self.observer: Observer | None = None
        self.examiner: Examiner | None = None

    takes_device_arrays = True
    """Batches may lie on the task's device already."""

    @property
    def task(self) -> str:
        """The kind of ``choice``; of a supervised one ``classification``, ``regression`` or ``loss``, as its first
        loss head says.
        """
        return self.head.task if self.choice.kind == "supervised" else self.choice.kind

    @property
    def parameters(self) -> int:
        """Count of trained numbers (known once set up)."""
        return sum(w.size for w in self.weights.values())

    # ---------------------------------------------------------------- setting up
    def set_up(self, device: Device, reason: str, initializer: str | Initializer) -> None:
        """Make and initialise the weights on a device."""
        self.device, self.reason = device, reason
        self._compiled.clear()
        self.weights, self.states = initial_weights(
            self._whole.symbol, self.network.weights, self._known(2), device, create_initializer(initializer)
        )

    def use(self, optimizer: Optimizer) -> None:
        """Train with this optimizer from now on."""
        self.optimizer = optimizer
        optimizer.set_wd_mult({n: 0.0 for n in self.weights if n.endswith(("_bias", "_beta", "_gamma"))})
        self.updater = Updater(optimizer)

    # ---------------------------------------------------------------- one batch
    def step(self, x: Samples, y: np.ndarray[Any, Any]) -> dict[str, float]:
        """Forward, backward and update on one batch, turn by turn; returns its sums for Measures."""
        samples = self._by_name(x)
        if len(self._turns) == 1:
            return self._update(self._turns[0], samples, x, y)
        sums: dict[str, float] = {}
        for turn in self._turns:
            self.optimizer.set_lr_mult(dict.fromkeys(turn.weights, turn.rate))
            for name, value in self._update(turn, samples, x, y).items():
                sums[name] = sums.get(name, 0.0) + value
        return sums

    def _update(self, part: Part, samples: Mapping[str, Any], x: Samples, y: np.ndarray[Any, Any]) -> dict[str, float]:
        batch = len(next(iter(samples.values())))
        compiled = self._plan_for(batch, part)
        program = compiled.acquire()
        try:
            program.step(self._feeds(compiled, samples, y), self._head_gradients(compiled))
            sums = self._measure(part, compiled, program, y)
            gradients = {n: v for n, v in compiled.gradients.items() if v is not None}
            names, lent = list(gradients), program.borrow(list(gradients.values()))
            scale = 1.0 if self.scaler is None else self.scaler.loss_scale
            self.optimizer.rescale_grad = 1.0 / (batch * scale)
            if self.observer is not None:
                self.observer(dict(zip(names, lent, strict=True)), self.optimizer.rescale_grad)
            if self.examiner is not None:
                self.examiner(x, y, sums, dict(zip(names, lent, strict=True)), self.optimizer.rescale_grad)
            if self.scaler is None or not self.scaler.update(not all_finite(self.device.xp, lent)):
                self.updater(names, [NDArray(g) for g in lent], [self.weights[n] for n in names])
        finally:
            compiled.release(program)
        return sums

    def evaluate(self, x: Samples, y: np.ndarray[Any, Any]) -> dict[str, float]:
        """The sums of one batch without training."""
        samples = self._by_name(x)
        compiled = self._plan_for(len(next(iter(samples.values()))))
        program = compiled.acquire()
        try:
            program.forward(self._feeds(compiled, samples, y))
            sums = self._measure(self._whole, compiled, program, y)
        finally:
            compiled.release(program)
        if self._settler is not None:
            sums |= self._settler.measure(self, x, y)
        return sums

    # ---------------------------------------------------------------- between epochs
    def settle(self, train: Any, seed: int, epoch: int) -> dict[str, float]:
        """Do what comes once an epoch, given the training samples (clusters in latent space, say); returns values to
        show.
        """
        return {} if self._settler is None else self._settler.settle(self, train, seed, epoch)

    def state_dict(self) -> dict[str, Any]:
        """What there is to save besides weights and optimizer, as JSON-able values."""
        return {} if self._settler is None else self._settler.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
        if self._settler is not None:
            self._settler.load_state_dict(state)

    @property
    def clusters(self) -> Any:
        """The centres of the clusters (k, features) as found after the last epoch; None where there are none."""
        return getattr(self._settler, "centres", None)

    def make_ready(self, batch_size: int) -> None:
        """Plan steps of another batch size; MemoryLimitError where one does not fit, and the present plans stay."""
        wanted = {(batch_size, turn.name): self._plan_for(batch_size, turn) for turn in self._turns}
        kept = {key: found for key, found in self._compiled.items() if key[1] is None or key in wanted}
        try:
            for compiled in wanted.values():
                compiled.release(compiled.acquire())
        except MemoryLimitError:
            for key in wanted:
                del self._compiled[key]
            raise
        self._compiled = kept

    def assign(self, train: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
        """(cluster, label) of up to 10,000 training samples; None where there are no clusters."""
        return self._settler.assign(self, train) if isinstance(self._settler, ClusterSettler) else None

    def plan(self, batch_size: int, training: bool = True) -> Any:
        """The Scheduler's plan for that batch size; of several turns, that of the first."""
        return self._plan_for(batch_size, self._turns[0] if training else None).plan

    def work(self, batch_size: int) -> Work:
        """What a training step costs, for choosing a device; nothing needs to be set up."""
        known = self._known(batch_size)
        wrt = tuple(self.network.weights)
        symbol, heads = self._scaled(self._whole), self._whole.count
        compiled = Compiled(
            symbol, known, train=True, wrt=wrt, device=cpu(), strategy=self.strategy, differentiated=heads
        )
        return Work.of(compiled.plan, (*wrt, *symbol.list_auxiliary_states()))

    # ---------------------------------------------------------------- weights as files hold them
    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """All weights and states."""
        return {n: a.asnumpy() for n, a in (*self.weights.items(), *self.states.items())}

    def load_arrays(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
        """Set all weights and states."""
        for name, array in (*self.weights.items(), *self.states.items()):
            array._write(self.device.xp.asarray(arrays[name]))

    def take_arrays(self, arrays: Mapping[str, np.ndarray[Any, Any]]) -> tuple[list[str], list[str]]:
        """Set the weights and states of which there is one of that shape; (those set, those left as they are)."""
        taken, left = [], []
        for name, array in (*self.weights.items(), *self.states.items()):
            given = arrays.get(name)
            if given is None or given.shape != array.shape:
                left.append(name)
                continue
            array._write(self.device.xp.asarray(given.astype(array._data.dtype, copy=False)))
            taken.append(name)
        return taken, left

    # ---------------------------------------------------------------- inside
    def _scaled(self, part: Part) -> Symbol:
        return part.symbol if self.scaler is None else scale_heads(part.symbol, part.count)

    def _known(self, batch: int) -> dict[str, TensorSpec]:
        known = {}
        for name, shape in self.network.inputs.items():
            full = shape or self.data.input_shape
            if full is None:
                raise GraphError("the shape of a sample is not known", where=name)
            known[name] = TensorSpec((batch, *full), np.dtype(np.float32))
        if self.scaler is not None:
            known[SCALE] = TensorSpec((1,), np.dtype(np.float32))
        known.update({n: TensorSpec(a.shape, a._data.dtype) for n, a in (*self.weights.items(), *self.states.items())})
        return known

    def _plan_for(self, batch: int, turn: Part | None = None) -> Compiled:
        """The plan of a turn's update; without one, of evaluating everything."""
        key = (batch, None if turn is None else turn.name)
        found = self._compiled.get(key)
        if found is None:
            part = self._whole if turn is None else turn
            found = self._compiled[key] = Compiled(
                self._scaled(part),
                self._known(batch),
                train=turn is not None,
                wrt=() if turn is None else turn.weights,
                device=self.device,
                strategy=self.strategy,
                reason=self.reason,
                differentiated=part.count,
                lend_gradients=True,
            )
        return found

    def _by_name(self, x: Any) -> dict[str, Any]:
        arrays = (x,) if len(self.network.inputs) == 1 else tuple(x)
        if len(arrays) != len(self.network.inputs):
            names = ", ".join(self.network.inputs)
            raise DataError("a batch has an array for each input", wanted=names, got=f"{len(arrays)} arrays")
        return dict(zip(self.network.inputs, arrays, strict=True))

    def _feeds(
        self, compiled: Compiled, samples: Mapping[str, np.ndarray[Any, Any]], y: np.ndarray[Any, Any]
    ) -> dict[str, Any]:
        xp, inputs = self.device.xp, compiled.plan.graph.inputs
        feeds = {n: a._data for n, a in (*self.weights.items(), *self.states.items()) if n in inputs}
        for name, x in samples.items():
            if name not in inputs:  # this turn does without
                continue
            feeds[name] = xp.ascontiguousarray(xp.asarray(x, dtype=inputs[name].dtype))
        if self.scaler is not None:
            feeds[SCALE] = xp.full(1, self.scaler.loss_scale, np.float32)
        for label in self.network.labels:
            if label not in inputs:  # of another turn's loss
                continue
            feeds[label] = xp.asarray(y, dtype=inputs[label].dtype).reshape(inputs[label].shape)
        return feeds

    def _head_gradients(self, compiled: Compiled) -> dict[str, Any]:
        """Heads that are no losses take no part in training."""
        inputs = compiled.plan.graph.inputs
        return {n: self.device.xp.zeros(inputs[n].shape, inputs[n].dtype) for n in compiled.needed_heads}

    def _measure(self, part: Part, compiled: Compiled, program: Any, y: np.ndarray[Any, Any]) -> dict[str, float]:
        losses = part.losses
        places = [i for i, _ in losses] + [part.watched[head.name] for _, head in losses if head.name in part.watched]
        taken = dict(zip(places, program.take([compiled.outputs[i] for i in places]), strict=True))
        several = len(self._whole.losses) > 1
        values, sums = [], {}
        for i, head in losses:
            assert head.op is not None
            watched = part.watched.get(head.name)
            label = taken[watched] if watched is not None else self.device.xp.asarray(y)
            value = float(head.op.loss(self.device.xp, head.p, taken[i], label))  # type: ignore[attr-defined]
            values.append((head.name, value, getattr(head.p, "grad_scale", 1.0)))
            if head is self.head:
                axis = head.op.class_axis(head.p)  # type: ignore[attr-defined]
                sums = measure(self._measured, value, _host(taken[i]), _host(label), axis)
        return {**sums, **measure_losses(values, len(taken[losses[0][0]]))} if several else sums

    @property
    def _measured(self) -> str:
        """What the first loss head is measured as."""
        if self.choice.kind in ("supervised", "language"):
            return self.task
        return "loss" if self.choice.turns else "regression"


def _host(array: Any) -> np.ndarray[Any, Any]:
    return array if isinstance(array, np.ndarray) else np.asarray(array.get())
