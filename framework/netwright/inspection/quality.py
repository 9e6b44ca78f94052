"""What an evaluation says as a whole: the confusion matrix and its classes, or how far values are off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from .evaluation import Evaluation
from .histograms import Histogram, Real, histogram
from .plane import MAX_POINTS

Array = np.ndarray[Any, Any]
CALIBRATION_BINS = 10
MAX_CLASSES = 60


class ClassQuality(BaseModel):
    """One class: of those predicted as it, how many are (precision); of those that are, how many were found (recall).

    None where there is nothing to divide by.
    """

    model_config = ConfigDict(frozen=True)

    index: int
    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


class Calibration(BaseModel):
    """Of the samples whose confidence lies in a bin: how many, their mean confidence, and how many are right."""

    model_config = ConfigDict(frozen=True)

    count: int
    confidence: float
    accuracy: float


class ClassesQuality(BaseModel):
    """``matrix[actual][predicted]`` counts samples; ``classes`` has its rows. Of more than ``MAX_CLASSES`` classes
    those that are most often mistaken are shown; ``of`` counts all.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    matrix: tuple[tuple[int, ...], ...]
    classes: tuple[ClassQuality, ...]
    of: int
    accuracy: float
    macro_f1: float
    loss: Real
    calibration: tuple[Calibration, ...]


class ValuesQuality(BaseModel):
    """How far values are off; ``points`` are [actual, predicted, row] of evenly spread samples."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    rmse: Real
    mae: Real
    bias: Real
    r2: Real | None
    residuals: Histogram
    points: tuple[tuple[float, float, int], ...]


def judge_classes(found: Evaluation, classes: tuple[str, ...]) -> ClassesQuality:
    """Confusion matrix, precision, recall, F₁ and calibration.

    >>> from netwright.inspection.quality import confusion
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    label, predicted = found.label.astype(np.int64), found.predicted.astype(np.int64)
    matrix = confusion(label, predicted, len(classes))
    right, support, given = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    rows = tuple(
        _class(i, name, int(right[i]), int(support[i]), int(given[i])) for i, name in enumerate(classes)
    )  # fmt: skip
    scores = [row.f1 or 0.0 for row in rows if row.support]
    shown = np.arange(len(classes))
    if len(classes) > MAX_CLASSES:
        shown = np.sort(np.argsort(-(support + given - 2 * right), kind="stable")[:MAX_CLASSES])
    return ClassesQuality(
        matrix=tuple(tuple(row) for row in matrix[np.ix_(shown, shown)].tolist()),
        classes=tuple(rows[i] for i in shown),
        of=len(classes),
        accuracy=float(right.sum() / max(1, matrix.sum())),
        macro_f1=float(np.mean(scores)) if scores else 0.0,
        loss=float(np.mean(found.loss)),
        calibration=_calibration(found.confidence, label == predicted),
    )


def confusion(actual: Array, predicted: Array, classes: int) -> Array:
    """How many samples of each class (rows) were taken for each class (columns)."""
    return np.bincount(actual * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def judge_values(found: Evaluation) -> ValuesQuality:
    """Errors in the data's own unit, and actual against predicted."""
    actual, predicted = found.label.astype(np.float64), found.predicted.astype(np.float64)
    with np.errstate(all="ignore"):
        error = predicted - actual
        square = float((error**2).mean())
        spread = float(((actual - actual.mean()) ** 2).mean())
    chosen = np.unique(np.linspace(0, len(actual) - 1, min(len(actual), MAX_POINTS)).astype(np.int64))
    finite = chosen[np.isfinite(actual[chosen]) & np.isfinite(predicted[chosen])]
    return ValuesQuality(
        rmse=math.sqrt(square),
        mae=float(np.abs(error).mean()),
        bias=float(error.mean()),
        r2=1 - square / spread if spread > 0 else None,
        residuals=histogram(error),
        points=tuple((float(actual[i]), float(predicted[i]), int(found.rows[i])) for i in finite),
    )


def worst(found: Evaluation, actual: int | None = None, predicted: int | None = None, wrong: bool = False) -> Array:
    """Places of the evaluation's samples, the greatest loss first: all, or those of a cell of the matrix, or the wrong
    ones.
    """
    chosen = np.ones(len(found.rows), bool)
    if actual is not None:
        chosen &= found.label == actual
    if predicted is not None:
        chosen &= found.predicted == predicted
    if wrong:
        chosen &= found.label != found.predicted
    places = np.flatnonzero(chosen)
    # NaN counts as the worst: it is what one looks for
    return places[np.argsort(-np.nan_to_num(found.loss[places], nan=np.inf, posinf=np.inf), kind="stable")]


def _class(index: int, name: str, right: int, support: int, given: int) -> ClassQuality:
    precision = right / given if given else None
    recall = right / support if support else None
    both = (precision or 0.0) + (recall or 0.0)
    f1 = 2 * (precision or 0.0) * (recall or 0.0) / both if both else (0.0 if support else None)
    return ClassQuality(
        index=index, label=name, support=support, predicted=given, precision=precision, recall=recall, f1=f1
    )


def _calibration(confidence: Array, right: Array) -> tuple[Calibration, ...]:
    places = np.clip((np.nan_to_num(confidence) * CALIBRATION_BINS).astype(np.int64), 0, CALIBRATION_BINS - 1)
    rows = []
    for i in range(CALIBRATION_BINS):
        inside = places == i
        count = int(inside.sum())
        mean = float(confidence[inside].mean()) if count else (i + 0.5) / CALIBRATION_BINS
        rows.append(
            Calibration(count=count, confidence=mean, accuracy=float(right[inside].mean()) if count else 0.0)
        )  # fmt: skip
    return tuple(rows)
