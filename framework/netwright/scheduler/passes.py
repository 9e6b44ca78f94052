"""Rewrites of a graph that keep its results: each a small function from graph to graph (in place, returning it)."""

from __future__ import annotations

from .ir import Graph, Value


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


def share_common(graph: Graph) -> Graph:
    """Compute equal calls once (same operator, parameters and inputs), except random ones and those with states."""
    seen: dict[object, tuple[Value, ...]] = {}
    renamed: dict[Value, Value] = {}
    kept = []
    for node in graph.nodes:
        node.inputs = tuple(renamed.get(v, v) for v in node.inputs)
        if "rng" in node.op.forward_takes or node.op.state_ports(node.p):
            kept.append(node)
            continue
        key = (node.op.name, id(node.p), tuple(v.number for v in node.inputs), node.train)
        before = seen.get(key)
        if before is None:
            seen[key] = node.outputs
            kept.append(node)
        else:
            renamed.update(zip(node.outputs, before, strict=True))
    graph.nodes = kept
    graph.outputs = [renamed.get(v, v) for v in graph.outputs]
    return graph
