"""What a served model has done: counts and histograms, in the words of the protocol's statistics and of Prometheus."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histograms of durations."""
ROWS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
"""Upper bounds of the histogram of batch sizes."""


class Histogram:
    """Counts by upper bound, and the sum: what Prometheus shows; cheap enough for every request."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def merge(self, counts: Iterable[int], total: float) -> None:
        """Count what another process has counted."""
        self.counts = [own + other for own, other in zip(self.counts, counts, strict=True)]
        self.sum += total

    def buckets(self) -> list[tuple[str, float]]:
        """(upper bound, how many were at most that), cumulative, as Prometheus wants them."""
        found, total = [], 0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.counts, strict=True):
            total += count
            found.append((bound, float(total)))
        return found


class _Duration:
    __slots__ = ("count", "ns")

    def __init__(self) -> None:
        self.count = 0
        self.ns = 0

    def add(self, ns: int) -> None:
        self.count += 1
        self.ns += ns

    def as_dict(self) -> dict[str, int]:
        return {"count": self.count, "ns": self.ns}


class ModelStats:
    """Counts of requests, rows and executions, and where their time went; used from the event loop alone."""

    def __init__(self) -> None:
        self.inferences = 0
        self.executions = 0
        self.last_ms = 0
        self._success, self._fail, self._queue, self._infer = (_Duration() for _ in range(4))
        self._input, self._output = _Duration(), _Duration()
        self._batches: dict[int, _Duration] = {}
        self.request_seconds = Histogram(SECONDS)
        self.queue_seconds = Histogram(SECONDS)
        self.compute_seconds = Histogram(SECONDS)
        self.batch_rows = Histogram(ROWS)

    @property
    def succeeded(self) -> int:
        """Requests that got an answer."""
        return self._success.count

    @property
    def failures(self) -> int:
        """Requests whose network failed."""
        return self._fail.count

    def answered(self, rows: int, *, queue_ns: int, infer_ns: int) -> None:
        """Note a request that got its answer."""
        self.inferences += rows
        total = queue_ns + infer_ns
        self._queue.add(queue_ns)
        self._infer.add(infer_ns)
        self._success.add(total)
        self.queue_seconds.add(queue_ns * 1e-9)
        self.request_seconds.add(total * 1e-9)

    def failed(self, requests: int, ns: int) -> None:
        """Note requests that failed together."""
        for _ in range(requests):
            self._fail.add(ns)

    def executed(self, rows: int, ns: int, *, input_ns: int = 0, output_ns: int = 0) -> None:
        """Note one run of the predictor over a batch, and what joining inputs and parting outputs took."""
        self.executions += 1
        self.last_ms = time.time_ns() // 1_000_000
        found = self._batches.get(rows)
        if found is None:
            found = self._batches[rows] = _Duration()
        found.add(ns)
        self._input.add(input_ns)
        self._output.add(output_ns)
        self.compute_seconds.add(ns * 1e-9)
        self.batch_rows.add(rows)

    def as_dict(self, name: str, version: int) -> dict[str, Any]:
        """Return the statistics as the protocol words them."""
        return {
            "name": name,
            "version": str(version),
            "last_inference": self.last_ms,
            "inference_count": self.inferences,
            "execution_count": self.executions,
            "inference_stats": {
                "success": self._success.as_dict(),
                "fail": self._fail.as_dict(),
                "queue": self._queue.as_dict(),
                "compute_input": self._input.as_dict(),
                "compute_infer": self._infer.as_dict(),
                "compute_output": self._output.as_dict(),
                "cache_hit": {"count": 0, "ns": 0},
                "cache_miss": {"count": 0, "ns": 0},
            },
            "response_stats": {},
            "batch_stats": [
                {
                    "batch_size": rows,
                    "compute_input": {"count": spent.count, "ns": 0},
                    "compute_infer": spent.as_dict(),
                    "compute_output": {"count": spent.count, "ns": 0},
                }
                for rows, spent in sorted(self._batches.items())
            ],
        }

    def counts(self) -> dict[str, Any]:
        """Return all numbers, plain, so that another process can add them to its own with ``add_counts``."""
        histograms = ("request_seconds", "queue_seconds", "compute_seconds", "batch_rows")
        durations = ("_success", "_fail", "_queue", "_infer", "_input", "_output")
        return {
            "plain": [self.inferences, self.executions, self.last_ms],
            "durations": {name: [getattr(self, name).count, getattr(self, name).ns] for name in durations},
            "batches": [[rows, spent.count, spent.ns] for rows, spent in self._batches.items()],
            "histograms": {name: [getattr(self, name).counts, getattr(self, name).sum] for name in histograms},
        }

    def add_counts(self, counts: dict[str, Any]) -> None:
        """Add the ``counts`` of the same model in another process."""
        inferences, executions, last = counts["plain"]
        self.inferences += inferences
        self.executions += executions
        self.last_ms = max(self.last_ms, last)
        for name, (count, ns) in counts["durations"].items():
            duration: _Duration = getattr(self, name)
            duration.count += count
            duration.ns += ns
        for rows, count, ns in counts["batches"]:
            found = self._batches.setdefault(rows, _Duration())
            found.count += count
            found.ns += ns
        for name, (found_counts, total) in counts["histograms"].items():
            histogram: Histogram = getattr(self, name)
            histogram.merge(found_counts, total)
