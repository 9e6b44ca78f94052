"""What a run begins with that comes from another one: the weights that fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from netwright import random
from netwright.datasets import Dataset
from netwright.train import BeginWith, Callback, GraphTask, TrainSettings, TrainState
from netwright.train.branching import load_weights
from netwright_studio.runs.control import Reporter
from netwright_studio.runs.folder import RunFolder

NAMED = 6
"""New weights that the log names."""


class Beginning(Callback):
    """Puts the weights in that the run's order says, and tells which of them fit; does nothing for other runs."""

    def __init__(
        self, order: dict[str, Any], place: RunFolder, data: Dataset, settings: TrainSettings, reporter: Reporter
    ) -> None:
        self._origin: dict[str, Any] = order.get("origin") or {}
        self._place, self._data, self._reporter = place, data, reporter

    def on_start(self, state: TrainState) -> None:
        """Load them before the first step."""
        if state.resumed_from is not None or not self._origin:
            return
        weights = self._weights(state)
        if weights is None:
            return
        begin = BeginWith(weights)
        begin.on_start(state)
        self._reporter.log(self._said(begin))

    def _weights(self, state: TrainState) -> dict[str, np.ndarray[Any, Any]] | None:
        if self._place.start_weights.exists():
            return load_weights(self._place.start_weights)
        start = self._origin.get("start")
        if start is None:
            return None
        # The run it comes from began with these: the same seed and network give them again.
        kept = random.state_of(state.task.device).state_dict()
        earlier = GraphTask(start["graph"], self._data.info, choice=state.settings.task)
        random.seed(start["seed"])
        earlier.set_up(state.task.device, "", start["initializer"])
        random.state_of(state.task.device).load_state_dict(kept)
        return earlier.arrays()

    def _said(self, begin: BeginWith) -> str:
        step = self._origin["step"]
        when = "its beginning" if step is None else f"step {step}"
        text = f"{len(begin.taken)} weights and states are those of {self._origin['name']} at {when}"
        if not begin.fresh:
            return f"{text}."
        named = ", ".join(begin.fresh[:NAMED]) + (" …" if len(begin.fresh) > NAMED else "")
        return f"{text}; {len(begin.fresh)} begin anew: {named}."
