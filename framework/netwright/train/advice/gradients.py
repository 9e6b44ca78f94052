"""Gradients by layer: exploding, vanishing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...ops.storage import elements_of
from . import words
from .curves import LossCurve, rate_of
from .words import Advice, Bar, Evidence

if TYPE_CHECKING:
    from ..loop import TrainState


@dataclass(frozen=True)
class LayerGradient:
    """The gradient of a layer's weights together: its norm, that of one weight (root mean square), the weights'."""

    norm: float
    each: float
    weights: float


def norms(
    layers: Mapping[str, str], gradients: Mapping[str, Any], weights: Mapping[str, Any], scale: float
) -> dict[str, LayerGradient]:
    """The gradients by layer, in the order of ``layers`` (weight → layer), of the mean over the batch."""
    sums: dict[str, list[float]] = {}
    for name, layer in layers.items():
        if name not in gradients or name not in weights:
            continue
        gradient = elements_of(gradients[name])
        own = sums.setdefault(layer, [0.0, 0.0, 0.0])
        own[0] += _square(gradient) * scale * scale
        own[1] += gradient.size
        own[2] += _square(weights[name])
    return {
        layer: LayerGradient(math.sqrt(square), math.sqrt(square / max(count, 1)), math.sqrt(own))
        for layer, (square, count, own) in sums.items()
    }


def _square(array: Any) -> float:
    flat = array.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(flat @ flat)
        if not math.isfinite(found):  # float32 ends at 3e38, squares sooner than numbers
            largest = float(abs(flat).max())
            found = float(((flat / largest) ** 2).sum()) * largest**2 if math.isfinite(largest) else math.inf
    return found


class Exploding:
    """The gradient of a layer is far larger than its weights, several times on end."""

    NORM, RATIO = 1e3, 1e2
    TIMES = 2

    def __init__(self) -> None:
        self._times = 0

    def look(self, found: Mapping[str, LayerGradient], state: TrainState) -> Advice | None:
        """Look at the gradients of a step."""
        worst = max(found, key=lambda layer: found[layer].norm / (found[layer].weights + 1e-12), default=None)
        if worst is None:
            return None
        layer = found[worst]
        ratio = layer.norm / (layer.weights + 1e-12)
        bad = layer.norm > self.NORM and ratio > self.RATIO
        self._times = self._times + 1 if bad else 0
        if self._times < self.TIMES and not (bad and layer.norm > 1e3 * self.NORM):
            return None
        rate = rate_of(state) or float(state.task.optimizer.learning_rate)
        smaller = float(f"{rate / 10:.2g}")
        return words.EXPLODING.say(
            (state.step, state.epoch),
            _bars("Norm of the gradient", {name: one.norm for name, one in found.items()}, self.NORM),
            {"norm": layer.norm, "ratio": ratio, "weights": layer.weights, "rate": rate, "smaller": smaller},
            layer=worst,
            change={"learning_rate": smaller},
        )


class Vanishing:
    """A weight of the first layer gets far less of a gradient than one of the last, while there is much to learn."""

    RATIO = 1e-4
    TIMES = 4
    LAYERS = 3
    LEFT = 0.5
    """The loss is still above this part of what it began with."""

    def __init__(self) -> None:
        self._times = 0

    def look(self, found: Mapping[str, LayerGradient], curve: LossCurve, state: TrainState) -> Advice | None:
        """Look at the gradients of a step."""
        names = list(found)
        if len(names) < self.LAYERS or curve.count < 2:
            return None
        first, last = names[0], names[-1]
        ratio = found[first].each / found[last].each if found[last].each else 1.0
        bad = ratio < self.RATIO and curve.now > self.LEFT * curve.first
        self._times = self._times + 1 if bad else 0
        if self._times < self.TIMES:
            return None
        seen = _bars("Size of a typical gradient of one weight", {name: one.each for name, one in found.items()}, None)
        at = state.step, state.epoch
        if not ratio:
            return words.VANISHED.say(at, seen, {"last": last}, layer=first)
        return words.VANISHING.say(at, seen, {"last": last, "ratio": 1 / ratio}, layer=first)


def _bars(measure: str, values: Mapping[str, float], limit: float | None) -> Evidence:
    bars = [Bar(name=name, value=value) for name, value in values.items() if math.isfinite(value)]
    return Evidence(measure=measure, bars=bars[:64], limit=limit, logarithmic=True)
