"""Looks into a data set: rows, images, class counts, column statistics."""

from __future__ import annotations

import numpy as np

from netwright.datasets import Dataset, SplitName
from netwright.datasets.pictures import encode_png
from netwright_studio.errors import NotFoundError
from netwright_studio.schemas.datasets import ColumnStats, DatasetPreview, DatasetSample, PreviewImage


def preview(data: Dataset, split: SplitName, offset: int, limit: int) -> DatasetPreview:
    """Return samples ``offset … offset + limit`` of a split; past its end there are none."""
    x, _ = data.split(split)
    stop = min(offset + limit, len(x))
    indices = range(offset, stop)
    found = DatasetPreview(total=len(x), class_counts=class_counts(data, split))
    if data.info.input.kind == "image":
        found.images = [
            PreviewImage(index=i, label=data.label_of(split, i), png=encode_png(x[i], data.info.input)) for i in indices
        ]
        return found
    found.columns = list(data.info.input.columns or ())
    found.rows = [list(row) for row in data.rows(split, offset, stop)] if offset < stop else []
    found.labels = [data.label_of(split, i) for i in indices]
    found.column_stats = column_stats(data, split)
    return found


def class_counts(data: Dataset, split: SplitName) -> dict[str, int] | None:
    """Return how many samples each class has, or None for data without classes."""
    classes = data.info.label.classes
    if classes is None:
        return None
    counts = np.bincount(data.split(split)[1].ravel(), minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


def column_stats(data: Dataset, split: SplitName) -> list[ColumnStats]:
    """Return minimum, maximum, mean, deviation and gaps of each column of numbers."""
    stats, start = [], 0
    x = data.split(split)[0]
    for number, field in enumerate(data.info.input.fields or ()):
        column = x[:, start].astype(np.float64)
        start += field.width
        if field.kind != "number" or not len(column):
            continue
        missing = 0
        if field.fill is not None and data.raw is not None:
            present = np.array([row[number] is not None for row in data.raw[split]])
            missing = int(len(present) - present.sum())
            column = column[present] if present.any() else column
        stats.append(
            ColumnStats(
                name=field.name,
                min=float(column.min()),
                max=float(column.max()),
                mean=float(column.mean()),
                std=float(column.std()),
                missing=missing,
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
