"""Settings from outside: every wrong name or value is named, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from netwright import optimizer
from netwright.errors import ParamError
from netwright.train import TrainSettings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adamm"}, r"Did you mean adam or nadam"),
        (
            {"optimizer_params": {"learning_rate": "abc"}},
            r"Adam: parameter 'learning_rate'.*wanted a number, got 'abc'",
        ),
        ({"optimizer_params": {"learning_rate": -1}}, r"Set learning_rate to at least 0"),
        ({"optimizer_params": {"rate": 1}}, r"no parameter 'rate'. The parameters are: learning_rate, beta1"),
        ({"optimizer": "sgd", "optimizer_params": {"momentum": 2}}, r"SGD: parameter 'momentum'.*less than 1"),
        ({"scheduler": {"name": "cosine", "params": {"final_lr": -1}}}, r"scheduler Cosine.*'final_lr'.*at least 0"),
        ({"scheduler": {"name": "step"}}, r"no learning-rate scheduler 'step'"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamError, match=message):
        TrainSettings(**settings).make_optimizer(10)


def test_lists_of_steps_reach_the_schedule() -> None:
    made = TrainSettings(
        optimizer="sgd",
        optimizer_params={"learning_rate": 1.0},
        scheduler={"name": "multifactor", "params": {"step": [3, 5], "factor": 0.5}},  # type: ignore[arg-type]
    ).make_optimizer(10)
    made.num_update = 6
    assert made.learning_rate == 0.25


def test_schedules_end_with_the_training() -> None:
    made = TrainSettings(
        optimizer="sgd",
        optimizer_params={"learning_rate": 1.0},
        scheduler={"name": "cosine"},  # type: ignore[arg-type]
    ).make_optimizer(50)
    made.num_update = 50
    assert made.learning_rate == pytest.approx(0.0)


def test_create_names_the_unknown_parameter() -> None:
    with pytest.raises(ParamError, match=r"optimizer sgd: there is no parameter 'foo'. The parameters are: .*momentum"):
        optimizer.create("sgd", foo=1)
