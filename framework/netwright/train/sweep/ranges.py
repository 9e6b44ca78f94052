"""What a parameter may be in a sweep: one of some values, a whole number or a number between two bounds."""

from __future__ import annotations

import itertools
import json
import math
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

MOST_POINTS = 100
DIGITS = 6
"""Numbers are drawn with so many significant digits: what people can read is also what is trained with."""


class _Range(BaseModel):
    """What all ranges share: the place in the training that they are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1, max_length=200, description="settings.batch_size, nodes.fc1.num_hidden, …")
    also: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        (), max_length=64, description="Further places that get the same value."
    )

    @property
    def paths(self) -> tuple[str, ...]:
        """All places that get the value."""
        return (self.path, *self.also)


class Choice(_Range):
    """One of the values, whatever they are.

    >>> from netwright.train.sweep import Choice
    >>> Choice(path="settings.optimizer", values=["sgd", "adam"]).grid()
    ['sgd', 'adam']
    """

    kind: Literal["choice"] = "choice"
    values: tuple[JsonValue, ...] = Field(min_length=1, max_length=MOST_POINTS)

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len({json.dumps(value, sort_keys=True) for value in self.values}) < len(self.values):
            raise ValueError("two of the values are the same")
        return self

    def grid(self) -> list[Any]:
        """The values a grid takes."""
        return list(self.values)

    def draw(self, rng: np.random.Generator) -> Any:
        """One of the values, all alike."""
        return self.values[int(rng.integers(len(self.values)))]

    def extremes(self) -> list[Any]:
        """The values that have to be possible, so that all of them are."""
        return list(self.values)

    @property
    def count(self) -> float:
        """How many values there are."""
        return len(self.values)


class _Numbers(_Range):
    """Numbers from ``low`` to ``high``, both included; ``log`` gives each power of ten the same share."""

    log: bool = False
    points: int = Field(5, ge=1, le=MOST_POINTS, description="How many of them a grid takes.")

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest number."""
        return self.low, self.high  # type: ignore[attr-defined]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.bounds
        if low > high:
            raise ValueError("low is above high")
        if self.log and low <= 0:
            raise ValueError("a logarithmic range begins above 0")
        return self

    def _spread(self, points: int) -> list[float]:
        low, high = self.bounds
        if points == 1 or low == high:
            return [math.sqrt(low * high) if self.log else (low + high) / 2]
        space = np.geomspace if self.log else np.linspace
        return [float(value) for value in space(low, high, points)]

    def extremes(self) -> list[Any]:
        """The bounds."""
        return list(dict.fromkeys(self.bounds))


class Integer(_Numbers):
    """A whole number.

    >>> from netwright.train.sweep import Integer
    >>> Integer(path="nodes.fc1.num_hidden", low=16, high=256, log=True).grid()
    [16, 32, 64, 128, 256]
    """

    kind: Literal["integer"] = "integer"
    low: int = Field(ge=-(2**53), le=2**53)
    high: int = Field(ge=-(2**53), le=2**53)

    def grid(self) -> list[Any]:
        """Values spread over the range, in order; all of them where they are no more than ``points``."""
        if self.count <= self.points:
            return list(range(self.low, self.high + 1))
        return list(dict.fromkeys(round(value) for value in self._spread(self.points)))

    def draw(self, rng: np.random.Generator) -> int:
        """One of the numbers."""
        if not self.log:
            return int(rng.integers(self.low, self.high + 1))
        # half a step beyond the bounds, so that they are as likely as the others
        value = math.exp(rng.uniform(math.log(self.low - 0.5), math.log(self.high + 0.5)))
        return min(max(round(value), self.low), self.high)

    @property
    def count(self) -> float:
        """How many values there are."""
        return self.high - self.low + 1


class Float(_Numbers):
    """A number.

    >>> from netwright.train.sweep import Float
    >>> Float(path="settings.optimizer_params.learning_rate", low=1e-4, high=0.1, log=True, points=4).grid()
    [0.0001, 0.001, 0.01, 0.1]
    """

    kind: Literal["float"] = "float"
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)

    def grid(self) -> list[Any]:
        """``points`` values spread over the range, in order."""
        return list(dict.fromkeys(self._readable(value) for value in self._spread(self.points)))

    def draw(self, rng: np.random.Generator) -> float:
        """One of the numbers."""
        if self.log:
            return self._readable(math.exp(rng.uniform(math.log(self.low), math.log(self.high))))
        return self._readable(rng.uniform(self.low, self.high))

    @property
    def count(self) -> float:
        """How many values there are."""
        return 1 if self.low == self.high else math.inf

    def _readable(self, value: float) -> float:
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


Parameter = Annotated[Choice | Integer | Float, Field(discriminator="kind")]
"""What is varied, and within which bounds."""


def combinations(parameters: tuple[Choice | Integer | Float, ...]) -> list[tuple[Any, ...]]:
    """Every combination of the values that a grid takes; the last parameter changes the fastest."""
    return list(itertools.product(*(parameter.grid() for parameter in parameters)))
