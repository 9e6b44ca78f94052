"""How well clusters agree with known classes, from the table that counts how often each pair meets."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError


def contingency(classes: ArrayLike, clusters: ArrayLike) -> NDArray[np.int64]:
    """How many points each pair of (class, cluster) has; rows are the classes that occur, columns the clusters."""
    a, b = np.asarray(classes).ravel(), np.asarray(clusters).ravel()
    if len(a) != len(b):
        raise DataError("each point has a class and a cluster", wanted=f"{len(a)} clusters", got=len(b))
    rows, i = np.unique(a, return_inverse=True)
    columns, j = np.unique(b, return_inverse=True)
    counts = np.bincount(i * max(1, len(columns)) + j, minlength=len(rows) * len(columns))
    return counts.reshape(len(rows), len(columns)).astype(np.int64)


def agreement(table: ArrayLike) -> dict[str, float]:
    """``nmi``, ``ari`` and ``purity`` of a table of counts."""
    return {
        "nmi": normalized_mutual_information(table),
        "ari": adjusted_rand_index(table),
        "purity": purity(table),
    }


def normalized_mutual_information(table: ArrayLike) -> float:
    """2 I(class; cluster) / (H(class) + H(cluster)): 1 where one tells the other, 0 where it tells nothing.

    >>> from netwright.cluster import normalized_mutual_information
    >>> round(normalized_mutual_information([[2, 0], [0, 3]]), 12)
    1.0
    """
    counts = np.asarray(table, np.float64)
    total = counts.sum()
    if total == 0:
        return 0.0
    joint = counts / total
    rows, columns = joint.sum(1), joint.sum(0)
    mean = (_entropy(rows) + _entropy(columns)) / 2
    if mean == 0:
        return 1.0  # one class in one cluster
    some = joint > 0
    information = float((joint[some] * np.log(joint[some] / np.outer(rows, columns)[some])).sum())
    return min(1.0, max(0.0, information / mean))


def adjusted_rand_index(table: ArrayLike) -> float:
    """Share of pairs of points on which both agree, less what chance gives: 1 for the same, 0 for chance.

    >>> from netwright.cluster import adjusted_rand_index
    >>> adjusted_rand_index([[0, 4], [5, 0]])
    1.0
    """
    counts = np.asarray(table, np.float64)
    total = float(_pairs(counts.sum()))
    if total == 0:
        return 1.0
    both, rows, columns = (float(_pairs(part).sum()) for part in (counts, counts.sum(1), counts.sum(0)))
    expected, most = rows * columns / total, (rows + columns) / 2
    return 1.0 if most == expected else float((both - expected) / (most - expected))


def purity(table: ArrayLike) -> float:
    """Share of points that belong to the commonest class of their cluster.

    >>> from netwright.cluster import purity
    >>> purity([[3, 1], [1, 3]])
    0.75
    """
    counts = np.asarray(table, np.float64)
    total = counts.sum()
    return float(counts.max(0, initial=0).sum() / total) if total else 0.0


def _entropy(chances: NDArray[np.float64]) -> float:
    some = chances[chances > 0]
    return float(-(some * np.log(some)).sum())


def _pairs(counts: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(counts * (counts - 1) / 2)
