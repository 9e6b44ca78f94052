"""Random choices of the augmenters: by the CPU's seeded generator, so that ``random.seed`` repeats them."""

from __future__ import annotations

from typing import Any

from ..device import cpu
from ..random import state_of


def generator() -> Any:
    """The CPU's ``numpy.random.Generator``."""
    return state_of(cpu()).generator


def uniform(low: float, high: float) -> float:
    """A number from [low, high)."""
    return float(generator().uniform(low, high))


def whole(low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return int(generator().integers(low, high + 1))


def happens(probability: float) -> bool:
    """True with a probability."""
    return float(generator().random()) < probability


def order(count: int) -> list[int]:
    """0 … count − 1 in a random order."""
    return [int(i) for i in generator().permutation(count)]
