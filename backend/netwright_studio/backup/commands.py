"""``netwright backup`` and ``netwright restore``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import DownloadColumn, Progress, TextColumn

from netwright.errors import NetwrightError
from netwright_studio.settings import read_settings

if TYPE_CHECKING:
    from netwright_studio.backup.archive import Progress as Report

HomeOption = Annotated[Path | None, typer.Option(help="Data folder (NETWRIGHT_HOME, else ~/.netwright).")]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; in a folder it gets a name with the time.")],
    home: HomeOption = None,
) -> None:
    """Write projects, data sets, runs with their checkpoints, and models to one file, while the studio runs."""
    from netwright_studio.backup.making import make_backup

    with _told() as console:
        settings = read_settings({"home": home})
        place = file / f"netwright-{datetime.now():%Y%m%d-%H%M%S}.zip" if file.is_dir() else file
        with _progress(console, "Backing up") as report:
            made = make_backup(settings, place.absolute(), report)
        console.print(
            f"Backup: {made.path} ({made.bytes / 2**20:.1f} MiB; {_words(made.manifest.tables)})", soft_wrap=True
        )


def restore(
    file: Annotated[Path, typer.Argument(help="What `netwright backup` wrote.")],
    home: HomeOption = None,
) -> None:
    """Put a backup into an empty data folder; with NETWRIGHT_DATABASE_URL, into that empty database."""
    from netwright_studio.backup.restoring import restore_backup

    with _told() as console:
        settings = read_settings({"home": home})
        with _progress(console, "Restoring") as report:
            done = restore_backup(settings, file.absolute(), report)
        console.print(f"Restored: {done.home} ({_words(done.manifest.tables)})", soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the ``netwright`` command line."""
    app.command("backup")(backup)
    app.command("restore")(restore)


@contextmanager
def _told() -> Iterator[Console]:
    console = Console(stderr=True, highlight=False)
    try:
        yield console
    except NetwrightError as error:
        console.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def _progress(console: Console, title: str) -> Iterator[Report]:
    columns = TextColumn("{task.description}"), DownloadColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done: progress.advance(task, done)


def _words(counts: dict[str, int]) -> str:
    names = {"projects": "projects", "runs": "runs", "model_versions": "model versions", "datasets": "data sets"}
    return ", ".join(f"{counts.get(table, 0)} {name}" for table, name in names.items())
