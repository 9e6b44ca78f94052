"""Runs: what is asked, what is told, and the points of their curves."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from netwright.train.sweep.trial import TrialState
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.common import Ident, Model, Name, Number, Request, Time
from netwright_studio.schemas.events import AdviceData, ChangeData
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings


class RunCreate(Request):
    """A training to do: of a project as it is now, or of a graph and a data set."""

    project: Ident | None = None
    graph: Graph | None = None
    dataset: Ident | None = None
    settings: TrainSettings | None = Field(None, description="The project's settings when left out.")
    name: Name | None = None
    paused: bool = Field(False, description="Hold before the first step, to go on batch by batch.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.project is None and (self.graph is None or self.dataset is None):
            raise ValueError("Give a project, or a graph and a dataset")
        if self.project is not None and self.graph is not None:
            raise ValueError("Give either a project or a graph, not both")
        return self


class RunChange(Request):
    """What is to be different from the next step on."""

    learning_rate: float | None = Field(None, ge=0, le=1e6, allow_inf_nan=False)
    weight_decay: float | None = Field(None, ge=0, le=1e6, allow_inf_nan=False)
    batch_size: int | None = Field(None, ge=1, le=65_536)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.learning_rate is None and self.weight_decay is None and self.batch_size is None:
            raise ValueError("Give learning_rate, weight_decay or batch_size")
        return self


Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class RunEdit(Request):
    """What people write on a run; what is left out stays."""

    name: Name | None = None
    tags: list[Tag] | None = Field(None, max_length=20)
    notes: str | None = Field(None, max_length=20_000)


class RunFork(Request):
    """A run that begins where another was."""

    step: int | None = Field(None, ge=0, description="One of the run's checkpoints; its first weights when left out.")
    settings: TrainSettings | None = Field(None, description="The run's own when left out.")
    graph: Graph | None = Field(None, description="Another network: the weights that fit are taken.")
    only_weights: bool = Field(False, description="Begin with the optimizer and the order of the data afresh.")
    name: Name | None = None
    paused: bool = False


class Difference(Model):
    """A setting or a part of the network that is not as in the run it comes from."""

    name: str
    before: Any = None
    after: Any = None


class Origin(Model):
    """Where a run comes from. ``step`` is the checkpoint's, null for the first weights."""

    run: str
    number: int
    name: str
    kind: Literal["initial", "checkpoint", "weights"]
    step: int | None
    epoch: float | None
    differences: list[Difference]


class Checkpoint(Model):
    """A checkpoint that is on disk now. One that is kept is not dropped while newer ones come."""

    step: int
    epoch: float
    bytes: int
    kept: bool
    written: float = Field(description="Seconds since 1970.")
    metrics: dict[str, Number]


class Best(Model):
    """The best value so far of the metric that decides."""

    metric: str
    value: Number
    step: int
    epoch: float


class Relative(Model):
    """A run of a family. ``parent`` may have been deleted: then nothing but its name is known."""

    id: str
    number: int
    name: str
    state: RunState | None
    parent: str | None
    origin: Origin | None
    epoch: float
    epochs: int
    best: Best | None


class Lineage(Model):
    """All runs that a run comes from, and that come from these, the oldest first."""

    runs: list[Relative]


class ModelRef(Model):
    """The model a run made."""

    name: str
    version: int


class TrialRef(Model):
    """Which trial of which sweep a run is."""

    id: str = Field(description="The sweep.")
    trial: int = Field(description="From 0.")
    state: TrialState
    rung: int = Field(description="The rung it trains for or has come to, from 0.")


class RunSummary(Model):
    """One training and how far it is, without its network."""

    id: str
    name: str
    number: int
    project: str | None
    state: RunState
    state_reason: str | None
    resumable: bool
    graph_name: str
    dataset: str
    settings: TrainSettings
    sweep: TrialRef | None
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
    memory_bytes: int | None
    changes: list[ChangeData]
    advice: list[AdviceData] = Field(description="In lists without evidence.")
    origin: Origin | None
    model: ModelRef | None
    ranges: dict[str, tuple[float, float]] = Field(description="The least and the greatest value of each metric.")
    tags: list[str]
    notes: str
    deleted_at: Time | None = Field(description="Deleted, but can be restored for a week.")
    last_event: int


class Run(RunSummary):
    """One training with its network."""

    graph: Graph


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
