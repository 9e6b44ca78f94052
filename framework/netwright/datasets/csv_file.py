"""CSV files as raw tables: delimiter, header and missing cells found out, sizes bounded while reading."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from ..errors import DataError
from .limits import DEFAULT, Limits
from .preprocessing import is_missing


@dataclass(frozen=True)
class CSVTable:
    """Column names and one list of cells per column; ``first_row`` is the first one's row in the file."""

    names: list[str]
    columns: list[list[str]]
    first_row: int

    @property
    def rows(self) -> int:
        """How many data rows there are."""
        return len(self.columns[0]) if self.columns else 0


def read_csv(path: Path, limits: Limits = DEFAULT) -> CSVTable:
    """Read a CSV file (UTF-8; comma, semicolon or tab); raises DataError naming the row that is wrong."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _read(stream, limits)
    except UnicodeDecodeError as error:
        raise DataError(
            "the text cannot be read",
            wanted="UTF-8",
            got=f"byte {error.object[error.start]:#04x}",
            remedy="Save the table as UTF-8",
        ) from None


def _read(stream: TextIO, limits: Limits) -> CSVTable:
    start = stream.read(1 << 16)
    if "\0" in start:
        raise DataError("not a text file", wanted="a CSV table", got="binary bytes")
    stream.seek(0)
    rows = checked_rows(stream, _guess_delimiter(start), limits)
    first = next(rows, None)
    if first is None:
        raise DataError("the table is empty", wanted="a header and rows", got="nothing")
    has_header = not any(is_number(cell) for cell in first)
    names = _unique_names(first) if has_header else [f"column {i + 1}" for i in range(len(first))]
    columns: list[list[str]] = [[] for _ in names]
    appends = [column.append for column in columns]
    for row in rows if has_header else itertools.chain([first], rows):
        for append, cell in zip(appends, row, strict=True):
            append(cell)
    if not columns[0]:
        raise DataError("the table has no rows", wanted="at least one row below the header", got="none")
    return CSVTable(names, columns, 2 if has_header else 1)


def _guess_delimiter(start: str) -> str:
    line = start.split("\n", 1)[0]
    return max(",;\t", key=line.count)


def checked_rows(stream: Iterable[str], delimiter: str, limits: Limits) -> Iterator[list[str]]:
    """Rows with stripped cells, all of the first row's width; blank lines are left out."""
    width = cells = 0
    # Quoting that never ends would read the whole file as one cell: the reader's own limit stops it.
    csv.field_size_limit(max(limits.cell_characters, 131_072))
    reader = csv.reader(stream, delimiter=delimiter)
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            width = width or len(row)
            cells += len(row)
            where = f"line {reader.line_num}"
            if len(row) != width:
                raise DataError(
                    "a row has another number of cells",
                    where=where,
                    wanted=f"{width} as in the first row",
                    got=len(row),
                )
            if width > limits.columns:
                raise DataError("too many columns", wanted=f"at most {limits.columns}", got=width)
            if cells > limits.cells:
                raise DataError("too many cells", where=where, wanted=f"at most {limits.cells}", got="more")
            if max(map(len, row)) > limits.cell_characters:
                raise DataError(
                    "a cell is too long",
                    where=where,
                    wanted=f"at most {limits.cell_characters} characters",
                    got="more",
                )
            yield [cell.strip() for cell in row]
    except csv.Error as error:
        raise DataError(f"the table cannot be read: {error}", where=f"line {reader.line_num}") from None


def _unique_names(header: list[str]) -> list[str]:
    names: list[str] = []
    for i, cell in enumerate(header):
        name = cell[:80] or f"column {i + 1}"
        if name in names:
            raise DataError("a column name is used twice", where="line 1", wanted="one name per column", got=repr(name))
        names.append(name)
    return names


def is_number(cell: str) -> bool:
    """Tell whether a cell holds a number."""
    if is_missing(cell):
        return False
    try:
        float(cell)
    except ValueError:
        return False
    return True
