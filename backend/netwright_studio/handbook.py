"""``netwright docs``: where the documentation lies, and opening it, without a server."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from netwright.errors import NetwrightError

FOLDER = Path(__file__).parent / "docs"
"""The built documentation."""


def show(
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = False,
) -> None:
    """Say where the documentation lies on this machine; it opens without a server and without a network."""
    try:
        address = find().as_uri()
    except NetwrightError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {error}", soft_wrap=True)
        raise typer.Exit(1) from error
    typer.echo(address)
    if open_page:
        webbrowser.open(address)


def find(folder: Path = FOLDER) -> Path:
    """Return the documentation's first page; NetwrightError where it has not been built."""
    page = folder / "index.html"
    if not page.is_file():
        raise NetwrightError(
            "the documentation has not been built", where="netwright docs", remedy="Run make docs in the checkout"
        )
    return page
