"""What each column of a table is, guessed from all of its cells in one pass that keeps next to nothing of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from ..errors import DataError
from .dates import guess_order
from .info import DateOrder
from .limits import DEFAULT, Limits
from .preprocessing import MISSING, is_missing
from .recipe import ColumnChoice, Dialect, Kind, Recipe, SplitChoice
from .table_reader import Batch, Progress, open_table
from .words import word_count

KEPT = 5000
"""Different texts of a column that are counted; more are "many"."""
EXAMPLES = 5
SHOWN_ROWS = 20
LONGEST_GAP = max(map(len, MISSING))
TARGETS = ("target", "label", "labels", "y", "标签", "目标")
PARTS = ("split", "part", "subset", "fold")
TEST_NAMES = ("test", "testing", "validation", "val")

Why = Literal["empty", "constant", "every_row_differs", "counts_rows", "long_texts", "few_texts", "numbers", "dates"]


class ColumnProfile(BaseModel):
    """What was seen of a column.

    ``distinct`` is None where there are too many to count; ``because`` is the guess's reason; ``odd`` is a cell that is
    no number in a column where nearly all are, ``odd_cells`` how many there are.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    because: Why
    rows: int
    missing: int
    distinct: int | None
    examples: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    order: DateOrder = "ymd"
    odd: str | None = None
    odd_cells: int = 0
    class_like: bool = False


class TableSurvey(BaseModel):
    """A table as it was found: its columns, the first rows, and the recipe that is proposed."""

    model_config = ConfigDict(frozen=True)

    rows: int
    columns: tuple[ColumnProfile, ...]
    head: tuple[tuple[str, ...], ...]
    recipe: Recipe


