"""The one training loop, for the command line, notebooks and the studio."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from .. import random
from ..datasets.preprocessing import Preprocessing
from ..errors import CheckpointError, ParamError
from ..machine.blas import loaded_kernels
from ..scheduler import asked_device, choose_device
from . import checkpoint as checkpoints
from .changes import Change, check_changes, live_state, load_live_state, set_rate, steer
from .data import Shuffled, check_samples, hold_out
from .feeding import Arrays, Samples
from .measures import Measures
from .settings import TrainSettings
from .transfer import Transfer


@dataclass
class TrainState:
    """What callbacks see. ``metrics`` holds the last values: ``train_loss``, ``val_accuracy``, ``lr``, …; ``changes``
    what was changed since the training began.
    """

    task: Any
    settings: TrainSettings
    epochs: int
    steps_total: int
    step: int = 0
    epoch: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)
    samples_per_second: float = 0.0
    seconds_left: float | None = None
    device: str = ""
    device_reason: str = ""
    resumed_from: int | None = None
    notes: list[str] = field(default_factory=list)
    checkpoint_bytes: int = 0
    stop_requested: bool = False
    checkpoint_requested: bool = False
    batch_size: int = 0
    changes: list[Change] = field(default_factory=list)
    apply: Callable[..., list[Change]] | None = field(default=None, repr=False)
    skip_time: Callable[[], None] = field(default=lambda: None, repr=False)
    """Call it after holding the training still, so that the time does not count as a step's."""

    def change(
        self,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        batch_size: int | None = None,
    ) -> list[Change]:
        """Change settings now, from a callback: the next step is the first to feel it. Returns what has changed.

        A schedule goes on in its form, in proportion to the new rate. A batch size is that of the next batch on, also
        within an epoch. All is kept with checkpoints. Raises ParamError for values that cannot be, MemoryLimitError for
        a batch too large for the device; nothing is changed then.
        """
        check_changes(learning_rate, weight_decay, batch_size)
        if self.apply is None:
            raise ParamError("this training cannot be changed", remedy="Call it from a callback of fit()")
        made = self.apply(learning_rate, weight_decay, batch_size)
        self.changes += made
        return made

    def request_stop(self) -> None:
        """End after this step; a checkpoint is written first where a folder was given."""
        self.stop_requested = True

    def request_checkpoint(self) -> None:
        """Write a checkpoint after this step."""
        self.checkpoint_requested = True


class Callback:
    """What a callback may hear: any object with some of these methods is one.

    A callback that blocks holds the training still (pause).
    """

    def on_start(self, state: TrainState) -> None:
        """Everything is set up (and resumed); the first step comes next."""

    def on_step(self, state: TrainState) -> None:
        """A step is done; ``metrics`` has the batch's ``train_…`` values."""

    def on_epoch(self, state: TrainState) -> None:
        """An epoch is done; ``metrics`` has its means and the ``val_…`` values."""

    def on_checkpoint(self, state: TrainState) -> None:
        """A checkpoint is on disk."""

    def on_end(self, state: TrainState) -> None:
        """The training is over or was stopped."""


@dataclass(frozen=True)
class TrainResult:
    """How it went. ``completed`` is False where it was stopped."""

    completed: bool
    steps: int
    epochs: float
    metrics: dict[str, float]
    history: list[dict[str, float]]
    seconds: float
    waited: float = 0.0
    """Of the seconds, those in which steps waited for their data."""


