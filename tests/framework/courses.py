"""Train templates to their end by their own settings, and keep their courses for ``test_advice_courses.py``.

``python -m tests.framework.courses resnet-digits …`` prints what the advisor says and puts the course into
``data/courses.npz``: loss and rate of every step, step, epoch, losses and rate of every epoch, and the steps at which
gradients were looked at with norm, size and weights' norm of each layer. A minute for the slow ones.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netwright import datasets, templates
from netwright.train import Advisor, GraphTask, TrainSettings, TrainState, fit

FILE = Path(__file__).parent / "data" / "courses.npz"
FIGURES = ("train_loss", "val_loss", "lr")


class Recorder(Advisor):
    """An advisor that keeps what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.epochs: list[list[float]] = []
        self.gradients: list[list[float]] = []

    def on_step(self, state: TrainState) -> None:
        self.losses.append(state.metrics["train_loss"])
        self.rates.append(state.metrics["lr"])
        if self._norms is not None:
            layers = [(one.norm, one.each, one.weights) for one in self._norms.values()]
            self.gradients.append([state.step, *(figure for layer in layers for figure in layer)])
        super().on_step(state)

    def on_epoch(self, state: TrainState) -> None:
        self.epochs.append([state.step, state.epoch, *(state.metrics.get(name, np.nan) for name in FIGURES)])
        super().on_epoch(state)


def record(name: str) -> dict[str, NDArray[np.float32]]:
    """The course of a whole training of a template; what was said of it is printed."""
    template = templates.get(name)
    data, recorder = datasets.get(template.dataset), Recorder()
    settings = TrainSettings.model_validate(template.settings)
    began = time.monotonic()
    fit(
        GraphTask(template.graph, data.info, choice=settings.task),
        data.feed("train"),
        settings=settings,
        callbacks=[recorder],
        preprocessing=data.preprocessing,
    )
    said = [f"  step {advice.step}: {advice}" for advice in recorder.given] or ["  nothing was said"]
    print(f"{name}: {len(recorder.losses)} steps in {time.monotonic() - began:.0f} s", *said, sep="\n", flush=True)
    parts = ("losses", "rates", "epochs", "gradients")
    return {f"{name}.{part}": np.array(getattr(recorder, part), np.float32) for part in parts}


def main() -> None:
    """Record the templates that are named, and leave the others as they are."""
    for name in sys.argv[1:]:
        kept = dict(np.load(FILE)) | record(name)
        np.savez_compressed(FILE, **dict(sorted(kept.items())))


if __name__ == "__main__":
    main()
