"""``netwright templates``: networks that work, by the names ``netwright train`` takes."""

from __future__ import annotations

import typer

from .console import out, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("templates")(show_templates)


def show_templates() -> None:
    """List the networks that come with Netwright."""
    from .. import templates

    table(
        ("name", "data set", "what to expect"),
        [(found.id, found.dataset, found.expected) for found in templates.all()],
    )
    out.print("\nTrain one: netwright train NAME")
