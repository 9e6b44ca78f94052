"""What an advice says. Texts are templates with ``{{names}}``, so that another language has one sentence for each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

Severity = Literal["problem", "warning"]
Kind = Literal["nan", "divergence", "plateau", "overfitting", "dead_relu", "exploding_gradients", "vanishing_gradients"]


class Bar(BaseModel):
    """One layer's value."""

    name: str
    value: float


class Evidence(BaseModel):
    """What was seen: values by layer, with the limit they should keep, or points of curves as (step, value)."""

    measure: str = Field("", description="what the values are, a template without names")
    bars: list[Bar] = Field(default_factory=list)
    limit: float | None = None
    logarithmic: bool = False
    curves: dict[str, list[tuple[int, float]]] = Field(default_factory=dict)


class Advice(BaseModel):
    """A mishap, why it is thought to be one, and what to do."""

    kind: Kind
    severity: Severity
    layer: str | None = None
    step: int
    epoch: float
    title: str
    text: str
    remedies: list[str]
    values: dict[str, str | float | int] = Field(default_factory=dict)
    evidence: Evidence = Field(default_factory=Evidence)
    change: dict[str, float] = Field(default_factory=dict, description="settings that would help, for one click")

    def sentence(self, template: str) -> str:
        """A template of this advice, filled in."""
        return fill(template, self.values)

    def __str__(self) -> str:
        remedies = "; ".join(self.sentence(remedy) for remedy in self.remedies)
        return f"{self.sentence(self.title)}. {self.sentence(self.text)} What helps: {remedies}."


def fill(template: str, values: dict[str, Any]) -> str:
    """A template with its names replaced."""
    return re.sub(r"{{(\w+)}}", lambda found: shown(values[found[1]]), template)


