"""Whole courses of healthy trainings, as they were recorded: no advice on their curves. To train them takes minutes.

``data/courses.npz`` holds one training of each slow template with its own settings; ``courses.py`` makes it. A critic
and a generator work against each other: of their courses only the gradients are looked at.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netwright import templates
from netwright.train import Advice, TrainSettings, TrainState
from netwright.train.advice.curves import Divergence, LossCurve, Overfitting, Plateau
from netwright.train.advice.gradients import Exploding, LayerGradient, Vanishing

COURSES = np.load(Path(__file__).parent / "data" / "courses.npz")
NAMES = sorted({key.partition(".")[0] for key in COURSES})


def replay(name: str, scale: float = 1.0, rise: float = 0.0, steep: float = 1.0) -> list[Advice]:
    """What is said of a course, as the advisor looks at it: after each step and at the end of each epoch."""
    losses, rates, epochs = (COURSES[f"{name}.{part}"] for part in ("losses", "rates", "epochs"))
    gradients = {int(row[0]): layers_of(row[1:], steep) for row in COURSES[f"{name}.gradients"]}
    curve, divergence, plateau, overfitting = LossCurve(), Divergence(), Plateau(), Overfitting()
    exploding, vanishing = Exploding(), Vanishing()
    rivals = have_rivals(name)
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
        if step in gradients:
            given.append(exploding.look(gradients[step], state))
        if rivals:
            continue
        given.append(divergence.look(curve, state))
        if step in gradients:
            given.append(vanishing.look(gradients[step], curve, state))
        if step in ends:
            _, state.epoch, train, held, _ = ends[step].tolist()
            state.metrics.update(train_loss=scale * train, val_loss=scale * held + rise * step / len(losses))
            given += [overfitting.look(curve, state), plateau.look(curve, state)]
    return [advice for advice in given if advice is not None]


def layers_of(row: NDArray[np.float32], steep: float) -> dict[str, LayerGradient]:
    """The layers' gradients as they were recorded, or so many times steeper."""
    figures = enumerate(row.astype(float).reshape(-1, 3).tolist())
    return {f"layer{at}": LayerGradient(steep * norm, steep * each, own) for at, (norm, each, own) in figures}


def have_rivals(name: str) -> bool:
    """Whether parts of a template's network work against each other."""
    task = TrainSettings.model_validate(templates.get(name).settings).task
    return task is not None and len(task.turns) > 1


def test_the_slow_templates_are_there() -> None:
    quick = {"logistic-iris", "diabetes", "mlp-breast-cancer", "mlp-digits", "cnn-digits"}
    assert set(NAMES) == {template.id for template in templates.all()} - quick


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_healthy_courses_hear_nothing(name: str, scale: float) -> None:
    assert [str(advice) for advice in replay(name, scale)] == []


def test_a_course_that_is_spoilt_hears_of_it() -> None:
    """What is replayed is looked at: with a loss that creeps up, something is said."""
    kinds: set[Any] = {advice.kind for advice in replay("vae-digits", rise=3.0)}
    assert kinds & {"divergence", "overfitting"}
    assert {advice.kind for advice in replay("gan-digits", rise=3.0, steep=1e6)} == {"exploding_gradients"}
