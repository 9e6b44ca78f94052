"""Keys that steer a training in a terminal: hold, one batch, the rate up and down, stop."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..train import Change, Steering, TrainState
from .console import number, out

HELP = "Keys: space holds and goes on, n trains one batch, + and - double and halve the learning rate, q stops"


class Keys(Steering):
    """A steering that listens to the terminal, where there is one to listen to.

    ``press`` is what a key does; a test calls it without a terminal.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rate = 0.0
        self._restore: Callable[[], None] = lambda: None
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        if sys.stdin.isatty() and out.is_terminal:
            self._listen()
            out.print(HELP, style="dim")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._restore()

    def on_step(self, state: TrainState) -> None:
        """Know the rate that a key would change."""
        self._rate = state.task.optimizer.learning_rate
        super().on_step(state)

    def on_held(self, state: TrainState) -> None:
        """Say that it holds."""
        out.print(f"held after step {state.step}", style="yellow")

    def on_changed(self, state: TrainState, changes: list[Change]) -> None:
        """Say what is different."""
        for change in changes:
            out.print(f"step {change.step}: {change.name} {number(change.before)} → {number(change.after)}")

    def press(self, key: str) -> None:
        """Do what the key says."""
        if key == " ":
            (self.resume if self.paused else self.pause)()
        elif key == "n":
            self.step()
        elif key in "+-" and self._rate > 0:
            self.change(learning_rate=self._rate * (2 if key == "+" else 0.5))
        elif key == "q":
            self.stop()

    def _listen(self) -> None:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        self._restore = lambda: termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        tty.setcbreak(descriptor)

        def read() -> None:
            while not self._ended.is_set():
                if select.select([descriptor], [], [], 0.2)[0]:
                    self.press(os.read(descriptor, 1).decode(errors="replace"))

        threading.Thread(target=read, daemon=True, name="keys").start()
