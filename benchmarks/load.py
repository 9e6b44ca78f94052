"""Clients that ask again as soon as they are answered: ``python -m benchmarks.load`` reads what to do, a JSON a line.

A process of its own, on a core of its own where servers have theirs, and little enough work a request that it waits
most of the time; how much it worked is told with the figures. Each connection sends the next request when the answer
is there whole.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import functools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .environment import ROOT

WARM_SECONDS = 0.25
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Figures:
    """What was seen: answers a second, milliseconds at the median and at the slowest hundredth, and our own work."""

    rate: float
    p50: float
    p99: float
    failed: int
    busy: float
    lasted: float
    """Seconds from the first connection to the last, in which the server worked for it."""


def run(
    address: tuple[str, int], requests: Sequence[bytes], clients: int, seconds: float, cores: Sequence[int] = ()
) -> Figures:
    """Ask from a process for so many seconds; another ``WARM_SECONDS`` go before anything is counted.

    It stays on ``cores``; without, it runs on any.
    """
    order = {
        "address": address,
        "requests": [base64.b64encode(request).decode() for request in requests],
        "clients": clients,
        "seconds": seconds,
        "cores": [*cores],
    }
    process = _clients()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    return Figures(**json.loads(process.stdout.readline()))


@functools.cache
def _clients() -> subprocess.Popen[bytes]:
    """The process that asks, one for all turns; it ends with this one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, load: _Load, first: int) -> None:
        self._load = load
        self._next = first
        self._left = 0
        self._sent = 0.0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.over:
            self._load.failed += 1

    def _ask(self) -> None:
        requests = self._load.requests
        self._sent = time.perf_counter()
        self._transport.write(requests[self._next % len(requests)])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        if self._left == 0:
            end = data.index(b"\r\n\r\n") + 4
            found = LENGTH.search(data, 0, end)
            assert found is not None, "an answer without a length"
            self._left = end + int(found[1])
            if not data.startswith(b"HTTP/1.1 200"):
                self._load.failed += 1
        self._left -= len(data)
        if self._left:
            return
        self._load.times.append(time.perf_counter() - self._sent)
        if not self._load.over:
            self._ask()


class _Load:
    """All connections."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = requests
        self.times: list[float] = []
        self.failed = 0
        self.over = False


async def _ask_for(order: dict[str, Any]) -> dict[str, float]:
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    load = _Load([base64.b64decode(text) for text in order["requests"]])
    transports = []
    for number in range(order["clients"]):
        made = await loop.create_connection(lambda first=number: _Client(load, first), *order["address"])
        transports.append(made[0])
    await asyncio.sleep(WARM_SECONDS)
    load.times.clear()
    began, worked = time.perf_counter(), time.process_time()
    await asyncio.sleep(order["seconds"])
    times, lasted = np.array(load.times), time.perf_counter() - began
    busy = (time.process_time() - worked) / lasted
    load.over = True
    for transport in transports:
        transport.close()
    p50, p99 = np.percentile(times, [50, 99]) * 1000 if len(times) else (np.inf, np.inf)
    facts = {"p50": float(p50), "p99": float(p99), "failed": load.failed, "busy": busy}
    return {"rate": len(times) / lasted, **facts, "lasted": time.perf_counter() - started}


def main() -> None:
    """Do what each line of standard input says, and print the figures."""
    try:
        import uvloop

        factory = uvloop.new_event_loop
    except ImportError:
        factory = asyncio.new_event_loop
    every = os.sched_getaffinity(0)
    with asyncio.Runner(loop_factory=factory) as runner:
        for line in sys.stdin:
            order = json.loads(line)
            os.sched_setaffinity(0, order["cores"] or every)
            print(json.dumps(runner.run(_ask_for(order))), flush=True)


if __name__ == "__main__":
    main()
