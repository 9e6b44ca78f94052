"""``netwright export``: a saved model's weights, its graph, or its graph for MXNet."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NetwrightError
from . import sources
from .console import out, size

EPILOG = "Examples: `netwright export lenet` · `netwright export ./model --format symbol --out lenet-symbol.json`"


class Format(StrEnum):
    """What can be written."""

    SAFETENSORS = "safetensors"
    GRAPH = "graph"
    SYMBOL = "symbol"


_SUFFIX = {Format.SAFETENSORS: ".safetensors", Format.GRAPH: ".json", Format.SYMBOL: "-symbol.json"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog=EPILOG)(export)


def export(
    model: Annotated[str, typer.Argument(help="Folder of a saved model, or its name in the studio's repository.")],
    format: Annotated[
        Format, typer.Option(help="Weights (safetensors), the graph JSON, or the graph as MXNet's symbol JSON.")
    ] = Format.SAFETENSORS,
    file: Annotated[Path | None, typer.Option("--out", help="File to write; named after the model by default.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Version of the model; the newest by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it exists.")] = False,
) -> None:
    """Write a saved model's weights or graph to a file."""
    from ..serialization import write_atomically

    saved = sources.find_model(model, version)
    path = file or Path(saved.info.name + _SUFFIX[format])
    if path.exists() and not force:
        raise NetwrightError("the file exists already", where=str(path), remedy="Choose another --out, or add --force")
    if format is Format.SYMBOL:
        from ..graph import to_symbol

        content = to_symbol(saved.graph).tojson().encode()
    else:
        content = (saved.weights_path if format is Format.SAFETENSORS else saved.graph_path).read_bytes()
    write_atomically(path.absolute(), content)
    out.print(f"Wrote {path} ({size(len(content))})", soft_wrap=True)
