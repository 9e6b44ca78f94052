"""Mishaps that show in the curves: divergence, plateau, overfitting."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from . import words
from .words import Advice, Evidence, thin

if TYPE_CHECKING:
    from ..loop import TrainState

FIRST_STEPS = 3
"""The mean of their losses is what the training began with."""
WINDOW = (8, 100)
"""Steps over which the loss is smoothed: at least, at most."""


class LossCurve:
    """The training loss, smoothed over ``window`` steps: what it began with, its best, and points of its course.

    ``calm`` counts the steps since a setting was changed.
    """

    def __init__(self) -> None:
        self.begin(20)

    def begin(self, steps_per_epoch: int) -> None:
        """Forget everything; half an epoch, within limits, is smoothed over."""
        self.window = min(max(WINDOW[0], steps_per_epoch // 2), WINDOW[1])
        self.count = self.calm = 0
        self.first = self.now = self.ceiling = 0.0
        self.best, self.best_step = math.inf, 0
        self.points: list[tuple[int, float]] = []
        self._every = 1

    def add(self, step: int, loss: float) -> None:
        """Take in the finite loss of a step."""
        self.count += 1
        self.calm += 1
        if self.count <= FIRST_STEPS:
            self.first += (loss - self.first) / self.count
            self.ceiling = self.first
        weight = 1 / min(self.count, self.window)
        self.now += (loss - self.now) * weight
        if self.count >= FIRST_STEPS and self.now < self.best:
            self.best, self.best_step = self.now, step
        if self.count % self._every == 0:
            self.points.append((step, self.now))
            if len(self.points) >= 240:
                self.points, self._every = self.points[::2], self._every * 2

    def rearm(self) -> None:
        """A setting was changed: what comes is measured by where the loss is now."""
        self.calm = 0
        if self.count >= FIRST_STEPS:
            self.ceiling, self.best = max(self.first, self.now), self.now

    @property
    def fall(self) -> float:
        """How far the loss has come down at best."""
        return self.first - self.best


def rate_of(state: TrainState) -> float:
    """The learning rate of the last step."""
    return float(state.metrics.get("lr", 0.0))


class Divergence:
    """The smoothed loss has risen far above what it began with, or most of what was learned is lost again."""

    RISE = 1.0
    """So many times the first loss, on top of it."""
    LOST = 0.75

    def __init__(self) -> None:
        self._bad = 0

    def look(self, curve: LossCurve, state: TrainState) -> Advice | None:
        """Look after a step."""
        if curve.calm < 5:
            return None
        size = max(abs(curve.first), 1e-12)
        rose = curve.now > curve.ceiling + self.RISE * size
        learned = curve.fall > 0.25 * size
        lost = learned and curve.now - curve.best > self.LOST * curve.fall
        self._bad = self._bad + 1 if rose or lost else 0
        far = curve.now > curve.ceiling + 100 * size
        if not (far or self._bad >= curve.window):
            return None
        rate = rate_of(state)
        return words.DIVERGENCE.say(
            (state.step, state.epoch),
            Evidence(measure="Loss", curves={"train_loss": thin(curve.points)}),
            {
                "now": curve.now,
                "first": curve.first,
                "best": curve.best,
                "best_step": curve.best_step,
                "rate": rate,
                "smaller": _rounded(rate / 10),
            },
            change={"learning_rate": _rounded(rate / 10)} if rate else None,
        )


class Plateau:
    """The loss stays where it is, far above 0: from the beginning on, or after it had come down some way."""

    EPOCHS, STEPS = 4, 100
    LATER = 2
    """One that comes later lasts so many times longer: what is left may be the data's own noise."""
    """A plateau lasts at least so many of both, or ``LONG`` steps."""
    LONG = 1500
    MOVED = 0.01
    HIGH, SOME = 0.9, 0.65

    def __init__(self) -> None:
        self._since: int | None = None

    def look(self, curve: LossCurve, state: TrainState) -> Advice | None:
        """Look at the end of an epoch."""
        per_epoch = state.step / state.epoch if state.epoch else math.inf
        span = int(min(max(self.STEPS, self.EPOCHS * per_epoch), self.LONG))
        if curve.calm < span or curve.first <= 0:
            return None
        late = [value for step, value in curve.points if step > state.step - span / 2]
        early = [value for step, value in curve.points if state.step - span < step <= state.step - span / 2]
        if not late or not early:
            return None
        moved = sum(early) / len(early) - sum(late) / len(late)
        level = curve.now / curve.first
        spread = max(early + late) - min(early + late)
        if abs(moved) > self.MOVED * curve.first or spread > 6 * self.MOVED * curve.first:
            self._since = None
            return None
        self._since = state.step if self._since is None else self._since
        rate = rate_of(state)
        at = state.step, state.epoch
        facts: dict[str, str | float] = {
            "now": curve.now,
            "first": curve.first,
            "span": span,
            "rate": rate,
            "larger": _rounded(rate * 10),
            "smaller": _rounded(rate / 10),
        }
        evidence = Evidence(measure="Loss", curves={"train_loss": thin(curve.points)})
        if level > self.HIGH:
            change = {"learning_rate": _rounded(rate * 10)}
            return words.PLATEAU_START.say(at, evidence, facts, change=change)
        if level > self.SOME and state.step - self._since >= self.LATER * span:
            return words.PLATEAU_LATER.say(at, evidence, {**facts, "percent": round(100 * level)})
        return None


class Overfitting:
    """The validation loss has risen for some epochs, while the training loss went on falling."""

    EPOCHS = 3
    RISE = 0.15
    FELL = 0.85

    def __init__(self) -> None:
        self._rows: list[tuple[int, float, float, float]] = []

    def look(self, curve: LossCurve, state: TrainState) -> Advice | None:
        """Look at the end of an epoch."""
        train, val = state.metrics.get("train_loss"), state.metrics.get("val_loss")
        if train is None or val is None or not (math.isfinite(train) and math.isfinite(val)):
            return None
        self._rows.append((state.step, state.epoch, train, val))
        best = min(self._rows, key=lambda row: row[3])
        last = self._rows[-self.EPOCHS :]
        above = (1 + self.RISE) * best[3] + 0.03 * abs(curve.first)
        if len(last) < self.EPOCHS or best in last or not all(row[3] > above for row in last):
            return None
        if train > self.FELL * best[2] or best[3] <= 0:
            return None
        decay = 1e-4 if not state.task.optimizer.wd else _rounded(10 * state.task.optimizer.wd)
        step = max(1, len(self._rows) // 60)
        return words.OVERFITTING.say(
            (state.step, state.epoch),
            Evidence(
                measure="Loss",
                curves={
                    "train_loss": thin([(row[0], row[2]) for row in self._rows[::step]]),
                    "val_loss": thin([(row[0], row[3]) for row in self._rows[::step]]),
                },
            ),
            {
                "best_epoch": round(best[1]),
                "best": best[3],
                "now": val,
                "train_then": best[2],
                "train_now": train,
                "decay": decay,
            },
            change={"weight_decay": decay},
        )


def _rounded(value: float) -> float:
    """Two digits: a rate is a rough thing."""
    return float(f"{value:.2g}")
