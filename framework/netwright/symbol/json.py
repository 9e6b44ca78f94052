"""MXNet's symbol JSON, both ways.

The format: ``nodes`` (op, name, attrs as texts, inputs as [node, output, version]), ``arg_nodes``, ``node_row_ptr``,
``heads``. Older files write ``param`` or ``attr`` for ``attrs`` and leave the version out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import GraphError, NetwrightError
from ..ops import get
from . import subgraphs
from .attributes import for_input, modern
from .portable import portable
from .symbol import Symbol, SymbolEntry, SymbolNode

MAX_NODES = 100_000
_MXNET_VERSION = 10901


def dump_json(symbol: Symbol) -> str:
    """The graph behind a symbol as MXNet 1.9 writes it."""
    graph = _graph(portable(symbol))
    return json.dumps({**graph, "attrs": {"mxnet_version": ["int", _MXNET_VERSION]}}, indent=2)


def _graph(symbol: Symbol) -> dict[str, Any]:
    nodes = symbol.nodes()
    number = {node: i for i, node in enumerate(nodes)}
    rows, pointer = [], [0]
    for node in nodes:
        attributes = {**(node.p.attributes() if node.p else {}), **node.attributes}
        row: dict[str, Any] = {"op": node.op.name if node.op else "null", "name": node.name}
        found = subgraphs.written(node, _graph) if node.op is not None and node.op.name in subgraphs.NAMES else None
        if found is not None:
            attributes = {**found[0], **node.attributes}
        if attributes:
            row["attrs"] = attributes
        row["inputs"] = [[number[source], i, 0] for source, i in node.inputs]
        if found is not None:
            row["subgraphs"] = found[1]
        rows.append(row)
        pointer.append(pointer[-1] + (1 if node.op is None else len(node.op.output_names(node.p))))
    return {
        "nodes": rows,
        "arg_nodes": [i for i, node in enumerate(nodes) if node.op is None],
        "node_row_ptr": pointer,
        "heads": [[number[node], i, 0] for node, i in symbol._entries],
    }


def load_json(json_str: str) -> Symbol:
    """A symbol from MXNet's JSON (ours is the same); raises GraphError that names the node at fault.

    >>> net = mx.sym.relu(mx.sym.Variable("x"), name="r")
    >>> mx.sym.load_json(net.tojson()).list_outputs()
    ['r_output']
    """
    try:
        graph = json.loads(json_str)
        rows, heads = graph["nodes"], graph["heads"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise GraphError(
            "this is not a symbol's JSON",
            where="load_json",
            wanted="a text with nodes and heads",
            got=str(error)[:100],
            remedy="Give what tojson() or save() wrote",
        ) from None
    if not isinstance(rows, list) or len(rows) > MAX_NODES:
        raise GraphError("too many nodes, or none", wanted=f"a list of at most {MAX_NODES}")
    nodes: list[SymbolNode] = []
    for i, row in enumerate(rows):
        nodes.append(_load_node(row, i, nodes))
    try:
        return Symbol([_entry(h, nodes) for h in heads])
    except (IndexError, TypeError):
        raise GraphError("a head names a node or an output that is not there") from None


def _entry(reference: Any, nodes: list[SymbolNode]) -> SymbolEntry:
    """[node, output, version] as an entry; raises IndexError where there is none."""
    number, output = reference[0], reference[1] if len(reference) > 1 else 0
    if number < 0 or not 0 <= output < len(nodes[number].output_names()):
        raise IndexError(number)
    return nodes[number], output


def _load_node(row: Any, position: int, before: list[SymbolNode]) -> SymbolNode:
    where = str(row.get("name", f"node {position}")) if isinstance(row, dict) else f"node {position}"
    try:
        raw = {**row.get("param", {}), **row.get("attr", {}), **row.get("attrs", {})}
        entries: tuple[SymbolEntry, ...] = tuple(_entry(e, before) for e in row["inputs"])
        name, op_name = str(row["name"]), row["op"]
    except (KeyError, TypeError, AttributeError):
        raise GraphError("the node is not written as it should be", where=where) from None
    except IndexError:
        raise GraphError("an input comes from a node or an output that is not before it", where=where) from None
    texts = {k: str(v) for k, v in raw.items()}
    if op_name == "null":
        return SymbolNode(None, None, name, (), modern(texts))
    if op_name in subgraphs.NAMES and row.get("subgraphs"):
        made = subgraphs.read(op_name, name, {**row, "attrs": raw}, entries, load_json)
        made.attributes.update({k: v for k, v in modern(texts).items() if k.startswith("__")})
        return made
    try:
        op = get(op_name)
        values = {k: v for k, v in raw.items() if k in op.Params.model_fields}
        if op.variadic:
            values[op.variadic] = str(len(entries))
        p = op.Params.parse(values)
    except NetwrightError as error:
        raise error.at(where) from None
    ports = op.ports(p)
    if len(entries) > len(ports):
        raise GraphError(
            "the node has too many inputs", where=f"{where} ({op_name})", wanted=len(ports), got=len(entries)
        )
    for port, (source, _) in zip(ports, entries, strict=False):
        if source.op is None:
            source.attributes.update(for_input(texts, port.name))
    # files older than 0.9 leave auxiliary states out of the inputs
    implied = tuple((SymbolNode(None, None, f"{name}_{p.name}"), 0) for p in ports[len(entries) :] if not p.optional)
    kept = {k: v for k, v in modern(texts).items() if k.startswith("__") and k not in op.Params.model_fields}
    return SymbolNode(op, p, name, (*entries, *implied), kept)


def load(fname: str) -> Symbol:
    """A symbol from a file.

    >>> mx.sym.relu(mx.sym.Variable("x"), name="r").save("net.json")
    >>> mx.sym.load("net.json").list_arguments()
    ['x']
    """
    try:
        return load_json(Path(fname).read_text())
    except OSError as error:
        raise GraphError(
            "the file cannot be read",
            where=Path(fname).name,
            got=error.strerror,
            remedy="Check the path, and the folder the program runs in",
        ) from error
