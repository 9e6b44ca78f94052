"""From one training to another: checkpoints listed and kept, and what a new training takes over of an earlier one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CheckpointError
from ..serialization import fsync_folder, load_arrays, save_arrays
from . import checkpoint as checkpoints
from .loop import Callback, TrainState
from .settings import TrainSettings

Arrays = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class CheckpointFacts:
    """A checkpoint on disk, without its weights."""

    step: int
    epoch: float
    bytes: int
    kept: bool
    written: float
    metrics: dict[str, Any]


def list_checkpoints(folder: Path) -> list[CheckpointFacts]:
    """The checkpoints in a training's folder, the newest first; damaged ones are left out."""
    found = []
    for step, place in checkpoints.steps_in(folder):
        try:
            state = checkpoints.read_state(place)
            written, size = (place / checkpoints.STATE).stat().st_mtime, checkpoints.size_of(place)
        except (CheckpointError, OSError):
            continue  # damaged, or dropped by the training meanwhile
        kept = (place / checkpoints.KEPT).exists()
        found.append(CheckpointFacts(step, float(state["epoch"]), size, kept, written, state["metrics"]))
    return found


def keep_checkpoint(folder: Path, step: int) -> None:
    """See to it that a checkpoint is not dropped; raises CheckpointError where it is not there."""
    _require(folder, step).joinpath(checkpoints.KEPT).touch()


def branch(source: Path, step: int, target: Path, settings: TrainSettings) -> None:
    """Copy a checkpoint to another training's folder, to be resumed there with these settings.

    Optimizer state, data order and random numbers go on; the rate, decay and batch size that differ from the settings
    the training began with are taken over. Raises CheckpointError where the checkpoint is not there or damaged, and
    where optimizer or seed are others: then only the weights can be taken (``copy_weights``).
    """
    place = _require(source, step)
    state = checkpoints.read(place, step).state
    before, now = TrainSettings.model_validate(state["settings"]), settings
    for name in ("optimizer", "seed"):
        if getattr(before, name) != getattr(now, name):
            wanted, got = getattr(before, name), getattr(now, name)
            raise CheckpointError(f"the checkpoint is of another {name}", where=place.name, wanted=wanted, got=got)
    state["settings"] = now.model_dump()
    if before.scheduler != now.scheduler:
        state["live"]["schedule"] = None
    if before.batch_size != now.batch_size:
        _rebatch(state, now)
    if (rate := now.optimizer_params.get("learning_rate")) != before.optimizer_params.get("learning_rate"):
        state["optimizer"]["lr"] = float(rate if rate is not None else now.make_optimizer(1).lr)
    decay = float(now.optimizer_params.get("wd", 0.0))
    if decay != float(before.optimizer_params.get("wd", 0.0)):
        state["live"]["weight_decay"] = decay
    beside = target / f".{place.name}.new"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for name in state["files"]:
        _link(place / name, beside / name)
    checkpoints.seal(beside, state)
    (beside / checkpoints.KEPT).touch()
    os.rename(beside, target / place.name)
    fsync_folder(target)


def _rebatch(state: dict[str, Any], settings: TrainSettings) -> None:
    """What is left is cut into batches of another size, and a schedule that ends with the training is as far as it."""
    data = state["data"]
    data["batch_size"] = min(settings.batch_size, data["samples"])
    if settings.schedule_ends_with_training:
        steps = -(-data["samples"] // data["batch_size"])
        factor = (state["live"]["schedule"] or {"factor": 1.0})["factor"]
        start, inner = state["optimizer"]["num_update"], state["epoch"] * steps
        state["live"]["schedule"] = {"factor": factor, "start": start, "inner": inner, "pace": 1.0}


def copy_weights(source: Path, step: int, target: Path) -> None:
    """Write the weights of a checkpoint as a file of their own."""
    weights = checkpoints.read(_require(source, step), step).weights
    target.parent.mkdir(parents=True, exist_ok=True)
    save_arrays(target, weights)


def load_weights(file: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Read what ``copy_weights`` wrote."""
    return load_arrays(file)


class BeginWith(Callback):
    """A callback that lets a training begin with given weights, where name and shape are the same.

    ``taken`` and ``fresh`` name those that were taken and those that begin as the settings say. A training that is
    resumed keeps its own.

    >>> from netwright import train
    >>> begin = train.BeginWith({"weight": np.full((1, 2), 7, "float32"), "other": np.zeros(3, "float32")})
    >>> task = train.BlockTask(mx.gluon.nn.Dense(1, in_units=2), mx.gluon.loss.L2Loss())
    >>> settings = train.TrainSettings(epochs=1, validation_split=0, optimizer_params={"learning_rate": 0.0})
    >>> data = np.ones((4, 2), "float32"), np.ones(4, "float32")
    >>> _ = train.fit(task, data, settings=settings, callbacks=[begin])
    >>> begin.taken, begin.fresh
    (['weight'], ['bias'])
    """

    def __init__(self, weights: Arrays) -> None:
        self._weights = weights
        self.taken: list[str] = []
        self.fresh: list[str] = []

    def on_start(self, state: TrainState) -> None:
        """Put them in."""
        if state.resumed_from is not None:
            return
        self.taken, self.fresh = state.task.take_arrays(self._weights)


def _require(folder: Path, step: int) -> Path:
    place = folder / f"step-{step}"
    if not (place / checkpoints.STATE).exists():
        there = ", ".join(str(number) for number, _ in checkpoints.steps_in(folder)) or "none"
        raise CheckpointError(
            "there is no such checkpoint", wanted=f"one of: {there}", got=step, remedy="Choose one that is there"
        )
    return place


def _link(source: Path, target: Path) -> None:
    """The same file under another name: what is written once is never changed."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
