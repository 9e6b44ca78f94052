"""Comparing contenders fairly: first that they train alike, then turn by turn in one process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .workloads import Batch

CHECKED_STEPS = 10
TOLERANCE = 2e-3
"""Relative difference of losses: Adam's epsilon is added at other places in other frameworks."""


@dataclass(frozen=True)
class Times:
    """Seconds a step of each turn."""

    turns: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.turns)

    @property
    def least(self) -> float:
        return min(self.turns)


def take_losses(contender: Any, data: Sequence[Batch]) -> list[float]:
    """The loss of a step on each batch; a contender in another process answers for all at once."""
    if hasattr(contender, "losses"):
        return list(contender.losses(data))
    return [contender.step(batch) for batch in data]


def compare_losses(losses: Mapping[str, Sequence[float]]) -> float:
    """The largest relative difference from the first contender's losses; stops where one trains something else."""
    reference, expected = next(iter(losses.items()))
    wanted, worst = np.array(expected), 0.0
    for name, found in losses.items():
        difference = float(np.max(np.abs(np.array(found) - wanted) / np.maximum(np.abs(wanted), 0.1)))
        if not difference <= TOLERANCE:
            raise SystemExit(f"{name} trains otherwise than {reference}: losses {found} beside {expected}")
        worst = max(worst, difference)
    return worst


def take_turns(contenders: Mapping[str, Any], data: Sequence[Batch], rounds: int, seconds: float) -> dict[str, Times]:
    """Times of each; a turn takes about ``seconds``, and each round begins with another contender."""
    steps = {name: _steps_in(seconds, c, data) for name, c in contenders.items()}
    times: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            times[name].append(run(contenders[name], data, steps[name]))
    return {name: Times(tuple(found)) for name, found in times.items()}


def _steps_in(seconds: float, contender: Any, data: Sequence[Batch]) -> int:
    once = run(contender, data, 1)  # slow ones are not asked more often than they must be
    return max(1, round(seconds / (run(contender, data, 3) if once < seconds else once)))


def run(contender: Any, data: Sequence[Batch], steps: int) -> float:
    """Seconds a step."""
    if hasattr(contender, "run"):
        return float(contender.run(data, steps))
    gc.collect()
    begin = time.perf_counter()
    for i in range(steps):
        contender.step(data[i % len(data)])
    return (time.perf_counter() - begin) / steps
