"""One forward run of a plan and the backward runs that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .. import random
from .compiled import Compiled
from .program import Program

if TYPE_CHECKING:
    from .native import NativeProgram


class Run:
    """Runs the forward part on raw arrays by name; ``backward`` may follow, more than once, until ``release``.

    The program's memory is lent from the compiled plan. The first backward overwrites what it no longer needs, so a
    further one runs the forward part again: with the same random numbers, and on copies of the states, which were
    brought up to date once already.
    """

    def __init__(self, compiled: Compiled, feeds: Mapping[str, Any]) -> None:
        self.compiled, self.feeds = compiled, dict(feeds)
        self._random = random.state_of(compiled.plan.device).state_dict() if compiled.random else None
        self._spent = False
        self._program: Program | NativeProgram | None = compiled.acquire()
        self._program.forward(self.feeds)
        self.outputs: list[Any] = self._program.take(compiled.outputs)

    def backward(self, heads: Mapping[str, Any]) -> dict[str, Any]:
        """Raw gradients by name (None: no dependence) for the given head gradients."""
        program = self._program = self._program or self.compiled.acquire()
        if self._spent:
            with self.rewound():
                program.forward(self.feeds_again())
        program.backward(heads)
        self._spent = True
        wanted = self.compiled.gradients
        taken = iter(program.take([v for v in wanted.values() if v is not None]))
        return {name: None if value is None else next(taken) for name, value in wanted.items()}

    def feeds_again(self) -> dict[str, Any]:
        """The feeds with copies of the states."""
        states = set(self.compiled.state_names)
        return {name: array.copy() if name in states else array for name, array in self.feeds.items()}

    def rewound(self) -> Rewound:
        """A ``with`` block in which the device's generator is as it was when the forward part ran."""
        return Rewound(random.state_of(self.compiled.plan.device), self._random)

    def drop(self) -> None:
        """Let the program's memory go instead of keeping it for the next run."""
        self._program = None

    def release(self) -> None:
        """Give the program back; what a backward needs is lost."""
        if self._program is not None:
            self.compiled.release(self._program)
            self._program = None


class Rewound:
    """Sets a generator's state for a ``with`` block (not where it is None)."""

    def __init__(self, generator: random.RandomState, state: dict[str, Any] | None) -> None:
        self._generator, self._wanted = generator, state

    def __enter__(self) -> None:
        if self._wanted is not None:
            self._now = self._generator.state_dict()
            self._generator.load_state_dict(self._wanted)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wanted is not None:
            self._generator.load_state_dict(self._now)
