"""What the events of a run say about it: folded into its row, so that a list of runs needs no events."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# The metric that decides which point is the best, the most telling first; the sign turns "less" into "more".
DECIDING = (
    ("val_nmi", 1), ("val_frechet", -1), ("val_accuracy", 1), ("val_r2", 1), ("val_mse", -1), ("val_loss", -1),
    ("train_accuracy", 1), ("train_loss", -1),
)  # fmt: skip
_RANK = {name: rank for rank, (name, _) in enumerate(DECIDING)}


class Progress:
    """The run as far as its events tell, and which columns have changed since they were last taken."""

    def __init__(self, metrics: Mapping[str, Any], best: Mapping[str, Any] | None) -> None:
        self._metrics = dict(metrics)
        self._best = dict(best) if best else None
        self._changes: dict[str, Any] = {}

    def note(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take in one event."""
        if kind == "metrics":
            self._metrics.update(data["values"])
            self._changes.update(step=data["step"], epoch=data["epoch"], metrics=dict(self._metrics))
            self._note_best(data)
        elif kind == "progress":
            names = ("step", "steps_total", "epoch", "samples_per_second", "seconds_left")
            self._changes.update({name: data[name] for name in names if name in data})
        elif kind == "plan":
            self._changes.update(device=data["device"], device_reason=data.get("reason"))

    def take(self) -> dict[str, Any]:
        """Return the changed columns and begin anew."""
        changes, self._changes = self._changes, {}
        return changes

    def restore(self, changes: Mapping[str, Any]) -> None:
        """Put back what was taken but could not be stored; what came since is newer and wins."""
        self._changes = {**changes, **self._changes}

    def _note_best(self, data: Mapping[str, Any]) -> None:
        for name, sign in DECIDING:
            value = data["values"].get(name)
            if not isinstance(value, int | float) or not math.isfinite(value):
                continue
            if self._best is None or self._beats(name, sign * value, self._best):
                self._best = {"metric": name, "value": value, "step": data["step"], "epoch": data["epoch"]}
                self._changes["best"] = self._best
            return

    @staticmethod
    def _beats(name: str, score: float, best: Mapping[str, Any]) -> bool:
        ours, theirs = _RANK[name], _RANK[best["metric"]]
        return ours < theirs or (ours == theirs and score > DECIDING[theirs][1] * best["value"])
