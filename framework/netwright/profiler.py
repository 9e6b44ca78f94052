"""Where the time goes (MXNet's ``mx.profiler``): operators, plans and their steps, and events of one's own.

>>> mx.profiler.set_config(filename="profile.json", aggregate_stats=True)
>>> mx.profiler.start()
>>> y = mx.nd.dot(mx.nd.ones((8, 8)), mx.nd.ones((8, 8)))
>>> mx.profiler.stop()
>>> "dot" in mx.profiler.dumps(reset=True)
True

``dump()`` writes a file for chrome://tracing or Perfetto. While nothing is profiled, nothing is measured.
"""

from __future__ import annotations

import warnings
from typing import Any, Self

from .errors import ParamError
from .ndarray import invoke as eager
from .ops.storage import Stored, lies_on
from .scheduler.ir import Node
from .scheduler.program import Program
from .trace import MEMORY, SORTS, Trace

_DEFAULTS: dict[str, Any] = {
    "filename": "profile.json",
    "profile_all": False,
    "profile_symbolic": True,
    "profile_imperative": True,
    "profile_memory": False,
    "profile_api": False,
    "aggregate_stats": False,
    "continuous_dump": False,
    "dump_period": 1.0,
    "profile_process": "worker",
}


class _Session:
    """The settings, and what was recorded."""

    def __init__(self) -> None:
        self.settings = dict(_DEFAULTS)
        self.running = self.paused = False
        self.trace = Trace()
        self.written = 0.0

    @property
    def active(self) -> bool:
        """Whether what happens now is recorded."""
        return self.running and not self.paused

    def wants(self, kind: str) -> bool:
        return bool(self.settings["profile_all"] or self.settings[f"profile_{kind}"])

    def follow(self) -> None:
        """Let operators and plans be measured, or no longer."""
        eager.observe(_measured if self.active and self.wants("imperative") else None)
        Program.observer = _PlanObserver() if self.active and self.wants("symbolic") else None

    def tick(self) -> None:
        """Write the file now and then, where that is wanted."""
        if self.settings["continuous_dump"]:
            now = self.trace.now()
            if now - self.written >= float(self.settings["dump_period"]) * 1e6:
                self.written = now
                self.trace.write(str(self.settings["filename"]))


_session = _Session()


def _measured(run: Any) -> Any:
    """``run`` of single operators, dense or sparse, each measured until its result is there."""

    def measured(op: Any, p: Any, xp: Any, datas: Any, facts: Any, device: Any, *more: Any) -> Any:
        start = _session.trace.now()
        results = run(op, p, xp, datas, facts, device, *more)
        if results is NotImplemented:
            return results  # it runs on dense arrays, and is measured then
        _wait(results)
        shapes = [list(a.shape) for a in datas]
        _session.trace.add("operator", op.name, start, kind="imperative", inputs=shapes)
        _count_memory(results)
        _session.tick()
        return results

    return measured


class _PlanObserver:
    """Measures the runs of plans and their steps."""

    def begin(self) -> float:
        return _session.trace.now()

    def step(self, node: Node, start: float, results: Any) -> None:
        _wait(results)
        facts = {"kind": "symbolic", "node": node.name, "phase": node.phase}
        _session.trace.add("operator", node.op.name, start, output=list(node.outputs[0].shape), **facts)

    def run(self, phase: str, steps: int, start: float) -> None:
        _session.trace.add("plan", f"plan {phase}", start, steps=steps)
        _session.tick()


def _wait(results: Any) -> None:
    """Until a GPU has computed them; a processor's results are there."""
    for array in results or ():
        if array is not None and lies_on(array).is_gpu:
            lies_on(array).xp.cuda.get_current_stream().synchronize()
            return


def _count_memory(results: Any) -> None:
    if _session.wants("memory"):
        arrays = [part for a in results for part in (a.parts() if isinstance(a, Stored) else [a])]
        size = sum(getattr(a, "nbytes", 0) for a in arrays) / 1024
        _session.trace.count(MEMORY, f"Memory: {lies_on(results[0])}", size)


# ---------------------------------------------------------------- settings and states
def set_config(**kwargs: Any) -> None:
    """Say what is recorded, and where it is written.

    ``filename``; ``profile_symbolic`` and ``profile_imperative`` (plans and single operators, both by default),
    ``profile_memory`` (kB of each operator's results), ``profile_all``; ``continuous_dump`` writes the file every
    ``dump_period`` seconds. ``aggregate_stats``, ``profile_api`` and ``profile_process`` are MXNet's: sums are always
    there, and there are neither a C interface nor servers.
    """
    for name in kwargs:
        if name not in _DEFAULTS:
            raise ParamError(
                f"there is no setting {name!r}", where="profiler.set_config", remedy=f"Known: {', '.join(_DEFAULTS)}"
            )
    _session.settings = {**_DEFAULTS, **kwargs}
    _session.follow()


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """``run`` begins to record, ``stop`` ends it; what was recorded stays until it is dumped."""
    if state not in ("run", "stop"):
        raise ParamError("unknown state", where="profiler.set_state", wanted="run or stop", got=repr(state))
    _session.running, _session.paused = state == "run", False
    _session.follow()


