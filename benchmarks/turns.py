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


Seconds = tuple[float, float]
"""Of a step: by the clock, and of all cores together."""


@dataclass(frozen=True)
class Times:
    """Seconds a step of each turn."""

    turns: tuple[Seconds, ...]

    @property
    def figures(self) -> dict[str, float]:
        """Median and least by the clock; the median of all cores' time, which other programs change little."""
        clock, cores = zip(*self.turns, strict=True)
        return {"median": statistics.median(clock), "least": min(clock), "cores": statistics.median(cores)}


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
    times: dict[str, list[Seconds]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            times[name].append(run(contenders[name], data, steps[name]))
    return {name: Times(tuple(found)) for name, found in times.items()}


def _steps_in(seconds: float, contender: Any, data: Sequence[Batch]) -> int:
    once, _ = run(contender, data, 1)  # slow ones are not asked more often than they must be
    return max(1, round(seconds / (run(contender, data, 3)[0] if once < seconds else once)))


def run(contender: Any, data: Sequence[Batch], steps: int) -> Seconds:
    """Seconds a step."""
    if hasattr(contender, "run"):
        clock, cores = contender.run(data, steps)
        return clock, cores
    return timed(contender, data, steps)


def timed(contender: Any, data: Sequence[Batch], steps: int) -> Seconds:
    """Seconds a step in this process."""
    gc.collect()
    begin, cores = time.perf_counter(), time.process_time()
    for i in range(steps):
        contender.step(data[i % len(data)])
    return (time.perf_counter() - begin) / steps, (time.process_time() - cores) / steps
