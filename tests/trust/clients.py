"""Clients of a run's stream: many that read in a process of their own, and one that reads nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from tests.trust._emitter import RATE, SECONDS
from tests.trust.standing import Standing, standing
from tests.trust.table import percentile
from websockets.asyncio.client import connect

EMITTER = (sys.executable, "-m", "tests.trust._emitter")
ESTABLISHED = "01"


@dataclass(frozen=True)
class Heard:
    """What live clients heard."""

    p50: float
    p99: float
    points: int
    whole: int
    """So many of them heard every event from their first on, once and in order."""


@contextmanager
def emitting(home: Path, rate: int, seconds: float) -> Iterator[tuple[Standing, str]]:
    """A studio in which a run tells so many points a second."""
    settings = {"NETWRIGHT_WORKER_COMMAND": json.dumps(EMITTER), RATE: str(rate), SECONDS: str(seconds)}
    with standing(home, **settings) as studio:
        project = studio.create_project("logistic-iris")
        run = studio.start_run(project["id"])
        while studio.run(run)["state"] != "running":
            time.sleep(0.02)
        yield studio, run


def address(studio: Standing, run: str, after: int) -> str:
    """Of a run's stream."""
    return f"{studio.url.replace('http', 'ws')}/api/runs/{run}/events?after={after}"


def listen(studio: Standing, run: str, count: int, seconds: float) -> Heard:
    """Let so many clients listen in a process of their own."""
    after = studio.run(run)["last_event"]
    command = [
        sys.executable,
        "-m",
        "tests.trust.clients",
        address(studio, run, after),
        studio.url,
        str(count),
        str(seconds),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Heard(**json.loads(done.stdout))


async def _listen_once(url: str, origin: str, until: float, delays: list[float]) -> bool:
    """Read until a moment; True where no event was missed and none came twice."""
    last, whole = None, True
    async with connect(url, origin=origin, compression=None, max_size=None) as stream:  # type: ignore[arg-type]
        while (left := until - time.time()) > 0:
            try:
                message = await asyncio.wait_for(stream.recv(), left)
            except TimeoutError:
                break
            moment = time.time()
            frame: dict[str, Any] = orjson.loads(message)
            for event in frame.get("events", ()):
                whole = whole and (last is None or event["seq"] == last + 1)
                last = event["seq"]
                born = event["data"].get("values", {}).get("born") if event["type"] == "metrics" else None
                if born is not None:
                    delays.append(moment - born)
    return whole and last is not None


async def _listen(url: str, origin: str, count: int, seconds: float) -> Heard:
    delays: list[list[float]] = [[] for _ in range(count)]
    until = time.time() + seconds
    ends = await asyncio.gather(*(_listen_once(url, origin, until, one) for one in delays))
    settled = [delay for one in delays for delay in one[len(one) // 5 :]]  # connecting is not what is measured
    return Heard(percentile(settled, 0.5), percentile(settled, 0.99), len(settled), sum(ends))


def stall(studio: Standing, run: str) -> socket.socket:
    """Connect, and never read again."""
    host, port = studio.url.removeprefix("http://").split(":")
    stalled = socket.create_connection((host, int(port)))
    stalled.sendall(
        f"GET /api/runs/{run}/events?after=0 HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {studio.url}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert b"101" in stalled.recv(64)
    return stalled


def is_open(studio: Standing, client: socket.socket) -> bool:
    """Whether the server's end of a connection still stands."""
    here, there = int(studio.url.rpartition(":")[2]), client.getsockname()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state = line.split()[1:4]
        if int(local[-4:], 16) == here and int(remote[-4:], 16) == there:
            return state == ESTABLISHED
    return False


if __name__ == "__main__":
    heard = asyncio.run(_listen(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    print(json.dumps(vars(heard)))
