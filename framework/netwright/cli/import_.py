"""``netwright import``: an ONNX model as a symbol and weights in MXNet's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import NetwrightError
from .console import out
from .export import onnx_module

EPILOG = "Example: `netwright import lenet.onnx` writes lenet-symbol.json and lenet-0000.params."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import", epilog=EPILOG)(import_)


def import_(
    model: Annotated[Path, typer.Argument(help="The ONNX file.")],
    prefix: Annotated[
        str | None, typer.Option("--out", help="What the two files' names begin with; the model's by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Read an ONNX model and write its symbol and weights, for SymbolBlock.imports or Module.load."""
    from ..model import save_checkpoint

    begin = prefix or str(model.with_suffix("").name)
    names = f"{begin}-symbol.json", f"{begin}-0000.params"
    taken = [name for name in names if Path(name).exists()]
    if taken and not force:
        raise NetwrightError("the file exists already", where=taken[0], remedy="Choose another --out, or add --force")
    symbol, arguments, states = onnx_module().import_model(model)
    save_checkpoint(begin, 0, symbol, arguments, states)
    out.print(f"Wrote {names[0]} and {names[1]}", soft_wrap=True)
