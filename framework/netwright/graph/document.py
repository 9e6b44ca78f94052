"""The graph JSON: its outline, its limits, and how an input refers to an output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import GraphError

FORMAT = "netwright-graph"
VERSION = 1
MAX_NODES = 10_000
INPUT = "Input"
NODE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One node as it stands in the document, not yet checked."""

    id: str
    op: str
    params: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphDocument:
    """A document of the right outline; whether it makes sense is for ``check`` to say."""

    name: str
    nodes: tuple[GraphNode, ...]
    outputs: tuple[str, ...]


def parse(document: Any) -> GraphDocument:
    """The outline of a graph JSON (or of a template, which holds one); raises GraphError where it is none."""
    if isinstance(document, Mapping) and "nodes" not in document and isinstance(document.get("graph"), Mapping):
        document = document["graph"]
    if not isinstance(document, Mapping):
        raise GraphError("a graph is a JSON object", got=type(document).__name__)
    if document.get("format", FORMAT) != FORMAT or document.get("version", VERSION) != VERSION:
        raise GraphError(
            "this is not a graph of a version known here",
            wanted=f"format {FORMAT!r}, version {VERSION}",
            got=f"format {str(document.get('format'))[:40]!r}, version {str(document.get('version'))[:10]}",
        )
    rows = document.get("nodes", [])
    if not isinstance(rows, (list, tuple)) or len(rows) > MAX_NODES:
        raise GraphError("too many nodes", where="nodes", wanted=f"a list of at most {MAX_NODES}")
    outputs = document.get("outputs", [])
    if not isinstance(outputs, (list, tuple)) or not all(isinstance(o, str) for o in outputs):
        raise GraphError("outputs are a list of node ids", where="outputs")
    return GraphDocument(str(document.get("name", "")), tuple(_node(r, i) for i, r in enumerate(rows)), tuple(outputs))


def _node(row: Any, position: int) -> GraphNode:
    where = f"nodes[{position}]"
    if not isinstance(row, (dict, Mapping)):  # what is a dict is known at once
        raise GraphError("a node is a JSON object", where=where, got=type(row).__name__)
    node = GraphNode(row.get("id", ""), row.get("op", ""), row.get("params") or {}, row.get("inputs") or {})
    if not isinstance(node.id, str) or not isinstance(node.op, str):
        raise GraphError("a node needs an id and an op, both texts", where=where)
    if not isinstance(node.params, (dict, Mapping)) or not isinstance(node.inputs, (dict, Mapping)):
        raise GraphError("params and inputs are JSON objects", where=node.id[:64] or where)
    if not all(isinstance(v, str) for v in node.inputs.values()):
        raise GraphError('an input is written "node" or "node:output"', where=node.id[:64] or where)
    return node


def split_reference(reference: str) -> tuple[str, str]:
    """``"split:output1"`` → ``("split", "output1")``; without a colon the first output is meant."""
    node, _, output = reference.partition(":")
    return node, output


def output_index(output: str, names: tuple[str, ...]) -> int | None:
    """Number of the output of that name or index; None where there is none."""
    if not output:
        return 0
    if output in names:
        return names.index(output)
    return int(output) if output.isdigit() and int(output) < len(names) else None
