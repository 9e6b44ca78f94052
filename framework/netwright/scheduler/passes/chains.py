"""Who reads what: for passes that take a chain of calls for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..ir import Graph, Node, Value


class Readers:
    """The calls that read each value of a graph."""

    def __init__(self, graph: Graph) -> None:
        self._outputs = set(graph.outputs)
        self._users: dict[Value, list[Node]] = {}
        for node in graph.nodes:
            for value in node.inputs:
                self._users.setdefault(value, []).append(node)

    def unread(self, value: Value) -> bool:
        """Whether nothing reads it."""
        return value not in self._users and value not in self._outputs

    def only(self, value: Value) -> Node | None:
        """The call that alone reads the value, once; None where there are more or none, or the value leaves."""
        found = self._users.get(value, [])
        return found[0] if len(found) == 1 and value not in self._outputs else None


def is_relu(node: Node) -> bool:
    """Whether the call is max(x, 0)."""
    return node.op.name == "relu" or (node.op.name == "Activation" and node.p.act_type == "relu")  # type: ignore[attr-defined]


def added(node: Node, value: Value) -> Value | None:
    """What the call adds to the value, where it is a sum of two tensors of one shape."""
    if node.op.name not in ("broadcast_add", "elemwise_add"):
        return None
    others = [v for v in node.inputs if v is not value]
    return others[0] if len(others) == 1 and others[0].shape == value.shape else None


class Chain:
    """Calls of which each is the only reader of the one before, to be replaced by others in the place of the last."""

    def __init__(self, first: Node) -> None:
        self.nodes = [first]
        self.beside: Value | None = None
        """What is added on the way."""
        self.relu = False

    @property
    def last(self) -> Node:
        """Its end, whose first output is the chain's result."""
        return self.nodes[-1]

    def take_addition_and_relu(self, readers: Readers, taken: set[Node]) -> None:
        """Go on over an addition, then ReLU, where they follow and are not ``taken``."""
        node = readers.only(self.last.outputs[0])
        if node is not None and node not in taken and (other := added(node, self.last.outputs[0])) is not None:
            self.beside = other
            self.nodes.append(node)
        self.take_relu(readers, taken)

    def take_relu(self, readers: Readers, taken: set[Node]) -> None:
        """Go on over ReLU where it follows."""
        node = readers.only(self.last.outputs[0])
        if node is not None and node not in taken and is_relu(node):
            self.relu = True
            self.nodes.append(node)


Write = Callable[[Chain, Mapping[Value, Value]], Value]


def replace(graph: Graph, chains: list[Chain], write: Write) -> None:
    """Let ``write`` append what stands for each chain, where its last call was; it gets values by their new names."""
    ends = {chain.last: chain for chain in chains}
    inside = {node for chain in chains for node in chain.nodes}
    renamed: dict[Value, Value] = {}
    nodes, graph.nodes = graph.nodes, []
    for node in nodes:
        node.inputs = tuple(renamed.get(v, v) for v in node.inputs)
        if node in ends:
            renamed[node.outputs[0]] = write(ends[node], renamed)
        elif node not in inside:
            graph.nodes.append(node)
    graph.outputs = [renamed.get(v, v) for v in graph.outputs]
