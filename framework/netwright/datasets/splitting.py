"""The split that a recipe asks for, on the rows that are left."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .raw_rows import RawColumn
from .recipe import SplitChoice
from .splits import Indices, split_by_order, split_groups, split_indices


def split_rows(
    choice: SplitChoice,
    samples: int,
    labels: NDArray[Any] | None,
    marks: RawColumn | None,
    given: NDArray[np.bool_] | None,
) -> tuple[Indices, Indices]:
    """(training, test) rows: ``labels`` are class numbers, ``marks`` the column the choice names, ``given`` tells which
    rows the file itself has for testing.
    """
    if choice.by in ("file", "given"):
        if given is None:
            raise DataError("the file has no test part of its own", where="split", wanted="another way to split")
        train, test = np.flatnonzero(~given), np.flatnonzero(given)
    elif choice.by in ("column", "group", "time"):
        if marks is None:
            raise DataError("the split names no column of the table", where="split", got=choice.column)
        train, test = _by_column(choice, marks)
    else:
        stratified = labels if choice.by == "stratified" else None
        train, test = split_indices(samples, stratified, fraction=choice.fraction, seed=choice.seed)
    if not len(train) or not len(test):
        raise DataError(
            "one part of the split is empty",
            where="split",
            wanted="samples in both parts",
            got=f"{len(train)} and {len(test)}",
            remedy="Choose another way to split, or another share",
        )
    return train, test


def _by_column(choice: SplitChoice, marks: RawColumn) -> tuple[Indices, Indices]:
    if choice.by == "time":
        if marks.kind not in ("date", "number"):
            wanted = "a column of dates or numbers"
            raise DataError("this column has no order in time", where=marks.name, wanted=wanted, got=marks.kind)
        return split_by_order(np.asarray(marks.values), fraction=choice.fraction)
    texts = np.array([str(cell) for cell in map(marks.cell, range(len(marks.values)))])
    if choice.by == "group":
        return split_groups(texts, fraction=choice.fraction, seed=choice.seed)
    testing = np.isin(texts, np.array(choice.test_values or ("",)))
    return np.flatnonzero(~testing), np.flatnonzero(testing)
