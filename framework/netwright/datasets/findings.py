"""What is wrong with a data set, each with its evidence: gaps, duplicates, uneven classes, columns that leak."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset, SplitName
from .finding import AlikePair, EvidenceBar, Finding
from .leaks import find_leaks
from .raw_rows import RawRows

MOST_ROWS = 2_000_000
SHOWN = 8
FEW = 50
UNEVEN = 10.0
SMALL_CLASS = 5


def find_problems(data: Dataset) -> list[Finding]:
    """All that should be looked at before training, the worst first.

    >>> from netwright import datasets
    >>> from netwright.datasets.findings import find_problems
    >>> [finding.kind for finding in find_problems(datasets.get("iris"))]
    ['duplicates_within']
    """
    found = [*find_leaks(data), *_duplicates(data), *_balance(data), *_gaps(data), *_constants(data)]
    total = len(data.train[0]) + len(data.test[0])
    if total < FEW:
        found.append(Finding(kind="few_samples", severity="hint", count=total))
    return sorted(found, key=lambda finding: finding.severity != "warning")


def _duplicates(data: Dataset) -> list[Finding]:
    """Samples that are bit for bit alike, within and between the parts, and those of them that disagree."""
    if data.info.input.kind == "text":
        return []
    seen: dict[bytes, tuple[SplitName, int]] = {}
    between: list[AlikePair] = []
    within: list[AlikePair] = []
    against: list[AlikePair] = []
    counts = {"between": 0, "within": 0, "against": 0}
    parts: tuple[SplitName, ...] = ("train", "test")
    for part in parts:
        x, _ = data.split(part)
        for number in range(min(len(x), MOST_ROWS)):
            key = _key(x[number])
            first = seen.setdefault(key, (part, number))
            if first == (part, number):
                continue
            labels = (data.label_of(*first), data.label_of(part, number))
            pair = AlikePair(first=first, second=(part, number), labels=labels)
            kept, name = (within, "within") if first[0] == part else (between, "between")
            counts[name] += 1
            if len(kept) < SHOWN:
                kept.append(pair)
            if labels[0] != labels[1] and data.info.label.kind == "class":
                counts["against"] += 1
                if len(against) < SHOWN:
                    against.append(pair)
    total = len(data.test[0])
    found = []
    if between:
        found.append(
            Finding(
                kind="duplicates_between",
                severity="warning",
                count=counts["between"],
                total=total,
                pairs=tuple(between),
            )
        )
    if against:
        found.append(Finding(kind="contradictions", severity="warning", count=counts["against"], pairs=tuple(against)))
    if within:
        found.append(Finding(kind="duplicates_within", severity="hint", count=counts["within"], pairs=tuple(within)))
    return found


def _key(sample: NDArray[Any]) -> bytes:
    """What two samples share when they are alike; large ones by their digest, so that memory stays small."""
    content = np.ascontiguousarray(sample).tobytes()
    if len(content) <= 64:
        return content
    return hashlib.blake2b(content, digest_size=16).digest()


def _balance(data: Dataset) -> list[Finding]:
    classes = data.info.label.classes
    if classes is None or data.info.label.kind != "class" or data.train[1].ndim != 1 or len(classes) < 2:
        return []
    counts = np.bincount(data.train[1], minlength=len(classes))
    order = np.argsort(counts, kind="stable")
    shares = tuple(EvidenceBar(name=classes[i], count=int(counts[i])) for i in [*order[:4], *order[-2:]])
    found = []
    most, least = int(counts.max()), int(counts.min())
    if most >= UNEVEN * max(1, least):
        found.append(
            Finding(
                kind="imbalance",
                severity="warning",
                value=classes[int(counts.argmin())],
                count=least,
                total=most,
                baseline=most / int(counts.sum()),
                shares=tuple(dict.fromkeys(shares)),
            )
        )
    elif least < SMALL_CLASS:
        small = int((counts < SMALL_CLASS).sum())
        found.append(Finding(kind="small_class", severity="hint", count=small, shares=tuple(dict.fromkeys(shares))))
    return found


def _gaps(data: Dataset) -> list[Finding]:
    rows = None if data.raw is None else data.raw["train"]
    if not isinstance(rows, RawRows):
        return []
    found = []
    other = data.raw["test"] if data.raw is not None else rows
    for number, column in enumerate(rows.columns):
        gaps = int(rows.column(number).gaps().sum())
        if isinstance(other, RawRows):
            gaps += int(other.column(number).gaps().sum())
        total = len(rows) + len(other)
        if gaps and column.kind != "text":
            severity: Literal["warning", "hint"] = "warning" if gaps > 0.3 * total else "hint"
            found.append(Finding(kind="missing", severity=severity, column=column.name, count=gaps, total=total))
    return found


def _constants(data: Dataset) -> list[Finding]:
    fields, x = data.info.input.fields, data.train[0]
    if fields is None or not len(x):
        return []
    found, start = [], 0
    for field in fields:
        part = x[:, start : start + field.width]
        start += field.width
        if bool((part == part[0]).all()):
            place = int(part[0].argmax()) if field.kind == "category" else 0
            value = field.categories[place] if field.kind == "category" else float(part[0, 0])
            found.append(Finding(kind="constant", severity="warning", column=field.name, value=value))
    return found
