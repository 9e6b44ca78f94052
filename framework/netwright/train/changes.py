"""Changes of a training while it runs: learning rate, weight decay, batch size, between two steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParamError
from ..lr_scheduler import LRScheduler
from ..optimizer import Optimizer

LARGEST_BATCH = 65_536


@dataclass(frozen=True)
class Change:
    """One setting that was changed after ``step``: from the next step on it is ``after``."""

    name: str
    before: float
    after: float
    step: int
    epoch: float

    def to_json(self) -> dict[str, Any]:
        """The change as JSON-able values."""
        return {
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "step": self.step,
            "epoch": self.epoch,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Change:
        """Read what ``to_json`` gave."""
        return cls(**values)


def check_changes(
    learning_rate: float | None = None, weight_decay: float | None = None, batch_size: int | None = None
) -> None:
    """Raise ParamError unless the values can be trained with; None is left as it is."""
    for name, value in (("learning_rate", learning_rate), ("weight_decay", weight_decay)):
        if value is not None and not (_is_number(value) and math.isfinite(value) and value >= 0):
            raise ParamError("this cannot be set", where=name, wanted="a number of at least 0", got=repr(value)[:60])
    if batch_size is not None and not (_is_number(batch_size) and batch_size == int(batch_size) and batch_size >= 1):
        raise ParamError("this cannot be set", where="batch_size", wanted="a whole number from 1", got=repr(batch_size))
    if batch_size is not None and batch_size > LARGEST_BATCH:
        raise ParamError(
            "the batch is too large", where="batch_size", wanted=f"at most {LARGEST_BATCH}", got=batch_size
        )
    if learning_rate is None and weight_decay is None and batch_size is None:
        raise ParamError("nothing is to be changed", wanted="learning_rate, weight_decay or batch_size")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class SteeredSchedule(LRScheduler):
    """A schedule whose rates are multiplied, and whose rest is stretched, by hand.

    ``factor`` multiplies every rate. From update ``start`` on the schedule passes ``pace`` of its own updates for each
    one, so that it still ends with a training whose number of steps has changed.

    >>> from netwright.train.changes import SteeredSchedule
    >>> schedule = SteeredSchedule(mx.lr_scheduler.FactorScheduler(step=10, factor=0.5, base_lr=1.0))
    >>> schedule.factor = 0.1
    >>> schedule(5), schedule(15)
    (0.1, 0.05)
    """

    def __init__(self, schedule: LRScheduler) -> None:
        super().__init__(schedule.base_lr)
        self.schedule = schedule
        self.factor = 1.0
        self.start = 0
        self.inner = 0.0
        self.pace = 1.0

    def __call__(self, num_update: int) -> float:
        return self.factor * self.plain(num_update)

    def plain(self, num_update: int) -> float:
        """The rate without the factor."""
        return self.schedule(self._inner(num_update))

    def _inner(self, num_update: int) -> int:
        if self.pace == 1.0 and self.inner == self.start:
            return num_update
        return math.floor(self.inner + (num_update - self.start) * self.pace + 1e-9)

    def stretch(self, num_update: int, left_before: int, left_now: int) -> None:
        """From this update on ``left_now`` updates take the place of the ``left_before`` that were to come."""
        if left_before < 1 or left_now < 1:
            return
        inner = self.inner + (num_update - self.start) * self.pace
        self.pace *= left_before / left_now
        self.start, self.inner = num_update, inner

    def state_dict(self) -> dict[str, float]:
        """What was done by hand, as JSON-able values."""
        return {"factor": self.factor, "start": self.start, "inner": self.inner, "pace": self.pace}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Restore what ``state_dict`` gave."""
        self.factor, self.inner, self.pace = (float(state[name]) for name in ("factor", "inner", "pace"))
        self.start = int(state["start"])


def steer(optimizer: Optimizer) -> None:
    """Let the optimizer's schedule, where it has one, be changed by hand."""
    if optimizer.lr_scheduler is not None and not isinstance(optimizer.lr_scheduler, SteeredSchedule):
        optimizer.lr_scheduler = SteeredSchedule(optimizer.lr_scheduler)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Make ``rate`` the rate of the next update; a schedule keeps its form from there, in proportion."""
    schedule = optimizer.lr_scheduler
    if schedule is None:
        optimizer.lr = float(rate)
        return
    assert isinstance(schedule, SteeredSchedule)
    plain = schedule.plain(optimizer.num_update)
    if plain == 0:
        raise ParamError(
            "the schedule's rate is 0 at this step, which cannot be scaled",
            where="learning_rate",
            remedy="Change it some steps later, or train without a schedule",
        )
    schedule.factor = rate / plain


def live_state(optimizer: Optimizer) -> dict[str, Any]:
    """What changes by hand have set in the optimizer, for a checkpoint (its rate without a schedule is its own)."""
    schedule = optimizer.lr_scheduler
    steered = schedule.state_dict() if isinstance(schedule, SteeredSchedule) else None
    return {"weight_decay": optimizer.wd, "schedule": steered}


def load_live_state(optimizer: Optimizer, state: Mapping[str, Any] | None) -> None:
    """Restore what ``live_state`` gave; None of a checkpoint from before there was any."""
    if state is None:
        return
    optimizer.wd = float(state["weight_decay"])
    if state["schedule"] is not None and isinstance(optimizer.lr_scheduler, SteeredSchedule):
        optimizer.lr_scheduler.load_state_dict(state["schedule"])
