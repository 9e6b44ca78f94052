"""A file of somebody's as a graph: our JSON, MXNet's symbol JSON, or ONNX, known by what is in it."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from ..errors import GraphError
from ..symbol.json import load_json
from ..templates import read as read_template
from ..training_spec import FORMAT as TRAINING
from ..training_spec import read_spec
from .document import FORMAT, parse
from .from_symbol import from_symbol
from .import_report import Imported, ImportNote

MAX_BYTES = 64 << 20


def read_graph(content: bytes, filename: str) -> Imported:
    """The graph in a file; raises GraphError or DataError where there is none.

    >>> from netwright.graph.reading import read_graph
    >>> read_graph(b'{"format": "netwright-graph", "version": 1, "nodes": []}', "empty.json").kind
    'graph'
    """
    stem = PurePath(filename.replace("\\", "/")).stem[:100]
    if len(content) > MAX_BYTES:
        raise GraphError("the file is too large", where=filename[:100], wanted=f"at most {MAX_BYTES} bytes")
    if content.lstrip()[:1] != b"{":
        from ..onnx.drawing import draw_onnx

        graph, notes = draw_onnx(content, stem)
        return Imported("onnx", graph["name"] or stem, graph, tuple(notes))
    return _read_json(content, stem, filename)


def _read_json(content: bytes, stem: str, filename: str) -> Imported:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise GraphError("this is not JSON", where=filename[:100], got=str(error)[:100]) from None
    if "heads" in document or "arg_nodes" in document:
        return _read_symbol(content.decode(), stem.removesuffix("-symbol"))
    if document.get("format") == TRAINING:
        spec = read_spec(document, filename)
        parse(spec.graph)
        return Imported("training", spec.id, spec.graph, (), spec.dataset, spec.settings)
    if "graph" in document and "nodes" not in document:
        found = read_template(content, filename)
        return Imported("training", found.title, found.graph, (), found.dataset, found.settings)
    if document.get("format") != FORMAT:
        raise GraphError(
            "this is no file of a network that is known here",
            where=filename[:100],
            wanted="a Netwright graph or training, MXNet's symbol JSON, or ONNX",
            got=f"a JSON object with {', '.join(map(str, list(document)[:6]))}"[:200],
        )
    parse(document)
    return Imported("graph", document.get("name") or stem, document)


def _read_symbol(text: str, stem: str) -> Imported:
    symbol = load_json(text)
    graph = from_symbol(symbol, name=stem)
    ids = [row["id"] for row in graph["nodes"]]
    notes = []
    for node in symbol.nodes():
        if node.op is not None:
            near = _near(node.name, ids)
            word = f"Its name is {near} here." if near != node.name else ""
            notes.append(ImportNote(node.name[:200], node.op.name, "understood", (near,), word))
    return Imported("symbol", stem, graph, tuple(notes))


def _near(name: str, ids: list[Any]) -> str:
    """The id that ``from_symbol`` made of a name."""
    plain = "".join(c if c.isalnum() and c.isascii() else "_" for c in name.removesuffix("_fwd"))[:64]
    return next((i for i in (name, plain, f"n{plain}"[:64]) if i in ids), plain)
