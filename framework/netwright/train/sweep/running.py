"""Sweeps in one process: trials one after the other, kept in a folder, to go on from after any end."""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CheckpointError, GraphError, NetwrightError, ParamError
from ...serialization import write_atomically
from ..advice import Advisor
from ..loop import Callback, TrainState, fit
from ..settings import TrainSettings
from ..task import GraphTask
from .decide import Job, decide
from .importance import Importance, importance
from .knobs import check_spec, require_settings
from .measure import Goal, metrics_for
from .methods import Method, Random
from .places import place
from .ranges import Choice, Float, Integer
from .spec import SweepSpec
from .trial import Trial, TrialState, best, ranked, sign_of

if TYPE_CHECKING:
    from ...datasets import Dataset

RECORDS = "sweep.json"
Train = Callable[[dict[str, Any], int, Path], float]
"""(values, epochs, folder) → score. A trial that goes on is called again with more epochs and the same folder."""


class Until(Callback):
    """Ends a training after some epochs, before the end its settings tell: with a checkpoint, to be resumed."""

    def __init__(self, epochs: int | None) -> None:
        self._epochs = epochs

    def on_start(self, state: TrainState) -> None:
        """Train nothing where that has been reached already."""
        self.on_epoch(state)

    def on_epoch(self, state: TrainState) -> None:
        """Stop there."""
        if self._epochs is not None and self._epochs <= state.epoch < state.epochs:
            state.request_stop()


@dataclass(frozen=True)
class SweepResult:
    """What came of a sweep."""

    parameters: tuple[Choice | Integer | Float, ...]
    trials: list[Trial]
    rungs: tuple[int, ...]
    goal: Goal
    metric: str = ""

    @property
    def best(self) -> Trial | None:
        """The best of the trials that came farthest."""
        return best(self.trials, self.goal)

    def importance(self) -> list[Importance]:
        """How much each parameter has to do with the score (after the first rung)."""
        return importance(self.trials, self.parameters, self.goal)

    def ranking(self) -> list[Trial]:
        """All trials with a score: those that came farther first, among them the best first."""
        order: list[Trial] = []
        for rung in reversed(range(len(self.rungs))):
            order += ranked([t for t in self.trials if t.scores and max(t.scores) == rung], rung, self.goal)
        return order

    def curve(self) -> list[tuple[int, float]]:
        """(trial's number, best score so far) of trials that were trained to the end, in their order."""
        found: list[tuple[int, float]] = []
        sign, last = sign_of(self.goal), len(self.rungs) - 1
        for trial in self.trials:
            score = trial.scores.get(last)
            if score is not None and (not found or sign * score > sign * found[-1][1]):
                found.append((trial.number, score))
        return found

    def __str__(self) -> str:
        names = [parameter.path for parameter in self.parameters]
        rows = [("trial", *names, self.metric or "score", "epochs", "state")]
        for trial in self.ranking():
            rung = max(trial.scores)
            values = (json.dumps(trial.values.get(name)) for name in names)
            rows.append((str(trial.number), *values, f"{trial.scores[rung]:.5g}", str(self.rungs[rung]), trial.state))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def run(
    spec: SweepSpec,
    data: Dataset,
    folder: Path | str | None = None,
    on_change: Callable[[Trial], None] | None = None,
    callbacks: Callable[[Trial], Sequence[Any]] = lambda trial: (),
) -> SweepResult:
    """Train the trials of a sweep on a data set, one after the other.

    With ``folder`` everything is kept there, and the same sweep goes on where it ended, bit for bit. Values that a
    network cannot have make a trial that is refused, with its reason; nothing else ends a sweep. ``on_change`` is
    told of each trial that begins, comes to a rung or ends; ``callbacks`` may give more callbacks for a trial.

    >>> from netwright import datasets, templates
    >>> from netwright.train import sweep
    >>> template = templates.get("logistic-iris")
    >>> spec = sweep.SweepSpec(
    ...     graph=template.graph,
    ...     settings={**template.settings, "epochs": 4},
    ...     parameters=[sweep.Float(path="settings.optimizer_params.learning_rate", low=1e-4, high=1.0, log=True)],
    ...     method=sweep.Halving(trials=4, first=1, keep=2),
    ... )
    >>> result = sweep.run(spec, datasets.get("iris"))
    >>> [trial.state.value for trial in result.trials].count("completed"), result.rungs
    (1, (1, 2, 4))
    """
    check_spec(spec)
    metric = spec.metric or metrics_for(data.info, spec.settings)[0]
    spec = spec.model_copy(update={"metric": metric})
    trials = [Trial(number, values) for number, values in enumerate(spec.trials())]

    def refuse(trial: Trial) -> NetwrightError | None:
        return why_impossible(spec, trial.values, data)

    def train(trial: Trial, epochs: int, place_: Path) -> float:
        return _train_graph(spec, trial, data, epochs, place_, callbacks(trial))

    driver = _Driver(trials, spec.method, spec.rungs, spec.direction, metric, on_change, refuse)
    key = json.loads(spec.model_dump_json())
    driver.run(train, folder, key)
    return SweepResult(spec.parameters, trials, spec.rungs, spec.direction, metric)


