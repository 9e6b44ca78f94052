"""Columns that tell too much: one that alone predicts the target almost perfectly, one that merely numbers the rows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset
from .finding import EvidenceBar, Finding
from .info import Column
from .raw_rows import column_of

FEW = 64
"""A column of no more different values is looked up in a table, one of more by its neighbours in order."""
NEAR = 5
SHOWN = 6
ACCURATE, GAIN, EXPLAINED = 0.98, 0.2, 0.98
FEWEST = 30
DIFFERENT = 0.98
MOST = 200_000
FOLDS, MOST_FOLDED = 5, 20_000
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
    """How well the column alone predicts the target of samples that it was not looked up in."""
    label = data.info.label
    if label.kind == "none" or label.shape:
        return None
    fields = data.info.input.fields or ()
    train, test = (np.asarray(column_of(fields, part[0][:MOST], number).values) for part in (data.train, data.test))
    y = data.train[1][:MOST]
    # The test part by the training part, and each fifth of that by the rest: thirty samples may be right by chance.
    tried = [(_guess(train, y, test), data.test[1][:MOST])]
    chosen = np.random.default_rng(0).permutation(len(y))[:MOST_FOLDED]  # rows may follow a pattern
    values, answers = train[chosen], y[chosen]
    for fold in range(FOLDS):
        kept = np.arange(len(chosen)) % FOLDS != fold
        tried.append((_guess(values[kept], answers[kept], values[~kept]), answers[~kept]))
    guessed, wanted = map(np.concatenate, zip(*tried, strict=True))
    if label.kind == "class":
        score = float((guessed == wanted).mean())
        baseline = float((np.bincount(y).argmax() == wanted).mean())
        if score < ACCURATE or score - baseline < min(GAIN, (1 - baseline) / 2):
            return None
    else:
        spread = float(np.square(wanted - wanted.mean()).sum())
        score = 1.0 - float(np.square(wanted - guessed).sum()) / spread if spread else 0.0
        baseline = 0.0
        if score < EXPLAINED:
            return None
    return Finding(
        kind="leak",
        severity="warning",
        column=field.name,
        score=score,
        baseline=baseline,
        measure="accuracy" if label.kind == "class" else "r2",
        shares=_shares(field, train, y, label.classes if label.kind == "class" else None),
    )


def _guess(known: NDArray[Any], answers: NDArray[Any], asked: NDArray[Any]) -> NDArray[Any]:
    """The answer at each value: of the same one where values are few, else that of its neighbours."""
    if len(np.unique(known)) <= FEW:
        return _table(known, answers, asked)
    neighbours = answers[_neighbours(known, asked)]
    return np.asarray(neighbours.mean(1)) if answers.dtype.kind == "f" else _majority(neighbours)


def _neighbours(train: NDArray[Any], test: NDArray[Any]) -> NDArray[np.int64]:
    """The training samples whose values are nearest in order to each test value, (tests, 5)."""
    order = np.argsort(train, kind="stable")
    middle = (np.searchsorted(train[order], test, "left") + np.searchsorted(train[order], test, "right")) // 2
    start = np.clip(middle - NEAR // 2, 0, max(0, len(train) - NEAR))
    return np.asarray(order[np.minimum(start[:, None] + np.arange(NEAR), len(train) - 1)])


def _majority(labels: NDArray[Any]) -> NDArray[Any]:
    """The most frequent label of each row."""
    votes = (labels[:, :, None] == labels[:, None, :]).sum(2)
    return np.asarray(labels[np.arange(len(labels)), votes.argmax(1)])


def _table(train: NDArray[Any], y: NDArray[Any], test: NDArray[Any]) -> NDArray[Any]:
    """The majority (or mean) at each of a few values; at another value that of the next one."""
    values, codes = np.unique(train, return_inverse=True)
    places = np.minimum(np.searchsorted(values, test), len(values) - 1)
    if y.dtype.kind == "f":
        means = np.bincount(codes, weights=y.astype(np.float64)) / np.bincount(codes)
        return np.asarray(means[places])
    counts = np.zeros((len(values), int(y.max()) + 1), np.int64)
    np.add.at(counts, (codes, y), 1)
    return np.asarray(counts.argmax(1)[places])


def _shares(
    field: Column, train: NDArray[Any], y: NDArray[Any], classes: tuple[str, ...] | None
) -> tuple[EvidenceBar, ...]:
    """What is at some of the column's values, or ranges of them, on the training part."""
    if field.kind == "category":
        groups = [(field.categories[code], train == code) for code in np.unique(train)[:SHOWN].tolist()]
    else:
        edges = np.unique(np.quantile(train, np.linspace(0, 1, SHOWN + 1)))
        groups = [
            (f"{low:.4g} … {high:.4g}", (train >= low) & (train <= high if high == edges[-1] else train < high))
            for low, high in itertools.pairwise(edges)
        ]
    return tuple(_share(name, y[inside], classes) for name, inside in groups if inside.any())


def _share(name: str, y: NDArray[Any], classes: tuple[str, ...] | None) -> EvidenceBar:
    if classes is None:
        return EvidenceBar(name=name, count=len(y), mostly=float(y.mean()))
    counts = np.bincount(y, minlength=len(classes))
    most = int(counts.argmax())
    return EvidenceBar(name=name, count=len(y), mostly=classes[most], share=float(counts[most] / len(y)))


def _numbering(data: Dataset, number: int, field: Column) -> Finding | None:
    """Whole numbers without a gap, or with hardly any, that are all (but a few) different: they count the rows."""
    if field.kind != "number":
        return None
    fields = data.info.input.fields or ()
    columns = [np.asarray(column_of(fields, part[0], number).values) for part in (data.train, data.test)]
    values = np.concatenate(columns)
    different = np.unique(values)
    if len(different) < DIFFERENT * len(values) or not bool(np.all(values == np.rint(values))):
        return None
    spread = float(different[-1] - different[0]) + 1
    if spread > 1.5 * len(values):
        return None
    return Finding(
        kind="id_like", severity="warning", column=field.name, count=len(different), total=len(values),
        value=f"{different[0]:g} … {different[-1]:g}",
    )  # fmt: skip
