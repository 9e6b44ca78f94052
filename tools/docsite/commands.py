"""Pages of the command line and of the studio's addresses, from the programs themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import typer
import typer.main

from netwright.cli.app import HELP, app
from netwright_studio import serve
from netwright_studio.app import create_app
from netwright_studio.openapi import build_openapi
from netwright_studio.settings import Settings

from . import docstrings

WIDTH = 100


def pages() -> Iterator[tuple[str, str]]:
    """(file, Markdown) of both."""
    yield "api/cli.md", render_cli()
    yield "api/rest.md", render_rest()


def render_cli() -> str:
    """Every command with its arguments and options."""
    if not any(command.name == "serve" for command in app.registered_commands):
        serve.register(app)
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="netwright")
    parts = ["# Command line", HELP, "In a checkout the command is `.venv/bin/netwright`, after `make run`."]
    for name in sorted(group.commands):  # type: ignore[attr-defined]
        parts.append(_command(group.commands[name], name, context))  # type: ignore[attr-defined]
    return "\n\n".join(parts) + "\n"


def _command(command: Any, name: str, parent: typer.Context) -> str:
    context = typer.Context(command, info_name=name, parent=parent)
    usage = command.get_usage(context).removeprefix("Usage: ")
    lines = [f"## {name}", f"```sh\n{' '.join(usage.split())}\n```", docstrings.render(command.help or "")]
    rows = ["| | |", "| --- | --- |"]
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or parameter.name == "help":
            continue
        rows.append(f"| `{_code(record[0])}` | {docstrings.escape_cell(record[1])} |")
    return "\n\n".join([*lines, "\n".join(rows)] if len(rows) > 2 else lines)


def _code(text: str) -> str:
    return " ".join(text.split())


def render_rest() -> str:
    """Every address, by subject."""
    document = build_openapi(create_app(Settings()))
    groups: dict[str, list[str]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            text = docstrings.summary(operation.get("description") or operation.get("summary"))
            groups[tag].append(f"| `{method.upper()} {path}` | {text} |")
    lines = [
        "# REST",
        "",
        "The studio serves a page to try every address on, with all fields and errors, at `/api/docs`. What the fields "
        "mean stands in [Contracts](../contracts.md).",
        "",
    ]
    for tag, rows in groups.items():
        lines += [f"## {tag.capitalize()}", "", "| | |", "| --- | --- |", *rows, ""]
    return "\n".join(lines)
