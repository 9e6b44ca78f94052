"""Running parts of a network: any node's output for given data and weights, or what follows from a node's output."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..device import Device, cpu
from ..errors import GraphError
from ..graph.network import Network
from ..ops.operator import Shape, TensorSpec
from ..scheduler import Compiled, Strategy
from ..scheduler.lower import infer_all
from ..symbol.symbol import Symbol, SymbolEntry, SymbolNode

Weights = Mapping[str, Any]
MAX_PLANS = 4
BATCH_BYTES = 32 << 20
"""What all outputs of a batch may take together; more samples run in several batches."""


class Runner:
    """Gives chosen outputs of a symbol for data; made once, run with any weights of the right shapes.

    ``fed`` names what is fed, with the shape of one sample. Variables that have no weight (labels) are fed with 0.
    ``native`` code is for those who run often: for one look, loading it takes longer than it saves.
    """

    def __init__(
        self, symbol: Symbol, fed: Mapping[str, Shape], device: Device | None = None, native: bool = False
    ) -> None:
        self.symbol, self.device, self.strategy = symbol, device or cpu(), Strategy(native=native)
        inputs = set(symbol.list_inputs())
        self.fed = {name: tuple(shape) for name, shape in fed.items() if name in inputs}
        self._plans: OrderedDict[int, Compiled] = OrderedDict()

    def __call__(self, weights: Weights, *data: Any) -> list[np.ndarray[Any, Any]]:
        """All outputs for a batch (an array for each fed name), on the host."""
        batch = len(data[0])
        size = self.batch_for(weights, batch)
        if size >= batch:
            return self._run(weights, data)
        parts = [self._run(weights, [x[i : i + size] for x in data]) for i in range(0, batch, size)]
        return [np.concatenate([part[i] for part in parts]) for i in range(len(parts[0]))]

    def batch_for(self, weights: Weights, most: int) -> int:
        """How many samples may run at once."""
        if not hasattr(self, "_bytes_each"):
            specs = infer_all(self.symbol, self._known(weights, 1))
            self._bytes_each = max(1, sum(math.prod(s.shape) * s.dtype.itemsize for s in specs.values()))
        return max(1, min(most, BATCH_BYTES // self._bytes_each))

    def _run(self, weights: Weights, data: Sequence[Any]) -> list[np.ndarray[Any, Any]]:
        compiled = self._compiled(weights, len(data[0]))
        xp, inputs = self.device.xp, compiled.plan.graph.inputs
        feeds = {name: weights.get(name) for name in inputs}
        feeds.update(zip(self.fed, data, strict=False))
        for name, array in feeds.items():
            spec = inputs[name]
            feeds[name] = (
                xp.zeros(spec.shape, spec.dtype)
                if array is None
                else xp.ascontiguousarray(xp.asarray(array, dtype=spec.dtype))
            )
        program = compiled.acquire()
        try:
            program.forward(feeds)
            taken = program.take(compiled.outputs)
        finally:
            compiled.release(program)
        return [a if isinstance(a, np.ndarray) else a.get() for a in taken]

    def _compiled(self, weights: Weights, batch: int) -> Compiled:
        found = self._plans.get(batch)
        if found is None:
            known = self._known(weights, batch)
            found = self._plans[batch] = Compiled(
                self.symbol, known, train=False, device=self.device, strategy=self.strategy
            )
            if len(self._plans) > MAX_PLANS:
                self._plans.popitem(last=False)
        self._plans.move_to_end(batch)
        return found

    def _known(self, weights: Weights, batch: int) -> dict[str, TensorSpec]:
        names = set(self.symbol.list_inputs())
        known = {n: TensorSpec((batch, *shape), np.dtype(np.float32)) for n, shape in self.fed.items()}
        known.update({n: TensorSpec(tuple(a.shape), a.dtype) for n, a in weights.items() if n in names})
        return known


def entries_by_node(network: Network) -> dict[str, SymbolEntry]:
    """The first output of every node that computes something, in the order in which they run."""
    return {node.name: (node, 0) for node in network.symbol.nodes() if node.op is not None}


def outputs_of(network: Network, nodes: Sequence[str]) -> Symbol:
    """The outputs of some nodes (or inputs) as one symbol; GraphError where there is no such node."""
    found: dict[str, SymbolEntry] = {node.name: (node, 0) for node in network.symbol.nodes()}
    for name in nodes:
        if name not in found:
            raise GraphError("there is no such node", where=name, wanted=", ".join(found)[:300], got=name)
    return Symbol([found[name] for name in nodes])


def label_entry(network: Network, name: str) -> SymbolEntry | None:
    """What the loss head ``name`` learns, where that is computed inside the network."""
    head = next(head for head in network.heads if head.name == name)
    if head.op is None or not head.is_loss or head.label is not None:
        return None
    ports = [port.name for port in head.op.ports(head.p)]
    node = next(node for node, _ in network.symbol._entries if node.name == name)
    return node.inputs[ports.index("label")] if "label" in ports else None


def from_node(network: Network, node: str, head: str) -> tuple[Symbol, str]:
    """The part of the network behind a node as a symbol whose variable of that name is fed instead of the node.

    A label that is computed in front of the node is not asked for. GraphError where the head does not depend on it.
    """
    made: dict[SymbolNode, SymbolNode] = {}
    for old in outputs_of(network, [head]).nodes():
        if old.name == node:
            made[old] = SymbolNode(None, None, node, (), {})
            continue
        inputs: list[SymbolEntry] = []
        for i, (source, index) in enumerate(old.inputs):
            if old.op is not None and old.op.ports(old.p)[i].kind == "label":
                inputs.append((SymbolNode(None, None, f"{old.name}_label", (), {}), 0))
            else:
                inputs.append((made[source], 0 if source.name == node else index))
        made[old] = old if old.op is None else SymbolNode(old.op, old.p, old.name, tuple(inputs), dict(old.attributes))
    last = next(new for old, new in made.items() if old.name == head)
    symbol = Symbol([(last, 0)])
    names = symbol.list_inputs()
    if node not in names or any(name in names for name in network.inputs):
        raise GraphError(
            f"what comes out of {head!r} does not follow from {node!r} alone",
            where=node,
            remedy="Choose a node that everything passes through, such as the narrowest layer",
        )
    return symbol, node
