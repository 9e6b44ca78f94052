"""``netwright export``: a saved model's weights, its graph, its graph for MXNet, or all of it as ONNX."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import NetwrightError
from . import sources
from .console import out, size

if TYPE_CHECKING:
    from ..model_store import SavedModel

EPILOG = (
    "Examples: `netwright export lenet` · `netwright export lenet lenet.onnx` · "
    "`netwright export ./model --format symbol --out lenet-symbol.json`"
)


class Format(StrEnum):
    """What can be written."""

    SAFETENSORS = "safetensors"
    GRAPH = "graph"
    SYMBOL = "symbol"
    ONNX = "onnx"


_SUFFIX = {
    Format.SAFETENSORS: ".safetensors",
    Format.GRAPH: ".json",
    Format.SYMBOL: "-symbol.json",
    Format.ONNX: ".onnx",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog=EPILOG)(export)


def export(
    model: Annotated[str, typer.Argument(help="Folder of a saved model, or its name in the studio's repository.")],
    target: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="File to write; named after the model by default.")
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(
            help="Weights (safetensors), the graph JSON, the graph as MXNet's symbol JSON, or the model as ONNX; "
            "by default what the file's ending says, else safetensors."
        ),
    ] = None,
    file: Annotated[Path | None, typer.Option("--out", help="The same as FILE.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Version of the model; the newest by default.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it exists.")] = False,
) -> None:
    """Write a saved model's weights, its graph, or both as ONNX, to a file."""
    from ..serialization import write_atomically

    saved = sources.find_model(model, version)
    path = target or file
    kind = format or _kind(path)
    path = path or Path(saved.info.name + _SUFFIX[kind])
    if path.exists() and not force:
        raise NetwrightError("the file exists already", where=str(path), remedy="Choose another --out, or add --force")
    if kind is Format.ONNX:
        content = _onnx(saved)
    elif kind is Format.SYMBOL:
        from ..graph import to_symbol

        content = to_symbol(saved.graph).tojson().encode()
    else:
        content = (saved.weights_path if kind is Format.SAFETENSORS else saved.graph_path).read_bytes()
    write_atomically(path.absolute(), content)
    out.print(f"Wrote {path} ({size(len(content))})", soft_wrap=True)


def _kind(path: Path | None) -> Format:
    """The format that a file's ending says."""
    endings = [(suffix, kind) for kind, suffix in _SUFFIX.items()]
    longest_first = sorted(endings, key=lambda pair: -len(pair[0]))
    return next((kind for suffix, kind in longest_first if path and path.name.endswith(suffix)), Format.SAFETENSORS)


def _onnx(saved: SavedModel) -> bytes:
    """The model's network and weights, with an open batch."""
    return bytes(onnx_module().export(saved).SerializeToString())


def onnx_module() -> Any:
    """``netwright.onnx``; raises an error that says what to install where the package is missing."""
    try:
        from .. import onnx
    except ImportError as error:
        raise NetwrightError("ONNX needs a package that is not there", remedy=str(error)) from None
    return onnx
