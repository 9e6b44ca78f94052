"""What a data set says of itself: shapes, columns, classes, source and licence."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Task = Literal["classification", "regression", "language", "unlabelled"]


class Column(BaseModel):
    """One raw column of a table: a number, or one of a few texts (``categories``) that become one-hot inputs.

    ``fill`` is the mean that stands in for a missing number; None refuses missing values.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Literal["number", "category"] = "number"
    categories: tuple[str, ...] = ()
    fill: float | None = None

    @property
    def width(self) -> int:
        """How many network inputs the column becomes."""
        return len(self.categories) if self.kind == "category" else 1


class InputInfo(BaseModel):
    """What goes into a network: ``shape`` has no batch axis; ``low``, ``high`` bound an image's values.

    A text is a window of ``shape[0]`` characters, each by its number in ``characters``.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["table", "image", "text"]
    shape: tuple[int, ...]
    dtype: str = "float32"
    columns: tuple[str, ...] | None = None
    fields: tuple[Column, ...] | None = None
    low: float = 0.0
    high: float = 1.0
    characters: str | None = None


class LabelInfo(BaseModel):
    """What is to be predicted: one of ``classes``, a value, or nothing; ``shape`` is that of one sample's label."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["class", "value", "none"]
    classes: tuple[str, ...] | None = None
    name: str | None = None
    shape: tuple[int, ...] = ()


class Samples(BaseModel):
    """How many samples each split holds."""

    model_config = ConfigDict(frozen=True)

    train: int
    test: int


class DatasetInfo(BaseModel):
    """A data set's description; ``bytes`` counts the raw arrays.

    ``available`` tells whether it can be loaded without the network; ``why`` says what is missing.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    summary: str
    task: Task
    input: InputInfo
    label: LabelInfo
    samples: Samples
    bytes: int
    source: str
    licence: str
    available: bool = True
    why: str | None = None
