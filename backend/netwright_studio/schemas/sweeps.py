"""Sweeps: what is asked, what a sweep is, and its trials."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from netwright.train.sweep import MAX_TRIALS, Goal, Grid, Knob, Method, Parameter, TrialState
from netwright_studio.schemas.common import Ident, Model, Name, Number, Request, Time
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings

SweepState = Literal["running", "paused", "stopped", "completed"]
Metric = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class KnobRequest(Request):
    """A training whose parameters are asked for."""

    graph: Graph
    dataset: Ident | None = None
    settings: TrainSettings


class KnobList(Model):
    """What can be varied, and the figures that can decide, the most telling first."""

    knobs: list[Knob]
    metrics: list[str]
    concurrency: int = Field(description="Runs that this studio trains at the same time.")


class SweepCreate(Request):
    """Trainings to do: of a project as it is now, or of a graph and a data set."""

    project: Ident | None = None
    graph: Graph | None = None
    dataset: Ident | None = None
    settings: TrainSettings | None = Field(None, description="The project's settings when left out.")
    name: Name | None = None
    parameters: list[Parameter] = Field(min_length=1, max_length=20)
    method: Method = Field(default_factory=Grid)
    metric: Metric | None = Field(None, description="What decides; the most telling figure when left out.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="The same seed draws the same trials.")
    concurrency: int | None = Field(None, ge=1, le=64, description="Trials at once; as many as the studio trains.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.project is None and (self.graph is None or self.dataset is None):
            raise ValueError("Give a project, or a graph and a dataset")
        if self.project is not None and self.graph is not None:
            raise ValueError("Give either a project or a graph, not both")
        return self


class SweepEdit(Request):
    """What people write on a sweep."""

    name: Name


class Impossible(Model):
    """Why a combination cannot be trained."""

    message: str
    where: str | None
    wanted: str | None
    got: str | None
    remedy: str | None


class Refused(Model):
    """A combination that cannot be trained, and why."""

    number: int
    values: dict[str, Any]
    problem: Impossible


class Rung(Model):
    """How many trials train until an epoch, where all of them can be compared."""

    epochs: int
    trials: int


class Preview(Model):
    """What a sweep would do. ``refused`` of the ``checked`` first trials; ``seconds`` from what was measured before
    (``basis`` measured), or from the Scheduler's predictions.
    """

    trials: int
    rungs: list[Rung]
    epochs: int = Field(description="All epochs of all trials together.")
    examples: list[dict[str, Any]] = Field(description="The first trials' values by path.")
    checked: int
    refused: list[Refused]
    metric: str
    goal: Goal
    concurrency: int
    seconds: float | None
    basis: Literal["measured", "predicted", "unknown"]


class SweepBrief(Model):
    """A sweep in a list."""

    id: str
    number: int
    name: str
    project: str | None
    dataset: str
    metric: str
    state: SweepState
    counts: dict[TrialState, int]
    created_at: Time
    ended_at: Time | None
    deleted_at: Time | None


class ParameterShare(Model):
    """How much a parameter has to do with the score: its share of the ranks' variance, and which way is better."""

    path: str
    share: float
    trend: float | None


class Sweep(SweepBrief):
    """A sweep: what is varied, how far it is, and what came of it."""

    graph: Graph
    settings: TrainSettings
    parameters: list[Parameter]
    method: Method
    seed: int
    goal: Goal
    rungs: list[Rung]
    concurrency: int
    best: int | None = Field(description="The number of the best trial of those that came farthest.")
    importance: list[ParameterShare]
    seconds: float = Field(description="Time that its trials were trained.")
    seconds_left: float | None


class SweepTrial(Model):
    """One combination of values and what became of it. ``scores`` by rung, from 0; ``run`` once it has begun."""

    number: int
    values: dict[str, Any]
    state: TrialState
    rung: int
    scores: dict[int, Number]
    score: Number | None = Field(description="Where it came farthest; while it trains, the last.")
    epoch: float
    reason: str | None = Field(description="Why it ended as it did.")
    problem: Impossible | None = Field(description="Why it was refused.")
    run: str | None
    run_number: int | None
    seconds: float


class TrialPage(Model):
    """Trials in their order."""

    items: list[SweepTrial]
    total: int = Field(le=MAX_TRIALS)


class Applied(Model):
    """A trial's values were put into the project."""

    project: str
    revision: int
    trial: int
