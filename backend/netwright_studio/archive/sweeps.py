"""Sweeps in an archive: what was varied, every trial, and which of the runs that come along is whose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from netwright.train.sweep import MAX_TRIALS, SweepSpec, TrialState
from netwright_studio.archive.manifest import Packed
from netwright_studio.schemas.common import Ident
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.schemas.sweeps import Impossible, Metric
from netwright_studio.store import Store
from netwright_studio.store.tables import Sweep, SweepTrial

Path = Annotated[str, StringConstraints(max_length=200)]
RungNumber = Annotated[int, Field(ge=0, le=100)]
Score = Annotated[float, Field(allow_inf_nan=False)]
TRIAL = ("trial", "trial_state", "rung", "until_epoch")
"""What a run knows of the trial that it is; nothing where its sweep stays behind."""


class PackedTrial(Packed):
    """A trial that is not at work; ``run`` may have stayed behind."""

    number: int = Field(ge=0, lt=MAX_TRIALS)
    run: Ident | None = None
    state: TrialState
    rung: RungNumber = 0
    values: dict[Path, JsonValue] = Field(max_length=2000)
    scores: dict[RungNumber, Score] = Field(default_factory=dict)
    reason: str | None = Field(None, max_length=10_000)
    problem: Impossible | None = None
    seconds: float = Field(0.0, ge=0, allow_inf_nan=False)


class PackedSweep(Packed):
    """``sweep.json``: a sweep that is not at work, with all its trials in order."""

    id: Ident
    number: int = Field(ge=0)
    name: str = Field(max_length=120)
    dataset: Ident
    metric: Metric
    concurrency: int | None = Field(None, ge=1, le=64)
    state: Literal["paused", "stopped", "completed"]
    created_at: datetime
    ended_at: datetime | None = None
    spec: SweepSpec
    trials: list[PackedTrial] = Field(max_length=MAX_TRIALS)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Whoever shows or resumes a sweep looks trials up by number, rungs and values by what is varied."""
        Graph.model_validate(self.spec.graph)
        TrainSettings.model_validate(self.spec.settings)
        places = {path for parameter in self.spec.parameters for path in parameter.paths}
        if [trial.number for trial in self.trials] != list(range(len(self.trials))):
            raise ValueError("the trials are not in order")
        for trial in self.trials:
            if trial.state is TrialState.RUNNING:
                raise ValueError("a sweep that is packed is not at work")
            if set(trial.values) != places:
                raise ValueError("a trial has other values than are varied")
            if max(trial.rung, *trial.scores, 0) >= len(self.spec.rungs):
                raise ValueError("a trial has come farther than there are rungs")
        return self


def sweeps_of(store: Store, project: str) -> list[Sweep]:
    """The project's sweeps, the newest first."""
    return store.sweeps.of_project(project)


def is_at_rest(sweep: Sweep, trials: list[SweepTrial]) -> bool:
    """Whether nothing of it is at work, so that it can be packed."""
    return sweep.state != "running" and all(trial.state != "running" for trial in trials)


def pack_sweep(sweep: Sweep, trials: list[SweepTrial]) -> PackedSweep:
    """The sweep as it goes into an archive."""
    facts = {name: getattr(sweep, name) for name in PackedSweep.model_fields if name != "trials"}
    return PackedSweep.model_validate({**facts, "trials": [_pack_trial(trial) for trial in trials]})


def _pack_trial(trial: SweepTrial) -> PackedTrial:
    facts = {name: getattr(trial, name) for name in PackedTrial.model_fields if name != "run"}
    return PackedTrial.model_validate({**facts, "run": trial.run_id})


def sweep_columns(packed: PackedSweep, ident: str, project: str, dataset: str) -> dict[str, Any]:
    """The columns of a sweep here."""
    spec = packed.spec.model_copy(update={"dataset": dataset}).model_dump(mode="json")
    kept = ("name", "metric", "concurrency", "state", "created_at", "ended_at")
    facts = {name: getattr(packed, name) for name in kept}
    return {**facts, "id": ident, "project_id": project, "dataset": dataset, "spec": spec}


def trial_columns(packed: PackedSweep, runs: Mapping[str, str]) -> list[dict[str, Any]]:
    """The columns of its trials; one whose run stayed behind keeps that run's id, as if the run had been deleted."""
    rows = [trial.model_dump(mode="json", exclude={"run"}) for trial in packed.trials]
    told = [None if trial.run is None else runs.get(trial.run, trial.run[:32]) for trial in packed.trials]
    return [{**row, "run_id": run} for row, run in zip(rows, told, strict=True)]


def trial_of_run(facts: Mapping[str, Any], sweep: str | None, known: Collection[str]) -> dict[str, Any]:
    """What a run says of its trial: nothing where its sweep is not among those that are known."""
    here = sweep is not None and sweep in known
    return {name: facts[name] if here else None for name in TRIAL}
