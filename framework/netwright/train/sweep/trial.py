"""One trial of a sweep: its values, how far it has come, and what was measured there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .measure import Goal


class TrialState(StrEnum):
    """Where a trial is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    HELD = "held"
    """It has come to a rung; whether it goes on is not known yet."""
    COMPLETED = "completed"
    EARLY = "early"
    """It was not among the best at a rung."""
    FAILED = "failed"
    REFUSED = "refused"
    """Its values cannot be trained with: no work was done."""
    STOPPED = "stopped"
    """Somebody stopped it."""


OVER = frozenset({TrialState.COMPLETED, TrialState.EARLY, TrialState.FAILED, TrialState.REFUSED, TrialState.STOPPED})


@dataclass
class Trial:
    """A combination of values and what became of it; ``rung`` is the one it trains for or has come to, from 0."""

    number: int
    values: dict[str, Any]
    state: TrialState = TrialState.WAITING
    rung: int = 0
    scores: dict[int, float] = field(default_factory=dict)
    reason: str | None = None
    seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """What was measured where it came farthest."""
        return self.scores[max(self.scores)] if self.scores else None

    def to_json(self) -> dict[str, Any]:
        """The trial as JSON-able values."""
        scores = {str(rung): score for rung, score in self.scores.items()}
        return {
            "number": self.number,
            "values": self.values,
            "state": self.state.value,
            "rung": self.rung,
            "scores": scores,
            "reason": self.reason,
            "seconds": self.seconds,
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Trial:
        """Read what ``to_json`` gave."""
        scores = {int(rung): float(score) for rung, score in row["scores"].items()}
        return cls(**{**row, "state": TrialState(row["state"]), "scores": scores})


def sign_of(goal: Goal) -> int:
    """What a score is multiplied by, so that more is better."""
    return 1 if goal == "max" else -1


def ranked(trials: Iterable[Trial], rung: int, goal: Goal) -> list[Trial]:
    """Those with a score at a rung, the best first; among equals the earlier."""
    sign = sign_of(goal)
    known = [trial for trial in trials if math.isfinite(trial.scores.get(rung, math.nan))]
    return sorted(known, key=lambda trial: (-sign * trial.scores[rung], trial.number))


def best(trials: Iterable[Trial], goal: Goal) -> Trial | None:
    """The best of those that came farthest: a figure after one epoch is not compared with one after ten."""
    known = [trial for trial in trials if trial.scores]
    if not known:
        return None
    rung = max(max(trial.scores) for trial in known)
    order = ranked(known, rung, goal)
    return order[0] if order else None
