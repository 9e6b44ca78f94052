"""Sweeps as the API shows them: counts, the best trial, what matters, the time that is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netwright.train.sweep.trial import TrialState
from netwright_studio.schemas import sweeps as shown
from netwright_studio.store import Store, tables
from netwright_studio.sweeps.estimate import rungs_of
from netwright_studio.sweeps.records import Record, read_spec_of, to_trials

if TYPE_CHECKING:
    from netwright.train.sweep import SweepSpec

BRIEF = ("id", "number", "name", "dataset", "metric", "state", "created_at", "ended_at", "deleted_at")


def brief(rows: Sequence[tables.Sweep], store: Store) -> list[shown.SweepBrief]:
    """Return sweeps as a list shows them."""
    counts = store.sweeps.counts([row.id for row in rows])
    return [shown.SweepBrief.model_validate({**_plain(row), "counts": dict(counts[row.id])}) for row in rows]


def whole(row: tables.Sweep, store: Store, at_once: int) -> shown.Sweep:
    """Return one sweep with what came of it so far."""
    from netwright.train.sweep import best, importance

    spec = read_spec_of(row)
    trials = to_trials(store.sweeps.trials(row.id))
    rungs = rungs_of(spec, sum(trial.state != "refused" for trial in trials))
    found = best(trials, spec.direction)
    counts = store.sweeps.counts([row.id])[row.id]
    return shown.Sweep.model_validate(
        {
            **_plain(row),
            "counts": dict(counts),
            "graph": spec.graph,
            "settings": spec.settings,
            "parameters": spec.parameters,
            "method": spec.method,
            "seed": spec.seed,
            "goal": spec.direction,
            "rungs": [{"epochs": epochs, "trials": count} for epochs, count in rungs],
            "concurrency": at_once,
            "best": None if found is None else found.number,
            "importance": importance(trials, spec.parameters, spec.direction),
            "seconds": sum(trial.seconds for trial in trials),
            "seconds_left": _seconds_left(spec, trials, rungs, at_once) if row.state == "running" else None,
        }
    )


def trial_rows(rows: Sequence[tables.SweepTrial], runs: dict[str, tables.Run], metric: str) -> list[shown.SweepTrial]:
    """Return trials with how far their runs are."""
    return [_trial(row, runs.get(row.run_id or ""), metric) for row in rows]


def _trial(row: tables.SweepTrial, run: tables.Run | None, metric: str) -> shown.SweepTrial:
    scores = {int(rung): score for rung, score in row.scores.items()}
    score: Any = scores[max(scores)] if scores else None
    if row.state == "running" and run is not None:
        score = run.metrics.get(metric, score)
    return shown.SweepTrial(
        number=row.number,
        values=row.values,
        state=TrialState(row.state),
        rung=row.rung,
        scores=scores,
        score=score,
        epoch=run.epoch if run is not None else 0.0,
        reason=row.reason,
        problem=shown.Impossible.model_validate(row.problem) if row.problem is not None else None,
        run=run.id if run is not None else None,
        run_number=run.number if run is not None else None,
        seconds=row.seconds,
    )


def _plain(row: tables.Sweep) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in BRIEF}, "project": row.project_id}


def _seconds_left(
    spec: SweepSpec, trials: Sequence[Record], rungs: Sequence[tuple[int, int]], at_once: int
) -> float | None:
    """By what an epoch took so far: the epochs that are still to come on each rung."""
    done, taken, before, left = 0.0, 0.0, 0, 0.0
    for rung, (epochs, count) in enumerate(rungs):
        arrived = [trial for trial in trials if rung in trial.scores]
        gone = sum(trial.state in ("failed", "stopped") and trial.rung == rung for trial in trials)
        done += (epochs - before) * len(arrived)
        left += (epochs - before) * max(0, count - len(arrived) - gone)
        before = epochs
    taken = sum(trial.seconds for trial in trials if trial.scores)
    return left * taken / done / at_once if done else None
