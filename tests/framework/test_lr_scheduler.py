"""Learning-rate schedules; the rows are MXNet 1.9.1's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import netwright as mx
from netwright import lr_scheduler as schedules
from netwright.errors import ParamError

BASE: dict[str, Any] = {"base_lr": 1.0}
ROWS: list[tuple[str, dict[str, Any], list[float]]] = [
    ("FactorScheduler", {"step": 3, "factor": 0.5}, [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]),
    ("FactorScheduler", {"step": 1, "factor": 0.1, "stop_factor_lr": 0.02}, [1, 1, 0.1, 0.02, 0.02, 0.02]),
    ("MultiFactorScheduler", {"step": [3, 5], "factor": 0.1}, [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]),
    (
        "PolyScheduler",
        {"max_update": 10, "pwr": 2, "final_lr": 0.1},
        [1, 0.829, 0.676, 0.541, 0.424, 0.325, 0.244, 0.181, 0.136, 0.109, 0.1, 0.1, 0.1],
    ),
    (
        "CosineScheduler",
        {"max_update": 10, "final_lr": 0.1},
        [1, 0.977975, 0.914058, 0.814503, 0.689058, 0.55, 0.410942, 0.285497, 0.185942, 0.122025, 0.1, 0.1],
    ),
]
WARM: dict[str, Any] = {"warmup_steps": 4, "warmup_begin_lr": 0.2}
WARMED: list[tuple[str, dict[str, Any], list[float]]] = [
    ("FactorScheduler", {"step": 3, "factor": 0.5}, [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]),
    ("MultiFactorScheduler", {"step": [6, 8], "factor": 0.5}, [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]),
    ("PolyScheduler", {"max_update": 10}, [1, 0.694444, 0.444444, 0.25, 0.111111, 0.027778, 0, 0]),
    ("CosineScheduler", {"max_update": 10}, [1, 0.933013, 0.75, 0.5, 0.25, 0.066987, 0, 0]),
]


def rates(schedule: Any, count: int) -> list[float]:
    return [float(schedule(n)) for n in range(count)]


@pytest.mark.parametrize(("name", "params", "wanted"), ROWS)
def test_rates(name: str, params: dict[str, Any], wanted: list[float]) -> None:
    schedule = getattr(schedules, name)(**BASE, **params)
    assert rates(schedule, len(wanted)) == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(("name", "params", "wanted"), WARMED)
def test_warm_up(name: str, params: dict[str, Any], wanted: list[float]) -> None:
    rising = getattr(schedules, name)(**BASE, **WARM, **params)
    assert rates(rising, 12) == pytest.approx([0.2, 0.4, 0.6, 0.8, *wanted], abs=1e-6)
    flat = getattr(schedules, name)(**BASE, **WARM, **params, warmup_mode="constant")
    assert rates(flat, 12) == pytest.approx([0.2] * 4 + wanted, abs=1e-6)


@pytest.mark.parametrize(("name", "params", "wanted"), ROWS)
def test_a_schedule_has_no_memory(name: str, params: dict[str, Any], wanted: list[float]) -> None:
    """So that a resumed training finds the rate again."""
    schedule = getattr(schedules, name)(**BASE, **params)
    backwards = [schedule(n) for n in reversed(range(len(wanted)))][::-1]
    assert backwards == pytest.approx(wanted, abs=1e-6)


def test_an_optimizer_asks_at_each_update() -> None:
    schedule = schedules.MultiFactorScheduler(step=[2], factor=0.1)
    optimizer = mx.optimizer.create("sgd", learning_rate=1.0, lr_scheduler=schedule)
    update, w, seen = mx.optimizer.get_updater(optimizer), mx.nd.zeros((1,)), []
    for _ in range(4):
        before = float(w)
        update(0, mx.nd.ones((1,)), w)
        seen.append(before - float(w))
    assert seen == pytest.approx([1, 1, 0.1, 0.1], rel=1e-5)


def test_names() -> None:
    assert set(schedules.schedulers()) == {"factor", "multifactor", "poly", "cosine"}
    for name, cls in schedules.schedulers().items():
        assert isinstance(schedules.create(name), cls)
        assert isinstance(schedules.create(cls.__name__), cls)
    assert schedules.LRScheduler(base_lr=0.3)(10**6) == 0.3
    assert schedules.LRScheduler(base_lr=0.3).warmup_final_lr == 0.3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: schedules.FactorScheduler(step=0), r"wanted step of at least 1, got 0"),
        (lambda: schedules.FactorScheduler(factor=2), r"factor must be at most 1, so that the rate falls .*got 2"),
        (lambda: schedules.MultiFactorScheduler(step=[3, 2]), r"rising list of positive counts \(got \[3, 2\]\)"),
        (lambda: schedules.MultiFactorScheduler(step=[]), "rising list"),
        (lambda: schedules.MultiFactorScheduler(factor=1.5), "factor must be at most 1"),
        (lambda: schedules.PolyScheduler(max_update=0), "max_update must be at least 1"),
        (lambda: schedules.LRScheduler(warmup_begin_lr=2), r"the warm-up must begin below base_lr \(wanted <= 0\.01"),
        (lambda: schedules.LRScheduler(warmup_mode="x"), "unknown warmup_mode .*wanted linear or constant, got 'x'"),
        (lambda: schedules.LRScheduler(warmup_steps=-1), "warmup_steps cannot be negative"),
        (lambda: schedules.create("cosin"), "there is no learning-rate scheduler 'cosin'. Did you mean cosine"),
    ],
)
def test_refusals(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        make()
