"""``netwright templates``: networks that work, by the names that ``train`` takes, and whether they keep their word."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import number, out, table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    commands = typer.Typer(help="List the networks that come with Netwright, or check them.")
    commands.callback(invoke_without_command=True)(show_templates)
    commands.command("check")(check_templates)
    app.add_typer(commands, name="templates")


def show_templates(context: typer.Context) -> None:
    """List the networks that come with Netwright."""
    if context.invoked_subcommand is not None:
        return
    from .. import templates

    table(
        ("name", "family", "data set", "what to expect"),
        [(found.id, found.family, found.dataset, found.expected) for found in templates.all()],
    )
    out.print("\nTrain one: netwright train NAME")


def check_templates(
    names: Annotated[list[str] | None, typer.Argument(help="Templates to train; all by default.")] = None,
) -> None:
    """Train templates as they stand and compare what they come to with what they promise."""
    from .. import datasets, templates
    from ..templates.checking import train

    rows, broken = [], 0
    for template in [templates.get(name) for name in names] if names else templates.all():
        result = template.result
        if result is None or not datasets.info(template.dataset).available:
            rows.append((template.id, "", "", "", "", "no promise" if result is None else "its data are not here"))
            continue
        found = train(template)
        broken += not found.kept
        value = "none" if found.value is None else number(found.value)
        out.print(f"{template.id}: {result.metric} {value} in {found.seconds:.1f} s")
        promised = f"{number(result.low)} … {number(result.high)}"
        verdict = "kept" if found.kept else "broken"
        rows.append((template.id, result.metric, value, promised, f"{found.seconds:.1f}", verdict))
    table(("name", "measure", "value", "promised", "seconds", ""), rows, right=(2, 4))
    if broken:
        raise typer.Exit(1)
