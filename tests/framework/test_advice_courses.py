"""Whole courses of healthy trainings, as they were recorded: no advice on their curves. To train them takes minutes.

``data/courses.npz`` holds of each template the loss and the rate of every step, and (step, epoch, training loss,
validation loss, rate) of every epoch, of one training with the settings of its template. A critic and a generator work
against each other: their curves are not looked at, so there is none of them.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netwright.train import Advice, TrainSettings, TrainState
from netwright.train.advice.curves import Divergence, LossCurve, Overfitting, Plateau

COURSES = np.load(Path(__file__).parent / "data" / "courses.npz")
NAMES = sorted({key.partition(".")[0] for key in COURSES})


def replay(name: str, scale: float = 1.0, rise: float = 0.0) -> list[Advice]:
    """What is said of a course, as the advisor looks at it: after each step and at the end of each epoch."""
    losses, rates, epochs = (COURSES[f"{name}.{part}"] for part in ("losses", "rates", "epochs"))
    curve, divergence, plateau, overfitting = LossCurve(), Divergence(), Plateau(), Overfitting()
    state = TrainState(None, TrainSettings(), len(epochs), len(losses))
    state.task = SimpleNamespace(optimizer=SimpleNamespace(wd=0.0))
    curve.begin(max(1, round(len(losses) / len(epochs))))
    ends = {int(row[0]): row for row in epochs}
    given: list[Advice | None] = []
    for step, (loss, rate) in enumerate(zip(losses.tolist(), rates.tolist(), strict=True), 1):
        loss = scale * loss + rise * step / len(losses)
        state.step, state.epoch = step, step * len(epochs) / len(losses)
        state.metrics.update(train_loss=loss, lr=rate)
        curve.add(step, loss)
        given.append(divergence.look(curve, state))
        if step in ends:
            _, state.epoch, train, held, _ = ends[step].tolist()
            state.metrics.update(train_loss=train, val_loss=held + rise * step / len(losses))
            given += [overfitting.look(curve, state), plateau.look(curve, state)]
    return [advice for advice in given if advice is not None]


def test_the_slow_templates_are_there() -> None:
    assert {"vae-digits", "lenet"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_healthy_courses_hear_nothing(name: str, scale: float) -> None:
    assert [str(advice) for advice in replay(name, scale)] == []


def test_a_course_that_is_spoilt_hears_of_it() -> None:
    """What is replayed is looked at: with a loss that creeps up, something is said."""
    kinds: set[Any] = {advice.kind for advice in replay("vae-digits", rise=3.0)}
    assert kinds & {"divergence", "overfitting"}
