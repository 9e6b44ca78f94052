"""The worker's side of the two pipes: what it is told, and what it says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from io import RawIOBase
from typing import Any

import orjson

from netwright.errors import NetwrightError
from netwright.train import Change, Steering, TrainState
from netwright_studio.errors import describe
from netwright_studio.jsonio import dumps
from netwright_studio.runs.state import RunState


class Control(Steering):
    """What the server wants of this worker: a thread listens, the training obeys between two steps.

    Words are ``pause``, ``resume``, ``stop`` and ``suspend``; ``step`` and ``change`` carry an ``id``, under which they
    are answered once they are done or refused.
    """

    def __init__(self, reporter: Reporter, paused: bool = False) -> None:
        super().__init__(paused)
        self._reporter = reporter
        self.suspend_requested = False
        self.before_hold: Callable[[TrainState], None] = lambda state: None
        """Called before it is said that the training holds still."""

    @property
    def end_requested(self) -> bool:
        """The run is to end after its step."""
        return self._stop

    def take(self, message: dict[str, Any]) -> None:
        """Do one thing that the server says."""
        word = message["type"]
        if word == "pause":
            self.pause()
        elif word == "resume":
            self.resume()
        elif word in ("stop", "suspend"):
            self.suspend_requested = word == "suspend"
            self.stop()
        elif word == "step":
            self._answer(message["id"], self.step)
        elif word == "change":
            self._answer(message["id"], lambda: self.change(**message["values"]))

    def on_held(self, state: TrainState) -> None:
        """Say that the training holds still, and all that is known until then."""
        self.before_hold(state)
        self._reporter.state(RunState.PAUSED)

    def on_released(self, state: TrainState) -> None:
        """Say that it goes on."""
        self._reporter.state(RunState.RUNNING)

    def on_changed(self, state: TrainState, changes: list[Change]) -> None:
        """Say what is different from the next step on, and keep it: after a crash it must not be lost."""
        for change in changes:
            self._reporter.say("change", change.to_json())
        state.request_checkpoint()

    def listen(self, stream: RawIOBase, on_end: Callable[[], None]) -> None:
        """Take words from ``stream`` in a thread; its end means that the server is gone."""

        def read() -> None:
            for line in stream:
                self.take(orjson.loads(line))
            on_end()

        threading.Thread(target=read, daemon=True, name="control").start()

    def _answer(self, ident: str, ask: Callable[[], Future[Any]]) -> None:
        def tell(future: Future[Any]) -> None:
            error = future.exception()
            if error is None:
                self._reporter.say("answer", {"id": ident, "error": None})
            elif isinstance(error, NetwrightError):
                self._reporter.say("answer", {"id": ident, "error": describe(error)[1]["error"]})
            else:
                raise error

        try:
            future = ask()
        except NetwrightError as error:
            future = Future()
            future.set_exception(error)
        future.add_done_callback(tell)


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
