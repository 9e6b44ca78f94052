"""Data sets: what they are, and looks into them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from netwright_studio.schemas.common import Model, Number

Split = Literal["train", "test"]
Label = str | Number | None
Cell = str | Number | None


class DatasetField(Model):
    """One raw column: a number, or one of a few texts."""

    name: str
    kind: Literal["number", "category"]
    categories: list[str] = Field(default_factory=list)
    fill: float | None = Field(None, description="Stands in for a missing number; null when none may be missing.")


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
    total: int = Field(description="Samples in this split.")


class DatasetSample(Model):
    """One raw sample, as the predict route takes it."""

    input: Any
    label: Label
    png: str | None = None
