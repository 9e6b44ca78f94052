"""The cells of a table's columns, gathered batch by batch into arrays as small as their kind allows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .dates import read_date
from .info import DateOrder
from .limits import Limits
from .preprocessing import FLOAT32_MAX, is_missing
from .raw_rows import RawColumn


class Gatherer(Protocol):
    """Takes the cells of a column, and gives the column."""

    odd: int
    """Cells that are there and are not of the column's kind; they count as gaps."""

    def add(self, cells: list[str]) -> None:
        """Take some more."""

    def column(self) -> RawColumn:
        """All of them."""


class Numbers:
    """float64, NaN where there is no number."""

    def __init__(self, name: str) -> None:
        self.name, self.odd = name, 0
        self._parts: list[NDArray[np.float64]] = []

    def add(self, cells: list[str]) -> None:
        """Take some more."""
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError:
            values = np.array([self._read(cell) for cell in cells])
        large = np.isinf(values) | (np.abs(values) > FLOAT32_MAX)
        if large.any():
            where = f"{self.name}: {cells[int(large.argmax())][:40]}"
            raise DataError("not a finite number", where=where, wanted="a finite float32", got="a larger one")
        self._parts.append(values)

    def _read(self, cell: str) -> float:
        if is_missing(cell):
            return np.nan
        try:
            return float(cell)
        except ValueError:
            self.odd += 1
            return np.nan

    def column(self) -> RawColumn:
        """All of them."""
        return RawColumn(self.name, "number", np.concatenate(self._parts) if self._parts else np.zeros(0))


class Dates:
    """Days since 1970, NaN where there is no date."""

    def __init__(self, name: str, order: DateOrder) -> None:
        self.name, self.odd = name, 0
        self._order: DateOrder = order
        self._parts: list[NDArray[np.float64]] = []
        self._known: dict[str, float] = {}

    def add(self, cells: list[str]) -> None:
        """Take some more."""
        self._parts.append(np.array([self._read(cell) for cell in cells], np.float64))

    def _read(self, cell: str) -> float:
        found = self._known.get(cell)
        if found is None:
            days = None if is_missing(cell) else read_date(cell, self._order)
            found = np.nan if days is None else days
            if len(self._known) < 10_000:
                self._known[cell] = found
        if found != found and not is_missing(cell):
            self.odd += 1
        return found

    def column(self) -> RawColumn:
        """All of them."""
        return RawColumn(self.name, "date", np.concatenate(self._parts) if self._parts else np.zeros(0))


class Categories:
    """int32 codes, −1 where there is nothing; the names sorted, numbers among themselves by size."""

    def __init__(self, name: str, most: int, what: str = "category") -> None:
        self.name, self.odd = name, 0
        self._most, self._what = most, what
        self._codes: dict[str, int] = {}
        self._parts: list[NDArray[np.int32]] = []

    def add(self, cells: list[str]) -> None:
        """Take some more."""
        codes = self._codes
        for cell in dict.fromkeys(cells):
            if cell not in codes and not is_missing(cell):
                codes[cell] = len(codes)
        if len(codes) > self._most:
            self._refuse()
        self._parts.append(np.array([codes.get(cell, -1) for cell in cells], np.int32))

    def _refuse(self) -> None:
        if self._what == "class":
            raise DataError("too many classes", where=self.name, wanted=f"at most {self._most}", got="more")
        raise DataError(
            "too many different texts",
            where=self.name,
            wanted=f"numbers, or at most {self._most} different texts",
            got="more",
            remedy="Leave the column out, or take it as text",
        )

    def column(self) -> RawColumn:
        """All of them."""
        names = sort_names(self._codes)
        places = np.empty(len(names) + 1, np.int64)
        for place, name in enumerate(names):
            places[self._codes[name]] = place
        places[-1] = -1
        codes = np.concatenate(self._parts) if self._parts else np.zeros(0, np.int32)
        return RawColumn(self.name, "category", places[codes], tuple(names))


class Texts:
    """The texts themselves, as long as they fit."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name, self.odd = name, 0
        self._texts: list[str] = []
        self._left = limits.array_bytes // 4

    def add(self, cells: list[str]) -> None:
        """Take some more."""
        self._left -= sum(map(len, cells)) + 8 * len(cells)
        if self._left < 0:
            raise DataError("too large", where=self.name, wanted="fewer or shorter texts", got="more")
        self._texts += ["" if is_missing(cell) else cell for cell in cells]

    def column(self) -> RawColumn:
        """All of them."""
        return RawColumn(self.name, "text", self._texts)


def sort_names(names: Iterable[str]) -> list[str]:
    """By size where all are numbers, else by letters."""
    found = list(names)
    try:
        return sorted(found, key=float)
    except ValueError:
        return sorted(found)
