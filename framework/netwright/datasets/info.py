"""What a data set says of itself: shapes, columns, classes, source and licence."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Task = Literal["classification", "regression", "language", "unlabelled"]
FieldKind = Literal["number", "category", "date", "text"]
DateOrder = Literal["ymd", "dmy", "mdy"]

DATE_INPUTS = 5
"""A date is the days since 1970, and where in the year and in the week it lies (a sine and a cosine each)."""


class Column(BaseModel):
    """One raw column of a table and how it becomes inputs of a network.

    A number stays one; one of a few texts (``categories``) becomes one-hot; a date becomes five numbers; of a free text
    the words are counted in ``words`` places by their hash. ``fill`` stands in for what is missing: a number, a
    category, or a date as it is written; None refuses gaps.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: FieldKind = "number"
    categories: tuple[str, ...] = ()
    fill: float | str | None = None
    order: DateOrder = "ymd"
    words: int = 0

    @property
    def width(self) -> int:
        """How many network inputs the column becomes."""
        return {"number": 1, "category": len(self.categories), "date": DATE_INPUTS, "text": self.words}[self.kind]

    @property
    def measured(self) -> int:
        """How many of its inputs have a unit, and are standardised: a number, a date's days."""
        return 1 if self.kind in ("number", "date") else 0


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
