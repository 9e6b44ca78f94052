"""Data sets: what they are, and looks into them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from netwright.datasets import Recipe, Step
from netwright.datasets.finding import Finding
from netwright_studio.schemas.common import Model, Number, Request

Split = Literal["train", "test"]
Label = str | Number | None
Cell = str | Number | None


class DatasetField(Model):
    """One raw column: a number, one of a few texts, a date, or a free text."""

    name: str
    kind: Literal["number", "category", "date", "text"]
    categories: list[str] = Field(default_factory=list)
    fill: float | str | None = Field(None, description="Stands in for what is missing; null when nothing may be.")


class DatasetInput(Model):
    """What goes into a network; ``low`` and ``high`` bound the raw values of an image."""

    kind: Literal["table", "image", "text"]
    shape: list[int]
    dtype: str
    columns: list[str] | None = None
    fields: list[DatasetField] | None = None
    low: float = 0.0
    high: float = 1.0
    characters: str | None = Field(None, description="Of a text: each character's number is its place here.")


class DatasetLabel(Model):
    """What is to be predicted."""

    kind: Literal["class", "value", "none"]
    classes: list[str] | None = None
    name: str | None = None
    shape: list[int] = Field(default_factory=list, description="Of one sample's label; empty: a single one.")


class SampleCounts(Model):
    """How many samples each split holds."""

    train: int
    test: int


class Dataset(Model):
    """A data set; ``id`` is what projects and runs name it by."""

    id: str
    name: str
    title: str
    summary: str
    task: Literal["classification", "regression", "language", "unlabelled"]
    origin: Literal["built_in", "upload"]
    available: bool
    why: str | None = Field(None, description="What is missing when it is not available.")
    samples: SampleCounts
    input: DatasetInput
    label: DatasetLabel
    bytes: int
    source: str
    licence: str
    version: int = Field(1, description="Counts what was made of the same file by other choices.")
    filename: str | None = None
    format: str | None = None
    recipe: Recipe | None = Field(None, description="How it was made; null for a file taken as it is.")
    steps: list[Step] = Field(default_factory=list, description="What was done, in order.")


class ColumnBin(Model):
    """A bar of a column's picture: a range of values, or one value; ``classes`` counts it by class."""

    low: float | None = None
    high: float | None = None
    name: str | None = None
    count: int
    classes: list[int] | None = None


class ColumnView(Model):
    """A column at a glance."""

    name: str
    kind: Literal["number", "category", "date", "text"]
    rows: int
    missing: int
    distinct: int | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    std: float | None = None
    median: float | None = None
    bins: list[ColumnBin] = Field(default_factory=list)
    others: int = Field(0, description="Values of categories that have no bar.")
    examples: list[str] = Field(default_factory=list)


class DatasetColumns(Model):
    """Every column at a glance; ``classes`` names what the bars are counted by."""

    columns: list[ColumnView]
    classes: list[str] | None = None


class DatasetReport(Model):
    """What should be looked at before training, the worst first; and what was done to the data, in order."""

    findings: list[Finding]
    steps: list[Step]


class ColumnStats(Model):
    """Numbers about a raw column of numbers."""

    name: str
    min: Number
    max: Number
    mean: Number
    std: Number
    missing: int


class PreviewImage(Model):
    """One image as a data URL."""

    index: int
    label: Label
    png: str


class DatasetPreview(Model):
    """Some rows or images of a split, and the split's class counts and column statistics."""

    columns: list[str] | None = None
    rows: list[list[Cell]] | None = None
    labels: list[Label] | None = None
    images: list[PreviewImage] | None = None
    class_counts: dict[str, int] | None = None
    column_stats: list[ColumnStats] | None = None
    total: int = Field(description="Samples in this split that the filter lets through.")
    indices: list[int] = Field(default_factory=list, description="Their numbers in the split.")


class ClassExamples(Model):
    """Some images of every class."""

    images: list[PreviewImage]


class PreviewQuery(Request):
    """Which samples are to be shown."""

    split: Split = "train"
    offset: int = Field(0, ge=0, le=2**31)
    limit: int = Field(24, ge=1, le=500)
    label: str | None = Field(None, max_length=255, description="Of this class only.")
    column: str | None = Field(None, max_length=255, description="The column that the next four are about.")
    low: float | None = Field(None, description="Its value is no less, …", allow_inf_nan=False)
    high: float | None = Field(None, description="… and less than this,", allow_inf_nan=False)
    equals: str | None = Field(None, max_length=4096, description="or is this text,")
    missing: bool = Field(False, description="or is missing.")
    text: str | None = Field(None, max_length=200, description="Some cell holds this text.")


class DatasetSample(Model):
    """One raw sample, as the predict route takes it."""

    input: Any
    label: Label
    png: str | None = None
