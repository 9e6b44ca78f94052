"""Histograms of fixed size and cost: a tensor of any size is looked at through a bounded number of its elements."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, WithJsonSchema

BINS = 40
SAMPLE = 8192
"""Elements that are sorted into bins; of more, evenly spread ones are taken."""


Real = Annotated[
    float, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]}]})
]
"""A number that may be NaN or infinite, which JSON has no words for: those travel as texts."""


class Histogram(BaseModel):
    """How the values of a tensor are spread: ``counts`` of equal bins from ``low`` to ``high``.

    ``norm`` (the root of the sum of squares) and ``size`` are of the whole tensor; the rest is of ``sampled`` elements.
    ``zeros`` is the part of them that is exactly 0, ``invalid`` the part that is NaN or infinite and in no bin.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    low: float
    high: float
    counts: tuple[int, ...]
    mean: Real
    std: Real
    zeros: float
    invalid: float
    norm: Real
    size: int
    sampled: int


def histogram(array: Any, bins: int = BINS, sample: int = SAMPLE) -> Histogram:
    """The histogram of an array of numbers.

    >>> from netwright.inspection import histogram
    >>> found = histogram(np.array([0.0, 0.0, 1.0, 2.0]), bins=2)
    >>> found.counts, found.zeros, round(found.norm, 3)
    ((2, 2), 0.5, 2.236)
    """
    flat = _array(array).reshape(-1)
    chosen = to_host(spread(flat, sample)).astype(np.float32, copy=False)
    norm = length(flat)
    if not len(chosen):
        return Histogram(
            low=0, high=0, counts=(0,) * bins, mean=0, std=0, zeros=0, invalid=0, norm=0, size=0, sampled=0
        )
    low, high = float(chosen.min()), float(chosen.max())
    invalid = 0.0
    finite = chosen
    if not math.isfinite(low) or not math.isfinite(high):
        finite = chosen[np.isfinite(chosen)]
        invalid = 1 - len(finite) / len(chosen)
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    counts = _count(finite, low, high, bins)
    total = max(1, len(finite))
    mean = float(finite.sum(dtype=np.float64)) / total
    variance = float(np.dot(finite, finite)) / total - mean * mean if len(finite) else 0.0
    return Histogram(
        low=low,
        high=high,
        counts=tuple(counts.tolist()),
        mean=mean,
        std=math.sqrt(max(0.0, variance)) if math.isfinite(variance) else math.inf,
        zeros=float(np.count_nonzero(chosen == 0)) / len(chosen),
        invalid=invalid,
        norm=norm,
        size=flat.size,
        sampled=len(chosen),
    )


def length(array: Any) -> float:
    """The Euclidean norm, of values that may overflow when squared too."""
    flat = _array(array).reshape(-1)
    with np.errstate(all="ignore"):
        square = float(flat.dot(flat)) if flat.dtype.kind == "f" else float((flat.astype(np.float64) ** 2).sum())
    return math.sqrt(square) if square >= 0 else math.nan


def spread(array: Any, most: int) -> Any:
    """At most ``most`` elements of an array, evenly spread over it.

    The stride is made odd, lest it falls in step with the rows of a matrix.
    """
    flat = array.reshape(-1)
    if flat.size <= most:
        return flat
    stride = -(-flat.size // most)
    return flat[:: stride | 1]


def to_host(array: Any) -> Any:
    """A NumPy array of an array on any device."""
    return array.get() if hasattr(array, "get") else np.asarray(array)


def _array(values: Any) -> Any:
    return values if hasattr(values, "reshape") else np.asarray(values)


def _count(values: Any, low: float, high: float, bins: int) -> Any:
    width = high - low
    if not len(values):
        return np.zeros(bins, np.int64)
    if not 0 < width < math.inf:  # all alike: they lie in the middle bin
        counts = np.zeros(bins, np.int64)
        counts[bins // 2] = len(values)
        return counts
    places = ((values - np.float32(low)) * np.float32(bins / width)).astype(np.int32)
    return np.bincount(np.clip(places, 0, bins - 1), minlength=bins)
