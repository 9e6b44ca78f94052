"""Runs: what is asked, what is told, and the points of their curves."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from netwright_studio.runs.state import RunState
from netwright_studio.schemas.common import Ident, Model, Name, Number, Request, Time
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings


class RunCreate(Request):
    """A training to do: of a project as it is now, or of a graph and a data set."""

    project: Ident | None = None
    graph: Graph | None = None
    dataset: Ident | None = None
    settings: TrainSettings | None = Field(None, description="The project's settings when left out.")
    name: Name | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.project is None and (self.graph is None or self.dataset is None):
            raise ValueError("Give a project, or a graph and a dataset")
        if self.project is not None and self.graph is not None:
            raise ValueError("Give either a project or a graph, not both")
        return self


class ModelRef(Model):
    """The model a run made."""

    name: str
    version: int


class Best(Model):
    """The best value so far of the metric that decides."""

    metric: str
    value: Number
    step: int
    epoch: float


class Run(Model):
    """One training and how far it is."""

    id: str
    name: str
    number: int
    project: str | None
    state: RunState
    state_reason: str | None
    resumable: bool
    graph: Graph
    dataset: str
    settings: TrainSettings
    created_at: Time
    started_at: Time | None
    ended_at: Time | None
    epoch: float
    epochs: int
    step: int
    steps_total: int | None
    metrics: dict[str, Number]
    best: Best | None
    samples_per_second: Number | None
    seconds_left: Number | None
    device: str | None
    device_reason: str | None
    model: ModelRef | None
    last_event: int


class Series(Model):
    """A curve in buckets: per bucket the first step, the least and the greatest value and the last one."""

    step: list[int]
    min: list[Number]
    max: list[Number]
    last: list[Number]
    count: int = Field(description="Points behind the curve; buckets hold one point each when they all fit.")


class SeriesReply(Model):
    """Curves by metric."""

    series: dict[str, Series]
