"""The benchmarks' networks under every strategy: each gradient beside an independent one, the same bits every time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from benchmarks import ours
from benchmarks.workloads import EVERY, Batch

from netwright.kernels.cpu import warm
from netwright.scheduler import Strategy

TINY = {name: workload.made_tiny() for name, workload in EVERY.items()}
SAMPLES = 5
STRATEGIES = {
    **{name: Strategy.preset(name) for name in Strategy.presets},
    "one thread": Strategy(threads=1),
    "three threads": Strategy(threads=3),
    "two samples at a time": Strategy(micro_batch=2),
}
TOLERANCE = 2e-4


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    assert warm() == []


@cache
def data_of(name: str) -> tuple[tuple[Any, ...], list[Batch]]:
    workload = TINY[name]
    return tuple(ours.initial_weights(workload)), list(workload.batches(3, SAMPLES))


def gradients(name: str, strategy: Strategy) -> list[tuple[str, np.ndarray]]:
    """Of the first step, with the weights' names, which are new each time."""
    weights, data = data_of(name)
    task = ours.Planned(TINY[name], weights, strategy).task
    arrays = list(data[0].inputs.values())
    samples = task._by_name(arrays if len(arrays) > 1 else arrays[0])
    label = data[0].label if data[0].label is not None else np.empty((SAMPLES, 0), np.float32)
    compiled = task._plan_for(SAMPLES, task._turns[0])
    program = compiled.acquire()
    program.step(task._feeds(compiled, samples, label), task._head_gradients(compiled))
    wanted = {n: v for n, v in compiled.gradients.items() if v is not None}
    found = program.borrow(list(wanted.values()))
    return [(n, np.array(a)) for n, a in zip(wanted, found, strict=True)]


@cache
def reference(name: str) -> list[tuple[str, np.ndarray]]:
    """Interpreted, each tensor in memory of its own: the operators' forward, which has its own tests."""
    return gradients(name, Strategy.preset("debug"))


@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s != "debug"])
@pytest.mark.parametrize("name", TINY)
def test_every_gradient_equals_the_interpreted_one(name: str, strategy: str) -> None:
    for (weight, gradient), (_, wanted) in zip(gradients(name, STRATEGIES[strategy]), reference(name), strict=True):
        scale = float(np.abs(wanted).max())
        worst = float(np.abs(gradient - wanted).max())
        assert worst <= TOLERANCE * max(scale, 1e-2), f"{weight}: differs by {worst}, the largest is {scale}"


@pytest.mark.parametrize("strategy", ["fast", "balanced", "low_memory"])
@pytest.mark.parametrize("name", TINY)
def test_two_trainings_give_the_same_bits(name: str, strategy: str) -> None:
    weights, data = data_of(name)
    results = []
    for _ in range(2):
        trained = ours.Planned(TINY[name], weights, strategy)
        losses = [trained.step(batch) for batch in data]
        results.append((losses, [a.tobytes() for a in trained.task.arrays().values()]))
    assert results[0] == results[1]