def shown(value: str | float) -> str:
    """A number in few digits, a word as it is."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Words:
    """The fixed part of an advice: one of these for each mishap, all in ``ALL``."""

    kind: Kind
    severity: Severity
    title: str
    text: str
    remedies: tuple[str, ...]

    def say(
        self,
        at: tuple[int, float],
        evidence: Evidence,
        values: Mapping[str, str | float],
        layer: str | None = None,
        change: dict[str, float] | None = None,
    ) -> Advice:
        """The advice at a step of an epoch, with its values."""
        step, epoch = at
        return Advice(
            kind=self.kind,
            severity=self.severity,
            layer=layer,
            step=step,
            epoch=epoch,
            title=self.title,
            text=self.text,
            remedies=list(self.remedies),
            values={"step": step, **values, **({"layer": layer} if layer is not None else {})},
            evidence=evidence,
            change=change or {},
        )


NAN_DATA = Words(
    "nan",
    "problem",
    "The data hold values that are not numbers",
    "The batch of step {{step}} has NaN or infinite values in its input, so the loss is not a number either.",
    ("Fill in or leave out missing values in the data set", "Look for divisions by zero where the data were prepared"),
)
NAN_WEIGHTS = Words(
    "nan",
    "problem",
    "The loss is no longer a number",
    "At step {{step}} the loss became NaN: the update before it made the weights of {{layer}} infinite or NaN. "
    "Nothing can be learned from there on.",
    (
        "Go back to the last checkpoint and take a smaller learning rate than {{rate}}",
        "Clip gradients (clip_gradient 1, say)",
        "Normalise the inputs, or add BatchNorm in front of {{layer}}",
    ),
)
NAN_OUTPUT = Words(
    "nan",
    "problem",
    "The loss is no longer a number",
    "At step {{step}} {{layer}} is the first layer whose output is NaN or infinite; the values in front of it reach "
    "{{largest}}. Nothing can be learned from there on.",
    (
        "Go back to the last checkpoint and take a smaller learning rate than {{rate}}",
        "Keep what goes into {{layer}} in bounds: normalise it, or add a small number before a logarithm, root or "
        "division",
        "Clip gradients (clip_gradient 1, say)",
    ),
)
NAN_LOSS = Words(
    "nan",
    "problem",
    "The loss is no longer a number",
    "At step {{step}} the loss itself is too large for a float: what reaches {{layer}} is as large as {{largest}}. "
    "Nothing can be learned from there on.",
    (
        "Go back to the last checkpoint and take a smaller learning rate than {{rate}}",
        "Clip gradients (clip_gradient 1, say)",
        "Normalise inputs and targets",
    ),
)
DIVERGENCE = Words(
    "divergence",
    "problem",
    "The loss grows",
    "The training loss has risen to {{now}}; it began at {{first}} and was {{best}} at best (step {{best_step}}). The "
    "steps are too large for this network.",
    (
        "Take a smaller learning rate: {{smaller}} instead of {{rate}}",
        "Clip gradients (clip_gradient 1, say)",
        "Let the rate warm up over the first steps",
    ),
)
PLATEAU_START = Words(
    "plateau",
    "warning",
    "Nothing is being learned",
    "After {{step}} steps the training loss is {{now}}; it began at {{first}} and has hardly moved for {{span}} steps.",
    (
        "Take a larger learning rate: {{larger}} instead of {{rate}}",
        "Look at the gradients by layer: where they vanish, use ReLU, BatchNorm or another initializer",
        "Make sure that the labels belong to the samples",
    ),
)
PLATEAU_LATER = Words(
    "plateau",
    "warning",
    "The loss has stopped falling",
    "For {{span}} steps the training loss has stayed at {{now}}, though it is still {{percent}} % of what it began "
    "with ({{first}}).",
    (
        "Try another learning rate: {{larger}} to leave the plateau, {{smaller}} to get further down into it",
        "Give the network more units or layers: it may not be able to tell the samples apart",
        "Stop here if this is as good as the data allow",
    ),
)
OVERFITTING = Words(
    "overfitting",
    "warning",
    "The network learns its training data by heart",
    "Since epoch {{best_epoch}} the validation loss has risen from {{best}} to {{now}}, while the training loss fell "
    "from {{train_then}} to {{train_now}}.",
    (
        "Use the checkpoint of about epoch {{best_epoch}}, or fewer epochs",
        "Add Dropout, or weight decay ({{decay}}, say)",
        "Get more data, or augment them",
        "Take a smaller network",
    ),
)
DEAD_RELU = Words(
    "dead_relu",
    "warning",
    "Many units of {{layer}} are dead",
    "{{dead}} of {{units}} units of {{layer}} ({{percent}} %) give 0 for every one of {{samples}} samples. No gradient "
    "passes through them, so they do not learn any more.",
    (
        "Take a smaller learning rate than {{rate}} and begin anew",
        "Use LeakyReLU, ELU or GELU in place of ReLU",
        "Initialise the weights with MSRA (He), biases with 0",
    ),
)
EXPLODING = Words(
    "exploding_gradients",
    "problem",
    "The gradients explode",
    "The gradient of {{layer}} has a norm of {{norm}}, {{ratio}} times that of its weights ({{weights}}). Steps of "
    "this size throw away what was learned.",
    (
        "Clip gradients (clip_gradient 1, say)",
        "Take a smaller learning rate: {{smaller}} instead of {{rate}}",
        "Normalise inputs and targets, add BatchNorm, or begin with smaller weights",
    ),
)
VANISHING = Words(
    "vanishing_gradients",
    "warning",
    "The gradients vanish",
    "A weight of {{layer}} gets a gradient {{ratio}} times smaller than one of {{last}}, the last layer: the first "
    "layers hardly learn.",
    (
        "Use ReLU in place of Sigmoid or Tanh in deep networks",
        "Add BatchNorm, or connections that skip layers",
        "Initialise with Xavier or MSRA (He)",
    ),
)
VANISHED = Words(
    "vanishing_gradients",
    "warning",
    "The gradients vanish",
    "No gradient at all reaches {{layer}}, while {{last}}, the last layer, still gets one: the first layers do not "
    "learn.",
    VANISHING.remedies,
)
MEASURES = (
    "Share of units that are never active",
    "Norm of the gradient",
    "Size of a typical gradient of one weight",
    "Largest value that comes out",
    "Loss",
)
ALL = (
    NAN_DATA, NAN_WEIGHTS, NAN_OUTPUT, NAN_LOSS, DIVERGENCE, PLATEAU_START, PLATEAU_LATER, OVERFITTING, DEAD_RELU,
    EXPLODING, VANISHING, VANISHED,
)  # fmt: skip


def thin(points: list[tuple[int, float]], most: int = 60) -> list[tuple[int, float]]:
    """At most so many of the points, the last among them; those that are no numbers are left out."""
    finite = [(step, value) for step, value in points if math.isfinite(value)]
    every = -(-len(finite) // most) or 1
    return finite[(len(finite) - 1) % every :: every] if finite else []
