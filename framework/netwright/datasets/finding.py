"""The shape of a warning about a data set, with its evidence."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from .dataset import SplitName

FindingKind = Literal[
    "missing", "imbalance", "small_class", "duplicates_between", "duplicates_within", "contradictions", "constant",
    "id_like", "leak", "few_samples",
]  # fmt: skip


class AlikePair(BaseModel):
    """Two samples that are alike, by part and number, and their labels."""

    model_config = ConfigDict(frozen=True)

    first: tuple[SplitName, int]
    second: tuple[SplitName, int]
    labels: tuple[str | float | None, str | float | None]


class EvidenceBar(BaseModel):
    """A bar of evidence: ``count`` samples at ``name``, mostly ``mostly`` (a class, or a mean)."""

    model_config = ConfigDict(frozen=True)

    name: str
    count: int
    mostly: str | float | None = None
    share: float | None = None


class Finding(BaseModel):
    """One warning. ``score`` and ``baseline`` are a leak's measure (accuracy or R²) and what guessing would reach."""

    model_config = ConfigDict(frozen=True)

    kind: FindingKind
    severity: Literal["warning", "hint"]
    column: str | None = None
    count: int | None = None
    total: int | None = None
    value: str | float | None = None
    score: float | None = None
    baseline: float | None = None
    measure: Literal["accuracy", "r2"] | None = None
    pairs: tuple[AlikePair, ...] = ()
    shares: tuple[EvidenceBar, ...] = ()
