"""Compiling kernels into their cache in a process of its own.

Numba holds Python's interpreter while it compiles: in a thread it held up the first step of a new graph for ten seconds
and more, for which the interpreted plan takes a third of one.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

COMMAND = "import sys; from netwright.kernels.cpu import compiling; compiling.compile_into_cache(sys.argv[1:])"
ONE_BY_ONE = "import sys; from netwright.kernels.cpu import compiling; compiling.compile_one_by_one(int(sys.argv[1]))"
MOST_PROCESSES = 8
"""Each takes some 250 MB while it compiles."""


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
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, str(os.getpid()), *sorted(lot)],
                env=environment(),
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


def environment() -> dict[str, str]:
    """That of a process which finds what this one finds."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}


Told = Callable[[str, str], None]
"""Is told of each kernel that has been tried, and what there is to be said of its cache."""


def compile_beside_each_other(names: Iterable[str], processes: int, told: Told) -> None:
    """Have kernels compiled into the cache by several processes, each of which takes the next one.

    What they cannot do is left to the caller: they stop where there is no cache that can be written.
    """
    waiting = deque(names)
    helpers: list[subprocess.Popen[str]] = []
    try:
        for _ in range(min(processes, MOST_PROCESSES, len(waiting))):
            helpers.append(_start_helper())
        threads = [threading.Thread(target=_feed, args=(helper, waiting, told), daemon=True) for helper in helpers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except OSError:  # no further process may be started
        return
    finally:
        for helper in helpers:
            helper.kill()
            helper.communicate()


def _start_helper() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ONE_BY_ONE, str(os.getpid())],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    )


def _feed(helper: subprocess.Popen[str], waiting: deque[str], told: Told) -> None:
    assert helper.stdin is not None
    assert helper.stdout is not None
    while True:
        try:
            name = waiting.popleft()
            helper.stdin.write(f"{name}\n")
            answer: dict[str, Any] = json.loads(helper.stdout.readline())
        except (IndexError, OSError, ValueError):  # all is done, or it has ended
            return
        if not answer["kept"]:
            waiting.clear()
            return
        told(name, answer["notice"])


def compile_one_by_one(parent: int) -> None:
    """Compile into the cache the kernel that each line names, and answer each with a line; ends with ``parent``."""
    from .loading import everything

    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    os.nice(10)
    known = {one.name: one for one in everything()}
    for line in sys.stdin:
        one = known[line.strip()]
        one.try_to_load()
        print(json.dumps({"kept": one.kept, "notice": one.notice}), flush=True)


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
