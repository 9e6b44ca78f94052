"""Having kernels ready: loaded from the cache at once, compiled in the background where they are not in it.

Another process compiles (``compiling``); a thread of this one does where that comes to nothing, as without a cache that
can be written, and remembers why a kernel cannot be had.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...errors import NetwrightError
from .compiling import Compiler, compile_beside_each_other
from .kernel import Code, Kernel, table
from .machine import FUNCTIONS
from .threads import cores


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


def everything() -> list[Code]:
    """All that is compiled: the machine's functions and the kernels."""
    return [*FUNCTIONS, *kernels().values()]


compiler = Compiler()
_waiting: queue.SimpleQueue[Code] = queue.SimpleQueue()
_queued: set[str] = set()
_guard = threading.Lock()
_worker: threading.Thread | None = None


def _work() -> None:
    while True:
        _waiting.get().try_to_load()


def request(wanted: Iterable[Code]) -> None:
    """Compile these in a thread of this process."""
    global _worker
    with _guard:
        if _worker is None:
            _worker = threading.Thread(target=_work, name="netwright-kernels", daemon=True)
            _worker.start()
        for one in wanted:
            if not one.ready and one.name not in _queued:
                _queued.add(one.name)
                _waiting.put(one)


def readiness(wanted: Iterable[Code]) -> Readiness:
    """Whether these kernels can be called now. What is in the cache is loaded at once, so that a machine that has
    compiled them before runs natively from the first step; the rest is compiled in the background.
    """
    missing = [one for one in (*FUNCTIONS, *wanted) if not one.ready and not one.load_cached()]
    if not missing:
        return Readiness(True)
    elsewhere = compiler.ask(one.name for one in missing)
    request(one for one in missing if one.name not in elsewhere)
    failed = [one for one in missing if one.failure]
    if failed:
        return Readiness(False, f"kernel {failed[0].name}: {failed[0].failure}")
    return Readiness(False, f"{len(missing)} kernels are being compiled")


FEW = 4
"""So many are compiled sooner than a process that does it has started."""


def warm(progress: Callable[[int, int, str], None] | None = None) -> list[str]:
    """Compile every kernel that is not in the cache, on all cores; returns what went wrong, one line a kernel.

    ``progress(done, all, name)`` is told of each.
    """
    all_of_it = everything()
    notices: dict[str, str] = {}

    def tell(name: str, notice: str = "") -> None:
        with _guard:
            if name in notices:
                return
            notices[name] = notice
            if progress is not None:
                progress(len(notices), len(all_of_it), name)

    missing = []
    for one in all_of_it:
        if one.ready or one.load_cached():
            tell(one.name, one.notice)
        else:
            missing.append(one)
    if len(missing) > FEW and cores() > 1:
        compile_beside_each_other([one.name for one in missing], cores(), tell)
    problems = []
    for one in all_of_it:
        try:
            one.load()
        except NetwrightError as error:
            problems.append(str(error))
        tell(one.name)
        if notice := one.notice or notices[one.name]:
            problems.append(f"{one.name}: {notice}")
    return problems
