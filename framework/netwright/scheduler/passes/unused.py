"""Dropping what nobody uses."""

from __future__ import annotations

from ..ir import Graph, Value


def prune(graph: Graph) -> Graph:
    """Drop calls whose results nobody uses (those that keep states up are used)."""
    needed: set[Value] = set(graph.outputs)
    kept = []
    for node in reversed(graph.nodes):
        keeps_states = node.train and bool(node.op.state_ports(node.p)) and node.phase == "forward"
        if keeps_states or any(v in needed for v in node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    graph.nodes = kept[::-1]
    return graph
