"""``netwright datasets``: the built-in data sets, or a closer look at one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import sources
from .console import number, out, size, table

if TYPE_CHECKING:
    from ..datasets import Dataset

MAX_COLUMNS = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("datasets")(show_datasets)


def show_datasets(
    name: Annotated[str | None, typer.Argument(help="A data set's name, or a CSV or NPZ file.")] = None,
    target: Annotated[str | None, typer.Option(help="Label column of a CSV file; the last by default.")] = None,
) -> None:
    """List the data sets, or look at one."""
    from .. import datasets

    if name is not None:
        show_one(name, target)
        return
    rows = [
        (
            info.name,
            info.task,
            f"{info.samples.train:,} + {info.samples.test:,}",
            "×".join(map(str, info.input.shape)),
            "ready" if info.available else "fetched when first used",
        )
        for info in datasets.infos()
    ]
    table(("name", "task", "samples", "input", ""), rows, right=(2,))
    out.print("\nYour own: netwright train GRAPH --data FILE.csv (or .npz)")


def show_one(source: str, target: str | None) -> None:
    """Facts, columns and classes of one data set."""
    data = sources.read_data(source, target)
    info = data.info
    out.print(f"[bold]{info.title}[/] · {info.task} · {size(info.bytes)}\n{info.summary}\n", soft_wrap=True)
    facts = [
        ("samples", f"{info.samples.train:,} for training, {info.samples.test:,} for testing"),
        ("input", f"{'×'.join(map(str, info.input.shape))} {info.input.dtype}, {info.input.kind}"),
        ("source", info.source),
        ("licence", info.licence),
        ("SHA-256", data.sha256),
    ]
    if info.label.classes is not None:
        facts.insert(2, ("classes", ", ".join(info.label.classes[:30])))
    table(("", ""), facts)
    if info.input.fields is not None:
        out.print()
        table(("column", "kind", "values"), _describe_columns(data))


def _describe_columns(data: Dataset) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    start = 0
    for field in (data.info.input.fields or ())[:MAX_COLUMNS]:
        values = data.train[0][:, start]
        start += field.width
        spread = f"{number(float(values.min()))} … {number(float(values.max()))}"
        rows.append((field.name, field.kind, ", ".join(field.categories[:8]) or spread))
    return rows
