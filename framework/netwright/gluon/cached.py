"""What ``hybridize()`` brings: a block's symbol, compiled for each shape, called as one recorded step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..ndarray.array import NDArray
from ..ndarray.invoke import invoke
from ..ndarray.stored import of_raw
from ..ops.operator import TensorSpec
from ..ops.storage import DEFAULT, dense_of, lies_on
from ..scheduler.compiled import HEAD, Compiled
from ..scheduler.reference import interpret
from ..scheduler.run import Run
from ..scheduler.storages import gives_sparse
from ..scheduler.strategy import Strategy
from ..symbol.stored_run import REASON, StoredRun
from ..symbol.symbol import Symbol
from ..tape import Spendable, mode
from .nested import structure

MAX_PLANS = 16


class CachedGraph:
    """A symbol with fixed inputs; calling it runs a compiled plan and, while recording, leaves one node on the tape."""

    def __init__(
        self,
        symbol: Symbol,
        strategy: Strategy | None = None,
        constants: Mapping[str, NDArray] | None = None,
        recompute: bool = False,
    ) -> None:
        self.symbol, self.strategy, self.constants = symbol, strategy, dict(constants or {})
        self.recompute = recompute
        self._plans: dict[Any, Compiled] = {}
        self._gives_sparse = gives_sparse(symbol)

    def __call__(self, feeds: Mapping[str, NDArray]) -> list[NDArray]:
        feeds = {**self.constants, **feeds}
        wrt = tuple(n for n, a in feeds.items() if a._entry is not None) if mode.recording else ()
        again = self.recompute and bool(wrt)
        compiled = self.compiled(feeds, () if again else wrt)
        run = self.run(compiled, feeds, mode.repeating)
        place = next(iter(feeds.values()))._place if feeds else None
        if not wrt:
            run.release()
            return [of_raw(r, None, place) for r in run.outputs]
        results, run.outputs = run.outputs, []  # the tape keeps the run, the caller the results
        kept = {n: a._snapshot() for n, a in feeds.items()}
        node = (
            RecomputedNode(self, run, results, kept, wrt) if again else PlanNode(run, results, kept, wrt, self.symbol)
        )
        return [of_raw(r, (node, i), place) for i, r in enumerate(results)]

    def run(self, compiled: Compiled, feeds: Mapping[str, NDArray], repeating: bool) -> Run:
        """The forward part on these arrays; call by call where one is sparse, or an operator gives sparse arrays."""
        raw = _raw(compiled, feeds, repeating)
        return StoredRun(compiled, raw) if self._is_sparse(feeds) else Run(compiled, raw)

    def _is_sparse(self, feeds: Mapping[str, NDArray]) -> bool:
        return self._gives_sparse or any(a.stype != DEFAULT for a in feeds.values())

    def compiled(self, feeds: Mapping[str, NDArray], wrt: tuple[str, ...]) -> Compiled:
        """The plan for arrays of these shapes and types, in the current mode."""
        sparse = self._is_sparse(feeds)
        key = (mode.training, wrt, sparse, tuple([(a.shape, a._data.dtype) for a in feeds.values()]))
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= MAX_PLANS:
                self._plans.pop(next(iter(self._plans)))
            found = self._plans[key] = Compiled(
                self.symbol,
                {n: TensorSpec(a.shape, a._data.dtype) for n, a in feeds.items()},
                train=mode.training,
                wrt=wrt,
                device=lies_on(next(iter(feeds.values()))._data),
                strategy=self.strategy,
                reason=REASON if sparse else "",
            )
        return found

    def plans(self) -> list[Any]:
        """The plans made so far, for people to print."""
        return [compiled.plan for compiled in self._plans.values()]


class CompiledBlock:
    """A block's graph, the names of its inputs in calling order, and how its inputs and outputs are nested."""

    def __init__(
        self, graph: CachedGraph, names: list[str], rebuild: Callable[[list[Any]], Any], out: Any, inputs: Any
    ) -> None:
        self.graph, self.names, self.rebuild = graph, names, rebuild
        self.several = isinstance(out, (list, tuple))
        self.structure, self.out_structure = inputs, structure(out) if self.several else 0
        self.inputs = frozenset(graph.symbol.list_inputs())
        self.parameters: dict[str, Any] | None = None
        """The block's parameters among the inputs, once they were looked for."""


