"""How a sweep goes through its parameters: a grid, random draws, or halving by rungs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_TRIALS = 1000


class _Method(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """After how many epochs trials are compared; the last number is the whole training."""
        return (epochs,)


class Grid(_Method):
    """Every combination of the values that the ranges are divided into."""

    kind: Literal["grid"] = "grid"


class Random(_Method):
    """Combinations drawn by chance, none of them twice."""

    kind: Literal["random"] = "random"
    trials: int = Field(20, ge=1, le=MAX_TRIALS)


class Halving(_Method):
    """Successive halving: many trials begin, and at each rung only the best go on.

    Trials are drawn as by ``Random``. The first rung is after ``first`` epochs; of the trials that have come to a rung
    one in ``keep`` goes on, to a rung ``keep`` times as far. Where ``asynchronous`` (ASHA), a trial goes on as soon as
    it is among the best of those that have come as far; otherwise when all have, which is the same whatever the
    machine's speed.

    >>> from netwright.train.sweep import Halving
    >>> Halving(trials=27, first=1, keep=3).rungs(20)
    (1, 3, 9, 20)
    """

    kind: Literal["halving"] = "halving"
    trials: int = Field(27, ge=2, le=MAX_TRIALS)
    first: int = Field(1, ge=1, le=100_000, description="Epochs until the first rung.")
    keep: int = Field(3, ge=2, le=10, description="One in so many goes on.")
    asynchronous: bool = Field(False, description="Trials go on without waiting for the others.")

    def rungs(self, epochs: int) -> tuple[int, ...]:
        """After how many epochs trials are compared; the last number is the whole training."""
        found, at = [], self.first
        while at < epochs:
            found.append(at)
            at *= self.keep
        return (*found, epochs)


Method = Annotated[Grid | Random | Halving, Field(discriminator="kind")]
"""Grid, random or halving."""


def rung_sizes(trials: int, rungs: int, keep: int) -> list[int]:
    """How many trials come to each rung where every one of them can be compared."""
    return [max(1, trials // keep**rung) if trials else 0 for rung in range(rungs)]
