"""How much each parameter has to do with the score, from the trials there are."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .measure import Goal
from .ranges import Choice, Float, Integer
from .trial import Trial, sign_of

FEWEST = 5
"""Of fewer trials nothing can be said."""


@dataclass(frozen=True)
class Importance:
    """Of one parameter: ``share`` of the ranks' variance that goes with it, 0 to 1.

    ``trend`` is Spearman's rank correlation with a better score, -1 to 1; None where values have no order.
    """

    path: str
    share: float
    trend: float | None


def importance(
    trials: Sequence[Trial], parameters: Sequence[Choice | Integer | Float], goal: Goal, rung: int = 0
) -> list[Importance]:
    """Each parameter's share, the greatest first; by the scores at one rung, so that like is compared with like.

    Of numbers it is the square of the rank correlation, of choices the part of the variance of the ranks that lies
    between them. Parameters that work only together show less than they do.
    """
    known = [trial for trial in trials if math.isfinite(trial.scores.get(rung, math.nan))]
    if len(known) < FEWEST:
        return []
    sign = sign_of(goal)
    ranks = _ranks([sign * trial.scores[rung] for trial in known])
    found = [_of(parameter, [trial.values.get(parameter.path) for trial in known], ranks) for parameter in parameters]
    return sorted(found, key=lambda one: -one.share)


def _of(parameter: Choice | Integer | Float, values: list[Any], ranks: np.ndarray[Any, Any]) -> Importance:
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        trend = _correlation(_ranks(values), ranks)
        return Importance(parameter.path, trend * trend, trend)
    return Importance(parameter.path, _between([json.dumps(value, sort_keys=True) for value in values], ranks), None)


def _ranks(values: Sequence[float]) -> np.ndarray[Any, Any]:
    """Places from 0; equal values share the mean of theirs."""
    array = np.asarray(values, float)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray[Any, Any] = (ends - 1 + ends - counts) / 2
    return means[inverse]


def _correlation(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> float:
    a, b = left - left.mean(), right - right.mean()
    size = math.sqrt(float((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size else 0.0


def _between(groups: Sequence[str], ranks: np.ndarray[Any, Any]) -> float:
    """The part of the variance that lies between the groups, less what chance alone would put there."""
    whole = float(((ranks - ranks.mean()) ** 2).sum())
    names = sorted(set(groups))
    if not whole or len(names) < 2 or len(names) >= len(groups):
        return 0.0
    members = np.asarray(groups)
    between = sum(
        float((members == name).sum() * (ranks[members == name].mean() - ranks.mean()) ** 2) for name in names
    )
    # the adjusted share: with as many groups as trials it would always be the whole
    free = len(groups) - len(names)
    within = (whole - between) / free
    return max(0.0, 1 - within / (whole / (len(groups) - 1)))