def search(
    parameters: Sequence[Choice | Integer | Float],
    train: Train,
    method: Method | None = None,
    epochs: int = 1,
    goal: Goal = "max",
    seed: int = 0,
    folder: Path | str | None = None,
    on_change: Callable[[Trial], None] | None = None,
) -> SweepResult:
    """Search with a function of your own: ``train(values, epochs, folder)`` trains and returns the score.

    The paths of the parameters may be any names. Where trials are halved, the function is called again with more
    epochs for those that go on, with the same folder, in which it may keep what it needs for that. An error of
    Netwright makes the trial a failed one; others end the search.

    >>> from netwright.train import sweep
    >>> found = sweep.search(
    ...     [sweep.Float(path="x", low=-2, high=2)],
    ...     lambda values, epochs, folder: (values["x"] - 1) ** 2,
    ...     method=sweep.Random(trials=40),
    ...     goal="min",
    ... )
    >>> abs(found.best.values["x"] - 1) < 0.2
    True
    """
    method = method or Random()
    spec = SweepSpec.model_construct(parameters=tuple(parameters), method=method, seed=seed, settings={}, graph={})
    trials = [Trial(number, values) for number, values in enumerate(spec.trials())]
    rungs = method.rungs(epochs)
    driver = _Driver(trials, method, rungs, goal, "", on_change, lambda trial: None)
    rows = [parameter.model_dump(mode="json") for parameter in parameters]
    key = {"parameters": rows, "method": method.model_dump(mode="json"), "epochs": epochs, "goal": goal, "seed": seed}
    driver.run(lambda trial, until, place_: train(dict(trial.values), until, place_), folder, key)
    return SweepResult(tuple(parameters), trials, rungs, goal)


def why_impossible(spec: SweepSpec, values: Mapping[str, Any], data: Any) -> NetwrightError | None:
    """Why a combination of values cannot be trained; None where it can. ``data`` is a Dataset or what describes one."""
    from ...graph import check

    try:
        graph, settings = place(spec.graph, spec.settings, values)
        made = require_settings(settings)
        report = check(graph, data=getattr(data, "info", data), batch_size=made.batch_size)
    except NetwrightError as error:
        return error
    for problem in report.errors():
        facts = {"wanted": problem.wanted, "got": problem.got, "remedy": problem.remedy}
        return GraphError(problem.message, where=problem.node, **facts)
    return None


