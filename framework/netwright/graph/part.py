"""A part of a graph as a graph of its own: a decoder, an encoder, a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import GraphError
from .check import DataSpec, check
from .document import FORMAT, INPUT, VERSION, split_reference
from .groups import expand


def part(
    graph: Any,
    outputs: Sequence[str],
    begin: Mapping[str, Sequence[int]] | None = None,
) -> dict[str, Any]:
    """The graph that computes ``outputs`` alone; nodes in ``begin`` become Inputs of that shape (batch axis left out).

    Ids stay, so that the weights keep their names. Raises GraphError where a node is not there, or where the outputs
    do not follow from a node in ``begin``.

    >>> from netwright import templates
    >>> from netwright.graph import part
    >>> graph = templates.get("autoencoder-digits").graph
    >>> [node["id"] for node in part(graph, ["pixels"], {"code": [12]})["nodes"]]
    ['code', 'fc2', 'relu2', 'draw', 'pixels']
    """
    begin = begin or {}
    document = expand(graph).document
    known = [node.id for node in document.nodes]
    for name in (*map(_node_of, outputs), *begin):
        require_node(known, name)
    rows = {
        node.id: {"id": node.id, "op": INPUT, "params": {"shape": list(begin[node.id])}, "inputs": {}}
        if node.id in begin
        else {"id": node.id, "op": node.op, "params": dict(node.params), "inputs": dict(node.inputs)}
        for node in document.nodes
    }
    needed = _needed(rows, [_node_of(output) for output in outputs])
    for name in begin:
        if name not in needed:
            raise GraphError(
                f"{outputs[0]!r} does not follow from {name!r}",
                where=name,
                remedy="Name a node that lies before the output",
            )
    nodes = [row for name, row in rows.items() if name in needed]
    return {
        "format": FORMAT, "version": VERSION, "name": document.name, "nodes": nodes, "outputs": list(outputs),
        "layout": {}, "groups": [],
    }  # fmt: skip


def shape_of(graph: Any, node: str, data: DataSpec) -> tuple[int, ...]:
    """The shape of one sample of a node's first output; GraphError where the node or its shape is not known."""
    document = expand(graph).document
    require_node([found.id for found in document.nodes], node)
    report = check(graph, data=data, batch_size=2).nodes.get(node)
    shape = report.outputs[0].shape if report is not None and report.outputs else None
    if shape is None:
        raise GraphError("the shape of this node is not known", where=node, remedy="Mend the problems of the graph")
    if shape[:1] != [2]:
        raise GraphError(
            "this node has no row for each sample", where=node, wanted="(batch, …)", got=tuple(shape),
            remedy="Name a node whose first axis is the batch",
        )  # fmt: skip
    return tuple(shape[1:])


def require_node(known: Sequence[str], name: str) -> None:
    """Raise GraphError unless there is a node of that id."""
    if name not in known:
        raise GraphError(
            f"there is no node {name[:64]!r} in the graph",
            where=name[:64],
            wanted=", ".join(known[:12]) + (", …" if len(known) > 12 else ""),
            got=name[:64],
            remedy="Name a node of the graph",
        )


def _node_of(reference: str) -> str:
    return split_reference(reference)[0]


def _needed(rows: Mapping[str, Mapping[str, Any]], outputs: Sequence[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name in found or name not in rows:
            continue
        found.add(name)
        waiting += [_node_of(reference) for reference in rows[name]["inputs"].values()]
    return found


def substitute(graph: Any, node: str, other: str) -> dict[str, Any]:
    """The graph with every connection from ``node`` coming from ``other`` instead."""
    document = expand(graph).document
    known = [found.id for found in document.nodes]
    require_node(known, node)
    require_node(known, other)

    def moved(reference: str) -> str:
        return other if _node_of(reference) == node else reference

    nodes = [
        {
            "id": row.id,
            "op": row.op,
            "params": dict(row.params),
            "inputs": {port: source if row.id == other else moved(source) for port, source in row.inputs.items()},
        }
        for row in document.nodes
    ]
    return {
        "format": FORMAT, "version": VERSION, "name": document.name, "nodes": nodes,
        "outputs": [moved(output) for output in document.outputs], "layout": {}, "groups": [],
    }  # fmt: skip
