"""Compiling kernels into their cache in a process of its own.

Numba holds Python's interpreter while it compiles: in a thread it held up the first step of a new graph for ten seconds
and more, for which the interpreted plan takes a third of one.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable

COMMAND = "import sys; from netwright.kernels.cpu import compiling; compiling.compile_into_cache(sys.argv[1:])"


class Compiler:
    """Has kernels compiled by another process, one lot after the other; what it cannot do is left to the caller."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._in_hand: set[str] = set()
        self._waiting: set[str] = set()
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def ask(self, names: Iterable[str]) -> set[str]:
        """Have these compiled that were not asked for before; all that such a process has still to do.

        What is in no cache and not among them has been tried in vain.
        """
        with self._lock:
            if self._process is not None and self._process.poll() is not None:
                self._done |= self._in_hand
                self._process, self._in_hand = None, set()
            self._waiting |= set(names) - self._in_hand - self._done
            if self._process is None and self._waiting:
                self._start()
            return self._in_hand | self._waiting

    def _start(self) -> None:
        lot, self._waiting = self._waiting, set()
        path = os.pathsep.join(entry for entry in sys.path if entry)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(os.getpid()), *sorted(lot)],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:  # no further process may be started: the caller compiles
            self._done |= lot
            return
        self._in_hand = lot
        atexit.register(self.stop)

    def stop(self) -> None:
        """End the process, whatever it does."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._done |= self._in_hand
                self._process, self._in_hand = None, set()


def compile_into_cache(words: list[str]) -> None:
    """Compile the kernels named behind the number of the process that wants them; ends with that process.

    Stops at once where there is no cache that can be written: the result would be lost.
    """
    from .loading import everything

    parent = int(words[0])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    os.nice(10)
    known = {one.name: one for one in everything()}
    for name in words[1:]:
        one = known.get(name)
        if one is None:
            continue
        one.try_to_load()
        if one.ready and not one.kept:
            return


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
