"""A loss that is no number: which layer it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import MemoryLimitError
from ...ops.storage import elements_of
from . import words
from .curves import LossCurve
from .inside import Inside
from .words import Advice, Bar, Evidence, thin


@dataclass(frozen=True)
class Trouble:
    """What was seen in the step whose loss is no number, before its update."""

    words: words.Words
    layer: str | None
    bars: list[Bar]


def examine(inside: Inside, layers: Mapping[str, str], weights: Mapping[str, Any], x: Any) -> Trouble:
    """Look for the first layer that gives no numbers, and whether its weights are to blame."""
    batches = x if isinstance(x, (tuple, list)) else (x,)
    if not all(bool(_finite(part)) for part in batches):
        return Trouble(words.NAN_DATA, None, [])
    broken = [layer for name, layer in layers.items() if name in weights and not _finite(weights[name])]
    bars: list[Bar] = []
    first = ""
    try:
        for node, value in inside.outputs(x, lambda node: True):
            if not _finite(value):
                first = node.name
                break
            bars.append(Bar(name=node.name, value=float(abs(value).max()) if value.size else 0.0))
    except MemoryLimitError:
        bars = []  # the weights have to say it alone
    if broken:
        # A gradient that is no number spoils every layer below it: the last one is where it came from.
        return Trouble(words.NAN_WEIGHTS, broken[-1], bars)
    if first:
        return Trouble(words.NAN_OUTPUT, first, bars)
    return Trouble(words.NAN_LOSS, bars[-1].name if bars else next(reversed(list(layers.values())), None), bars)


def advice_of(trouble: Trouble, curve: LossCurve, step: int, epoch: float, rate: float) -> Advice:
    """What is to be said of it."""
    evidence = Evidence(
        measure="Largest value that comes out" if trouble.bars else "Loss",
        bars=trouble.bars[:64],
        logarithmic=True,
        curves={"train_loss": thin(curve.points)},
    )
    largest = max((bar.value for bar in trouble.bars), default=0.0)
    change = {"learning_rate": float(f"{rate / 10:.2g}")} if rate and trouble.words is not words.NAN_DATA else None
    return trouble.words.say(
        (step, epoch), evidence, {"rate": rate, "largest": largest}, layer=trouble.layer, change=change
    )


def _finite(array: Any) -> bool:
    elements = elements_of(array)
    if elements.dtype.kind not in "fc":
        return True
    with np.errstate(invalid="ignore"):
        total = float(elements.sum())  # one pass; an overflow of the sum is looked into
    return math.isfinite(total) or not bool((elements - elements != 0).any())
