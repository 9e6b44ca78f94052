"""Tables read a few thousand rows at a time: CSV in any dialect, and Parquet. Nothing is kept but the batch in hand."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError
from .csv_file import checked_rows
from .dialect import plain_number
from .limits import DEFAULT, Limits
from .recipe import Dialect

BATCH_ROWS = 4096
BATCH_CELLS = 1 << 16
"""Fewer rows where there are many columns: with cells of the greatest length a batch stays bearable."""

Progress = Callable[[float], None]
"""Is told now and then what part of the file is done; may raise to stop."""


@dataclass(frozen=True)
class Batch:
    """Some rows, column by column; ``first`` is the first one's row in the file (a header counts as one)."""

    first: int
    columns: list[list[str]]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.columns[0])


@dataclass(frozen=True)
class TableStream:
    """The names of the columns, and the batches to go through once."""

    names: list[str]
    batches: Iterator[Batch]


@contextmanager
def open_table(
    path: Path, kind: str, dialect: Dialect, limits: Limits = DEFAULT, progress: Progress | None = None
) -> Iterator[TableStream]:
    """The table in a file of ``kind`` csv or parquet; DataError names the row that is wrong."""
    if kind == "parquet":
        from .parquet_file import open_parquet

        with open_parquet(path, limits) as (stream, told):
            rows = checked_rows(stream, ",", limits)
            yield _start(rows, header=True, first=1, meter=_meter(progress, told))
        return
    size = max(1, path.stat().st_size)
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as stream:
        try:
            if "\0" in stream.read(4096):
                raise DataError("not a text file", wanted="a table of text", got="binary bytes")
            stream.seek(0)
            rows = checked_rows(stream, dialect.delimiter, limits)
            if dialect.decimal == ",":
                rows = ([plain_number(cell) for cell in row] for row in rows)
            yield _start(rows, dialect.header, 2 if dialect.header else 1, _meter(progress, lambda: raw.tell() / size))
        except UnicodeError as error:
            raise DataError(
                "the text cannot be read",
                wanted=dialect.encoding,
                got=f"byte {error.object[error.start]:#04x}"
                if isinstance(error, UnicodeDecodeError)
                else "other bytes",
                remedy="Choose another encoding, or save the table as UTF-8",
            ) from None


def _start(rows: Iterator[list[str]], header: bool, first: int, meter: Callable[[], None]) -> TableStream:
    top = next(rows, None)
    if top is None:
        raise DataError("the table is empty", wanted="a header and rows", got="nothing")
    names = unique_names(top) if header else [f"column {i + 1}" for i in range(len(top))]
    return TableStream(names, _cut(rows if header else itertools.chain([top], rows), first, meter))


def _cut(rows: Iterator[list[str]], first: int, meter: Callable[[], None]) -> Iterator[Batch]:
    top = next(rows, None)
    if top is None:
        raise DataError("the table has no rows", wanted="at least one row below the header", got="none")
    count = max(1, min(BATCH_ROWS, BATCH_CELLS // len(top)))
    rows = itertools.chain([top], rows)
    while gathered := list(itertools.islice(rows, count)):
        meter()
        yield _batch(first, gathered)
        first += len(gathered)
    meter()


def _batch(first: int, rows: list[list[str]]) -> Batch:
    return Batch(first, [list(column) for column in zip(*rows, strict=True)])


def _meter(progress: Progress | None, part: Callable[[], float]) -> Callable[[], None]:
    def tell() -> None:
        if progress is not None:
            progress(min(1.0, part()))

    return tell


def unique_names(header: list[str]) -> list[str]:
    """The names of the columns; an empty one is numbered, one that was there before gets a number behind it."""
    names: dict[str, None] = {}
    for i, cell in enumerate(header):
        name = cell[:80] or f"column {i + 1}"
        number = 2
        while name in names:
            name = f"{cell[:70] or 'column'} ({number})"
            number += 1
        names[name] = None
    return list(names)
