"""Whether a template comes to what it promises: trained as it stands, or briefly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import datasets
from ..train import GraphTask, TrainSettings, evaluate, fit
from . import Template


@dataclass(frozen=True)
class Outcome:
    """What a training of a template came to; ``metrics`` are those of the last epoch and of the test samples."""

    template: Template
    task: GraphTask
    metrics: dict[str, float]
    seconds: float
    steps: int
    history: list[dict[str, float]]

    @property
    def value(self) -> float | None:
        """The measure that the template promises."""
        return None if self.template.result is None else self.metrics.get(self.template.result.metric)

    @property
    def kept(self) -> bool:
        """Whether it lies in the promised range (of what is not promised, always)."""
        result = self.template.result
        return result is None or (self.value is not None and result.low <= self.value <= result.high)


def train(template: Template, epochs: int | None = None, samples: int | None = None, **changes: Any) -> Outcome:
    """Train a template and test it; ``epochs`` and ``samples`` (of the training split) make it short."""
    data = datasets.get(template.dataset)
    asked = {**template.settings, **changes, **({} if epochs is None else {"epochs": epochs})}
    settings = TrainSettings.model_validate(asked)
    task = GraphTask(template.graph, data.info, choice=settings.task)
    x, y = data.feed("train")
    result = fit(task, (x[:samples], y[:samples]), settings=settings, preprocessing=data.preprocessing)
    x, y = data.feed("test")
    tested = evaluate(task, (x[:samples], y[:samples]), preprocessing=data.preprocessing)
    metrics = {**result.metrics, **{f"test_{name}": value for name, value in tested.items()}}
    return Outcome(template, task, metrics, result.seconds, result.steps, result.history)
