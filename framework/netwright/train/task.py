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
from ..symbol.symbol import Group, Symbol
from .loss_scale import SCALE, all_finite, make_scaler, scale_heads
from .measures import measure

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
    the shapes of one sample; where there are several, a batch is a sequence of arrays in their order.

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
        self.scaler = make_scaler(strategy)
        self._symbol = self._watching_labels()
        if self.scaler is not None:
            self._symbol = scale_heads(self._symbol, self._heads)
        self.weights: dict[str, NDArray] = {}
        self.states: dict[str, NDArray] = {}
        self._compiled: dict[tuple[int, bool], Compiled] = {}
        self.observer: Observer | None = None
        self.examiner: Examiner | None = None

    takes_device_arrays = True
    """Batches may lie on the task's device already."""

    @property
    def task(self) -> str:
        """``classification``, ``regression`` or ``loss``: what the first loss head is for."""
        return self.head.task

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
            self._symbol, self.network.weights, self._known(2), device, create_initializer(initializer)
        )

    def use(self, optimizer: Optimizer) -> None:
        """Train with this optimizer from now on."""
        self.optimizer = optimizer
        optimizer.set_wd_mult({n: 0.0 for n in self.weights if n.endswith(("_bias", "_beta", "_gamma"))})
        self.updater = Updater(optimizer)

    # ---------------------------------------------------------------- one batch
    def step(self, x: Samples, y: np.ndarray[Any, Any]) -> dict[str, float]:
        """Forward, backward and update on one batch; returns its sums for Measures."""
        samples = self._by_name(x)
        batch = len(next(iter(samples.values())))
        compiled = self._plan_for(batch, True)
        program = compiled.acquire()
        try:
            program.step(self._feeds(compiled, samples, y), self._head_gradients(compiled))
            sums = self._measure(compiled, program, y)
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
        compiled = self._plan_for(len(next(iter(samples.values()))), False)
        program = compiled.acquire()
        try:
            program.forward(self._feeds(compiled, samples, y))
            return self._measure(compiled, program, y)
        finally:
            compiled.release(program)

    def make_ready(self, batch_size: int) -> None:
        """Plan steps of another batch size; MemoryLimitError where one does not fit, and the present plan stays."""
        compiled = self._plan_for(batch_size, True)
        kept = {key: found for key, found in self._compiled.items() if not key[1] or found is compiled}
        try:
            compiled.release(compiled.acquire())
        except MemoryLimitError:
            del self._compiled[batch_size, True]
            raise
        self._compiled = kept

    def plan(self, batch_size: int, training: bool = True) -> Any:
        """The Scheduler's plan for that batch size."""
        return self._plan_for(batch_size, training).plan

    def work(self, batch_size: int) -> Work:
        """What a training step costs, for choosing a device; nothing needs to be set up."""
        known = self._known(batch_size)
        wrt = tuple(self.network.weights)
        compiled = Compiled(
            self._symbol, known, train=True, wrt=wrt, device=cpu(), strategy=self.strategy, differentiated=self._heads
        )
        return Work.of(compiled.plan, (*wrt, *self._symbol.list_auxiliary_states()))

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
    def _watching_labels(self) -> Symbol:
        """The network and, behind its heads, the labels that come from inside the graph: the loss needs them."""
        entries = list(self.network.symbol._entries)
        self._heads = len(entries)
        self._watched: dict[str, int] = {}
        symbols = [self.network.symbol]
        for head, (node, _) in zip(self.network.heads, entries, strict=False):
            if head.is_loss and head.label is None and head.op is not None:
                ports = [port.name for port in head.op.ports(head.p)]
                if "label" in ports:
                    self._watched[head.name] = self._heads + len(self._watched)
                    symbols.append(Symbol([node.inputs[ports.index("label")]]))
        return Group(symbols)

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

    def _plan_for(self, batch: int, train: bool) -> Compiled:
        found = self._compiled.get((batch, train))
        if found is None:
            found = self._compiled[batch, train] = Compiled(
                self._symbol,
                self._known(batch),
                train=train,
                wrt=tuple(self.weights) if train else (),
                device=self.device,
                strategy=self.strategy,
                reason=self.reason,
                differentiated=self._heads,
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
        feeds = {n: a._data for n, a in (*self.weights.items(), *self.states.items())}
        for name, x in samples.items():
            feeds[name] = xp.ascontiguousarray(xp.asarray(x, dtype=inputs[name].dtype))
        if self.scaler is not None:
            feeds[SCALE] = xp.full(1, self.scaler.loss_scale, np.float32)
        for label in self.network.labels:
            feeds[label] = xp.asarray(y, dtype=inputs[label].dtype).reshape(inputs[label].shape)
        return feeds

    def _head_gradients(self, compiled: Compiled) -> dict[str, Any]:
        """Heads that are no losses take no part in training."""
        inputs = compiled.plan.graph.inputs
        return {n: self.device.xp.zeros(inputs[n].shape, inputs[n].dtype) for n in compiled.needed_heads}

    def _measure(self, compiled: Compiled, program: Any, y: np.ndarray[Any, Any]) -> dict[str, float]:
        position = [head.name for head in self.network.heads].index(self.head.name)
        values = [compiled.outputs[position]]
        watched = self._watched.get(self.head.name)
        if watched is not None:
            values.append(compiled.outputs[watched])
        taken = program.take(values)
        output = taken[0]
        label = taken[1] if watched is not None else self.device.xp.asarray(y)
        assert self.head.op is not None
        loss = float(self.head.op.loss(self.device.xp, self.head.p, output, label))  # type: ignore[attr-defined]
        axis = self.head.op.class_axis(self.head.p)  # type: ignore[attr-defined]
        return measure(self.task, loss, _host(output), _host(label), axis)


def _host(array: Any) -> np.ndarray[Any, Any]:
    return array if isinstance(array, np.ndarray) else np.asarray(array.get())
