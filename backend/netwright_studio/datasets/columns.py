"""Each column of a data set at a glance: how its values are spread, by class, what is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netwright.datasets import Dataset, SplitName
from netwright.datasets.dates import write_date
from netwright.datasets.raw_rows import RawColumn, RawRows, column_of
from netwright_studio.schemas.datasets import ColumnBin, ColumnView

BINS = 24
CATEGORIES = 20
CLASSES = 8
MOST_COLUMNS = 200
EXAMPLES = 4


def view_columns(data: Dataset, split: SplitName) -> list[ColumnView]:
    """Return a view of each of the first 200 raw columns; of texts some examples."""
    fields = data.info.input.fields or ()
    labels = _labels(data, split)
    return [_view(raw_column(data, split, number), labels) for number in range(min(len(fields), MOST_COLUMNS))]


def raw_column(data: Dataset, split: SplitName, number: int) -> RawColumn:
    """Return a raw column of a split: as it was read where the rows are kept, else out of the inputs."""
    rows = None if data.raw is None else data.raw[split]
    if isinstance(rows, RawRows):
        return rows.column(number)
    column = column_of(data.info.input.fields or (), data.split(split)[0], number)
    if rows is not None and column.kind == "number":
        gaps = np.array([row[number] is None for row in rows], bool)
        values = np.where(gaps, np.nan, np.asarray(column.values))
        return RawColumn(column.name, "number", values)
    return column


def _labels(data: Dataset, split: SplitName) -> tuple[NDArray[Any], tuple[str, ...]] | None:
    """(class numbers, names) where there are few classes."""
    classes, y = data.info.label.classes, data.split(split)[1]
    if classes is None or data.info.label.kind != "class" or y.ndim != 1 or not 1 < len(classes) <= CLASSES:
        return None
    return y, classes


def _view(column: RawColumn, labels: tuple[NDArray[Any], tuple[str, ...]] | None) -> ColumnView:
    gaps = column.gaps()
    missing = int(gaps.sum())
    view = ColumnView(name=column.name, kind=column.kind, rows=len(gaps), missing=missing)
    if isinstance(column.values, list):
        examples = dict.fromkeys(text[:120] for text in column.values[:200] if text)
        view.examples = list(examples)[:EXAMPLES]
        return view
    if missing == len(gaps):
        return view
    values = column.values[~gaps]
    marks = None if labels is None else (labels[0][~gaps], len(labels[1]))
    view.distinct = len(np.unique(values))
    if column.kind == "category":
        return _count_categories(view, column, values, marks)
    view.min, view.max = float(values.min()), float(values.max())
    view.mean, view.std, view.median = float(values.mean()), float(values.std()), float(np.median(values))
    _count_bins(view, values, marks, column.kind == "date")
    return view


def _count_bins(view: ColumnView, values: NDArray[Any], marks: tuple[NDArray[Any], int] | None, dates: bool) -> None:
    whole = bool(np.all(values == np.rint(values))) and view.max is not None and view.min is not None
    spread = (view.max or 0.0) - (view.min or 0.0) if whole else BINS
    count = int(spread) + 1 if whole and spread < BINS else BINS
    low, high = (float(values.min()), float(values.max()))
    edges = np.linspace(low - 0.5, high + 0.5, count + 1) if whole and spread < BINS else _edges(low, high)
    places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(places, minlength=len(edges) - 1)
    shares = _by_class(places, len(counts), marks)
    view.bins = [
        ColumnBin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            name=write_date(float(np.floor(edges[i]))) if dates else None,
            count=int(counts[i]),
            classes=None if shares is None else shares[i].tolist(),
        )
        for i in range(len(counts))
    ]


def _edges(low: float, high: float) -> NDArray[np.float64]:
    return np.linspace(low, high if high > low else low + 1.0, BINS + 1)


def _count_categories(
    view: ColumnView, column: RawColumn, values: NDArray[Any], marks: tuple[NDArray[Any], int] | None
) -> ColumnView:
    counts = np.bincount(values, minlength=len(column.names))
    shares = _by_class(values, len(counts), marks)
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    view.bins = [
        ColumnBin(name=column.names[i], count=int(counts[i]), classes=None if shares is None else shares[i].tolist())
        for i in order[:CATEGORIES]
    ]
    view.others = int(sum(counts[i] for i in order[CATEGORIES:]))
    return view


def _by_class(places: NDArray[Any], bins: int, marks: tuple[NDArray[Any], int] | None) -> NDArray[np.int64] | None:
    if marks is None:
        return None
    counts = np.zeros((bins, marks[1]), np.int64)
    np.add.at(counts, (places, marks[0]), 1)
    return counts
