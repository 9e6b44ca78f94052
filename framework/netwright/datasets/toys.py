"""Points in the plane: small sets whose decision borders can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .tables import classes

POINTS = 1000
Points = tuple[NDArray[Any], NDArray[Any]]


def moons(rng: np.random.Generator) -> Points:
    """Two half circles that reach into each other."""
    y = np.arange(POINTS) % 2
    angle = rng.uniform(0, np.pi, POINTS)
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    x[y == 1] = [1.0, 0.5] - x[y == 1]
    return x + rng.normal(0, 0.15, x.shape), y


def circles(rng: np.random.Generator) -> Points:
    """A ring around a smaller ring."""
    y = np.arange(POINTS) % 2
    angle, radius = rng.uniform(0, 2 * np.pi, POINTS), np.where(y == 1, 0.45, 1.0)
    x = np.stack([np.cos(angle), np.sin(angle)], 1) * radius[:, None]
    return x + rng.normal(0, 0.08, x.shape), y


def spiral(rng: np.random.Generator) -> Points:
    """Two arms wound around each other, one and three quarter turns each."""
    y = np.arange(POINTS) % 2
    along = np.sqrt(rng.uniform(0.01, 1, POINTS))
    angle = along * 3.5 * np.pi + np.pi * y
    x = np.stack([np.cos(angle), np.sin(angle)], 1) * along[:, None]
    return x + rng.normal(0, 0.02, x.shape), y


def xor(rng: np.random.Generator) -> Points:
    """Four squares; opposite corners belong together."""
    x = rng.uniform(-1, 1, (POINTS, 2))
    x += 0.06 * np.sign(x)
    return x, (x[:, 0] * x[:, 1] > 0).astype(np.int64)


def gauss(rng: np.random.Generator) -> Points:
    """Two round clouds that overlap a little."""
    y = np.arange(POINTS) % 2
    return rng.normal(0, 0.4, (POINTS, 2)) + np.where(y == 1, 0.7, -0.7)[:, None], y


_TOYS: dict[str, tuple[Callable[[np.random.Generator], Points], str, str]] = {
    "moons": (moons, "Two moons", "Two half moons that reach into each other; which one is a point of?"),
    "circles": (circles, "Circles", "A ring inside a ring; which one is a point of?"),
    "spiral": (spiral, "Spiral", "Two spiral arms wound around each other: hard for a small network."),
    "xor": (xor, "Exclusive or", "Four squares, opposite corners alike: no straight line parts them."),
    "gauss": (gauss, "Two clouds", "Two round clouds that overlap a little: one straight line is best."),
}


def _build(name: str) -> Dataset:
    points, title, summary = _TOYS[name]
    x, y = points(np.random.Generator(np.random.Philox(7)))
    return classes(
        name,
        title,
        summary,
        x,
        y,
        columns=["x", "y"],
        labels=["blue", "orange"],
        label_name="colour",
        source="Drawn by Netwright with a fixed seed",
        licence="CC0",
        standardise=False,
    )


BUILDERS: dict[str, Callable[[], Dataset]] = {name: partial(_build, name) for name in _TOYS}
