"""The worker's side of the two pipes: what it is told, and what it says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from io import RawIOBase
from typing import Any

import orjson

from netwright_studio.jsonio import dumps
from netwright_studio.runs.state import RunState


class Control:
    """What the server wants of this worker; set by a thread that listens, read between two steps."""

    def __init__(self) -> None:
        self.stop_requested = False
        self.suspend_requested = False
        self._go = threading.Event()
        self._go.set()

    @property
    def pause_requested(self) -> bool:
        """The run is to hold still."""
        return not self._go.is_set()

    @property
    def end_requested(self) -> bool:
        """The run is to end after its step."""
        return self.stop_requested or self.suspend_requested

    def take(self, word: str) -> None:
        """Note one word of the server."""
        if word == "pause":
            self._go.clear()
            return
        if word == "stop":
            self.stop_requested = True
        elif word == "suspend":
            self.suspend_requested = True
        self._go.set()

    def hold(self, reporter: Reporter) -> None:
        """Hold still while the run is to pause, and say so."""
        if self.pause_requested and not self.end_requested:
            reporter.state(RunState.PAUSED)
            self._go.wait()
            if not self.end_requested:
                reporter.state(RunState.RUNNING)

    def listen(self, stream: RawIOBase, on_end: Callable[[], None]) -> None:
        """Take words from ``stream`` in a thread; its end means that the server is gone."""

        def read() -> None:
            for line in stream:
                self.take(orjson.loads(line)["type"])
            on_end()

        threading.Thread(target=read, daemon=True, name="control").start()


class Reporter:
    """Says things to the server, one JSON line each, from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._lock = threading.Lock()

    def say(self, kind: str, data: dict[str, Any]) -> None:
        """Send one message; waits while the server cannot keep up."""
        line = memoryview(dumps({"type": kind, "data": data}) + b"\n")
        with self._lock:
            while line:
                line = line[self._file.write(line) :]

    def state(self, state: RunState, **facts: Any) -> None:
        """Say that the run is in another state."""
        self.say("state", {"state": state.value, "facts": facts or None})

    def log(self, message: str, level: str = "info") -> None:
        """Say a line for people."""
        self.say("log", {"level": level, "message": message})
