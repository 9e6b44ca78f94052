"""Whether random numbers follow their distribution: by moments, and by Pearson's chi-square test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ParamError
from .comparing import host

Generator = Callable[[int], Any]


def gen_buckets_probs_with_ppf(
    ppf: Callable[[float], float], nbuckets: int
) -> tuple[list[tuple[float, float]], list[float]]:
    """(intervals, probabilities) of equal probability, from a distribution's inverse."""
    edges = [ppf(i / nbuckets) for i in range(nbuckets + 1)]
    return list(itertools.pairwise(edges)), [1.0 / nbuckets] * nbuckets


def mean_check(generator: Generator, mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the mean of samples is within three standard errors of ``mu``."""
    return bool(abs(host(generator(nsamples)).mean() - mu) < 3 * sigma / np.sqrt(nsamples))


def var_check(generator: Generator, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the variance of normal samples is within three standard errors of ``sigma``²."""
    found = host(generator(nsamples)).var(ddof=1)
    return bool(abs(found - sigma**2) < 3 * np.sqrt(2 * sigma**4 / (nsamples - 1)))


def chi_square_check(
    generator: Generator, buckets: Sequence[Any], probs: Sequence[float], nsamples: int = 1000000
) -> tuple[float, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(p-value, counts, expected counts) of samples in ``buckets``: intervals (low, high), or single values."""
    if len(buckets) != len(probs):
        raise ParamError("a probability for each bucket", where="chi_square_check", wanted=len(buckets), got=len(probs))
    samples = host(generator(nsamples)).reshape(-1)
    if isinstance(buckets[0], (list, tuple)):
        counts = np.array([((samples >= low) & (samples < high)).sum() for low, high in buckets])
    else:
        counts = np.array([(samples == value).sum() for value in buckets])
    expected = nsamples * np.asarray(probs, np.float64)
    from scipy.special import chdtrc  # 0.15 s to import: only where it is used

    p = float(chdtrc(len(buckets) - 1, ((counts - expected) ** 2 / expected).sum()))
    return p, counts, expected.astype(np.int64)


def verify_generator(
    generator: Generator,
    buckets: Sequence[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """The p-values of ``nrepeat`` tests; raises AssertionError if fewer than that share exceed ``alpha``."""
    found = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    values = [p for p, _, _ in found]
    if sum(p > alpha for p in values) < nrepeat * success_rate:
        raise AssertionError(
            f"the numbers do not follow the distribution: p={values}, counts={[list(c) for _, c, _ in found]}, "
            f"expected={list(found[0][2])}, buckets={list(buckets)}"
        )
    return values
