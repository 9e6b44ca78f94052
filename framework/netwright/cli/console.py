"""What the commands print with: plain numbers and tables on standard output, errors on standard error."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..errors import NetwrightError

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def show_error(error: NetwrightError) -> None:
    """Where, what, wanted, got, remedy: one line each."""
    where = f"{escape(error.where)}: " if error.where else ""
    errors.print(f"[bold red]error:[/] {where}{escape(error.message)}", soft_wrap=True)
    show_facts(errors, error.wanted, error.got, error.remedy)


def show_facts(console: Console, wanted: str | None, got: str | None, remedy: str | None) -> None:
    """What belongs under an error: one line each."""
    for word, text in (("wanted", wanted), ("got", got), ("try", remedy)):
        if text:
            console.print(f"  [dim]{word:>6}[/] {escape(text)}", soft_wrap=True)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    right: Sequence[int] = (),
    whole: Sequence[int] = (),
) -> None:
    """Print a table; columns numbered in ``right`` are set to the right, those in ``whole`` are never broken."""
    grid = Table(box=None, header_style="bold", pad_edge=False)
    for i, column in enumerate(columns):
        grid.add_column(column, justify="right" if i in right else "left", overflow="fold", no_wrap=i in whole)
    for row in rows:
        grid.add_row(*(escape(str(cell)) for cell in row))
    out.print(grid)


def number(value: float | None) -> str:
    """A metric in four significant digits; nothing for None."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(value)
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def duration(seconds: float) -> str:
    """Seconds for people: ``4.2 s``, ``3 min 05 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"
