"""Which figure decides a sweep, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ...datasets import DatasetInfo

Goal = Literal["max", "min"]
RISING = ("accuracy", "r2", "nmi", "ari", "purity")
"""Figures of which more is better; of all others less is."""


def goal_of(metric: str) -> Goal:
    """Whether more or less of a metric is better.

    >>> from netwright.train.sweep import goal_of
    >>> goal_of("val_accuracy"), goal_of("val_loss")
    ('max', 'min')
    """
    return "max" if metric.rpartition("_")[2] in RISING else "min"


def metrics_for(info: DatasetInfo | None, settings: Mapping[str, Any]) -> list[str]:
    """The figures that a training of these settings has at the end of each epoch, the most telling first."""
    task = (settings.get("task") or {}).get("kind", "supervised")
    told = {
        "generation": ["frechet"],
        "clustering": ["nmi", "ari", "purity"],
        "reconstruction": [],
        "language": ["perplexity", "accuracy"],
    }.get(task)
    if told is None:
        kind = info.label.kind if info is not None else "none"
        told = {"class": ["accuracy"], "value": ["r2", "mse", "mae"]}.get(kind, [])
    held = float(settings.get("validation_split", 0.1)) > 0
    found = [f"val_{name}" for name in (*told, "loss")] if held or task in ("generation", "clustering") else []
    train = ["loss", *(name for name in told if name == "accuracy")]
    return [*found, *(f"train_{name}" for name in train)]
