"""How a file becomes a data set: what people choose (or leave as guessed) before it is imported.

A recipe says what is done; what the data themselves decide (means, categories) is found on the training part when it
is carried out, and stands in the data set's ``Preprocessing`` and its steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..documents import first_problem
from ..errors import DataError
from .augment import Augment
from .info import DateOrder
from .splits import SEED, TEST_FRACTION

Kind = Literal["number", "category", "date", "text", "ignored", "target"]
Remedy = Literal["drop", "mean", "median", "most_frequent", "constant"]
# A closed list: the name of a codec out of a file would import whatever module is called so.
Encoding = Literal["utf-8", "utf-16", "windows-1252", "gb18030", "big5", "shift_jis", "euc_kr"]
Text = Annotated[str, Field(max_length=255)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dialect(_Part):
    """How a text file writes a table."""

    delimiter: Literal[",", ";", "\t", "|"] = ","
    encoding: Encoding = "utf-8"
    header: bool = Field(True, description="The first row names the columns.")
    decimal: Literal[".", ","] = Field(".", description="What stands before a number's fraction.")


class ColumnChoice(_Part):
    """What a column of a table is, and what is done where it has gaps."""

    name: Text
    kind: Kind
    missing: Remedy = Field("drop", description="What is done about gaps; ``drop`` leaves the row out.")
    constant: Text | None = Field(None, description="What ``constant`` puts in.")
    order: DateOrder = Field("ymd", description="How dates are written.")


class SplitChoice(_Part):
    """How samples are divided into a training and a test part."""

    by: Literal["stratified", "random", "column", "group", "time", "file", "given"] = Field(
        "stratified",
        description="stratified: by chance, each class in its share; column: ``test_values`` of ``column`` are tested "
        "on; group: rows with the same value of ``column`` stay together; time: the latest by ``column``; file: a "
        "file of its own; given: as the file has them (train and test folders or arrays).",
    )
    fraction: float = Field(TEST_FRACTION, gt=0, lt=1, description="Share of the test part.")
    seed: int = Field(SEED, ge=0, le=2**32 - 1)
    column: Text | None = None
    test_values: tuple[Text, ...] = Field((), max_length=1000)


class ImageChoice(_Part):
    """The size all images are brought to."""

    height: int = Field(28, ge=1, le=1024)
    width: int = Field(28, ge=1, le=1024)
    channels: Literal[1, 3] = 3


class Recipe(_Part):
    """Everything that is chosen for an import.

    >>> from netwright.datasets import ColumnChoice, Recipe
    >>> recipe = Recipe(columns=(ColumnChoice(name="size", kind="number"), ColumnChoice(name="kind", kind="target")))
    >>> recipe.target, Recipe.read(recipe.model_dump()) == recipe
    ('kind', True)
    """

    format: Literal["netwright-recipe"] = "netwright-recipe"
    version: Literal[1] = 1
    dialect: Dialect = Dialect()
    columns: tuple[ColumnChoice, ...] = Field((), max_length=10_000)
    target_as: Literal["class", "value"] = Field("class", description="What the target column is.")
    words: int = Field(64, ge=4, le=4096, description="Inputs that a column of free text becomes.")
    split: SplitChoice = SplitChoice()
    scaling: Literal["standardise", "min_max", "none"] = Field("standardise", description="What is done to numbers.")
    scale_target: bool = Field(True, description="Standardise the values to be predicted.")
    image: ImageChoice | None = None
    augment: Augment = Augment()

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a column is named twice")
        if sum(column.kind == "target" for column in self.columns) > 1:
            raise ValueError("more than one column is the target")
        if self.split.by in ("column", "group", "time") and self.columns and self.split.column not in names:
            raise ValueError("the split names no column of the table")
        for column in self.columns:
            if column.missing == "constant" and column.constant is None:
                raise ValueError(f"nothing was said to fill the gaps of {column.name!r} with")
        return self

    @property
    def target(self) -> str | None:
        """The column to be predicted."""
        return next((column.name for column in self.columns if column.kind == "target"), None)

    @classmethod
    def read(cls, value: Recipe | Mapping[str, Any]) -> Recipe:
        """A recipe from its JSON; raises DataError where it is none."""
        if isinstance(value, Recipe):
            return value
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            first = first_problem(error)
            raise DataError(
                "this recipe cannot be read", where=first.place[:80] or "recipe", got=first.message
            ) from None
