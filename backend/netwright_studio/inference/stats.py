"""What a served model has done, in the words of the Open Inference Protocol's statistics extension."""

from __future__ import annotations

import time
from typing import Any


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
        self._batches: dict[int, _Duration] = {}

    def answered(self, rows: int, *, queue_ns: int, infer_ns: int) -> None:
        """Note a request that got its answer."""
        self.inferences += rows
        self.last_ms = time.time_ns() // 1_000_000
        self._queue.add(queue_ns)
        self._infer.add(infer_ns)
        self._success.add(queue_ns + infer_ns)

    def failed(self, requests: int, ns: int) -> None:
        """Note requests that failed together."""
        for _ in range(requests):
            self._fail.add(ns)

    def executed(self, rows: int, ns: int) -> None:
        """Note one run of the predictor over a batch."""
        self.executions += 1
        self._batches.setdefault(rows, _Duration()).add(ns)

    def as_dict(self, name: str, version: int) -> dict[str, Any]:
        """Return the statistics as the protocol words them."""
        nothing = {"count": self._success.count, "ns": 0}
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
                "compute_input": nothing,
                "compute_infer": self._infer.as_dict(),
                "compute_output": nothing,
            },
            "batch_stats": [
                {"batch_size": rows, "compute_infer": spent.as_dict()} for rows, spent in sorted(self._batches.items())
            ],
        }
