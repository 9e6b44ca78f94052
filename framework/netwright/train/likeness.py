"""How like two sets of samples are: the Fréchet distance of their main directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_DIRECTIONS = 64

Floats = NDArray[np.float64]


class Likeness:
    """Distance of samples to the real ones it was made of.

    |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½), means and covariances of at most 64 coordinates: those along which the real
    samples vary most (principal components). It is what FID computes, on pixels instead of a network's features: 0 for
    the same distribution; divided by the real samples' variance, so that 1 is about as bad as always drawing one image.
    """

    def __init__(self, real: NDArray[Any]) -> None:
        x = real.reshape(len(real), -1).astype(np.float64)
        self._middle = x.mean(0)
        spread, directions = np.linalg.eigh(np.cov(x - self._middle, rowvar=False).reshape(x.shape[1], x.shape[1]))
        keep = min(MAX_DIRECTIONS, len(spread))
        self._directions = directions[:, ::-1][:, :keep]
        self._spread = np.maximum(spread[::-1][:keep], 0.0)
        self._total = float(self._spread.sum()) or 1.0

    def __call__(self, samples: NDArray[Any]) -> float:
        x = (samples.reshape(len(samples), -1).astype(np.float64) - self._middle) @ self._directions
        mean, covariance = x.mean(0), np.atleast_2d(np.cov(x, rowvar=False))
        # the real covariance is diagonal in its own directions: its root is that of the diagonal
        root = np.sqrt(self._spread)
        inner = np.linalg.eigvalsh(root[:, None] * covariance * root[None, :])
        overlap = np.sqrt(np.maximum(inner, 0.0)).sum()
        distance = float((mean**2).sum() + self._spread.sum() + np.trace(covariance) - 2 * overlap)
        return max(0.0, distance) / self._total
