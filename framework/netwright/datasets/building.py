"""A recipe carried out: from a table's file to a data set, with every statistic taken from the training part alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .dataset import Dataset, SplitName
from .dates import date_inputs, read_date, write_date
from .describing import describe
from .gathering import Categories, Dates, Gatherer, Numbers, Texts, sort_names
from .info import Column, InputInfo, LabelInfo
from .limits import DEFAULT, Limits
from .preprocessing import Preprocessing, one_hot
from .raw_rows import RawColumn, RawRows
from .recipe import ColumnChoice, Recipe
from .splitting import split_rows
from .steps import Step
from .table_reader import Progress, open_table
from .words import count_words


def build_table(
    path: Path,
    kind: str,
    recipe: Recipe,
    *,
    name: str,
    source: str,
    test: tuple[Path, str] | None = None,
    limits: Limits = DEFAULT,
    progress: Progress | None = None,
) -> Dataset:
    """The data set that a recipe makes of a table; ``test`` is the file (and its kind) of the test part."""
    columns = _gather(path, kind, recipe, limits, progress)
    rows = _length(columns)
    given = None
    if recipe.split.by == "file":
        if test is None:
            raise DataError("the file of the test part is missing", where="split", wanted="a second file", got="none")
        columns = _join(columns, _gather(test[0], test[1], recipe, limits, progress))
        given = np.arange(_length(columns)) >= rows
    steps = [Step(kind="ignore", column=c.name) for c in recipe.columns if c.kind == "ignored"]
    kept = _drop_gaps(columns, recipe, steps)
    if len(kept) < 2:
        raise DataError("too few rows are left", wanted="at least two rows without gaps", got=len(kept))
    target = None if recipe.target is None else columns[recipe.target].at(kept)
    classes = target is not None and recipe.target_as == "class"
    labels = np.asarray(target.values) if classes and target is not None else None
    marks = columns[recipe.split.column].at(kept) if recipe.split.column in columns else None
    train, test_rows = split_rows(recipe.split, len(kept), labels, marks, None if given is None else given[kept])
    steps.append(_split_step(recipe, len(train), len(test_rows)))
    inputs = [choice for choice in recipe.columns if choice.kind not in ("ignored", "target")]
    if not inputs:
        raise DataError("nothing to learn from", wanted="at least one column besides the label", got="none")
    raw = [columns[choice.name].at(kept) for choice in inputs]
    fields = [_fit_column(column, choice, recipe, train, steps) for column, choice in zip(raw, inputs, strict=True)]
    if len(kept) * sum(field.width for field in fields) * 4 > limits.array_bytes:
        raise DataError(
            "too large once its texts are one-hot", wanted=f"at most {limits.array_bytes} bytes", got="more"
        )
    x = np.concatenate([_encode(column, field) for column, field in zip(raw, fields, strict=True)], axis=1)
    y, label = _label(target, recipe, len(kept))
    parts = {"train": train, "test": test_rows}
    fitted = _fit(x[train], y[train], label, fields, recipe, steps)
    shape = InputInfo(kind="table", shape=(x.shape[1],), columns=tuple(f.name for f in fields), fields=tuple(fields))
    pair = (x[train], y[train]), (x[test_rows], y[test_rows])
    return Dataset(
        describe(name, shape, label, *pair, source=source),
        *pair,
        fitted.model_copy(update={"steps": tuple(steps)}),
        cast("dict[SplitName, Any]", {part: RawRows(raw, rows) for part, rows in parts.items()}),
    )


def _gather(path: Path, kind: str, recipe: Recipe, limits: Limits, progress: Progress | None) -> dict[str, RawColumn]:
    """The columns that are used, whole; DataError where the file lacks one."""
    chosen = {choice.name: choice for choice in recipe.columns}
    with open_table(path, kind, recipe.dialect, limits, progress) as table:
        missing = [column for column in chosen if column not in table.names]
        if missing:
            raise DataError(
                "the file lacks a column of the recipe",
                wanted=", ".join(missing)[:200],
                got=", ".join(table.names)[:200],
                remedy="Read the file again and choose anew",
            )
        used: list[tuple[int, Gatherer]] = [
            (number, _gatherer(chosen[column], recipe, limits))
            for number, column in enumerate(table.names)
            if column in chosen and _is_used(chosen[column], recipe)
        ]
        for batch in table.batches:
            for number, gatherer in used:
                gatherer.add(batch.columns[number])
    found = {}
    for _, gatherer in used:
        column = gatherer.column()
        found[column.name] = column
    return found


def _is_used(choice: ColumnChoice, recipe: Recipe) -> bool:
    return choice.kind != "ignored" or choice.name == recipe.split.column


def _gatherer(choice: ColumnChoice, recipe: Recipe, limits: Limits) -> Gatherer:
    name = choice.name
    if choice.kind == "number":
        return Numbers(name)
    if choice.kind == "date":
        return Dates(name, choice.order)
    if choice.kind == "text":
        return Texts(name, limits)
    if choice.kind == "target":
        return Numbers(name) if recipe.target_as == "value" else Categories(name, limits.classes, "class")
    if choice.kind == "ignored":  # it says how to split
        return _Sortable(name, choice.order) if recipe.split.by == "time" else Categories(name, limits.cells)
    return Categories(name, limits.categories)


class _Sortable:
    """What the split by time sorts by: days or numbers."""

    def __init__(self, name: str, order: Any) -> None:
        self.odd = 0
        self._dates, self._numbers = Dates(name, order), Numbers(name)

    def add(self, cells: list[str]) -> None:
        """Take some more."""
        self._dates.add(cells)
        self._numbers.add(cells)

    def column(self) -> RawColumn:
        """The one of which more could be read."""
        dates, numbers = self._dates.column(), self._numbers.column()
        return dates if dates.gaps().sum() < numbers.gaps().sum() else numbers


def _length(columns: Mapping[str, RawColumn]) -> int:
    return next((len(column.values) for column in columns.values()), 0)


def _join(first: Mapping[str, RawColumn], second: Mapping[str, RawColumn]) -> dict[str, RawColumn]:
    """The columns of two files, one below the other."""
    return {name: _join_one(column, second[name]) for name, column in first.items()}


def _join_one(a: RawColumn, b: RawColumn) -> RawColumn:
    if isinstance(a.values, list) or isinstance(b.values, list):
        return RawColumn(a.name, a.kind, [*a.values, *b.values])
    if a.kind != "category":
        return RawColumn(a.name, a.kind, np.concatenate([a.values, b.values]))
    names = sort_names({**dict.fromkeys(a.names), **dict.fromkeys(b.names)})
    places = {name: i for i, name in enumerate(names)}
    codes = [
        np.array([*(places[name] for name in column.names), -1], np.int64)[np.asarray(column.values)]
        for column in (a, b)
    ]
    return RawColumn(a.name, "category", np.concatenate(codes), tuple(names))


def _drop_gaps(columns: Mapping[str, RawColumn], recipe: Recipe, steps: list[Step]) -> NDArray[np.int64]:
    """The rows that stay; each column that costs some tells how many."""
    keep = np.ones(_length(columns), bool)
    for choice in recipe.columns:
        if choice.name not in columns or choice.kind == "text":
            continue
        needed = choice.kind == "target" or choice.name == recipe.split.column
        if choice.missing == "drop" or needed:
            gaps = columns[choice.name].gaps()
            lost = int((gaps & keep).sum())
            keep &= ~gaps
            if lost:
                steps.append(Step(kind="drop_rows", column=choice.name, count=lost))
    return np.flatnonzero(keep)


def _split_step(recipe: Recipe, train: int, test: int) -> Step:
    split = recipe.split
    chance = split.by in ("stratified", "random", "group")
    column = split.column if split.by in ("column", "group", "time") else None
    seed = split.seed if chance else None
    return Step(kind="split", how=split.by, column=column, train=train, test=test, seed=seed)


def _fit_column(
    column: RawColumn, choice: ColumnChoice, recipe: Recipe, train: NDArray[Any], steps: list[Step]
) -> Column:
    """What the column becomes, its fill and categories found; the steps say so."""
    name = choice.name
    gaps = int(column.gaps().sum())
    if column.kind == "text":
        steps.append(Step(kind="words", column=name, count=recipe.words))
        return Column(name=name, kind="text", words=recipe.words)
    # Without gaps nothing is filled now, but a later row may have one: the remedy is kept for it.
    fill = None if choice.missing == "drop" else _fill(column, choice, train)
    if fill is not None and gaps:
        steps.append(Step(kind="fill", column=name, how=cast(Any, choice.missing), value=fill, count=gaps))
    if column.kind == "number":
        return Column(name=name, fill=fill)
    if column.kind == "date":
        steps.append(Step(kind="date", column=name))
        return Column(name=name, kind="date", fill=fill, order=choice.order)
    names = column.names if fill is None or fill in column.names or not gaps else (*column.names, str(fill))
    if not names:
        raise DataError("a column is empty", where=name, wanted="values", got="none", remedy="Leave the column out")
    steps.append(Step(kind="one_hot", column=name, count=len(names)))
    known = fill if fill in names else None
    return Column(name=name, kind="category", categories=tuple(names), fill=known)


def _fill(column: RawColumn, choice: ColumnChoice, train: NDArray[Any]) -> float | str:
    """What stands in for a gap, of the training part's values."""
    values = np.asarray(column.values)[train]
    constant = choice.constant or ""
    if column.kind == "category":
        if choice.missing == "constant":
            return constant
        codes = values[values >= 0]
        return column.names[int(np.bincount(codes).argmax())] if len(codes) else constant
    present = values[~np.isnan(values)]
    if choice.missing == "constant":
        return _constant(column, choice, constant)
    if not len(present):
        raise DataError(
            "a column is empty", where=column.name, wanted="values", got="none", remedy="Leave the column out"
        )
    if choice.missing == "most_frequent":
        found, counts = np.unique(present, return_counts=True)
        value = float(found[counts.argmax()])
    else:
        value = float(present.mean() if choice.missing == "mean" else np.median(present))
    return write_date(value) if column.kind == "date" else value