def fit(
    task: Any,
    train_data: Arrays,
    val_data: Arrays | None = None,
    settings: TrainSettings | None = None,
    callbacks: Sequence[Any] = (),
    checkpoint: Path | str | None = None,
    resume: bool = False,
    preprocessing: Preprocessing | None = None,
    keep: int = checkpoints.KEEP,
) -> TrainResult:
    """Train ``task`` (a ``GraphTask`` or ``BlockTask``) on arrays (x, y).

    With ``preprocessing`` x is raw, and standardised batch by batch (``Dataset.feed``). Batches are gathered ahead of
    the steps.

    Without ``val_data``, ``settings.validation_split`` of the training data is held out. With ``checkpoint`` (a
    folder) the state is written there as time passes, at every end of an epoch and at the end; ``resume`` goes on from
    the newest good one, to the same numbers as if nothing had happened (on one device, bit for bit). Without ``resume``
    the training begins anew, and checkpoints of an earlier one in the folder are removed. ``keep`` checkpoints stay:
    the newest two, the others spread over the training. Weights that are not finite are never written.

    >>> from netwright import datasets, templates
    >>> from netwright.train import GraphTask, TrainSettings, fit
    >>> data = datasets.get("iris")
    >>> task = GraphTask(templates.get("logistic-iris").graph, data.info)
    >>> result = fit(task, data.arrays("train"), settings=TrainSettings(epochs=2, batch_size=32, seed=1))
    >>> result.completed, result.epochs
    (True, 2.0)
    """
    settings = settings or TrainSettings()
    train = check_samples(train_data, "training", preprocessing)
    if val_data is None:
        train, val = hold_out(train, settings.validation_split, settings.seed)
    else:
        val = check_samples(val_data, "validation", preprocessing)
    # OpenBLAS's threads spin for a core that another process holds: two gain a few per cent when alone on a
    # machine, and lose far more when not
    with threadpool_limits(limits=1, user_api="blas"):
        return _Training(task, train, val, settings, callbacks, checkpoint, resume, keep).run()


