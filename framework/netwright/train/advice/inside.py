"""Looking into a network that is being trained: its layers, and what comes out of them for a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...gluon.block import HybridBlock
from ...ndarray.array import NDArray
from ...ops.operator import TensorSpec
from ...scheduler import Compiled
from ...symbol.symbol import Symbol, SymbolNode
from ..task import GraphTask

Outputs = Iterator[tuple[SymbolNode, Any]]


class Inside:
    """A network as a symbol with its arrays: layers in their order, outputs of chosen nodes for a batch.

    Of a Gluon network that is not hybrid nothing is known but its weights.
    """

    def __init__(self, task: Any) -> None:
        self._task = task
        self._is_graph = isinstance(task, GraphTask)
        self._plans: dict[tuple[int, tuple[str, ...]], Compiled] = {}
        self._symbol: Symbol | None = None
        self._fed: list[str] = []
        self._arrays: Callable[[], Mapping[str, NDArray]] = lambda: {**task.weights, **task.states}
        if self._is_graph:
            self._symbol, self._fed = task.network.symbol, list(task.network.inputs)

    def layers(self) -> dict[str, str]:
        """The layer of each trained weight, from the data to the loss."""
        weights = self._task.weights
        if not self._is_graph:
            return {name: name.rpartition(".")[0] or self._task.net.name for name in weights}
        found: dict[str, str] = {}
        assert self._symbol is not None
        for node in self._symbol.nodes():
            for source, _ in node.inputs if node.op is not None else ():
                if source.op is None and source.name in weights:
                    found.setdefault(source.name, node.name)
        return found

    def outputs(self, x: Any, wanted: Callable[[SymbolNode], bool]) -> Outputs:
        """Those nodes, in their order, with their first output for a batch; nothing is trained by it."""
        if self._symbol is None and not self._trace(x):
            return
        assert self._symbol is not None
        nodes = [node for node in self._symbol.nodes() if node.op is not None and wanted(node)]
        if not nodes:
            return
        data = dict(zip(self._fed, (x,) if len(self._fed) == 1 else tuple(x), strict=True))
        compiled = self._plan(nodes, data)
        program = compiled.acquire()
        try:
            program.forward(self._feeds(compiled, data))
            yield from zip(nodes, program.take(compiled.outputs), strict=True)
        finally:
            compiled.release(program)

    def _trace(self, x: Any) -> bool:
        """The symbol of a hybrid Gluon network; False where there is none."""
        net = self._task.net
        if not isinstance(net, HybridBlock) or self._task.device.is_gpu:
            return False
        self._symbol, self._fed, own = net.symbol_for([tuple(x.shape)])
        parameters = net.collect_params()
        self._arrays = lambda: {**own, **{name: parameter.data() for name, parameter in parameters.items()}}
        return True

    def _raw(self) -> dict[str, Any]:
        return {name: array._data for name, array in self._arrays().items()}

    def _plan(self, nodes: Sequence[SymbolNode], data: Mapping[str, Any]) -> Compiled:
        batch = len(next(iter(data.values())))
        key = batch, tuple(node.name for node in nodes)
        if key not in self._plans:
            symbol = Symbol([(node, 0) for node in nodes])
            known = {name: TensorSpec(tuple(x.shape), np.dtype(np.float32)) for name, x in data.items()}
            known.update({name: TensorSpec(tuple(a.shape), a.dtype) for name, a in self._raw().items()})
            needed = set(symbol.list_inputs())
            known = {name: spec for name, spec in known.items() if name in needed}
            self._plans[key] = Compiled(symbol, known, train=False, device=self._task.device)
        return self._plans[key]

    def _feeds(self, compiled: Compiled, data: Mapping[str, Any]) -> dict[str, Any]:
        xp, arrays = self._task.device.xp, self._raw()
        feeds = {}
        for name, spec in compiled.plan.graph.inputs.items():
            if name in data:
                feeds[name] = xp.ascontiguousarray(xp.asarray(data[name], dtype=spec.dtype))
            else:  # labels change nothing of what comes out
                feeds[name] = arrays[name] if name in arrays else xp.zeros(spec.shape, spec.dtype)
        return feeds
