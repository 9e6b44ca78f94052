"""What was done between a file and a network's inputs, told step by step; kept with the data and with the model."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

StepKind = Literal[
    "ignore", "drop_rows", "fill", "split", "one_hot", "date", "words", "standardise", "min_max", "scale",
    "scale_target", "resize", "flip_horizontal", "flip_vertical", "crop", "shift",
]  # fmt: skip
How = Literal[
    "mean", "median", "most_frequent", "constant", "random", "stratified", "column", "group", "time", "file", "given"
]


class Step(BaseModel):
    """One step. ``column`` is the raw column it is about, ``how`` its method, ``value`` what it found on the training
    part (or was told), ``count`` how many rows, cells, columns or inputs it concerns.

    >>> from netwright.datasets.steps import Step
    >>> Step(kind="fill", column="age", how="mean", value=31.5, count=4).value
    31.5
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: StepKind
    column: str | None = None
    how: How | None = None
    value: float | str | None = None
    count: int | None = None
    train: int | None = None
    test: int | None = None
    seed: int | None = None
