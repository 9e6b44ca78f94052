"""What the events of a run say about it: folded into its row, so that a list of runs needs no events."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

# The metric that decides which point is the best, the most telling first; the sign turns "less" into "more".
DECIDING = (
    ("val_nmi", 1), ("val_frechet", -1), ("val_accuracy", 1), ("val_r2", 1), ("val_mse", -1), ("val_loss", -1),
    ("train_accuracy", 1), ("train_loss", -1),
)  # fmt: skip
MOST = 500
"""Changes and pieces of advice kept with a run; its events have them all."""
_RANK = {name: rank for rank, (name, _) in enumerate(DECIDING)}


class Progress:
    """The run as far as its events tell, and which columns have changed since they were last taken."""

    def __init__(
        self,
        metrics: Mapping[str, Any],
        best: Mapping[str, Any] | None,
        changes: Sequence[Mapping[str, Any]] = (),
        advice: Sequence[Mapping[str, Any]] = (),
        ranges: Mapping[str, Any] | None = None,
    ) -> None:
        self._metrics = dict(metrics)
        self._best = dict(best) if best else None
        self._made = [dict(change) for change in changes]
        self._advice = [dict(advice) for advice in advice]
        self._ranges = {name: tuple(pair) for name, pair in (ranges or {}).items()}
        self._changes: dict[str, Any] = {}

    def note(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take in one event."""
        if kind == "metrics":
            self._metrics.update(data["values"])
            self._changes.update(step=data["step"], epoch=data["epoch"], metrics=dict(self._metrics))
            self._note_best(data)
            self._note_ranges(data["values"])
        elif kind == "progress":
            names = ("step", "steps_total", "epoch", "samples_per_second", "seconds_left", "memory_bytes")
            self._changes.update({name: data[name] for name in names if name in data})
        elif kind == "plan":
            self._changes.update(device=data["device"], device_reason=data.get("reason"))
        elif kind == "change":
            self._made = [*self._made, dict(data)][-MOST:]
            self._changes["changes"] = self._made
        elif kind == "advice":
            others = [one for one in self._advice if (one["kind"], one["layer"]) != (data["kind"], data["layer"])]
            self._advice = [*others, dict(data)][-MOST:]
            self._changes["advice"] = self._advice

    def forget_after(self, step: int) -> None:
        """Take back changes and advice of later steps."""
        self._made = [change for change in self._made if change["step"] <= step]
        self._advice = [advice for advice in self._advice if advice["step"] <= step]
        self._changes.update(changes=self._made, advice=self._advice)

    def take(self) -> dict[str, Any]:
        """Return the changed columns and begin anew."""
        changes, self._changes = self._changes, {}
        return changes

    def restore(self, changes: Mapping[str, Any]) -> None:
        """Put back what was taken but could not be stored; what came since is newer and wins."""
        self._changes = {**changes, **self._changes}

    def _note_ranges(self, values: Mapping[str, Any]) -> None:
        """Widen the least and the greatest value of each metric; what is not finite has no place in a range."""
        for name, value in values.items():
            if not isinstance(value, int | float) or not math.isfinite(value):
                continue
            low, high = self._ranges.get(name, (value, value))
            if name in self._ranges and low <= value <= high:
                continue
            self._ranges[name] = (min(low, value), max(high, value))
            self._changes["ranges"] = dict(self._ranges)

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
