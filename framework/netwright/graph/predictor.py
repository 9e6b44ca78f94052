"""Running a trained graph on new data."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..device import Device
from ..errors import CheckpointError, DataError
from ..ops.operator import Shape, TensorSpec
from ..scheduler import Compiled, Strategy, choose_device
from ..scheduler.lower import infer_all
from ..serialization import load_arrays
from ..symbol.attributes import read_dtype
from .check import DataSpec
from .network import Network, to_network

MAX_PLANS = 8
"""Plans kept, one for each batch size."""
ALONE_FLOPS = 50_000_000
"""A batch of fewer operations is computed sooner by the caller's thread than by threads that must be woken."""

Weights = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Spec:
    """One input or output; ``shape`` leaves out the batch axis."""

    name: str
    shape: Shape
    dtype: str


class Predictor:
    """A network with its weights on a device; calling it runs a batch. May be used by several threads.

    With ``alone`` small batches run on the caller's thread, which leaves the cores to whatever else a server does.
    """

    def __init__(
        self,
        network: Network,
        weights: Weights,
        device: Device,
        input_shape: Shape | None = None,
        *,
        alone: bool = False,
    ) -> None:
        self._network, self._device, self._alone = network, device, alone
        xp = device.xp
        self._names = {*network.weights, *network.symbol.list_auxiliary_states()}
        self._weights = {name: xp.asarray(array) for name, array in weights.items() if name in self._names}
        self._plans: OrderedDict[int, tuple[Compiled, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()
        self._shapes = {name: shape or input_shape or () for name, shape in network.inputs.items()}
        specs = self._specs(1)
        found = infer_all(network.symbol, specs)
        by_name = {node.name: spec for (node, _), spec in found.items() if node.op is None}
        self._check_weights(by_name)
        self.inputs = [Spec(n, by_name[n].shape[1:], by_name[n].dtype.name) for n in network.inputs]
        self._wanted = {n: TensorSpec(by_name[n].shape[1:], by_name[n].dtype) for n in network.inputs}
        self.outputs = [
            Spec(head.name, spec.shape[1:], spec.dtype.name)
            for head, spec in zip(network.heads, (found[e] for e in network.symbol._entries), strict=False)
        ]

    def __call__(self, *inputs: np.ndarray[Any, Any], **named: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
        """The outputs for a batch: inputs by position or by name, each of shape (batch, …).

        Raises DataError where a shape does not fit.
        """
        feeds = self._fitting(named) if not inputs else None
        if feeds is None:
            feeds = self._checked_all(inputs, named)
        batch = len(next(iter(feeds.values())))
        compiled, constants = self._compiled(batch)
        with self._lock:
            program = compiled.acquire()
        try:
            program.forward({**constants, **feeds})
            outputs = program.take(compiled.outputs)
        finally:
            with self._lock:
                compiled.release(program)
        return outputs if self._device.xp is np else [o.get() for o in outputs]

    def _fitting(self, named: Mapping[str, Any]) -> dict[str, Any] | None:
        """The inputs if they can be used as they are, else None: what is found wrong is told by ``_checked_all``."""
        if len(named) != len(self._wanted) or self._device.xp is not np:
            return None
        batch = -1
        for name, x in named.items():
            wanted = self._wanted.get(name)
            if wanted is None or type(x) is not np.ndarray or x.dtype != wanted.dtype or not x.flags.c_contiguous:
                return None
            if not x.ndim or x.shape[1:] != wanted.shape or (batch >= 0 and batch != len(x)):
                return None
            batch = len(x)
        return named if batch >= 0 else None  # type: ignore[return-value]

    def _checked_all(self, inputs: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        names = [spec.name for spec in self.inputs]
        unknown = [name for name in named if name not in names]
        if len(inputs) > len(names) or unknown:
            raise DataError(
                f"there is no input {unknown[0]!r}" if unknown else "too many inputs",
                where="predict",
                wanted=", ".join(names),
                got=", ".join(unknown) if unknown else len(inputs),
            )
        feeds = {spec.name: self._checked(spec, x) for spec, x in zip(self.inputs, inputs, strict=False)}
        feeds.update({spec.name: self._checked(spec, named[spec.name]) for spec in self.inputs if spec.name in named})
        missing = [spec.name for spec in self.inputs if spec.name not in feeds]
        if missing:
            raise DataError(f"input {missing[0]!r} is missing", where="predict")
        sizes = {len(x) for x in feeds.values()}
        if len(sizes) != 1:
            raise DataError("all inputs must have one batch size", where="predict", got=sorted(sizes))
        return feeds

    def use(self, weights: Weights) -> None:
        """Take other weights of the same shapes from now on; CheckpointError where one is missing or does not fit."""
        specs = {name: TensorSpec(tuple(a.shape), a.dtype) for name, a in self._weights.items()}
        self._weights = {n: self._device.xp.asarray(a) for n, a in weights.items() if n in self._names}
        self._check_weights(specs)
        for _, constants in self._plans.values():
            constants.update(self._weights)

    def prepare(self, batch: int) -> None:
        """Make the plan and the program for so many samples, so that the first real batch need not wait for them."""
        self(*(np.zeros((batch, *spec.shape), spec.dtype) for spec in self.inputs))

    def prepared(self) -> list[int]:
        """The batch sizes that have a plan, ascending."""
        with self._lock:
            return sorted(self._plans)

    @property
    def held_bytes(self) -> int:
        """Bytes of the weights and of the plans' memory, as predicted: what can be had back by letting go of this."""
        with self._lock:
            return self.nbytes + sum(compiled.peak_bytes for compiled, _ in self._plans.values())

    @property
    def parameters(self) -> int:
        """Count of trained numbers."""
        return sum(int(self._weights[name].size) for name in self._network.weights)

    @property
    def nbytes(self) -> int:
        """Bytes of all weights."""
        return sum(int(a.nbytes) for a in self._weights.values())

    def _checked(self, spec: Spec, x: Any) -> Any:
        try:
            array = np.asarray(x).astype(spec.dtype, copy=False)
        except (TypeError, ValueError) as error:
            raise DataError(f"input {spec.name!r} is not an array: {error}", where="predict") from None
        if array.shape[1:] != spec.shape or array.ndim == 0:
            raise DataError(
                f"input {spec.name!r} has the wrong shape",
                where="predict",
                wanted=f"(batch, {', '.join(map(str, spec.shape))})",
                got=array.shape,
            )
        return self._device.xp.ascontiguousarray(self._device.xp.asarray(array))

    def _specs(self, batch: int) -> dict[str, TensorSpec]:
        specs = {n: TensorSpec((batch, *s), np.dtype(np.float32)) for n, s in self._shapes.items()}
        for node in self._network.symbol.nodes():
            if node.name in specs:
                dtype = np.dtype(read_dtype(node.attributes.get("__dtype__", "float32")))
                specs[node.name] = TensorSpec(specs[node.name].shape, dtype)
        specs.update({n: TensorSpec(a.shape, a.dtype) for n, a in self._weights.items()})
        return specs

    def _compiled(self, batch: int) -> tuple[Compiled, dict[str, Any]]:
        """The plan for so many samples, and what it is fed beside the inputs."""
        with self._lock:
            found = self._plans.get(batch)
            if found is not None:
                self._plans.move_to_end(batch)
                return found
        compiled = self._compile(batch, None)
        if self._alone and compiled.plan.flops < ALONE_FLOPS and not self._device.is_gpu:
            compiled = self._compile(batch, Strategy(threads=1))
        with self._lock:
            self._plans[batch] = found = compiled, {**self._weights, **self._labels(compiled)}
            if len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        return found

    def _compile(self, batch: int, strategy: Strategy | None) -> Compiled:
        specs = self._specs(batch)
        return Compiled(self._network.symbol, specs, train=False, device=self._device, strategy=strategy)

    def _labels(self, compiled: Compiled) -> dict[str, Any]:
        """A head's output does not depend on its label; the plan still has a place for one."""
        inputs = compiled.plan.graph.inputs
        return {
            n: self._device.xp.zeros(inputs[n].shape, dtype=inputs[n].dtype)
            for n in self._network.labels
            if n in inputs
        }

    def _check_weights(self, specs: Mapping[str, TensorSpec]) -> None:
        states = self._network.symbol.list_auxiliary_states()
        for name in (*self._network.weights, *states):
            array = self._weights.get(name)
            if array is None:
                raise CheckpointError("a weight is missing", where=name, wanted=f"shape {specs[name].shape}")
            if tuple(array.shape) != specs[name].shape:
                raise CheckpointError(
                    "a weight has another shape than the graph says",
                    where=name,
                    wanted=specs[name].shape,
                    got=array.shape,
                )


def load_predictor(
    graph: Any,
    weights: Weights | str | Path,
    device: str | Device = "cpu",
    input_shape: Shape | None = None,
    *,
    alone: bool = False,
) -> Predictor:
    """A predictor from a graph JSON and its weights (arrays by name, or a safetensors file).

    ``input_shape`` (batch axis left out) is needed where the graph leaves its Input's shape to the data set; ``alone``
    lets small batches run on the caller's thread.
    """
    arrays = load_arrays(weights) if isinstance(weights, (str, Path)) else weights
    network = to_network(graph, DataSpec(input_shape=input_shape) if input_shape else None)
    return Predictor(network, arrays, choose_device(device)[0], input_shape, alone=alone)
