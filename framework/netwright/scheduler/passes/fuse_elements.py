"""Groups of elementwise calls as one step, for a GPU: each tensor is read once, what lies between stays in registers.

A call joins the group that made one of its inputs where their results have one shape and nothing outside has read the
group yet; the group then runs in the place of its last call. So nothing else moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...kernels.cuda.fused import Call, FusedKernel, fuse
from ...kernels.cuda.trace import Untraceable
from ...ops.operator import TensorSpec
from ...ops.params import NoParams
from ..fused import Fused
from ..ir import Graph, Node, Value

MOST_ARRAYS = 24
"""Arrays that one kernel reads and writes at most."""


@dataclass(eq=False)
class Group:
    """Calls that will be one; ``open`` until something outside reads one of its results."""

    nodes: list[Node] = field(default_factory=list)
    open: bool = True


def fuse_elements(graph: Graph) -> Graph:
    """Put a ``Fused`` node in the place of each group of two calls or more."""
    states = {node.inputs[i] for node in graph.nodes for i in node.op.state_ports(node.p)}
    outputs = set(graph.outputs)
    users: dict[Value, set[Node]] = {}
    for node in graph.nodes:
        for value in node.inputs:
            users.setdefault(value, set()).add(node)
    of_node: dict[Node, Group] = {}
    for node in graph.nodes:
        makers = {of_node[v.node] for v in node.inputs if v.node is not None and v.node in of_node}
        group = Group()
        if _is_elementwise(node) and not states.intersection(node.inputs):
            fitting = [g for g in makers if g.open and _fits(g, node)]
            for other in fitting:
                joined = [*group.nodes, *other.nodes]
                if len(_arrays([*joined, node], users, outputs)) <= MOST_ARRAYS:
                    group.nodes = joined
                    makers.discard(other)
            group.nodes.append(node)
            of_node.update(dict.fromkeys(group.nodes, group))
        for other in makers:
            other.open = False
    _replace(graph, of_node, users, outputs)
    return graph


def _is_elementwise(node: Node) -> bool:
    """Whether a kernel can be made of the call, with the shape and dtypes that were inferred."""
    if node.op.view or node.op.state_ports(node.p) or not node.inputs or not node.outputs:
        return False
    kernel = _kernel([node], list(dict.fromkeys(node.inputs)), list(node.outputs))
    return kernel is not None and all(
        (v.shape, v.dtype) == (kernel.shape, dtype) for v, dtype in zip(node.outputs, kernel.dtypes, strict=True)
    )


def _fits(group: Group, node: Node) -> bool:
    last = group.nodes[-1]
    return last.phase == node.phase and last.outputs[0].shape == node.outputs[0].shape


def _arrays(nodes: list[Node], users: dict[Value, set[Node]], outputs: set[Value]) -> list[Value]:
    """What a group reads and writes in memory."""
    return [*_read(nodes), *_written(nodes, users, outputs)]


def _read(nodes: list[Node]) -> list[Value]:
    made = {v for node in nodes for v in node.outputs}
    return list(dict.fromkeys(v for node in nodes for v in node.inputs if v not in made))


def _written(nodes: list[Node], users: dict[Value, set[Node]], outputs: set[Value]) -> list[Value]:
    inside = set(nodes)
    return [v for node in nodes for v in node.outputs if v in outputs or users.get(v, set()) - inside]


def _kernel(nodes: list[Node], inputs: list[Value], results: list[Value]) -> FusedKernel | None:
    try:
        return fuse(*_calls(nodes, inputs, results))
    except Untraceable:
        return None


def _calls(
    nodes: list[Node], inputs: list[Value], results: list[Value]
) -> tuple[list[Call], list[TensorSpec], list[int]]:
    numbers = {value: i for i, value in enumerate(inputs)}
    calls = []
    for node in nodes:
        calls.append(Call(node.op, node.p, tuple(numbers[v] for v in node.inputs), node.train))
        for value in node.outputs:
            numbers[value] = len(numbers)
    return calls, [v.spec for v in inputs], [numbers[v] for v in results]


def _replace(graph: Graph, of_node: dict[Node, Group], users: dict[Value, set[Node]], outputs: set[Value]) -> None:
    nodes, fused = [], 0
    for node in graph.nodes:
        group = of_node.get(node)
        made = None
        if group is not None and len(group.nodes) > 1:
            if node is not group.nodes[-1]:
                continue
            made = _fuse(graph, group.nodes, users, outputs)
        if made is None:
            nodes += [node] if group is None or len(group.nodes) == 1 else group.nodes
        else:
            nodes.append(made)
            fused += len(group.nodes) if group is not None else 0
    if fused:
        count = sum(isinstance(node.op, Fused) for node in nodes)
        graph.remark(f"{fused} elementwise calls became {count} kernels")
    graph.nodes = nodes


def _fuse(graph: Graph, nodes: list[Node], users: dict[Value, set[Node]], outputs: set[Value]) -> Node | None:
    inputs, results = _read(nodes), _written(nodes, users, outputs)
    kernel = _kernel(nodes, inputs, results) if results else None
    if kernel is None:
        return None
    calls, specs, numbers = _calls(nodes, inputs, results)
    op = Fused(calls, specs, numbers, kernel)
    last = nodes[-1]
    made = Node(op, NoParams(), tuple(inputs), "+".join(dict.fromkeys(n.name for n in nodes)), last.phase, last.train)
    made.outputs = tuple(results)
    for i, value in enumerate(results):
        value.node, value.index = made, i
    return made
