"""Curves: points gathered from metrics events, served as min/max envelopes so that no peak is lost.

Reading a million events takes seconds, so curves of long runs are kept in the run's folder, and only what came since is
read again.
"""

from __future__ import annotations

import bisect
import io
import logging
import threading
import zipfile
from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from netwright.serialization import write_atomically
from netwright_studio.store.events import Event, EventStore

_READ = 20_000
_KEEP_AFTER = 20_000
"""So many events read anew are worth a file."""

logger = logging.getLogger(__name__)


@dataclass
class Curve:
    """Values by step; steps never go back."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def cut_after(self, step: int) -> None:
        """Drop points after ``step``: training went back to a checkpoint and made them anew."""
        keep = bisect.bisect_right(self.steps, step)
        del self.steps[keep:]
        del self.values[keep:]


class RunCurves:
    """All curves of one run, brought up to date by reading only the events that are new."""

    def __init__(self) -> None:
        self.curves: dict[str, Curve] = {}
        self.seen = 0
        self.kept = 0
        self.lock = threading.Lock()

    def update(self, events: EventStore, run: str) -> None:
        """Read what was stored since the last time."""
        while True:
            batch = events.of_types(run, ("metrics", "state"), self.seen, _READ)
            for event in batch:
                self._take(event)
                self.seen = event.seq
            if len(batch) < _READ:
                return

    def load(self, file: Path) -> None:
        """Begin with what is kept in ``file``; a file that cannot be read is left alone, for the events have it all."""
        try:
            with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as kept:
                names = [str(name) for name in kept["names"]]
                columns = [(name, kept[f"steps{i}"], kept[f"values{i}"]) for i, name in enumerate(names)]
                seen = int(kept["seen"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            logger.warning("the curves kept in %s cannot be read: %s", file, error)
            return
        for name, steps, values in columns:
            curve = self.curves.setdefault(name, Curve())
            curve.steps.frombytes(steps.astype(np.int64).tobytes())
            curve.values.frombytes(values.astype(np.float64).tobytes())
        self.seen = self.kept = seen

    def keep(self, file: Path, least: int = _KEEP_AFTER) -> None:
        """Write the curves to ``file`` where ``least`` events were read since, and the run's folder is there."""
        if self.seen - self.kept < least or not file.parent.is_dir():
            return
        columns: dict[str, Any] = {}
        for place, curve in enumerate(self.curves.values()):
            columns[f"steps{place}"] = np.array(curve.steps, dtype=np.int64)
            columns[f"values{place}"] = np.array(curve.values, dtype=np.float64)
        buffer = io.BytesIO()
        np.savez(buffer, seen=np.array(self.seen), names=np.array(list(self.curves), dtype=np.str_), **columns)
        write_atomically(file, buffer.getvalue())
        self.kept = self.seen

    def _take(self, event: Event) -> None:
        data = orjson.loads(event.data)
        if event.type == "state":
            step = data.get("resumed_from_step")
            if step is not None:
                for curve in self.curves.values():
                    curve.cut_after(step)
            return
        for name, value in data["values"].items():
            curve = self.curves.setdefault(name, Curve())
            curve.steps.append(data["step"])
            curve.values.append(float(value))


class SeriesCache:
    """Curves of the runs looked at last."""

    def __init__(self, events: EventStore, capacity: int = 8, runs_dir: Path | None = None) -> None:
        self._events = events
        self._runs_dir = runs_dir
        self._capacity = capacity
        self._runs: OrderedDict[str, RunCurves] = OrderedDict()
        self._lock = threading.Lock()

    def read(
        self, run: str, keys: list[str] | None, points: int, first: int | None, last: int | None
    ) -> dict[str, Any]:
        """Return envelopes of ``keys`` (all when None) from step ``first`` to ``last``, both included."""
        curves = self._get(run)
        with curves.lock:
            self._bring_up(curves, run)
            names = list(curves.curves) if keys is None else [key for key in keys if key in curves.curves]
            return {name: envelope(curves.curves[name], points, first, last) for name in names}

    def settle(self, run: str) -> None:
        """Gather the curves of a run that has ended, so that whoever opens it need not wait."""
        curves = self._get(run)
        with curves.lock:
            self._bring_up(curves, run)

    def secure(self, run: str) -> None:
        """Write a run's curves to its folder, however few are new: the events that they come from are about to go."""
        curves = self._get(run)
        with curves.lock:
            self._bring_up(curves, run, least=1)

    def _bring_up(self, curves: RunCurves, run: str, least: int | None = None) -> None:
        file = self._runs_dir / run / "curves.npz" if self._runs_dir is not None else None
        if file is not None and curves.seen == 0:
            curves.load(file)
        curves.update(self._events, run)
        if file is not None:
            curves.keep(file, _KEEP_AFTER if least is None else least)

    def forget(self, run: str) -> None:
        """Drop a run."""
        with self._lock:
            self._runs.pop(run, None)

    def _get(self, run: str) -> RunCurves:
        with self._lock:
            curves = self._runs.setdefault(run, RunCurves())
            self._runs.move_to_end(run)
            while len(self._runs) > self._capacity:
                self._runs.popitem(last=False)
            return curves


def envelope(curve: Curve, points: int, first: int | None = None, last: int | None = None) -> dict[str, Any]:
    """Return at most ``points`` buckets: first step, min, max and last value of each.

    NaN does not hide its neighbours: min and max skip it unless the whole bucket is NaN.
    """
    start = 0 if first is None else bisect.bisect_left(curve.steps, first)
    stop = len(curve.steps) if last is None else bisect.bisect_right(curve.steps, last)
    # Copies: a view would keep the arrays from growing while it lives.
    steps = np.array(curve.steps[start:stop], dtype=np.int64)
    values = np.array(curve.values[start:stop], dtype=np.float64)
    count = len(steps)
    if count > points:
        edges = np.linspace(0, count, points + 1).astype(np.int64)[:-1]
        ends = np.append(edges[1:], count) - 1
        low, high = np.fmin.reduceat(values, edges), np.fmax.reduceat(values, edges)
        steps, values = steps[edges], values[ends]
    else:
        low = high = values
    return {
        "step": steps.tolist(),
        "min": low.tolist(),
        "max": high.tolist(),
        "last": values.tolist(),
        "count": count,
    }