def start() -> None:
    """``set_state("run")``."""
    set_state("run")


def stop() -> None:
    """``set_state("stop")``."""
    set_state("stop")


def pause(profile_process: str = "worker") -> None:
    """Record nothing until ``resume``."""
    _session.paused = True
    _session.follow()


def resume(profile_process: str = "worker") -> None:
    """Go on recording after ``pause``."""
    _session.paused = False
    _session.follow()


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write the file; with ``finished`` recording ends, and the next one begins anew."""
    _session.trace.write(str(_session.settings["filename"]))
    if finished:
        stop()
        _session.trace = Trace()


def dumps(reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """The sums of what was recorded, as a ``table`` or as ``json``; with ``reset`` it is forgotten then.

    Rows are sorted by ``total``, ``avg``, ``min``, ``max`` or ``count``.
    """
    if format not in ("table", "json"):
        raise ParamError("unknown format", where="profiler.dumps", wanted="table or json", got=repr(format))
    if sort_by not in SORTS:
        raise ParamError("unknown order", where="profiler.dumps", wanted=", ".join(SORTS), got=repr(sort_by))
    trace = _session.trace
    text = trace.table(sort_by, ascending) if format == "table" else trace.as_json(sort_by, ascending)
    if reset:
        _session.trace = Trace()
    return text


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """``set_config`` by its old name: mode ``symbolic``, ``imperative`` or ``all``."""
    warnings.warn("profiler_set_config() is now set_config()", DeprecationWarning, stacklevel=2)
    set_config(filename=filename, **{f"profile_{mode}": True})


def profiler_set_state(state: str = "stop") -> None:
    """``set_state`` by its old name."""
    warnings.warn("profiler_set_state() is now set_state()", DeprecationWarning, stacklevel=2)
    set_state(state)


def dump_profile() -> None:
    """``dump`` by its old name."""
    warnings.warn("dump_profile() is now dump()", DeprecationWarning, stacklevel=2)
    dump(True)


# ---------------------------------------------------------------- events of one's own
class Domain:
    """A name that tasks, frames, counters and markers are grouped under."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """A task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """A frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """A counter of this domain."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """A marker of this domain."""
        return Marker(self, name)


class _Duration:
    """Something from ``start()`` to ``stop()``; also a ``with`` block."""

    def __init__(self, category: str, name: str) -> None:
        self._category, self.name = category, name
        self._start: float | None = None

    def start(self) -> None:
        """It begins."""
        self._start = _session.trace.now()

    def stop(self) -> None:
        """It ends, and is recorded while the profiler runs."""
        if self._start is not None and _session.active:
            _session.trace.add(self._category, self.name, self._start)
        self._start = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name


class Task(_Duration):
    """A piece of work of a domain."""

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(domain.name, name)


class Frame(_Duration):
    """One of many like pieces, such as a batch."""

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(f"{domain.name},frame", name)


class Event(_Duration):
    """A piece of work of no domain."""

    def __init__(self, name: str) -> None:
        super().__init__("event", name)


class Counter:
    """A number that changes: ``set_value``, ``+=``, ``-=``."""

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self.domain, self.name, self._value = domain, name, 0.0
        if value is not None:
            self.set_value(value)

    def set_value(self, value: float) -> None:
        """Set the number."""
        self._value = value
        if _session.active:
            _session.trace.count(self.domain.name, self.name, value)

    def increment(self, delta: float = 1) -> None:
        """Add to the number."""
        self.set_value(self._value + delta)

    def decrement(self, delta: float = 1) -> None:
        """Take from the number."""
        self.set_value(self._value - delta)

    def __iadd__(self, delta: float) -> Self:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Self:
        self.decrement(delta)
        return self

    def __str__(self) -> str:
        return self.name


class Marker:
    """A moment worth seeing."""

    def __init__(self, domain: Domain, name: str) -> None:
        self.domain, self.name = domain, name

    def mark(self, scope: str = "process") -> None:
        """It is now; ``scope`` is ``global``, ``process``, ``thread`` or ``task``."""
        if scope not in ("global", "process", "thread", "task"):
            raise ParamError("unknown scope", where=self.name, wanted="global, process, thread or task", got=scope)
        if _session.active:
            _session.trace.mark(self.domain.name, self.name, scope)

    def __str__(self) -> str:
        return self.name
