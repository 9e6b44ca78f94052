"""Having kernels ready: loaded from the cache at once, compiled in the background where they are not in it."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...errors import NetwrightError
from .kernel import Code, Kernel, KernelError, table
from .machine import FUNCTIONS


@dataclass(frozen=True)
class Readiness:
    """Whether native plans can run, and if not, why."""

    ready: bool
    reason: str = ""


@functools.cache
def load_families() -> None:
    """Import every family, so that its kernels and rules are known."""
    from . import families

    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")


def kernels() -> dict[str, Kernel]:
    """All kernels by name."""
    load_families()
    return table


_waiting: queue.SimpleQueue[Code] = queue.SimpleQueue()
_queued: set[str] = set()
_guard = threading.Lock()
_worker: threading.Thread | None = None


def _work() -> None:
    while True:
        wanted = _waiting.get()
        try:
            wanted.load()
        except KernelError:
            continue  # remembered in wanted.failure, which readiness() tells


def request(wanted: Iterable[Code]) -> None:
    """Load these in the background."""
    global _worker
    with _guard:
        if _worker is None:
            _worker = threading.Thread(target=_work, name="netwright-kernels", daemon=True)
            _worker.start()
        for one in wanted:
            if not one.ready and one.name not in _queued:
                _queued.add(one.name)
                _waiting.put(one)


def readiness(wanted: Iterable[Code], patience: float = 0.0) -> Readiness:
    """Whether these kernels can be called now. What is in the cache is loaded at once, so that a machine that has
    compiled them before runs natively from the first step; the rest is compiled in the background, for which this
    waits up to ``patience`` seconds.
    """
    missing = [one for one in (*FUNCTIONS, *wanted) if not one.ready and not one.load_cached()]
    if not missing:
        return Readiness(True)
    request(missing)
    end = time.monotonic() + patience
    while time.monotonic() < end and not all(one.ready or one.failure for one in missing):
        time.sleep(0.005)
    failed = [one for one in missing if one.failure]
    if failed:
        return Readiness(False, f"kernel {failed[0].name}: {failed[0].failure}")
    waiting = [one.name for one in missing if not one.ready]
    return Readiness(not waiting, f"{len(waiting)} kernels are being compiled" if waiting else "")


def warm(progress: Callable[[int, int, str], None] | None = None) -> list[str]:
    """Compile every kernel that is not in the cache; returns what went wrong, one line a kernel.

    ``progress(done, all, name)`` is told of each.
    """
    everything = [*FUNCTIONS, *kernels().values()]
    problems = []
    for i, one in enumerate(everything):
        try:
            one.load()
        except NetwrightError as error:
            problems.append(str(error))
        if one.notice:
            problems.append(f"{one.name}: {one.notice}")
        if progress is not None:
            progress(i + 1, len(everything), one.name)
    return problems