class PlanNode(Spendable):
    """A recorded run of a plan. The program's memory holds what the backward part needs, until it has run."""

    __slots__ = ("feeds", "run", "symbol", "wrt")

    def __init__(
        self, run: Run, results: list[Any], feeds: dict[str, NDArray], wrt: tuple[str, ...], symbol: Symbol
    ) -> None:
        specs = tuple([TensorSpec(r.shape, r.dtype) for r in results])
        super().__init__(tuple(feeds[n]._entry for n in wrt), specs)
        self.run, self.feeds, self.wrt, self.symbol = run, feeds, wrt, symbol

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        """Gradients of the inputs; recorded in turn (call by call) where the backward pass itself is recorded."""
        self.refuse_released("the compiled block")
        given = {
            HEAD.format(i): F._zeros(shape=s.shape, dtype=s.dtype.name) if g is None else g
            for i, (g, s) in enumerate(zip(gradients, self.outputs, strict=True))
        }
        if mode.recording:
            return self._pull_recorded(given)
        heads = {n: dense_of(a._data) for n, a in given.items()}
        found = self.run.backward(heads)
        return [None if found[n] is None else of_raw(found[n]) for n in self.wrt]

    def _pull_recorded(self, given: Mapping[str, NDArray]) -> Sequence[NDArray | None]:
        compiled = self.run.compiled
        graph, states = compiled.plan.graph, set(compiled.state_names)
        feeds = {n: a.detach().copy() if n in states else a for n, a in self.feeds.items()}
        values = [compiled.gradients[n] for n in self.wrt]
        with self.run.rewound(), _Training(graph.train):
            found = interpret(
                graph,
                {**feeds, **given},
                [v for v in values if v is not None],
                lambda op, p, inputs: invoke(op, p, inputs, hidden=True),
            )
        results = iter(found)
        return [None if v is None else next(results) for v in values]

    def release(self) -> None:
        """Give the memory back to the block."""
        self.run.release()
        super().release()

    def __del__(self) -> None:
        self.run.release()


class RecomputedNode(PlanNode):
    """A recorded run of a plan that kept nothing but its inputs: each backward runs the forward part again first."""

    __slots__ = ("graph", "training")

    def __init__(
        self, graph: CachedGraph, run: Run, results: list[Any], feeds: dict[str, NDArray], wrt: tuple[str, ...]
    ) -> None:
        super().__init__(run, results, feeds, wrt, graph.symbol)
        self.graph, self.training = graph, mode.training
        run.drop()

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        """Run the forward part again, with the same random numbers and on copies of the states; then go back."""
        self.refuse_released("the compiled block")
        with _Training(self.training):
            compiled = self.graph.compiled(self.feeds, self.wrt)
        with self.run.rewound():
            self.run = self.graph.run(compiled, self.feeds, repeating=True)
        try:
            return super().pull(gradients, F)
        finally:
            self.run.drop()


def _raw(compiled: Compiled, feeds: Mapping[str, NDArray], repeating: bool) -> dict[str, Any]:
    """Raw arrays by name; copies of the states where a forward pass is repeated."""
    copied = set(compiled.state_names) if repeating else ()
    return {name: a._data.copy() if name in copied else a._data for name, a in feeds.items()}


class _Training:
    """Layers behave as in the plan, whatever the mode the backward pass is called in."""

    def __init__(self, training: bool) -> None:
        self._wanted = training

    def __enter__(self) -> None:
        self._outer, mode.training = mode.training, self._wanted

    def __exit__(self, *error: object) -> None:
        mode.training = self._outer