class _Training:
    def __init__(
        self,
        task: Any,
        train: Samples,
        val: Samples | None,
        settings: TrainSettings,
        callbacks: Sequence[Any],
        folder: Path | str | None,
        resume: bool,
        keep: int = checkpoints.KEEP,
    ) -> None:
        self.keep = keep
        self.task, self.val, self.settings, self.callbacks = task, val, settings, callbacks
        self.folder = Path(folder) if folder is not None else None
        self.batches = Shuffled(train, settings.batch_size, settings.seed)
        steps = self.batches.batches * settings.epochs
        device, reason = choose_device(
            asked_device(settings.device, task.strategy), lambda: task.work(self.batches.batch_size)
        )
        self.device = device
        random.seed(settings.seed)
        task.set_up(device, reason, settings.initializer)
        optimizer = settings.make_optimizer(steps)
        steer(optimizer)
        task.use(optimizer)
        if device.is_gpu and task.takes_device_arrays:
            self.batches.feed.transfer = Transfer(device)
        self.state = TrainState(task, settings, settings.epochs, steps, device=str(device), device_reason=reason)
        self.measures = Measures()
        self.history: list[dict[str, float]] = []
        self.clock = _Clock()
        if self.folder is not None:
            if resume:
                checkpoints.clean(self.folder)
                self._resume(self.folder)
            else:
                checkpoints.clean(self.folder, newer_than=-1)
        self.state.apply, self.state.skip_time = self._change, self.clock.skip
        self.state.batch_size = self.batches.batch_size
        self._count_steps()

    def run(self) -> TrainResult:
        state, began = self.state, time.monotonic()
        self._tell("on_start")
        saved = time.monotonic()
        while self.batches.epoch < state.epochs and not state.stop_requested:
            size = self.batches.batch_size
            passing = self.batches.rest_of_epoch()
            for x, y in passing:
                self._step(x, y)
                now = time.monotonic()
                due = now - saved >= self.settings.checkpoint_every_seconds or state.checkpoint_requested
                if due and self.batches.left:
                    self._save()
                    saved = time.monotonic()
                if state.stop_requested or self.batches.batch_size != size:
                    passing.close()
                    break
            else:
                self._end_epoch()
                self._save()
                saved = time.monotonic()
        completed = self.batches.epoch >= state.epochs
        if not completed:
            self._save()
        self._tell("on_end")
        return TrainResult(
            completed,
            state.step,
            state.epoch,
            dict(state.metrics),
            self.history,
            time.monotonic() - began,
            self.batches.feed.waited,
        )

    def _step(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> None:
        state = self.state
        lr = self.task.optimizer.learning_rate
        sums = self.task.step(x, y)
        self.measures.add(sums, len(x))
        batch = Measures()
        batch.add(sums, len(x))
        state.step += 1
        state.epoch = self.batches.progress
        state.metrics.update({f"train_{k}": v for k, v in batch.values().items() if k != "r2"})
        state.metrics["lr"] = lr
        state.samples_per_second = self.clock.rate(len(x))
        left = (state.steps_total - state.step) * self.batches.batch_size
        state.seconds_left = left / state.samples_per_second if state.samples_per_second else None
        self._tell("on_step")

    def _end_epoch(self) -> None:
        state = self.state
        state.epoch = float(self.batches.epoch)
        state.metrics.update({f"train_{k}": v for k, v in self.measures.values().items()})
        settled = self.task.settle(self.batches.samples, self.settings.seed, self.batches.epoch)
        state.metrics.update({f"val_{k}": v for k, v in settled.items()})
        if self.val is not None:
            values = evaluate(self.task, self.val, self.settings.batch_size)
            state.metrics.update({f"val_{k}": v for k, v in values.items()})
        self.measures = Measures()
        self.history.append({"epoch": state.epoch, "step": float(state.step), **state.metrics})
        self.clock.skip()
        self._tell("on_epoch")

    def _change(self, learning_rate: float | None, weight_decay: float | None, batch_size: int | None) -> list[Change]:
        """Apply checked values: the batch size first, since it may be refused."""
        optimizer, made = self.task.optimizer, []

        def note(name: str, before: float, after: float) -> None:
            if before != after:
                made.append(Change(name, before, after, self.state.step, self.state.epoch))

        if batch_size is not None:
            before = self.batches.batch_size
            self._resize(int(batch_size))
            note("batch_size", before, self.batches.batch_size)
        if learning_rate is not None:
            rate = optimizer.learning_rate
            set_rate(optimizer, float(learning_rate))
            note("learning_rate", rate, float(learning_rate))
        if weight_decay is not None:
            note("weight_decay", optimizer.wd, float(weight_decay))
            optimizer.wd = float(weight_decay)
        return made

    def _resize(self, batch_size: int) -> None:
        size = min(batch_size, len(self.batches.samples))
        if size == self.batches.batch_size:
            return
        self.task.make_ready(size)
        left = self.state.steps_total - self.state.step
        self.batches.resize(size)
        self.state.batch_size = size
        self._count_steps()
        if self.settings.schedule_ends_with_training:
            optimizer = self.task.optimizer
            optimizer.lr_scheduler.stretch(optimizer.num_update, left, self.state.steps_total - self.state.step)

    def _count_steps(self) -> None:
        """What is left of this epoch, and the whole ones after it."""
        whole = self.state.epochs - self.batches.epoch - 1
        left = self.batches.left + whole * self.batches.batches if whole >= 0 else 0
        self.state.steps_total = self.state.step + left

    def _tell(self, event: str) -> None:
        for callback in self.callbacks:
            hear = getattr(callback, event, None)
            if hear is not None:
                hear(self.state)

    # ---------------------------------------------------------------- checkpoints
    def _save(self) -> None:
        self.state.checkpoint_requested = False
        if self.folder is None:
            return
        weights = self.task.arrays()
        if not all(np.isfinite(array).all() for array in weights.values()):
            return  # it would push out a checkpoint from which one can go on
        facts = {
            "epoch": self.state.epoch,
            "metrics": _jsonable(self.state.metrics),
            "history": [_jsonable(row) for row in self.history],
            "measures": self.measures.state_dict(),
            "data": self.batches.state_dict(),
            "random": random.state_of(self.device).state_dict(),
            "optimizer": self.task.optimizer.state_dict(),
            "settings": self.settings.model_dump(mode="json"),
            "live": live_state(self.task.optimizer),
            "changes": [change.to_json() for change in self.state.changes],
            "kernels": loaded_kernels()[1],
            "scale": None if self.task.scaler is None else self.task.scaler.state_dict(),
            "task": self.task.state_dict(),
        }
        self.state.checkpoint_bytes = checkpoints.write(
            self.folder, self.state.step, weights, self.task.updater.arrays(), facts, self.keep
        )
        self.clock.skip()
        self._tell("on_checkpoint")

    def _resume(self, folder: Path) -> None:
        found, damaged = checkpoints.read_latest(folder)
        self.state.notes += [f"{text}; the one before it is used" for text in damaged]
        if found is None:
            if damaged:
                raise CheckpointError(
                    "no checkpoint is whole", got="; ".join(damaged), remedy="Start the training anew"
                )
            return
        facts = found.state
        self._check_settings(facts["settings"])
        if self.task.scaler is not None and facts.get("scale") is not None:
            self.task.scaler.load_state_dict(facts["scale"])
        before, now = facts.get("kernels"), loaded_kernels()[1]
        if before is not None and before != now and not self.device.is_gpu:
            self.state.notes.append(
                f"The training began on {before} BLAS kernels and goes on with {now}: the last digits may differ."
            )
        checkpoints.clean(folder, newer_than=found.step)
        self.task.load_state_dict(facts.get("task") or {})
        self.task.load_arrays(found.weights)
        self.task.optimizer.load_state_dict(facts["optimizer"])
        load_live_state(self.task.optimizer, facts.get("live"))
        self.task.updater.load_arrays(found.optimizer, self.task.weights)
        self.batches.load_state_dict(facts["data"])
        random.state_of(self.device).load_state_dict(facts["random"])
        self.measures.load_state_dict(facts["measures"])
        self.state.step, self.state.epoch = found.step, float(facts["epoch"])
        self.state.metrics = _from_jsonable(facts["metrics"])
        self.history = [_from_jsonable(row) for row in facts["history"]]
        self.state.changes = [Change.of(change) for change in facts.get("changes", ())]
        self.state.resumed_from = found.step

    def _check_settings(self, before: dict[str, Any]) -> None:
        """What the state and the order of the data hang on must be as it was; epochs and the like may change."""
        now = self.settings.model_dump(mode="json")
        for name in ("optimizer", "batch_size", "seed", "task"):
            if before.get(name) != now[name]:
                raise CheckpointError(
                    f"the training began with another {name}",
                    wanted=before.get(name),
                    got=now[name],
                    remedy="Go on with the settings it began with, or start anew",
                )


def evaluate(
    task: Any, data: Arrays | Samples, batch_size: int = 256, preprocessing: Preprocessing | None = None
) -> dict[str, float]:
    """The measures of a task on arrays (x, y): ``loss`` and ``accuracy``, or ``mse``, ``mae`` and ``r2``.

    With ``preprocessing`` x is raw.
    """
    measures = Measures()
    for x, y in check_samples(data, "evaluation", preprocessing).in_turn(batch_size):
        measures.add(task.evaluate(x, y), len(x))
    return measures.values()


class _Clock:
    """Samples per second, smoothed over the last steps; ``skip`` leaves out time that was no step."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._rate = 0.0

    def rate(self, samples: int) -> float:
        now = time.perf_counter()
        current = samples / max(now - self._last, 1e-9)
        self._last = now
        self._rate = current if not self._rate else 0.95 * self._rate + 0.05 * current
        return self._rate

    def skip(self) -> None:
        self._last = time.perf_counter()


def _jsonable(values: dict[str, float]) -> dict[str, Any]:
    return {k: v if math.isfinite(v) else str(v) for k, v in values.items()}


def _from_jsonable(values: dict[str, Any]) -> dict[str, float]:
    return {k: float(v) for k, v in values.items()}
