"""Prepares the machine in the background, once: measures it, and compiles the kernels, each in a process of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from netwright_studio.runs import keeper

logger = logging.getLogger(__name__)

DELAY_SECONDS = 10.0
"""The page that is being opened comes first; a busy machine is measured badly besides."""
COMMANDS = tuple((sys.executable, "-m", "netwright.cli", *words) for words in (["warm"], ["calibrate", "--if-needed"]))
"""Kernels first: a training that is begun meanwhile gains most by them."""


class Calibration:
    """A ``with`` block in which the machine is prepared in the background, unless it was; it ends with the block."""

    def __init__(self, home: Path, delay: float = DELAY_SECONDS, commands: Sequence[Sequence[str]] = COMMANDS) -> None:
        self._home, self._delay, self._commands = home, delay, commands
        self._left = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._measure, daemon=True, name="calibration")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        with self._lock:
            if self._process is not None:
                self._process.terminate()
        self._thread.join(timeout=5)

    def _measure(self) -> None:
        if not self._left.wait(self._delay):
            for command in self._commands:
                self._run(command)

    def _run(self, command: Sequence[str]) -> None:
        with self._lock:
            if self._left.is_set():
                return
            try:
                self._process = subprocess.Popen(
                    keeper.wrap(command),
                    env={**os.environ, "NETWRIGHT_HOME": str(self._home)},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    start_new_session=True,
                )
            except OSError as error:
                logger.warning("the machine could not be prepared: %s", error)
                return
        with self._process as process, contextlib.suppress(ValueError):  # the pipe may be closed at the end
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip():
                    logger.info("preparing: %s", line.strip())
        if process.returncode and not self._left.is_set():
            logger.warning("the machine could not be prepared (%s: status %s)", command[-1], process.returncode)
