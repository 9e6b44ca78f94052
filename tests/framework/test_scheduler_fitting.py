"""Plans that do not fit are refused before anything is allocated, and what would fit is said."""

from __future__ import annotations

import re

import numpy as np
import pytest

import netwright as mx
from netwright import memory, sym
from netwright.errors import MemoryLimitError
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Program, Strategy, fitting
from netwright.scheduler.fitting import fed_names

FLOAT = np.dtype("float32")


def deep(layers: int = 30) -> sym.Symbol:
    x = sym.Variable("data")
    for i in range(layers):
        x = sym.tanh(sym.FullyConnected(x, num_hidden=32, name=f"fc{i}"))
    return sym.SoftmaxOutput(x, name="softmax")


def compiled(batch: int = 256, symbol: sym.Symbol | None = None, train: bool = True, **knobs: object) -> Compiled:
    net = deep() if symbol is None else symbol
    wrt = [n for n in net.list_arguments() if n not in fed_names(net)] if train else []
    known = {"data": TensorSpec((batch, 32), FLOAT)}
    return Compiled(net, known, train=train, wrt=wrt, device=mx.cpu(), strategy=Strategy(**knobs))  # type: ignore[arg-type]


def bytes_in(text: str) -> float:
    number, unit = re.findall(r"needs ([\d.]+) (KiB|MiB)", text)[0]
    return float(number) * {"KiB": 1024, "MiB": 1024**2}[unit]


def test_a_plan_within_its_budget_runs() -> None:
    plan = compiled(native=False).plan
    assert compiled(memory_budget=plan.peak_bytes, native=False).acquire().plan.notes == []


def test_a_plan_over_its_budget_is_refused_with_what_would_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = compiled().plan.peak_bytes // 2
    over = compiled(memory_budget=budget)
    assert any("does not fit into the budget" in note for note in over.plan.notes)

    def allocate(*_: object) -> None:
        raise AssertionError("memory was allocated")

    monkeypatch.setattr(Program, "__init__", allocate)
    with pytest.raises(
        MemoryLimitError, match=r"the plan does not fit into memory \(wanted at most .*memory_budget"
    ) as e:
        over.acquire()
    remedy = e.value.remedy or ""
    low, smaller = remedy.removeprefix("What would fit: ").split("; ")
    assert low.startswith("recompute='auto' in the strategy")
    assert bytes_in(low) <= budget * 1.01
    assert compiled(memory_budget=budget, recompute="auto").plan.peak_bytes <= budget
    found = re.match(r"a batch of (\d+) instead of 256", smaller)
    assert found
    assert bytes_in(smaller) <= budget * 1.01
    assert compiled(int(found[1]), memory_budget=budget).plan.peak_bytes <= budget
    assert compiled(int(int(found[1]) * 1.15), memory_budget=budget).plan.peak_bytes > budget


def test_inference_that_does_not_fit_names_a_batch_alone() -> None:
    over = compiled(train=False, memory_budget=compiled(train=False).plan.peak_bytes // 4)
    with pytest.raises(MemoryLimitError, match="What would fit: a batch of") as e:
        over.acquire()
    assert "recompute" not in str(e.value)


def test_where_nothing_fits_that_is_said() -> None:
    with pytest.raises(MemoryLimitError, match="Use a smaller network"):
        compiled(memory_budget=10, recompute="auto").acquire()


def test_sizes_written_in_the_graph_leave_no_smaller_batch() -> None:
    symbol = sym.sum(sym.tanh(sym.reshape(deep(), shape=(256, 32))))
    with pytest.raises(MemoryLimitError) as e:
        compiled(symbol=symbol, memory_budget=compiled().plan.peak_bytes // 2).acquire()
    assert "recompute" in str(e.value)
    assert "a batch of" not in str(e.value)


def test_the_machine_is_asked_where_much_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "SMALL", 1000)
    monkeypatch.setattr(fitting, "available_memory", lambda: 500_000)
    with pytest.raises(MemoryLimitError, match=r"at most 488.3 KiB, what is free on cpu\(0\)"):
        compiled().acquire()


def test_free_memory_is_what_the_system_says() -> None:
    free = memory.available_memory()
    assert 0 < free <= memory.physical_memory()


def test_the_tightest_limit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    5000 kB\n",
        "/sys/fs/cgroup/memory.max": "4000000\n",
        "/sys/fs/cgroup/memory.current": "1500000\n",
        "/sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 500000\n",
        "/proc/self/status": "VmData:      100 kB\n",
    }
    monkeypatch.setattr(memory, "_lines", lambda path: files.get(path, "").splitlines())
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _: (memory.resource.RLIM_INFINITY, 0))
    assert memory.available_memory() == 3_000_000
    files["/sys/fs/cgroup/memory.max"] = "max\n"
    assert memory.available_memory() == 5000 * 1024
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _: (1_000_000, 0))
    assert memory.available_memory() == 1_000_000 - 100 * 1024
