"""The threads that run native jobs: one pool a process, asleep when there is nothing to do."""

from __future__ import annotations

import ctypes
import os
import queue
import threading
from collections.abc import Callable

import numpy as np

from .blas import single_threaded
from .machine import CELL_WORDS, begin, run_job, serve

AWAKE = 20_000
"""Rounds that a thread waits for the next job before it sleeps: about the time between two training steps."""


def cores() -> int:
    """Threads of native plans: NETWRIGHT_THREADS, or the cores that this process may use."""
    wanted = os.environ.get("NETWRIGHT_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def yield_address() -> int:
    """Where the system's function lies that offers the core to other threads, or 0."""
    for name in ("sched_yield", "SwitchToThread"):
        try:
            function = getattr(ctypes.CDLL(None) if name == "sched_yield" else ctypes.CDLL("kernel32"), name)
        except (OSError, AttributeError, TypeError):  # that system has the other one, or none
            continue
        return ctypes.cast(function, ctypes.c_void_p).value or 0
    return 0


class Pool:
    """Runs one job at a time on up to ``threads`` threads, the caller's among them.

    While it is taken, a further caller runs its job alone: the numbers are the same.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._taken = threading.Lock()
        memory = np.zeros((threads + 2) * CELL_WORDS, np.int64)
        start = (-memory.ctypes.data % 64) // 8
        self._cells = memory[start : start + (threads + 1) * CELL_WORDS].reshape(threads + 1, CELL_WORDS)
        self._addresses = [int(row.ctypes.data) for row in self._cells]
        self._words = (ctypes.c_int64 * self._cells.size).from_address(self._addresses[0])
        self.give_way = yield_address()
        self._number = 0
        self._asleep = [True] * threads
        self._calls: list[queue.SimpleQueue[int]] = [queue.SimpleQueue() for _ in range(threads)]
        self._started = 1
        self._held: dict[int, object] = {}

    def run(self, job_at: int, lanes: int, owner: object) -> None:
        """Run the job, which lies in memory of ``owner``: it is kept while a thread that came late may look at it."""
        wanted = lanes if lanes < self.threads else self.threads
        if wanted <= 1 or not self._taken.acquire(blocking=False):
            with single_threaded():
                begin(job_at, 0, 1, 0)
                run_job(job_at, 0)
            return
        try:
            if self._started < wanted:
                self._start(wanted)
            self._number += 1
            with single_threaded():
                begin(job_at, self._addresses[0], wanted, self._number)
                for thread in range(1, wanted):
                    if self._asleep[thread]:  # looked at after the call: see _work
                        self._calls[thread].put(self._number)
                run_job(job_at, 0)
            words, behind = self._words, False
            for cell in range(CELL_WORDS, self._started * CELL_WORDS, CELL_WORDS):
                behind |= words[cell] != words[cell + 2]
            if behind:
                self._held[id(owner)] = owner
            elif self._held:
                self._held.clear()
        finally:
            self._taken.release()

    def _start(self, wanted: int) -> None:
        for thread in range(self._started, wanted):
            worker = threading.Thread(target=self._work, args=(thread,), name=f"netwright-{thread}", daemon=True)
            worker.start()
        self._started = max(self._started, wanted)

    def _work(self, thread: int) -> None:
        done = 0
        cell = self._cells[thread]
        while True:
            self._asleep[thread] = True
            # a job called for before this line is seen here; one called for later finds the thread asleep
            if int(cell[0]) <= done:
                self._calls[thread].get()
            self._asleep[thread] = False
            done = serve(self._addresses[thread], thread, done, AWAKE)


_pool: Pool | None = None
_guard = threading.Lock()


def pool() -> Pool:
    """The process's pool."""
    global _pool
    with _guard:
        if _pool is None:
            _pool = Pool(cores())
        return _pool


def _forget() -> None:
    """After a fork: the threads are the parent's."""
    global _pool, _guard
    _pool, _guard = None, threading.Lock()


_register: Callable[..., None] | None = getattr(os, "register_at_fork", None)
if _register is not None:
    _register(after_in_child=_forget)
