"""Rows of figures beside their bars, and what a check is given to make them."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

HELPERS = frozenset({"table", "worker", "standing", "clients", "requests", "soundness"})
"""Modules here that are no checks; files whose name begins with `_` or `test_` are none either."""


@dataclass(frozen=True)
class Row:
    """What was tried, the figure that came out, the bar it is held to, and whether it passes.

    A figure that is ``timed`` depends on what else the machine does: the quick form shows it and asks nothing of it.
    """

    what: str
    figure: str
    bar: str
    ok: bool
    timed: bool = False


@dataclass(frozen=True)
class Form:
    """How thorough a check is to be, and an empty folder of its own."""

    folder: Path
    long: bool = False

    def times(self, long: int, quick: int) -> int:
        """So many in this form."""
        return long if self.long else quick


Check = Callable[[Form], Iterable[Row]]


def subjects() -> list[str]:
    """The checks, each a module here with a function ``check``."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return [name for name in names if name not in HELPERS and not name.startswith(("_", "test_"))]


def find(subject: str) -> Check:
    """The check of a subject."""
    module = importlib.import_module(f"tests.trust.{subject}")
    check: Check = module.check
    return check


def out_of(done: int, tried: int) -> str:
    """`20/20`."""
    return f"{done}/{tried}"


def count_row(what: str, done: int, tried: int) -> Row:
    """A row whose bar is that all went well."""
    return Row(what, out_of(done, tried), out_of(tried, tried), done == tried > 0)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which a share of all lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(seconds: float) -> str:
    """`12.3 ms`."""
    return f"{seconds * 1000:.1f} ms"


def print_rows(rows: Iterable[tuple[str, Row]], table: TextIO) -> bool:
    """Print the table as it comes about, with the time of each subject; True when every figure passes."""
    fine, before = True, ""
    began = last = time.monotonic()

    def say(line: str) -> None:
        print(line, file=table, flush=True)

    say(f"{'':4} {'what':<78} {'figure':>26}   bar")
    for subject, row in rows:
        if subject != before:
            if before:
                say(f"     {before} took {last - began:.0f} s")
            before, began = subject, last
        fine, last = fine and row.ok, time.monotonic()
        say(f"{'ok' if row.ok else 'FAIL':4} {f'{subject}: {row.what}':<78} {row.figure:>26}   {row.bar}")
    say(f"     {before} took {last - began:.0f} s")
    return fine


def run_checks(names: Iterable[str], long: bool, folder: Path) -> Iterator[tuple[str, Row]]:
    """The rows of the named checks; what is raised is a row that fails."""
    for name in names:
        own = folder / name
        own.mkdir()
        try:
            for row in find(name)(Form(own, long)):
                yield name, row
        except Exception as error:
            yield name, Row(f"ended early: {str(error)[:200]}", type(error).__name__, "no error", ok=False)