def _train_graph(
    spec: SweepSpec, trial: Trial, data: Dataset, epochs: int, folder: Path, callbacks: Sequence[Any]
) -> float:
    graph, settings = place(spec.graph, spec.settings, trial.values)
    made = TrainSettings.model_validate(settings)
    task = GraphTask(graph, data.info, choice=made.task)
    advisor = Advisor(stop=True)
    result = fit(
        task,
        data.feed("train"),
        settings=made,
        callbacks=[Until(epochs), advisor, *callbacks],
        checkpoint=folder,
        resume=True,
        preprocessing=data.preprocessing,
    )
    if advisor.lost:
        raise NetwrightError(advisor.given[-1].sentence(advisor.given[-1].text))
    if result.epochs < epochs:
        raise KeyboardInterrupt
    if spec.metric not in result.metrics:
        known = ", ".join(sorted(result.metrics))
        raise ParamError("the training has no such figure", where="metric", wanted=known, got=spec.metric)
    return result.metrics[spec.metric]


@dataclass
class _Driver:
    """Trains what ``decide`` says, one job at a time, and keeps records."""

    trials: list[Trial]
    method: Method
    rungs: tuple[int, ...]
    goal: Goal
    metric: str
    on_change: Callable[[Trial], None] | None
    refuse: Callable[[Trial], NetwrightError | None]
    records: Path | None = field(default=None, init=False)

    def run(self, train: Callable[[Trial, int, Path], float], folder: Path | str | None, key: Any) -> None:
        if folder is not None:
            self._run(train, Path(folder), key)
            return
        with tempfile.TemporaryDirectory(prefix="netwright-sweep-") as place_:
            self._run(train, Path(place_), key)

    def _run(self, train: Callable[[Trial, int, Path], float], folder: Path, key: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.records = folder / RECORDS
        self._go_on(key)
        while True:
            decision = decide(self.trials, self.method, self.rungs, self.goal, self.metric)
            for ended in decision.early:
                ended.trial.state, ended.trial.reason = TrialState.EARLY, ended.reason
                self._note(key, ended.trial)
            if decision.jobs:
                self._work(decision.jobs[0], train, folder, key)
            elif not decision.early:
                return

    def _work(self, job: Job, train: Callable[[Trial, int, Path], float], folder: Path, key: Any) -> None:
        trial, before = job.trial, (job.trial.state, job.trial.rung)
        why = self.refuse(trial) if job.rung == 0 else None
        if why is not None:
            trial.state, trial.reason = TrialState.REFUSED, str(why)
            self._note(key, trial)
            return
        trial.state, trial.rung = TrialState.RUNNING, job.rung
        self._note(key, trial)
        began = time.monotonic()
        try:
            score = train(trial, self.rungs[job.rung], folder / f"trial-{trial.number}")
        except NetwrightError as error:
            trial.state, trial.reason = TrialState.FAILED, str(error)
        except BaseException:
            trial.state, trial.rung = before
            self._note(key, trial)
            raise
        else:
            self._score(trial, job.rung, score)
        trial.seconds += time.monotonic() - began
        self._note(key, trial)

    def _score(self, trial: Trial, rung: int, score: float) -> None:
        if not math.isfinite(score):
            trial.state, trial.reason = TrialState.FAILED, f"{self.metric or 'The score'} is {score}."
            return
        trial.scores[rung] = float(score)
        trial.state = TrialState.COMPLETED if rung + 1 == len(self.rungs) else TrialState.HELD

    def _note(self, key: Any, trial: Trial) -> None:
        assert self.records is not None
        rows = [one.to_json() for one in self.trials]
        write_atomically(self.records, json.dumps({"sweep": key, "trials": rows}).encode())
        if self.on_change is not None:
            self.on_change(trial)

    def _go_on(self, key: Any) -> None:
        """Take up what an earlier run of the same sweep has done; a trial that was at work then is trained on."""
        assert self.records is not None
        if not self.records.exists():
            return
        kept = json.loads(self.records.read_bytes())
        if kept["sweep"] != json.loads(json.dumps(key)):
            raise CheckpointError(
                "the folder holds another sweep", where=str(self.records), remedy="Choose another folder, or empty it"
            )
        for place_, row in enumerate(kept["trials"]):
            trial = self.trials[place_] = Trial.of(row)
            if trial.state is TrialState.RUNNING:
                trial.state = TrialState.HELD if trial.rung else TrialState.WAITING
                trial.rung = max(0, trial.rung - 1)
