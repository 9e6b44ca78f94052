"""What a worker does: the framework's one training loop on the run's graph and data, told as events."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import netwright.datasets
from netwright import model_store
from netwright.datasets import Dataset
from netwright.errors import NetwrightError
from netwright.inspection import Snapshot, SnapshotFolder, Watch, evaluate_samples
from netwright.prediction import describe_clusters
from netwright.train import Advisor, Callback, GraphTask, TrainSettings, TrainState, evaluate, fit, require_finite
from netwright.train.data import held_rows
from netwright.train.sweep import Until
from netwright_studio.machine import resident_memory
from netwright_studio.runs.beginning import Beginning
from netwright_studio.runs.control import Control, Reporter
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.showing import Shower
from netwright_studio.runs.state import RunState

KEEP_CHECKPOINTS = 12
KEEP_OF_TRIALS = 2
"""A sweep has many runs, and of most of them nobody forks."""
GO_BACK = "Fork the run from one of its checkpoints with a smaller learning rate"
METRICS_SECONDS = 0.01
PROGRESS_SECONDS = 0.5


def train_run(order: dict[str, Any], folder: Path, reporter: Reporter, control: Control) -> dict[str, Any] | None:
    """Train and save the model in the run's folder; None when it was stopped before the end."""
    place = RunFolder(folder.parent, folder.name)
    data = load_data(order["dataset"], reporter)
    settings = TrainSettings.model_validate(order["settings"])
    task = GraphTask(order["graph"], data.info, choice=settings.task)
    teller = Teller(reporter, control, settings.batch_size, resumed=order["resume"])
    advisor = Advisor(lambda advice: reporter.say("advice", advice.model_dump()), stop=True)
    begin = Beginning(order, place, data, settings, reporter)
    watch = make_watch(place, reporter, data)
    result = fit(
        task,
        data.feed("train"),
        settings=settings,
        callbacks=[begin, teller, advisor, watch, Shower(reporter, task, data), Until(order["until_epoch"]), control],
        keep=KEEP_OF_TRIALS if order["trial"] else KEEP_CHECKPOINTS,
        checkpoint=place.checkpoints,
        resume=order["resume"],
        preprocessing=data.preprocessing,
    )
    if advisor.lost:
        raise NetwrightError(advisor.given[-1].sentence(advisor.given[-1].text), remedy=GO_BACK)
    if not result.completed:
        return None
    tested = evaluate(task, data.feed("test"), preprocessing=data.preprocessing)
    tested = {f"test_{name}": value for name, value in tested.items()}
    reporter.say("metrics", {"step": result.steps, "epoch": result.epochs, "values": tested})
    require_finite(
        {n: v for n, v in tested.items() if n == "test_loss"}, settings.optimizer_params.get("learning_rate")
    )
    try:
        keep_evaluations(place, task, data, settings)
    except NetwrightError as error:  # the model is worth keeping without
        reporter.log(f"Predictions by sample are not kept: {error}", "warning")
    metrics = {**result.metrics, **tested}
    metrics.pop("lr", None)
    info = model_store.describe_model(
        data,
        name=order["graph"].get("name") or "model",
        metrics=metrics,
        settings=settings.model_dump(mode="json"),
        seed=settings.seed,
        run=order["run"],
        task=settings.task,
        clusters=describe_clusters(task, data),
    )
    shutil.rmtree(place.model, ignore_errors=True)
    complete = info.model_copy(update={"dataset": order["dataset"], "parameters": task.parameters})
    model_store.save_model(place.model, order["graph"], task.arrays(), complete)
    return {"model": place.model.name}


def load_data(ident: str, reporter: Reporter) -> Dataset:
    """Return a built-in data set or an upload; only an upload needs the store."""
    if ident not in netwright.datasets.names():
        from netwright_studio.datasets import DatasetCatalog
        from netwright_studio.settings import Settings
        from netwright_studio.store import open_store

        return DatasetCatalog(open_store(Settings())).load(ident)
    info = netwright.datasets.info(ident)
    if not info.available:
        reporter.log(f"Fetching {info.title}, which is not on this machine yet.")
    return netwright.datasets.get(ident)


