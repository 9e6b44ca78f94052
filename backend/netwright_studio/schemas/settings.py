"""How a network is trained."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from netwright.task_choice import TaskChoice
from netwright_studio.schemas.common import Ident, Request


class SchedulerChoice(Request):
    """A learning-rate scheduler and its parameters."""

    name: Ident
    params: dict[str, Any] = Field(default_factory=dict)


class TrainSettings(Request):
    """Everything about a training that is not the network or the data."""

    optimizer: Ident = "adam"
    optimizer_params: dict[str, Any] = Field(default_factory=lambda: {"learning_rate": 0.001})
    scheduler: SchedulerChoice | None = None
    initializer: Ident = "xavier"
    batch_size: int = Field(64, ge=1, le=65_536)
    epochs: int = Field(5, ge=1, le=100_000)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    device: Ident = "auto"
    validation_split: float = Field(0.1, ge=0.0, lt=1.0)
    checkpoint_every_seconds: float = Field(30.0, gt=0)
    look_inside: float = Field(
        0.02, ge=0.0, le=0.5, description="Part of the time that looking inside may take; 0 switches it off."
    )
    task: TaskChoice | None = Field(
        None, description="What the network is for, and which loss trains which weights; null: to tell labels."
    )
