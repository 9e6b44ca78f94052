"""k-means: Lloyd's algorithm from centres that k-means++ chose, the best of several beginnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, ParamError

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

ROWS_AT_ONCE = 8192
"""Rows whose distances to all centres are held at one time."""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Centres (k, features), the cluster of each point, and the sum of squared distances to the centres."""

    centres: Floats
    labels: Labels
    inertia: float
    steps: int

    @property
    def sizes(self) -> Labels:
        """How many points each cluster holds."""
        return np.bincount(self.labels, minlength=len(self.centres))


def kmeans(
    x: ArrayLike,
    clusters: int,
    *,
    seed: int | Sequence[int] = 0,
    restarts: int = 4,
    max_steps: int = 100,
    tolerance: float = 1e-4,
    centres: ArrayLike | None = None,
) -> Clusters:
    """Split the rows of ``x`` (samples, features) into clusters with the least squared distance to their means.

    The best of ``restarts`` beginnings is taken; with ``centres`` there is one, from those. A run ends when the centres
    move by less than ``tolerance`` times the data's mean variance. A cluster that loses all its points takes the point
    farthest from its centre. The same seed gives the same clusters. Raises DataError where there are fewer points than
    clusters, or a number that is not finite.

    >>> from netwright.cluster import kmeans
    >>> np.sort(kmeans([[0.0], [0.2], [9.0], [9.2]], 2).centres.ravel()).round(3)
    array([0.1, 9.1])
    """
    points = _checked(x, clusters)
    shift = points.mean(0)
    points = points - shift  # small numbers: the expansion of a square loses no digits
    stop = tolerance * float(points.var(0).mean())
    rng = np.random.Generator(np.random.PCG64DXSM(seed))
    if centres is not None:
        begin = np.asarray(centres, np.float64) - shift
        if begin.shape != (clusters, points.shape[1]):
            raise DataError("the first centres do not fit", wanted=(clusters, points.shape[1]), got=begin.shape)
        best = _lloyd(points, begin, max_steps, stop)
    else:
        best = min(
            (_lloyd(points, _plus_plus(points, clusters, rng), max_steps, stop) for _ in range(max(1, restarts))),
            key=lambda found: found.inertia,
        )
    return Clusters(best.centres + shift, best.labels, best.inertia, best.steps)


def nearest(x: ArrayLike, centres: ArrayLike) -> tuple[Labels, Floats]:
    """(the nearest centre of each row, its squared distance)."""
    points, middle = np.asarray(x, np.float64), np.asarray(centres, np.float64)
    if points.ndim != 2 or points.shape[1] != middle.shape[1]:
        raise DataError("the points do not have the centres' features", wanted=middle.shape[1:], got=points.shape[1:])
    shift = middle.mean(0)
    return _nearest(points - shift, middle - shift)


def _checked(x: ArrayLike, clusters: int) -> Floats:
    points = np.asarray(x, np.float64)
    if points.ndim != 2:
        raise DataError("k-means takes points in rows", wanted="(samples, features)", got=points.shape)
    if clusters < 1:
        raise ParamError("there is at least one cluster", parameter="clusters", got=clusters)
    if len(points) < clusters:
        raise DataError("there are fewer points than clusters", wanted=f"at least {clusters}", got=len(points))
    if not np.isfinite(points).all():
        raise DataError("a point has a number that is not finite", where="k-means")
    return points


def _plus_plus(points: Floats, clusters: int, rng: np.random.Generator) -> Floats:
    """First centres far apart: each is drawn with odds of its squared distance to those before (Arthur and
    Vassilvitskii 2007); of a few candidates the one that lessens the sum most is kept, as in their experiments.
    """
    candidates = 2 + int(np.log(clusters))
    chosen: list[Any] = [points[rng.integers(len(points))]]
    distance = ((points - chosen[0]) ** 2).sum(1)
    while len(chosen) < clusters:
        total = distance.sum()
        if total <= 0:  # fewer different points than clusters
            chosen.append(points[rng.integers(len(points))])
            continue
        drawn = np.searchsorted(np.cumsum(distance), rng.random(candidates) * total)
        drawn = np.minimum(drawn, len(points) - 1)
        options = np.minimum(distance, ((points[None] - points[drawn][:, None]) ** 2).sum(2))
        place = int(options.sum(1).argmin())
        chosen.append(points[drawn[place]])
        distance = options[place]
    return np.stack(chosen)


def _lloyd(points: Floats, centres: Floats, max_steps: int, stop: float) -> Clusters:
    labels, distance = _nearest(points, centres)
    step = 0
    while step < max_steps:
        step += 1
        moved = _means(points, labels, distance, centres)
        change = float(((moved - centres) ** 2).sum())
        centres = moved
        before = labels
        labels, distance = _nearest(points, centres)
        if change <= stop or np.array_equal(labels, before):
            break
    return Clusters(centres, labels, float(distance.sum()), step)


def _means(points: Floats, labels: Labels, distance: Floats, centres: Floats) -> Floats:
    count = np.bincount(labels, minlength=len(centres))
    sums = np.stack([np.bincount(labels, column, len(centres)) for column in points.T], 1)
    means = sums / np.maximum(count, 1)[:, None]
    lost = np.flatnonzero(count == 0)
    if len(lost):
        means[lost] = points[np.argsort(-distance, kind="stable")[: len(lost)]]
    return means


def _nearest(points: Floats, centres: Floats) -> tuple[Labels, Floats]:
    labels, distance = np.empty(len(points), np.int64), np.empty(len(points))
    squares = (centres**2).sum(1)
    for start in range(0, len(points), ROWS_AT_ONCE):
        rows = points[start : start + ROWS_AT_ONCE]
        apart = squares - 2 * rows @ centres.T
        found = apart.argmin(1)
        labels[start : start + len(rows)] = found
        distance[start : start + len(rows)] = ((rows - centres[found]) ** 2).sum(1)
    return labels, distance
