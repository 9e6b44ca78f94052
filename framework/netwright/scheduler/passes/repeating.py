"""Calling parts of the forward pass again in the backward pass, instead of keeping their results."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from ...ops import get
from ..ir import Graph, Node, Value


def repeatable(node: Node, states: Container[Value]) -> bool:
    """Whether the first output can be computed again, bit for bit: no random numbers, no states, or a way without.

    ``states`` are the graph's: they have new values by then.
    """
    if "rng" in node.op.forward_takes or node.op.state_ports(node.p):
        return node.op.again(node.p) is not None
    return not any(v in states for v in node.inputs)


def dropped_by(node: Node) -> tuple[Value, ...]:
    """The results that need not be kept where the call is repeated."""
    return node.outputs if node.op.again(node.p) is None else node.outputs[:1]


class Repeater:
    """Rewrites the backward part of a graph so that results of the ``dropped`` forward calls are computed again there.

    Each call is repeated at most once, right before its result is first read. The graph itself is not touched:
    ``nodes`` is the new list of calls, ``values`` lies above all numbers of values in it.
    """

    def __init__(self, graph: Graph, dropped: Iterable[Node]) -> None:
        self._graph = graph
        lasting = set(graph.outputs)  # what leaves the graph is there anyway
        self._dropped = {value for node in dropped for value in dropped_by(node) if value not in lasting}
        self._made: dict[Value, Value] = {}
        self.values = graph._values
        self.nodes: list[Node] = []
        self.repeated: list[Node] = []
        for node in graph.nodes:
            if node.phase == "backward" and any(v in self._dropped for v in node.inputs):
                node = self._reading(node)
            self.nodes.append(node)

    def _reading(self, node: Node) -> Node:
        """The backward call, reading what was computed again."""
        copy = Node(node.op, node.p, tuple(map(self._again, node.inputs)), node.name, node.phase, node.train)
        copy.outputs = node.outputs
        return copy

    def _again(self, value: Value) -> Value:
        """The value as the backward part has it; what it takes is computed first, innermost first."""
        waiting = [value]
        while waiting:
            wanted = waiting[-1]
            if wanted not in self._dropped or wanted in self._made:
                waiting.pop()
                continue
            assert wanted.node is not None
            sources = sources_of(wanted.node)
            missing = [v for v in sources if v in self._dropped and v not in self._made]
            if missing:
                waiting += missing
            else:
                self._repeat(wanted, sources)
        return self._made.get(value, value)

    def _repeat(self, wanted: Value, sources: Sequence[Value]) -> None:
        node = wanted.node
        assert node is not None
        inputs = tuple(self._made.get(v, v) for v in sources)
        again = node.op.again(node.p)
        if again is None:
            copy = Node(node.op, node.p, inputs, node.name, "backward", node.train)
            outputs = node.outputs
        else:
            op = get(again.op)
            copy = Node(op, op.make_params(again.params), inputs, node.name, "backward", node.train)
            outputs = node.outputs[:1]
        copy.outputs = tuple(self._value(v, copy) for v in outputs)
        self._made.update(zip(outputs, copy.outputs, strict=True))
        self.nodes.append(copy)
        self.repeated.append(copy)

    def _value(self, like: Value, node: Node) -> Value:
        self.values += 1
        return Value(self._graph, self.values - 1, like.spec, f"{like.name}_again", node, like.index)

    def accept(self) -> None:
        """Make this the graph."""
        for node in self.nodes:  # backward calls may be copies
            for value in node.outputs:
                value.node = node
        self._graph.nodes = self.nodes
        self._graph._values = self.values


def sources_of(node: Node) -> tuple[Value, ...]:
    """What repeating the call reads."""
    again = node.op.again(node.p)
    if again is None:
        return node.inputs
    return tuple([node.inputs[i] for i in again.inputs] + [node.outputs[i] for i in again.outputs])
