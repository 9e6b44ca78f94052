"""What ``hybridize()`` brings: a block's symbol, compiled for each shape, called as one recorded step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import random
from ..ndarray.array import NDArray
from ..ndarray.invoke import invoke
from ..ops.operator import TensorSpec
from ..scheduler.compiled import HEAD, Compiled
from ..scheduler.program import Program
from ..scheduler.reference import interpret
from ..scheduler.strategy import Strategy
from ..symbol.symbol import Symbol
from ..tape import Spendable, mode

MAX_PLANS = 16


class CachedGraph:
    """A symbol with fixed inputs; calling it runs a compiled plan and, while recording, leaves one node on the tape."""

    def __init__(
        self, symbol: Symbol, strategy: Strategy | None = None, constants: Mapping[str, NDArray] | None = None
    ) -> None:
        self.symbol, self.strategy, self.constants = symbol, strategy, dict(constants or {})
        self._plans: dict[Any, Compiled] = {}

    def __call__(self, feeds: Mapping[str, NDArray]) -> list[NDArray]:
        feeds = {**self.constants, **feeds}
        wrt = tuple(n for n, a in feeds.items() if a._entry is not None) if mode.recording else ()
        compiled = self._compiled(feeds, wrt)
        state = random.state_of(compiled.plan.device).state_dict() if wrt and compiled.random else None
        program = compiled.acquire()
        program.forward({n: a._data for n, a in feeds.items()})
        results = program.take(compiled.outputs)
        if not wrt:
            compiled.release(program)
            return [NDArray(r) for r in results]
        node = PlanNode(compiled, program, {n: a._snapshot() for n, a in feeds.items()}, wrt, results, state)
        return [NDArray(r, (node, i)) for i, r in enumerate(results)]

    def _compiled(self, feeds: Mapping[str, NDArray], wrt: tuple[str, ...]) -> Compiled:
        key = (mode.training, wrt, tuple([(a.shape, a._data.dtype) for a in feeds.values()]))
        found = self._plans.get(key)
        if found is None:
            if len(self._plans) >= MAX_PLANS:
                self._plans.pop(next(iter(self._plans)))
            found = self._plans[key] = Compiled(
                self.symbol,
                {n: TensorSpec(a.shape, a._data.dtype) for n, a in feeds.items()},
                train=mode.training,
                wrt=wrt,
                device=next(iter(feeds.values())).ctx,
                strategy=self.strategy,
            )
        return found

    def plans(self) -> list[Any]:
        """The plans made so far, for people to print."""
        return [compiled.plan for compiled in self._plans.values()]


class PlanNode(Spendable):
    """A recorded run of a plan. The program's memory holds what the backward part needs, until it has run."""

    __slots__ = ("compiled", "feeds", "program", "random_state", "spent", "wrt")

    def __init__(
        self,
        compiled: Compiled,
        program: Program,
        feeds: dict[str, NDArray],
        wrt: tuple[str, ...],
        results: Sequence[Any],
        random_state: dict[str, Any] | None,
    ) -> None:
        super().__init__(tuple(feeds[n]._entry for n in wrt), tuple([TensorSpec(r.shape, r.dtype) for r in results]))
        self.compiled, self.feeds, self.wrt, self.random_state = compiled, feeds, wrt, random_state
        self.program: Program | None = program
        self.spent = False

    def pull(self, gradients: list[NDArray | None], F: Any) -> Sequence[NDArray | None]:
        """Gradients of the inputs; recorded in turn (call by call) where the backward pass itself is recorded."""
        self.refuse_released("the compiled block")
        given = {
            HEAD.format(i): F._zeros(shape=s.shape, dtype=s.dtype.name) if g is None else g
            for i, (g, s) in enumerate(zip(gradients, self.outputs, strict=True))
        }
        if mode.recording:
            return self._pull_recorded(given)
        program = self.program or self.compiled.acquire()
        self.program = program
        if self.spent:  # the first backward overwrote what it no longer needed
            self._again(program)
        program.backward({n: a._data for n, a in given.items()})
        self.spent = True
        values = [self.compiled.gradients[n] for n in self.wrt]
        taken = iter(program.take([v for v in values if v is not None]))
        return [None if v is None else NDArray(next(taken)) for v in values]

    def _again(self, program: Program) -> None:
        """Run the forward part again with the random numbers it had, leaving states and generator as they are."""
        with _Rewound(self):
            states = self._state_names()
            program.forward({n: a._data.copy() if n in states else a._data for n, a in self.feeds.items()})

    def _pull_recorded(self, given: Mapping[str, NDArray]) -> Sequence[NDArray | None]:
        graph = self.compiled.plan.graph
        states = self._state_names()
        feeds = {n: a.detach().copy() if n in states else a for n, a in self.feeds.items()}
        values = [self.compiled.gradients[n] for n in self.wrt]
        with _Rewound(self), _Training(graph.train):
            found = interpret(
                graph,
                {**feeds, **given},
                [v for v in values if v is not None],
                lambda op, p, inputs: invoke(op, p, inputs, hidden=True),
            )
        results = iter(found)
        return [None if v is None else next(results) for v in values]

    def _state_names(self) -> set[str]:
        return set(self.compiled.state_names)

    def release(self) -> None:
        """Give the memory back to the block."""
        if self.program is not None:
            self.compiled.release(self.program)
            self.program = None
        super().release()

    def __del__(self) -> None:
        self.release()


class _Training:
    """Layers behave as in the plan, whatever the mode the backward pass is called in."""

    def __init__(self, training: bool) -> None:
        self._wanted = training

    def __enter__(self) -> None:
        self._outer, mode.training = mode.training, self._wanted

    def __exit__(self, *error: object) -> None:
        mode.training = self._outer


class _Rewound:
    """The device's generator as it was when the node's forward ran."""

    def __init__(self, node: PlanNode) -> None:
        self._wanted = node.random_state
        self._state = random.state_of(node.compiled.plan.device)

    def __enter__(self) -> None:
        if self._wanted is not None:
            self._now = self._state.state_dict()
            self._state.load_state_dict(self._wanted)

    def __exit__(self, *error: object) -> None:
        if self._wanted is not None:
            self._state.load_state_dict(self._now)
