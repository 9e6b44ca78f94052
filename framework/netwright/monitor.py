"""Monitor: statistics of outputs and weights while a network trains (MXNet's ``mx.monitor``)."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any

from . import ndarray as nd
from .ndarray.array import NDArray

Rows = list[tuple[int, str, str]]


def _mean_size(x: NDArray) -> NDArray:
    """‖x‖ / √size."""
    return nd.norm(x) / math.sqrt(x.size)  # type: ignore[no-any-return]


class Monitor:
    """Every ``interval`` batches, between ``tic`` and ``toc``, ``stat_func`` of what matches ``pattern`` by its name:
    outputs, weights, and what operators give back in the backward pass.
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.interval, self.stat_func, self.sort, self.monitor_all = (
            interval,
            stat_func or _mean_size,
            sort,
            monitor_all,
        )
        self.re_pattern = re.compile(pattern)
        self.exes: list[Any] = []
        self.queue: list[tuple[int, str, Any]] = []
        self.step, self.activated = 0, False

    def _note(self, name: str, array: NDArray) -> None:
        if self.activated and self.re_pattern.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def install(self, exe: Any) -> None:
        """Watch an executor."""
        exe.set_monitor_callback(self._note, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """Begin a batch; call before ``forward``."""
        if self.step % self.interval == 0:
            self.queue, self.activated = [], True
        self.step += 1

    def toc(self) -> Rows:
        """End a batch: (batch, name, statistic as text) of what was seen, and of the weights."""
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in exe.arg_dict.items():
                self._note(name, array)
        self.activated = False
        queue = sorted(self.queue, key=lambda row: row[1]) if self.sort else self.queue
        self.queue = []
        return [(step, name, _text(value)) for step, name, value in queue]

    def toc_print(self) -> None:
        """``toc``, logged."""
        for step, name, text in self.toc():
            logging.info("Batch: %7d %30s %s", step, name, text)


def _text(value: Any) -> str:
    values = value if isinstance(value, (list, tuple)) else [value]
    parts = [v.asnumpy().reshape(-1)[0] if isinstance(v, NDArray) and v.size == 1 else v for v in values]
    return "".join(str(part.asnumpy() if isinstance(part, NDArray) else part) + "\t" for part in parts)
