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
from typing import cast

import orjson
import uvloop
from tests.trust._emitter import RATE, SECONDS
from tests.trust.standing import Standing, standing
from tests.trust.table import percentile

EMITTER = (sys.executable, "-m", "tests.trust._emitter")
ESTABLISHED = "01"
SETTLE_SECONDS = 3.0


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
        studio.call("GET", "api/datasets")  # what a start loads in the background is there now
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


class _Room:
    """Where clients wait for each other: only then points begin to count, for so many seconds."""

    def __init__(self, count: int, seconds: float) -> None:
        self._missing, self._seconds = count, seconds
        self.first = self.last = float("inf")

    def enter(self) -> None:
        self._missing -= 1
        if not self._missing:
            self.first = time.time() + SETTLE_SECONDS
            self.last = self.first + self._seconds


class _Listener(asyncio.Protocol):
    """Reads frames as they come. A library's client takes ten times as long for each, and would itself be measured."""

    def __init__(self, handshake: bytes, room: _Room) -> None:
        self._handshake, self._room = handshake, room
        self._buffer = b""
        self._shaken = False
        self._last: int | None = None
        self.whole = True
        self.delays: list[float] = []
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._handshake)

    def data_received(self, data: bytes) -> None:
        moment, content = time.time(), self._buffer + data
        if not self._shaken:
            head, found, content = content.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            assert b" 101 " in head
            self._shaken = True
            self._room.enter()
        at = 0
        while (frame := _cut(content, at)) is not None:
            at, text = frame
            self._take(text, moment)
        self._buffer = content[at:]
        if moment >= self._room.last and not self.over.done():
            self.over.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(error or ConnectionError("the server ended the stream"))

    def _take(self, text: bytes, moment: float) -> None:
        if not text.startswith(b'{"type":"events"'):
            return
        for event in orjson.loads(text)["events"]:
            self.whole = self.whole and (self._last is None or event["seq"] == self._last + 1)
            self._last = event["seq"]
            if event["type"] == "metrics":
                born = event["data"]["values"]["born"]
                if self._room.first <= born < self._room.last:
                    self.delays.append(moment - born)


def _cut(content: bytes, at: int) -> tuple[int, bytes] | None:
    """The frame there, as (where it ends, what it holds); None while it is not whole. Servers do not mask."""
    if len(content) < at + 10:
        return None
    size, begin = content[at + 1] & 127, at + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, begin = int.from_bytes(content[begin : begin + width], "big"), begin + width
    if len(content) < begin + size:
        return None
    return begin + size, content[begin : begin + size]


def handshake(url: str, origin: str) -> tuple[str, int, bytes]:
    """Host, port and the words that open a stream."""
    place, _, path = url.partition("://")[2].partition("/")
    host, _, port = place.partition(":")
    words = (
        f"GET /{path} HTTP/1.1\r\nHost: {place}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    return host, int(port), words.encode()


async def _listen(url: str, origin: str, count: int, seconds: float) -> Heard:
    room = _Room(count, seconds)
    host, port, words = handshake(url, origin)
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: _Listener(words, room), host, port) for _ in range(count)]
    await asyncio.gather(*(listener.over for _, listener in made))
    for transport, _ in made:
        transport.abort()
    heard = [delay for _, listener in made for delay in listener.delays]
    whole = sum(listener.whole and bool(listener.delays) for _, listener in made)
    return Heard(percentile(heard, 0.5), percentile(heard, 0.99), len(heard), whole)


def stall(studio: Standing, run: str) -> socket.socket:
    """Connect, and never read again."""
    host, port, words = handshake(address(studio, run, 0), studio.url)
    stalled = socket.create_connection((host, port))
    stalled.sendall(words)
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
    heard = uvloop.run(_listen(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    print(json.dumps(vars(heard)))
