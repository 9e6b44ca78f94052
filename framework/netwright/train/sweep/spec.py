"""A sweep as it is written down: the training it begins with, what is varied, and how."""

from __future__ import annotations

import json
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...documents import first_problem
from ...errors import ParamError
from ..settings import TrainSettings
from .measure import Goal, goal_of
from .methods import MAX_TRIALS, Grid, Halving, Method
from .places import split
from .ranges import Parameter, combinations

FORMAT: Literal["netwright-sweep"] = "netwright-sweep"
DRAWS = 50
"""So often another combination is drawn in the place of one that was there before."""


class SweepSpec(BaseModel):
    """What is varied in a training, how, and by which figure the trials are compared.

    ``graph`` and ``settings`` are the training that every trial begins with; a trial puts values of its own into the
    places that ``parameters`` name. The same seed gives the same trials.

    >>> from netwright.train.sweep import Choice, Integer, SweepSpec
    >>> sizes = Choice(path="settings.batch_size", values=[16, 64])
    >>> spec = SweepSpec(parameters=[sizes, Integer(path="settings.seed", low=0, high=1)])
    >>> spec.trials()[:2]
    [{'settings.batch_size': 16, 'settings.seed': 0}, {'settings.batch_size': 16, 'settings.seed': 1}]
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["netwright-sweep"] = FORMAT
    version: Literal[1] = 1
    name: str = Field("", max_length=120)
    dataset: str | None = None
    """A data set by its name; None where it is a file, which the command names."""
    graph: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    parameters: tuple[Parameter, ...] = Field(min_length=1, max_length=20)
    method: Method = Field(default_factory=Grid)
    metric: str = Field("", max_length=60, description="A figure at the end of each epoch; empty: the most telling.")
    goal: Goal | None = Field(None, description="Whether more or less of it is better; known for our own figures.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="The same seed draws the same trials.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        paths = [path for parameter in self.parameters for path in parameter.paths]
        if len(set(paths)) < len(paths):
            raise ValueError("a place is named twice")
        for path in paths:
            try:
                split(path)
            except ParamError as error:
                raise ValueError(f"{path}: {error.message}") from None
        if isinstance(self.method, Halving) and "settings.epochs" in paths:
            raise ValueError("halving gives each trial its epochs: they cannot be varied, too")
        return self

    @property
    def epochs(self) -> int:
        """The epochs of a whole training."""
        return int(self.settings.get("epochs") or TrainSettings().epochs)

    @property
    def rungs(self) -> tuple[int, ...]:
        """After how many epochs trials are compared."""
        return self.method.rungs(self.epochs)

    @property
    def direction(self) -> Goal:
        """Whether more or less of the metric is better."""
        return self.goal or goal_of(self.metric)

    def trials(self) -> list[dict[str, Any]]:
        """The values of every trial by path; ParamError where a grid has too many."""
        if isinstance(self.method, Grid):
            return self._grid()
        return self._drawn(self.method.trials)

    def _grid(self) -> list[dict[str, Any]]:
        count = 1
        for parameter in self.parameters:
            count *= len(parameter.grid())
        if count > MAX_TRIALS:
            raise ParamError(
                "the grid has too many combinations",
                where="method",
                wanted=f"at most {MAX_TRIALS}",
                got=count,
                remedy="Take fewer values, or draw some of them by chance",
            )
        return [self._named(values) for values in combinations(self.parameters)]

    def _drawn(self, count: int) -> list[dict[str, Any]]:
        """The first trials are the same however many follow."""
        found: dict[str, dict[str, Any]] = {}
        most = np.prod([float(parameter.count) for parameter in self.parameters])
        for number in range(count):
            for attempt in range(DRAWS if len(found) < most else 0):
                rng = np.random.default_rng([self.seed, number, attempt])
                values = self._named(tuple(parameter.draw(rng) for parameter in self.parameters))
                key = json.dumps(values, sort_keys=True)
                if key not in found:
                    found[key] = values
                    break
        return list(found.values())

    def _named(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """The values by place; one that stands in several places is in each."""
        pairs = zip(self.parameters, values, strict=True)
        return {path: value for parameter, value in pairs for path in parameter.paths}


def read_spec(document: Any, where: str) -> SweepSpec:
    """A sweep from its JSON; raises ParamError where it is none."""
    try:
        return SweepSpec.model_validate(document)
    except ValidationError as error:
        raise ParamError(
            "this sweep cannot be read",
            where=where,
            wanted="format, parameters, method, graph and settings",
            got=first_problem(error),
        ) from None
