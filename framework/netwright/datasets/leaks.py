"""Columns that tell too much: one that alone predicts the target almost perfectly, one that merely numbers the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .info import Column
from .raw_rows import column_of

if TYPE_CHECKING:
BINS = 64
SHOWN = 6
ACCURATE, GAIN, EXPLAINED = 0.98, 0.2, 0.98
FEWEST = 30
MOST = 200_000
FEWEST_TESTED = 10


def find_leaks(data: Dataset) -> list[Finding]:
    """A finding for each column that leaks or numbers the rows; tables only."""
    fields = data.info.input.fields
    if fields is None or len(data.train[0]) < FEWEST or len(data.test[0]) < FEWEST_TESTED:
        return []
    found = []
    for number, field in enumerate(fields):
        if field.kind == "text":
            continue
        finding = _leak(data, number, field) or _numbering(data, number, field)
        if finding is not None:
            found.append(finding)
    return found


def _leak(data: Dataset, number: int, field: Column) -> Finding | None:
    """How well the column alone predicts: values in up to 64 bins of the training part, each guessing its majority (or
    mean), measured on the test part.
    """
    label = data.info.label
    if label.kind == "none" or label.shape:
        return None
    fields = data.info.input.fields or ()
    train, test = (np.asarray(column_of(fields, part[0][:MOST], number).values) for part in (data.train, data.test))
    y, wanted = data.train[1][:MOST], data.test[1][:MOST]
    edges = None if field.kind == "category" else np.unique(np.quantile(train, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins, places = (part if edges is None else np.searchsorted(edges, part) for part in (train, test))
    if label.kind == "class":
        return _class_leak(data, field, edges, (bins, y), (places, wanted))
    return _value_leak(field, edges, (bins, y), (places, wanted))


def _class_leak(data: Dataset, field: Column, edges: Any, train: Any, test: Any) -> Finding | None:
    bins, y = train
    classes = data.info.label.classes or ()
    counts = np.zeros((int(max(bins.max(), test[0].max())) + 1, len(classes)), np.int64)
    np.add.at(counts, (bins, y), 1)
    accuracy = float((counts.argmax(1)[test[0]] == test[1]).mean())
    baseline = float((np.bincount(y, minlength=len(classes)).argmax() == test[1]).mean())
    if accuracy < ACCURATE or accuracy - baseline < min(GAIN, (1 - baseline) / 2):
        return None
    shares = _shares(field, edges, counts.sum(1), [classes[i] for i in counts.argmax(1)], counts.max(1))
    return Finding(
        kind="leak", severity="warning", column=field.name, score=accuracy, baseline=baseline, measure="accuracy",
        shares=shares,
    )  # fmt: skip


def _value_leak(field: Column, edges: Any, train: Any, test: Any) -> Finding | None:
    bins, y = train
    size = int(max(bins.max(), test[0].max())) + 1
    counts = np.bincount(bins, minlength=size)
    means = np.bincount(bins, weights=y.astype(np.float64), minlength=size) / np.maximum(counts, 1)
    wanted = test[1].astype(np.float64)
    spread = float(np.square(wanted - wanted.mean()).sum())
    explained = 1.0 - float(np.square(wanted - means[test[0]]).sum()) / spread if spread else 0.0
    if explained < EXPLAINED:
        return None
    shares = _shares(field, edges, counts, [float(mean) for mean in means], None)
    return Finding(
        kind="leak", severity="warning", column=field.name, score=explained, baseline=0.0, measure="r2", shares=shares
    )


def _shares(field: Column, edges: Any, counts: NDArray[Any], mostly: Any, most: Any) -> tuple[Share, ...]:
    filled = np.flatnonzero(counts)
    chosen = filled[np.unique(np.linspace(0, len(filled) - 1, min(SHOWN, len(filled))).astype(int))]
    found = []
    for place in chosen.tolist():
        share = None if most is None else float(most[place] / counts[place])
        found.append(Share(name=_bin(field, edges, place), count=int(counts[place]), mostly=mostly[place], share=share))
    return tuple(found)


def _bin(field: Column, edges: Any, place: int) -> str:
    if edges is None:
        return field.categories[place]
    low = f"{edges[place - 1]:.4g}" if place else "−∞"
    high = f"{edges[place]:.4g}" if place < len(edges) else "∞"
    return f"{low} … {high}"


def _numbering(data: Dataset, number: int, field: Column) -> Finding | None:
    """Whole numbers without a gap, or with hardly any, that are all different: they count the rows."""
    if field.kind != "number":
        return None
    fields = data.info.input.fields or ()
    columns = [np.asarray(column_of(fields, part[0], number).values) for part in (data.train, data.test)]
    values = np.concatenate(columns)
    different = np.unique(values)
    if len(different) != len(values) or not bool(np.all(values == np.rint(values))):
        return None
    spread = float(different[-1] - different[0]) + 1
    if spread > 1.5 * len(values):
        return None
    return Finding(
        kind="id_like", severity="warning", column=field.name, count=len(different), total=len(values),
        value=f"{different[0]:g} … {different[-1]:g}",
    )  # fmt: skip