def make_watch(place: RunFolder, reporter: Reporter, data: Dataset) -> Watch:
    """Return what looks inside now and then, keeps what it sees and tells that there is something new to see."""
    folder = SnapshotFolder(place.inside)

    def keep(snapshot: Snapshot) -> None:
        if snapshot.step == watch.started_at:  # what an earlier training saw of later steps no longer holds
            folder.clear(newer_than=snapshot.step - 1)
            if watch.plane is not None:
                folder.write_plane(watch.plane.info)
        folder.write(snapshot)
        if watch.trouble is not None:
            reporter.log(f"Activations are not shown: {watch.trouble}", "warning")
            watch.trouble = None
        reporter.say("inspect", {"step": snapshot.step, "epoch": snapshot.epoch})

    watch = Watch(keep, data)
    return watch


def keep_evaluations(place: RunFolder, task: GraphTask, data: Dataset, settings: TrainSettings) -> None:
    """Keep what the trained network says of each held-out and each test sample, where it says one thing of each."""
    if task.choice.kind in ("generation", "language"):
        return
    weights = task.arrays()
    held, _ = held_rows(len(data.train[0]), settings.validation_split, settings.seed)
    if held is not None:
        found = evaluate_samples(task.network, weights, data, "train", held, device=task.device, native=True)
        found.save(place.evaluation("validation"))
    if len(data.test[0]):
        found = evaluate_samples(task.network, weights, data, "test", device=task.device, native=True)
        found.save(place.evaluation("test"))


class Teller(Callback):
    """Tells the server how training goes.

    Steps can be far quicker than anyone looks: a point covers the steps of at least ``METRICS_SECONDS`` and holds
    their means.
    """

    def __init__(self, reporter: Reporter, control: Control, batch_size: int, *, resumed: bool = False) -> None:
        self._resumed = resumed
        self._reporter = reporter
        self._control = control
        control.before_hold = self._tell_metrics
        self._batch_size = batch_size
        self._means: dict[str, float] = {}
        self._steps = 0
        self._told_metrics = self._told_progress = 0.0

    def on_start(self, state: TrainState) -> None:
        """Say what runs and that it does."""
        for note in state.notes:
            self._reporter.log(note, "warning")
        plan = state.task.plan(self._batch_size)
        reason = state.device_reason or None
        self._reporter.say("plan", {"text": str(plan), "device": state.device, "reason": reason})
        # A run that had no checkpoint to go on from begins anew: what was drawn of it comes again.
        facts = {"resumed_from_step": state.resumed_from or 0} if self._resumed else {}
        self._reporter.state(RunState.RUNNING, **facts)
        self._tell_progress(state)

    def on_step(self, state: TrainState) -> None:
        """Gather the step's values; tell when it is time."""
        self._steps += 1
        for name, value in state.metrics.items():
            if not name.startswith("val_"):
                mean = self._means.get(name, value)
                # A value that stays, a rate say, is its own mean to the last bit.
                self._means[name] = value if value == mean else mean + (value - mean) / self._steps
        now = time.monotonic()
        stepping = self._control.paused
        if stepping or now - self._told_metrics >= METRICS_SECONDS:
            self._tell_metrics(state)
        if stepping or now - self._told_progress >= PROGRESS_SECONDS:
            self._tell_progress(state)

    def on_epoch(self, state: TrainState) -> None:
        """Tell the values on held-out data."""
        self._tell_metrics(state)
        values = {name: value for name, value in state.metrics.items() if name.startswith("val_")}
        if values:
            self._reporter.say("metrics", {"step": state.step, "epoch": state.epoch, "values": values})
        self._tell_progress(state)

    def on_checkpoint(self, state: TrainState) -> None:
        """Tell that training can go on from here."""
        facts = {"step": state.step, "epoch": state.epoch, "bytes": state.checkpoint_bytes}
        self._reporter.say("checkpoint", facts)

    def on_end(self, state: TrainState) -> None:
        """Tell what is left to tell."""
        self._tell_metrics(state)
        self._tell_progress(state)

    def _tell_metrics(self, state: TrainState) -> None:
        if not self._steps:
            return
        self._reporter.say("metrics", {"step": state.step, "epoch": state.epoch, "values": self._means})
        self._means, self._steps = {}, 0
        self._told_metrics = time.monotonic()

    def _tell_progress(self, state: TrainState) -> None:
        self._reporter.say(
            "progress",
            {
                "step": state.step,
                "steps_total": state.steps_total,
                "epoch": state.epoch,
                "epochs": state.epochs,
                "samples_per_second": state.samples_per_second or None,
                "seconds_left": state.seconds_left,
                "memory_bytes": resident_memory(),
            },
        )
        self._told_progress = time.monotonic()
