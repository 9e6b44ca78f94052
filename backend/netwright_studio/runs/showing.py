"""Tells what a network makes while it is trained: sheets of samples, texts; now and then, for little of the time."""

from __future__ import annotations

import time

from netwright.datasets import Dataset
from netwright.showing import Show
from netwright.train import Callback, GraphTask, TrainState
from netwright_studio.runs.control import Reporter

SHARE = 0.05
"""The part of the training's time that showing may take."""
LEAST_GAP = 0.25
FRAMES = 80
"""About so many frames a training has, however long it is: the gap between two grows with the time that has passed."""


class Shower(Callback):
    """Shows what is made before the first step, now and then, and at the end."""

    def __init__(self, reporter: Reporter, task: GraphTask, data: Dataset) -> None:
        self._reporter = reporter
        self._show = Show(task, data)
        self._spent = 0.0
        self._began = self._due = 0.0
        self._last = -1

    def on_start(self, state: TrainState) -> None:
        """Show what the network makes as it begins."""
        self._began = time.monotonic()
        self._tell(state)

    def on_step(self, state: TrainState) -> None:
        """Show when it is time."""
        if time.monotonic() >= self._due:
            self._tell(state)

    def on_end(self, state: TrainState) -> None:
        """Show what it makes now."""
        if self._last != state.step:
            self._tell(state)

    def _tell(self, state: TrainState) -> None:
        if not self._show.possible:
            self._due = float("inf")
            return
        before = time.monotonic()
        found = self._show()
        if found is not None:
            facts = found.model_dump(exclude_none=True)
            self._reporter.say("samples", {"step": state.step, "epoch": state.epoch, **facts})
        now = time.monotonic()
        self._last = state.step
        self._spent += now - before
        passed = now - self._began
        self._due = max(now + max(LEAST_GAP, passed / FRAMES), self._began + self._spent / SHARE)
