"""The edits of a graph JSON, applied: what the page does with a remedy, done here to see that it works."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import GraphError

Edit = Mapping[str, Any]
Document = dict[str, Any]


def apply_edits(document: Mapping[str, Any], edits: Iterable[Edit]) -> Document:
    """A new document with the edits made one after another; GraphError where one names a node that is not there.

    >>> from netwright.graph.edits import apply_edits
    >>> empty = {"nodes": [{"id": "a", "op": "relu", "params": {}, "inputs": {}}], "outputs": []}
    >>> apply_edits(empty, [{"type": "connect", "from": "x", "to": "a", "port": "data"}])["nodes"][0]["inputs"]
    {'data': 'x'}
    """
    nodes = {str(node["id"]): dict(node) for node in document.get("nodes", ())}
    outputs = list(document.get("outputs", ()))
    for edit in edits:
        kind = edit["type"]
        if kind == "add-node":
            nodes[edit["node"]["id"]] = {"params": {}, "inputs": {}, **edit["node"]}
        elif kind == "set-outputs":
            outputs = list(edit["outputs"])
        elif kind == "remove-node":
            _remove(nodes, edit["id"])
        else:
            node = nodes.get(str(edit.get("id", edit.get("to"))))
            if node is None:
                raise GraphError("there is no such node", where=str(edit.get("id", edit.get("to")))[:64])
            if kind == "set-params":
                node["params"] = {**node.get("params", {}), **edit["params"]}
            else:
                inputs = {port: source for port, source in node.get("inputs", {}).items() if port != edit["port"]}
                node["inputs"] = {**inputs, edit["port"]: edit["from"]} if kind == "connect" else inputs
    return {**document, "nodes": list(nodes.values()), "outputs": outputs}


def _remove(nodes: dict[str, Document], name: str) -> None:
    nodes.pop(name, None)
    for node in nodes.values():
        inputs = node.get("inputs", {})
        node["inputs"] = {port: source for port, source in inputs.items() if source.partition(":")[0] != name}
