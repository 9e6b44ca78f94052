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
