"""Computing equal calls once."""

from __future__ import annotations

from ..ir import Graph, Value


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
