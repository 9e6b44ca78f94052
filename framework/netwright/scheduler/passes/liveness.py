"""How many bytes of a graph's values are alive at each step, were each freed after its last use."""

from __future__ import annotations

from ..ir import Graph, Value


def roots(graph: Graph) -> dict[Value, Value]:
    """For every value of the nodes and inputs, the value whose memory it is: of a view, what it views."""
    found = {value: value for value in graph.inputs.values()}
    for node in graph.nodes:
        for value in node.outputs:
            found[value] = found[node.inputs[0]] if node.op.view else value
    return found


def live_bytes(graph: Graph) -> list[int]:
    """Bytes alive while each node runs: its own outputs and all that is needed then or later. Inputs do not count."""
    end = len(graph.nodes) - 1
    memory = roots(graph)
    first: dict[Value, int] = {}
    last: dict[Value, int] = {}
    for i, node in enumerate(graph.nodes):
        for value in node.inputs:
            last[memory[value]] = i
        for value in node.outputs:
            root = memory[value]
            first.setdefault(root, i)
            last[root] = max(last.get(root, i), i)
    for value in graph.outputs:
        last[memory[value]] = end
    change = [0] * (end + 2)
    for value, start in first.items():
        if value.node is not None:
            change[start] += value.spec.nbytes
            change[last[value] + 1] -= value.spec.nbytes
    alive, now = [], 0
    for delta in change[:-1]:
        now += delta
        alive.append(now)
    return alive


def peak_bytes(graph: Graph) -> int:
    """The most bytes alive at one step."""
    return max(live_bytes(graph), default=0)
