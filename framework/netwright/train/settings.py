"""What a training is told: optimizer, schedule, sizes, seed, device."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from .. import lr_scheduler
from ..optimizer import Optimizer, create, table
from ..optimizer.forms import checked
from ..task_choice import TaskChoice

ENDING = ("poly", "cosine")
"""Schedules that come to an end."""


class SchedulerChoice(BaseModel):
    """A learning-rate schedule and its parameters."""

    model_config = ConfigDict(extra="forbid")

    name: str
    params: dict[str, Any] = Field(default_factory=dict)


class TrainSettings(BaseModel):
    """Everything about a training that is not the network or the data.

    >>> from netwright.train import TrainSettings
    >>> TrainSettings(optimizer="sgd", optimizer_params={"learning_rate": 0.1}).batch_size
    64
    """

    model_config = ConfigDict(extra="forbid")

    optimizer: str = "adam"
    optimizer_params: dict[str, Any] = Field(default_factory=lambda: {"learning_rate": 0.001})
    scheduler: SchedulerChoice | None = None
    initializer: str = "xavier"
    batch_size: int = Field(64, ge=1, le=65_536)
    epochs: int = Field(5, ge=1, le=100_000)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    device: str = "auto"
    validation_split: float = Field(0.1, ge=0.0, lt=1.0)
    checkpoint_every_seconds: float = Field(30.0, gt=0)
    look_inside: float = Field(0.02, ge=0.0, le=0.5)
    """The part of the time that a ``Watch`` may take for its snapshots; 0 switches it off."""
    task: TaskChoice | None = None
    """What the network is for, where its loss heads alone do not tell; give it to ``GraphTask`` as ``choice``."""

    @property
    def schedule_ends_with_training(self) -> bool:
        """Whether the schedule has an end, and none was told."""
        chosen = self.scheduler
        return chosen is not None and chosen.name.lower() in ENDING and chosen.params.get("max_update") is None

    def make_optimizer(self, steps_total: int) -> Optimizer:
        """The optimizer with its schedule; raises ParamError where a name or parameter is wrong.

        A schedule that ends (``poly``, ``cosine``) ends with the training unless it is told when.
        """
        schedule = None
        if self.scheduler is not None:
            params = dict(self.scheduler.params)
            if self.schedule_ends_with_training:
                params["max_update"] = max(1, steps_total)
            cls = lr_scheduler.table.get(self.scheduler.name)
            schedule = cls(**checked("scheduler", cls, params))
        values = checked("optimizer", table.get(self.optimizer), self.optimizer_params)
        return create(self.optimizer, lr_scheduler=schedule, **values)
