"""Threads of native plans: nobody waits for one that has no core, and what comes late does no harm."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import numpy as np
import pytest

from netwright import cpu, sym
from netwright.kernels.cpu import threads, warm
from netwright.kernels.cpu.machine import JOB_WORDS, run_job
from netwright.ops.operator import TensorSpec
from netwright.scheduler import Compiled, Strategy
from netwright.scheduler.native import NativeProgram

BATCH = 64


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    assert warm() == []


def leave_alone(monkeypatch: pytest.MonkeyPatch) -> threads.Pool:
    """A pool of two whose helper never gets a core."""
    made = threads.Pool(2)
    monkeypatch.setattr(threads, "_pool", made)
    monkeypatch.setattr(made, "_start", lambda count: setattr(made, "_started", count))
    return made


def compile_net() -> tuple[Compiled, dict[str, Any]]:
    hidden = sym.FullyConnected(sym.Variable("data"), num_hidden=32, name="one")
    net = sym.FullyConnected(hidden, num_hidden=5, name="two")
    rng = np.random.default_rng(0)
    shapes = {"data": (BATCH, 16), "one_weight": (32, 16), "one_bias": (32,), "two_weight": (5, 32), "two_bias": (5,)}
    feeds = {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}
    known = {name: TensorSpec(shape, np.dtype(np.float32)) for name, shape in shapes.items()}
    wrt = [name for name in shapes if name != "data"]
    return Compiled(net, known, train=True, wrt=wrt, device=cpu(), strategy=Strategy(threads=2)), feeds


def run(program: Any, compiled: Compiled, feeds: dict[str, Any]) -> list[Any]:
    program.forward(feeds)
    program.backward({name: np.ones((BATCH, 5), np.float32) for name in compiled.heads})
    return [a.copy() for a in program.take([*compiled.outputs, *filter(None, compiled.gradients.values())])]


def words_of(job_at: int) -> list[int]:
    return list((ctypes.c_int64 * JOB_WORDS).from_address(job_at))


def wanted() -> list[Any]:
    """With a pool whose helper comes."""
    compiled, feeds = compile_net()
    return run(compiled.acquire(), compiled, feeds)


def test_a_job_is_done_without_the_helper(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = wanted()
    made = leave_alone(monkeypatch)
    compiled, feeds = compile_net()
    program = compiled.acquire()
    assert isinstance(program, NativeProgram)
    for _ in range(3):
        for found, value in zip(run(program, compiled, feeds), expected, strict=True):
            np.testing.assert_array_equal(found, value)
    assert made._held  # until the helper has looked


def test_a_helper_that_comes_late_finds_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = leave_alone(monkeypatch)
    compiled, feeds = compile_net()
    program = compiled.acquire()
    jobs: list[int] = []
    plain = pool.run
    pool.run = lambda at, lanes, owner: (jobs.append(at), plain(at, lanes, owner))[1]  # type: ignore[method-assign]
    program = NativeProgram(program.prepared)  # type: ignore[union-attr]
    expected = run(program, compiled, feeds)
    kept = [words_of(job) for job in jobs]
    for job in jobs:
        late = threading.Thread(target=run_job, args=(job, 1))
        late.start()
        late.join(10)
        assert not late.is_alive()
    for found, value in zip(program.take([*compiled.outputs]), expected, strict=False):
        np.testing.assert_array_equal(found, value)
    for job, before in zip(jobs, kept, strict=True):
        assert words_of(job) == before
    for found, value in zip(run(program, compiled, feeds), expected, strict=True):
        np.testing.assert_array_equal(found, value)


def test_many_callers_and_helpers_give_the_same_bits() -> None:
    expected = wanted()
    wrong: list[str] = []

    def call() -> None:
        compiled, feeds = compile_net()
        program = compiled.acquire()
        for _ in range(200):
            for found, value in zip(run(program, compiled, feeds), expected, strict=True):
                if not np.array_equal(found, value):
                    wrong.append("a run gave other bits")

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert not any(caller.is_alive() for caller in callers)
    assert wrong == []