def _constant(column: RawColumn, choice: ColumnChoice, text: str) -> float | str:
    if column.kind == "date":
        if read_date(text, choice.order) is None:
            raise DataError("not a date", where=column.name, wanted="a date such as 2026-01-31", got=repr(text[:40]))
        return text
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise DataError("not a number", where=column.name, wanted="a number", got=repr(text[:40]))
    return value


def _encode(column: RawColumn, field: Column) -> NDArray[np.float32]:
    """The network's inputs of a column, its gaps filled."""
    if isinstance(column.values, list):
        return count_words(column.values, field.words)
    gaps = column.gaps()
    values = column.values
    if field.kind == "category":
        if gaps.any():
            values = np.where(gaps, field.categories.index(str(field.fill)), values)
        return one_hot(values, field.width)
    if field.fill is not None:
        fill = read_date(str(field.fill), field.order) if field.kind == "date" else field.fill
        values = np.where(gaps, cast(float, fill), values)
    return date_inputs(values) if field.kind == "date" else values.astype(np.float32)[:, None]


def _label(target: RawColumn | None, recipe: Recipe, samples: int) -> tuple[NDArray[Any], LabelInfo]:
    if target is None:
        return np.zeros((samples, 0), np.float32), LabelInfo(kind="none")
    if recipe.target_as == "value":
        return np.asarray(target.values, np.float32), LabelInfo(kind="value", name=target.name)
    if len(target.names) < 2:
        raise DataError(
            "there is only one class", where=target.name, wanted="two or more", got=", ".join(target.names)[:60]
        )
    return np.asarray(target.values, np.int64), LabelInfo(kind="class", classes=target.names, name=target.name)


def _fit(
    x: NDArray[Any],
    y: NDArray[Any],
    label: LabelInfo,
    fields: Sequence[Column],
    recipe: Recipe,
    steps: list[Step],
) -> Preprocessing:
    """Scaling found on the training part."""
    values = y if label.kind == "value" and recipe.scale_target else None
    measured = sum(field.measured for field in fields)
    if recipe.scaling == "none":
        fitted = Preprocessing(columns=tuple(fields))
        if values is not None:
            told = Preprocessing.fit(values[:, None], values)
            fitted = fitted.model_copy(update={"target_mean": told.target_mean, "target_scale": told.target_scale})
    else:
        fitted = Preprocessing.fit(x, values, columns=fields, to_range=recipe.scaling == "min_max")
        if measured:
            steps.append(Step(kind=recipe.scaling, count=measured))
    if values is not None:
        steps.append(Step(kind="scale_target", column=label.name))
    return fitted
