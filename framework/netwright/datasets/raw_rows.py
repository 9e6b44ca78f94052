"""Rows of a table as people wrote them, kept column by column: a number or a code takes eight bytes, not a string."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from .dates import write_date
from .info import Column, FieldKind

Cell = str | float | None


@dataclass(frozen=True, eq=False)
class RawColumn:
    """The cells of all rows: numbers and days with NaN for gaps, codes of ``names`` with −1, or texts."""

    name: str
    kind: FieldKind
    values: NDArray[Any] | list[str]
    names: tuple[str, ...] = ()

    def cell(self, row: int) -> Cell:
        """One cell; None where there is nothing."""
        if isinstance(self.values, list):
            return self.values[row] or None
        value = self.values[row]
        if self.kind == "category":
            return None if value < 0 else self.names[int(value)]
        if np.isnan(value):
            return None
        return write_date(float(value)) if self.kind == "date" else float(value)

    def gaps(self) -> NDArray[np.bool_]:
        """Which cells hold nothing."""
        if isinstance(self.values, list):
            return np.array([not text for text in self.values], bool)
        return self.values < 0 if self.kind == "category" else np.isnan(self.values)

    def at(self, rows: NDArray[Any]) -> RawColumn:
        """The column of some rows."""
        values = self.values
        chosen = [values[i] for i in rows.tolist()] if isinstance(values, list) else values[rows]
        return RawColumn(self.name, self.kind, chosen, self.names)


class RawRows(Sequence[Sequence[Cell]]):
    """Some rows of columns, as a sequence of lists of cells."""

    def __init__(self, columns: Sequence[RawColumn], rows: NDArray[np.int64]) -> None:
        self.columns = tuple(columns)
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, place: slice) -> list[Sequence[Cell]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        row = int(self.rows[place])
        return [column.cell(row) for column in self.columns]

    def column(self, number: int) -> RawColumn:
        """One column at these rows."""
        return self.columns[number].at(self.rows)


def column_of(fields: Sequence[Column], x: NDArray[Any], number: int) -> RawColumn:
    """A raw column out of a network's inputs, where the rows themselves were not kept; texts cannot be had so."""
    field = fields[number]
    start = sum(column.width for column in fields[:number])
    part = x[:, start : start + field.width]
    if field.kind == "category":
        return RawColumn(field.name, "category", part.argmax(1).astype(np.int64), field.categories)
    if field.kind == "text":
        return RawColumn(field.name, "text", ["…"] * len(x))
    return RawColumn(field.name, field.kind, part[:, 0].astype(np.float64))
