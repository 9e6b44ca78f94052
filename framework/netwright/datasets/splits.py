"""Deterministic splits into training and test samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

TEST_FRACTION = 0.2
SEED = 20_240_601

Indices = NDArray[np.int64]


def split_indices(
    samples: int,
    labels: NDArray[Any] | None = None,
    *,
    fraction: float = TEST_FRACTION,
    seed: int = SEED,
) -> tuple[Indices, Indices]:
    """(training, test) sample numbers; with class ``labels`` each class keeps its share in both (stratified).

    The same arguments give the same split for ever: the permutation comes from Philox with a fixed seed.
    Both parts hold at least one sample when there are two.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    groups = [np.arange(samples)] if labels is None else [np.flatnonzero(labels == c) for c in np.unique(labels)]
    train, test = [], []
    for group in groups:
        order = rng.permutation(group)
        held_out = round(len(group) * fraction)
        test.append(order[:held_out])
        train.append(order[held_out:])
    training, testing = np.concatenate(train), np.concatenate(test)
    if not len(testing) and samples > 1:
        training, testing = training[:-1], training[-1:]
    return rng.permutation(training), rng.permutation(testing)


def split_groups(groups: NDArray[Any], *, fraction: float, seed: int) -> tuple[Indices, Indices]:
    """Samples of one group stay together: whole groups are drawn until the test part has its share."""
    rng = np.random.Generator(np.random.Philox(seed))
    names, counts = np.unique(groups, return_counts=True)
    order = rng.permutation(len(names))
    taken = np.cumsum(counts[order]) <= max(1, round(len(groups) * fraction))
    testing = np.isin(groups, names[order[taken]]) if taken.any() else groups == names[order[0]]
    return np.flatnonzero(~testing), np.flatnonzero(testing)


def split_by_order(values: NDArray[Any], *, fraction: float) -> tuple[Indices, Indices]:
    """The greatest values (the latest moments) are the test part; both parts keep their order in time."""
    order = np.argsort(values, kind="stable")
    cut = len(order) - max(1, round(len(order) * fraction))
    return order[:cut], order[cut:]
