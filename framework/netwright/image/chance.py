"""Random choices of the augmenters: by the CPU's seeded generator, so that ``random.seed`` repeats them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..device import cpu
from ..random import state_of

_own: ContextVar[Any] = ContextVar("own", default=None)


def generator() -> Any:
    """The ``numpy.random.Generator`` to draw from: the CPU's, or the one of ``drawn_from``."""
    own = _own.get()
    return state_of(cpu()).generator if own is None else own


def seeded(seed: int) -> Any:
    """A generator of one's own."""
    return np.random.Generator(np.random.PCG64DXSM(seed))


@contextmanager
def drawn_from(own: Any) -> Iterator[None]:
    """Draw from a generator of one's own inside."""
    token = _own.set(own)
    try:
        yield
    finally:
        _own.reset(token)


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
