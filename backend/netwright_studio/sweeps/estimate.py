"""How much work a sweep is: its rungs, its epochs, and about how long it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from netwright.errors import NetwrightError
from netwright_studio.store import Store
from netwright_studio.store.tables import Run
from netwright_studio.sweeps.making import Draft

if TYPE_CHECKING:
    from netwright.train.sweep import SweepSpec

Basis = Literal["measured", "predicted", "unknown"]
PLAN_SECONDS = 1.5
"""So long trials are planned, to predict how long they take."""
MOST_PLANS = 12
MOST_RUNS = 8
START_SECONDS = 2.5
"""What a run takes beside its epochs, where none was measured: a process, the framework, the data, the test."""
SHORTEST_START, LONGEST_START = 0.5, 60.0
OVERHEAD = 1.25
"""What validation, checkpoints and looking inside add to the steps."""


@dataclass(frozen=True)
class Estimate:
    """Seconds of the whole sweep, and what they come from."""

    seconds: float | None
    basis: Basis


def rungs_of(spec: SweepSpec, trials: int) -> list[tuple[int, int]]:
    """(epochs, trials that come so far) of each rung, where every trial can be compared."""
    from netwright.train.sweep import Halving, rung_sizes

    if not isinstance(spec.method, Halving):
        return [(spec.epochs, trials)]
    return list(zip(spec.rungs, rung_sizes(trials, len(spec.rungs), spec.method.keep), strict=True))


def epochs_of(spec: SweepSpec, values: Sequence[dict[str, Any]], rungs: Sequence[tuple[int, int]]) -> int:
    """All epochs of all trials together."""
    if len(rungs) > 1:
        before = [0, *(epochs for epochs, _ in rungs)]
        return sum((epochs - start) * trials for (epochs, trials), start in zip(rungs, before, strict=False))
    return sum(int(one.get("settings.epochs", spec.epochs)) for one in values)


def estimate(store: Store, wanted: Draft, epochs: int, starts: int, at_once: int) -> Estimate:
    """About how long a sweep takes, ``starts`` beginnings of runs included."""
    predicted = _predicted(wanted)
    runs = store.runs.latest_measured(wanted.dataset, wanted.project, MOST_RUNS)
    measured = _measured(runs, wanted)
    scale, basis = 1.0, "predicted"
    if measured is not None:
        base = _epoch_seconds(wanted, {})
        scale, basis = (measured / base if base else 1.0), "measured"
        predicted = predicted if predicted and base else measured
    if predicted is None:
        return Estimate(None, "unknown")
    seconds = epochs * predicted * scale + starts * _start_seconds(runs, wanted)
    return Estimate(seconds / at_once, "measured" if basis == "measured" else "predicted")


def _predicted(wanted: Draft) -> float | None:
    """Seconds of an epoch, the mean of some trials spread over the sweep."""
    until = monotonic() + PLAN_SECONDS
    step = max(1, len(wanted.trials) // MOST_PLANS)
    found: list[float] = []
    known: dict[str, float | None] = {}
    for values in wanted.trials[::step][:MOST_PLANS]:
        sized = {p: v for p, v in values.items() if not p.startswith("settings.") or p == "settings.batch_size"}
        key = repr(sorted(sized.items()))
        if key not in known:
            known[key] = _epoch_seconds(wanted, sized)
        seconds = known[key]
        if seconds is not None:
            found.append(seconds)
        if monotonic() > until:
            break
    return fmean(found) if found else None


def _epoch_seconds(wanted: Draft, values: dict[str, Any]) -> float | None:
    """The predicted seconds of an epoch with these values; None where they cannot be planned."""
    from netwright.graph import plan_graph
    from netwright.graph.xray import plan_seconds
    from netwright.train.sweep import place

    try:
        graph, settings = place(wanted.spec.graph, wanted.spec.settings, values)
        batch = int(settings["batch_size"])
        plan = plan_graph(graph, batch_size=batch, training=True, data=wanted.info)
    except NetwrightError:
        return None
    samples = wanted.info.samples.train * (1 - float(settings["validation_split"]))
    return plan_seconds(plan) * math.ceil(samples / batch) * OVERHEAD


def _measured(runs: Sequence[Run], wanted: Draft) -> float | None:
    """Seconds of an epoch of the training that the sweep begins with, where a run of it was measured."""
    return next((_measured_epoch(run, wanted) for run in runs if _is_same(run, wanted.spec)), None)


def _measured_epoch(run: Run, wanted: Draft) -> float:
    samples = wanted.info.samples.train * (1 - float(run.settings["validation_split"]))
    return samples / float(run.samples_per_second or 1) * OVERHEAD


def _start_seconds(runs: Sequence[Run], wanted: Draft) -> float:
    """What runs on this data took beside their epochs."""
    found = [
        (run.ended_at - run.started_at).total_seconds() - run.epochs * _measured_epoch(run, wanted)
        for run in runs
        if run.started_at is not None and run.ended_at is not None and run.trial is None
    ]
    return min(max(median(found), SHORTEST_START), LONGEST_START) if found else START_SECONDS


def _is_same(run: Run, spec: SweepSpec) -> bool:
    same = all(run.settings.get(name) == spec.settings.get(name) for name in ("batch_size", "validation_split"))
    return same and _network(run.graph) == _network(spec.graph)


def _network(graph: dict[str, Any]) -> Any:
    nodes = [(node["id"], node["op"], node["params"], node["inputs"]) for node in graph.get("nodes", ())]
    return nodes, [(group["id"], group.get("repeat", 1)) for group in graph.get("groups") or ()]