def survey_table(
    path: Path,
    kind: str,
    dialect: Dialect,
    *,
    target: str | None = None,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> TableSurvey:
    """Go through a CSV or Parquet file once and guess; ``target`` names the column to predict ("none": none)."""
    head: list[tuple[str, ...]] = []
    rows = 0
    with open_table(path, kind, dialect, limits, progress) as table:
        seen = [_Seen(name) for name in table.names]
        for batch in table.batches:
            if len(head) < SHOWN_ROWS:
                head += _rows_of(batch, SHOWN_ROWS - len(head))
            rows += batch.rows
            for column, cells in zip(seen, batch.columns, strict=True):
                column.add(cells)
    profiles = [column.profile(limits) for column in seen]
    names = [profile.name for profile in profiles]
    if target is not None and target not in names and target.lower() != "none":
        raise DataError(
            "there is no such column for the label", wanted=f"one of {', '.join(names[:20])}", got=repr(target[:60])
        )
    return TableSurvey(
        rows=rows, columns=tuple(profiles), head=tuple(head), recipe=propose(profiles, dialect, target=target)
    )


def _rows_of(batch: Batch, most: int) -> list[tuple[str, ...]]:
    return [tuple(cell[:200] for cell in row) for row in zip(*(cells[:most] for cells in batch.columns), strict=True)]


def propose(profiles: Sequence[ColumnProfile], dialect: Dialect, *, target: str | None = None) -> Recipe:
    """The recipe that fits what was seen."""
    split = _guess_split(profiles)
    chosen = target if target is not None else _guess_target(profiles, split.column)
    columns = [_choose(profile, profile.name in (chosen, split.column), profile.name == chosen) for profile in profiles]
    found = next((profile for profile in profiles if profile.name == chosen), None)
    as_class = found is not None and found.class_like
    if split.by == "stratified" and not as_class:
        split = split.model_copy(update={"by": "random"})
    return Recipe(dialect=dialect, columns=tuple(columns), target_as="class" if as_class else "value", split=split)


def _choose(profile: ColumnProfile, special: bool, target: bool) -> ColumnChoice:
    kind: Kind = "target" if target else "ignored" if special else profile.kind
    remedies: dict[Kind, Any] = {"number": "mean", "date": "median", "category": "constant", "text": "constant"}
    remedy = remedies.get(kind, "drop")
    constant = ("" if kind == "text" else "missing") if remedy == "constant" else None
    return ColumnChoice(name=profile.name, kind=kind, missing=remedy, constant=constant, order=profile.order)


def _guess_target(profiles: Sequence[ColumnProfile], not_this: str | None) -> str | None:
    """By its name, else the last column that could be one; None where there is but one column."""
    able = [p for p in profiles if p.name != not_this and p.because not in ("empty", "long_texts", "counts_rows")]
    able = [p for p in able if p.kind == "number" or p.class_like]
    named = [p for p in able if p.name.strip().lower() in TARGETS]
    if len(profiles) < 2 or not able:
        return None
    return (named or able)[-1].name


def _guess_split(profiles: Sequence[ColumnProfile]) -> SplitChoice:
    """A column called "split" that holds "test" says itself which rows are for testing."""
    for profile in profiles:
        found = [text for text in profile.examples if text.lower() in TEST_NAMES]
        if profile.name.strip().lower() in PARTS and found and profile.distinct in (2, 3):
            return SplitChoice(by="column", column=profile.name, test_values=tuple(found))
    return SplitChoice()


@dataclass
class _Seen:
    """The running sums of a column."""

    name: str
    rows: int = 0
    missing: int = 0
    texts: Counter[str] = field(default_factory=Counter)
    many: bool = False
    numbers: int = 0
    odd: str | None = None
    whole: bool = True
    breaks: int = 0
    """Places where a number is not the one after the number before it."""
    last: float = math.nan
    low: float = math.inf
    high: float = -math.inf
    total: float = 0.0
    words: int = 0
    examples: dict[str, None] = field(default_factory=dict)

    def add(self, cells: list[str]) -> None:
        counts = Counter(cells)
        gaps = [text for text in counts if len(text) <= LONGEST_GAP and is_missing(text)]
        self.missing += sum(counts.pop(gap) for gap in gaps)
        self.rows += len(cells)
        for text in counts:
            if len(self.examples) >= EXAMPLES:
                break
            self.examples[text[:80]] = None
        self._measure(counts, cells if not gaps else [cell for cell in cells if not is_missing(cell)])
        if not self.many:
            self.texts.update(counts)
            self.many = len(self.texts) > KEPT

    def _measure(self, counts: Counter[str], present: list[str]) -> None:
        try:
            values = np.array(present, dtype=np.float64)
        except ValueError:
            found = {text: value for text in counts if (value := _float(text)) is not None}
            values = np.array([found[cell] for cell in present if cell in found] if found else [], np.float64)
            self.odd = self.odd or next((text for text in counts if text not in found), None)
            some = list(counts)[:50]
            self.words = max(self.words, sum(map(word_count, some)) // max(1, len(some)))
        self.numbers += len(values)
        values = values[np.isfinite(values)]
        if not len(values):
            return
        self.whole = self.whole and bool(np.all(values == np.rint(values)))
        steps = np.diff(values, prepend=self.last)
        self.breaks += int((steps[np.isfinite(steps)] != 1.0).sum())
        self.last = float(values[-1])
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        self.total += float(values.sum())

    def profile(self, limits: Limits) -> ColumnProfile:
        present = self.rows - self.missing
        distinct = None if self.many else len(self.texts)
        kind, because = self._guess(present, distinct, limits)
        odd_cells = present - self.numbers if kind == "number" else 0
        numeric = self.numbers == present and present > 0
        few = distinct is not None and distinct >= 2
        class_like = few and (
            (numeric and self.whole and (distinct or 0) <= min(20, max(2, present // 2)))
            or (not numeric and because in ("few_texts", "every_row_differs") and (distinct or 0) <= limits.classes)
        )
        known = self.numbers > 0 and kind == "number"
        return ColumnProfile(
            name=self.name, kind=kind, because=because, rows=self.rows, missing=self.missing, distinct=distinct,
            examples=tuple(self.examples), order=(guess_order(self.texts) or "ymd") if because == "dates" else "ymd",
            odd=self.odd if odd_cells else None, odd_cells=odd_cells, class_like=class_like,
            low=self.low if known else None, high=self.high if known else None,
            mean=self.total / self.numbers if known else None,
        )  # fmt: skip

    def _guess(self, present: int, distinct: int | None, limits: Limits) -> tuple[Kind, Why]:
        if not present:
            return "ignored", "empty"
        if distinct == 1 and (self.numbers or not self.missing):
            return "ignored", "constant"
        if self.numbers == present:
            # a row or two may be there twice
            rows = self.whole and present > 10 and self.breaks <= max(1, 0.01 * present)
            return ("ignored", "counts_rows") if rows else ("number", "numbers")
        if guess_order(self.texts) is not None:
            return "date", "dates"
        if self.numbers >= 0.95 * present:
            return "number", "numbers"
        if distinct is not None and distinct <= min(limits.categories, max(2, present // 2)) and self.words < 8:
            return "category", "few_texts"
        if self.words >= 3:
            return "text", "long_texts"
        return "ignored", "every_row_differs"


def _float(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
