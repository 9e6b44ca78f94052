"""Looks into a data set: rows, images, class counts; only those that a filter lets through."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.datasets import Dataset, SplitName
from netwright.datasets.pictures import encode_png
from netwright_studio.datasets.columns import raw_column
from netwright_studio.errors import InvalidError, NotFoundError
from netwright_studio.schemas.datasets import ColumnStats, DatasetPreview, DatasetSample, PreviewImage


@dataclass(frozen=True)
class Filter:
    """Which samples are wanted: of a label, and with a column between two values, of one value, or without any."""

    label: str | None = None
    column: str | None = None
    low: float | None = None
    high: float | None = None
    equals: str | None = None
    missing: bool = False
    text: str | None = None

    @property
    def lets_all_through(self) -> bool:
        """Whether nothing is asked for."""
        return self == Filter()


def preview(data: Dataset, split: SplitName, offset: int, limit: int, wanted: Filter = Filter()) -> DatasetPreview:
    """Return samples ``offset … offset + limit`` of those wanted of a split; past their end there are none."""
    x, _ = data.split(split)
    chosen = np.arange(len(x)) if wanted.lets_all_through else matching(data, split, wanted)
    indices = chosen[offset : offset + limit].tolist()
    found = DatasetPreview(total=len(chosen), indices=indices, class_counts=class_counts(data, split))
    if data.info.input.kind == "image":
        found.images = [
            PreviewImage(index=i, label=data.label_of(split, i), png=encode_png(x[i], data.info.input)) for i in indices
        ]
        return found
    found.columns = list(data.info.input.columns or ())
    found.rows = [data.rows(split, i, i + 1)[0] for i in indices]
    found.labels = [data.label_of(split, i) for i in indices]
    found.column_stats = column_stats(data, split)
    return found


def matching(data: Dataset, split: SplitName, wanted: Filter) -> NDArray[Any]:
    """Return the numbers of the samples that the filter lets through."""
    keep = np.ones(len(data.split(split)[0]), bool)
    if wanted.label is not None:
        keep &= _has_label(data, split, wanted.label)
    if wanted.column is not None:
        keep &= _has_value(data, split, wanted.column, wanted)
    if wanted.text is not None and wanted.text != "" and data.info.input.kind == "table":
        keep &= _holds_text(data, split, wanted.text.lower(), keep)
    return np.flatnonzero(keep)


def _has_label(data: Dataset, split: SplitName, label: str) -> NDArray[np.bool_]:
    classes, y = data.info.label.classes, data.split(split)[1]
    if classes is None or label not in classes:
        raise InvalidError("There is no such class.", where="label", got=label, remedy="Choose another class.")
    same: NDArray[np.bool_] = (y == classes.index(label)).reshape(len(y), -1)
    return np.asarray(same.any(axis=1))


def _has_value(data: Dataset, split: SplitName, name: str, wanted: Filter) -> NDArray[np.bool_]:
    fields = data.info.input.fields or ()
    number = next((i for i, field in enumerate(fields) if field.name == name), None)
    if number is None:
        raise InvalidError("There is no such column.", where="column", got=name, remedy="Choose another column.")
    column = raw_column(data, split, number)
    gaps = column.gaps()
    if wanted.missing:
        return gaps
    keep: NDArray[np.bool_] = ~gaps
    if isinstance(column.values, list):
        holds = np.array([wanted.equals is None or text == wanted.equals for text in column.values], bool)
        keep &= holds
        return keep
    if column.kind == "category":
        code = column.names.index(wanted.equals) if wanted.equals in column.names else -2
        same: NDArray[np.bool_] = np.asarray(column.values == code, bool)
        if wanted.equals is not None:
            keep &= same
        return keep
    with np.errstate(invalid="ignore"):
        if wanted.low is not None:
            keep &= column.values >= wanted.low
        if wanted.high is not None:
            # the last bar of a histogram holds the greatest value, too
            greatest = float(np.nanmax(column.values)) if (~gaps).any() else 0.0
            keep &= (column.values < wanted.high) | (wanted.high >= greatest)
    return keep


def _holds_text(data: Dataset, split: SplitName, text: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found = np.zeros(len(among), bool)
    for i in np.flatnonzero(among).tolist():
        cells = [*data.rows(split, i, i + 1)[0], data.label_of(split, i)]
        found[i] = any(text in _shown(cell) for cell in cells)
    return found


def _shown(cell: Any) -> str:
    return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell).lower()


def class_counts(data: Dataset, split: SplitName) -> dict[str, int] | None:
    """Return how many samples each class has, or None for data without classes."""
    classes = data.info.label.classes
    if classes is None:
        return None
    counts = np.bincount(data.split(split)[1].ravel(), minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


def column_stats(data: Dataset, split: SplitName) -> list[ColumnStats]:
    """Return minimum, maximum, mean, deviation and gaps of each column of numbers."""
    stats = []
    for number, field in enumerate(data.info.input.fields or ()):
        if field.kind != "number" or not len(data.split(split)[0]):
            continue
        column = raw_column(data, split, number)
        gaps = column.gaps()
        values = np.asarray(column.values)[~gaps]
        if not len(values):
            values = np.asarray(data.split(split)[0])[:, :1].astype(np.float64)
        stats.append(
            ColumnStats(
                name=field.name,
                min=float(values.min()),
                max=float(values.max()),
                mean=float(values.mean()),
                std=float(values.std()),
                missing=int(gaps.sum()),
            )
        )
    return stats


def sample(data: Dataset, split: SplitName, index: int) -> DatasetSample:
    """Return one raw sample; NotFoundError past the end."""
    x, _ = data.split(split)
    if not 0 <= index < len(x):
        raise NotFoundError("There is no such sample.", where="index", wanted=f"0 … {len(x) - 1} in {split}", got=index)
    if data.info.input.kind == "image":
        return DatasetSample(
            input=x[index].tolist(), label=data.label_of(split, index), png=encode_png(x[index], data.info.input)
        )
    return DatasetSample(input=data.rows(split, index, index + 1)[0], label=data.label_of(split, index))


def class_examples(data: Dataset, split: SplitName, each: int) -> list[PreviewImage]:
    """Return the first images of every class."""
    x, y = data.split(split)
    if data.info.input.kind != "image":
        raise InvalidError("Only images can be shown by class.", where="dataset", wanted="images")
    seen: Counter[int] = Counter()
    found = []
    for i, number in enumerate(y.tolist() if data.info.label.kind == "class" and y.ndim == 1 else [0] * len(x)):
        if seen[number] < each:
            seen[number] += 1
            found.append(PreviewImage(index=i, label=data.label_of(split, i), png=encode_png(x[i], data.info.input)))
    return found
