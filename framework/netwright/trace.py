"""What a profiler has seen: events in Chrome's trace format, and their sums as a table."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .serialization import write_atomically

_COLUMNS = ("Total Count", "Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")
_SORTED_BY = {"count": 0, "total": 1, "min": 2, "max": 3, "avg": 4}
SORTS = tuple(_SORTED_BY)
MEMORY = "Device Storage"
"""The category of the counters of memory, in kB."""


class Event(NamedTuple):
    """One thing that took a time: ``start`` and ``duration`` in microseconds."""

    category: str
    name: str
    start: float
    duration: float
    thread: int
    facts: Mapping[str, Any]


class Trace:
    """Events, counters and marks since the beginning; may be added to from several threads."""

    def __init__(self) -> None:
        self._origin = time.perf_counter()
        self.events: list[Event] = []
        self._counts: list[dict[str, Any]] = []
        self._marks: list[dict[str, Any]] = []

    def now(self) -> float:
        """Microseconds since the trace began."""
        return (time.perf_counter() - self._origin) * 1e6

    def add(self, category: str, name: str, start: float, **facts: Any) -> None:
        """An event that began at ``start`` and ends now."""
        self.events.append(Event(category, name, start, self.now() - start, threading.get_ident(), facts))

    def count(self, category: str, name: str, value: float) -> None:
        """A counter's new value."""
        self._counts.append({"name": name, "cat": category, "ph": "C", "ts": self.now(), "args": {name: value}})

    def mark(self, category: str, name: str, scope: str) -> None:
        """A moment; ``scope`` is ``global``, ``process``, ``thread`` or ``task``."""
        self._marks.append({"name": name, "cat": category, "ph": "i", "ts": self.now(), "s": scope[0]})

    # ---------------------------------------------------------------- as a file
    def chrome(self) -> str:
        """The trace as JSON, for chrome://tracing and Perfetto."""
        threads = {ident: i for i, ident in enumerate(dict.fromkeys(e.thread for e in self.events))}
        rows: list[dict[str, Any]] = [{"name": "process_name", "ph": "M", "pid": 0, "args": {"name": "netwright"}}]
        rows += [
            {
                "name": e.name,
                "cat": e.category,
                "ph": "X",
                "ts": round(e.start, 3),
                "dur": round(e.duration, 3),
                "pid": 0,
                "tid": threads[e.thread],
                "args": dict(e.facts),
            }
            for e in self.events
        ]
        rows += [{**row, "pid": 0, "tid": 0} for row in (*self._counts, *self._marks)]
        return json.dumps({"traceEvents": rows, "displayTimeUnit": "ms"})

    def write(self, filename: str) -> None:
        """Write the trace."""
        write_atomically(Path(filename), self.chrome().encode())

    # ---------------------------------------------------------------- sums
    def _sums(self, sort_by: str, ascending: bool) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
        """For each category (name, (count, total, min, max, mean in ms)), in order."""
        grouped: dict[str, dict[str, list[float]]] = {}
        for event in self.events:
            grouped.setdefault(event.category, {}).setdefault(event.name, []).append(event.duration / 1000)
        found = {}
        for category, names in grouped.items():
            rows: list[tuple[str, tuple[float, ...]]] = [
                (n, (len(t), sum(t), min(t), max(t), sum(t) / len(t))) for n, t in names.items()
            ]
            found[category] = sorted(rows, key=lambda row: row[1][_SORTED_BY[sort_by]], reverse=not ascending)
        return found

    def _counter_sums(self, sort_by: str, ascending: bool) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
        """For each category of counters (name, (count, min, max, mean)), in order; ``total`` sorts by the mean."""
        place = {"count": 0, "min": 1, "max": 2}.get(sort_by, 3)
        grouped: dict[str, dict[str, list[float]]] = {}
        for row in self._counts:
            grouped.setdefault(row["cat"], {}).setdefault(row["name"], []).append(row["args"][row["name"]])
        found = {}
        for category, names in grouped.items():
            rows: list[tuple[str, tuple[float, ...]]] = [
                (n, (len(v), min(v), max(v), sum(v) / len(v))) for n, v in names.items()
            ]
            found[category] = sorted(rows, key=lambda row: row[1][place], reverse=not ascending)
        return found

    def table(self, sort_by: str = "total", ascending: bool = False) -> str:
        """The sums as text, one part for each category."""
        lines = ["", "Profile Statistics:", "\tTimes are in ms, memory in kB, counters as they were set."]
        for category, rows in self._sums(sort_by, ascending).items():
            lines += _part(category, _COLUMNS, rows)
        for category, rows in self._counter_sums(sort_by, ascending).items():
            lines += _part(f"{category} (counters)", ("Total Count", "Min", "Max", "Avg"), rows)
        return "\n".join(lines) + "\n"

    def as_json(self, sort_by: str = "total", ascending: bool = False) -> str:
        """The sums as JSON: ``{"Time": {category: {name: {"Count", "Total", "Min", "Max", "Avg"}}}, …}``.

        ``Memory`` and ``Counters`` have the same form without ``Total``; ``Unit`` names the units.
        """
        names = ("Count", "Total", "Min", "Max", "Avg")
        times = {
            category: {name: dict(zip(names, values, strict=True)) for name, values in rows}
            for category, rows in self._sums(sort_by, ascending).items()
        }
        counters = {
            category: {name: dict(zip(("Count", "Min", "Max", "Avg"), values, strict=True)) for name, values in rows}
            for category, rows in self._counter_sums(sort_by, ascending).items()
        }
        memory = {category: counters.pop(category) for category in (MEMORY,) if category in counters}
        units = {"Time": "ms", "Memory": "kB"}
        return json.dumps({"Time": times, "Memory": memory, "Counters": counters, "Unit": units}, indent=4)


def _part(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, tuple[float, ...]]]) -> list[str]:
    lines = ["", title, "=" * 17, f"{'Name':<40}" + "".join(f"{c:>17}" for c in columns)]
    lines.append(f"{'----':<40}" + "".join(f"{'-' * len(c):>17}" for c in columns))
    for name, (count, *values) in rows:
        lines.append(f"{name:<40}{int(count):>17}" + "".join(f"{value:>17.4f}" for value in values))
    return lines
