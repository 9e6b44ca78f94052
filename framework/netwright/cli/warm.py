"""``netwright warm``: compile the CPU kernels that are not in the cache, so that no training has to wait for them."""

from __future__ import annotations

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from .console import errors, out

EPILOG = "Example: `netwright warm`"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("warm", epilog=EPILOG)(warm)


def warm() -> None:
    """Compile the kernels of native plans ahead. They are kept; until then plans are interpreted."""
    from ..kernels.cpu import warm as compile_all

    columns = (TextColumn("compiling"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        bar = progress.add_task("", total=None)

        def show(done: int, total: int, name: str) -> None:
            progress.update(bar, completed=done, total=total, description=name)
            if not out.is_terminal and (done == total or done % 10 == 0):
                out.print(f"{done} of {total} kernels are ready", soft_wrap=True)

        problems = compile_all(show)
    for problem in problems:
        errors.print(problem, style="yellow", soft_wrap=True, markup=False)
    out.print("Kernels are ready." if not problems else "Kernels are ready, but for the above.")
