"""Reverse-mode differentiation of a graph: appends the backward calls, written by the operators' own gradient rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ops.operator import At
from .ir import Graph, Node, Value


def differentiate(
    graph: Graph,
    heads: Sequence[Value],
    head_gradients: Sequence[Value],
    wrt: Sequence[Value],
    watched: dict[str, Value] | None = None,
) -> list[Value | None]:
    """Gradients of the heads, weighted by ``head_gradients``, with respect to ``wrt`` (None: no dependence).

    ``watched`` is filled with what each node gives back to each of its inputs (zeros to a label), wanted or not, by
    MXNet's names: ``fc_backward_output0``.
    """
    graph.phase = "backward"
    needed = _depends_on(graph, set(wrt) if watched is None else set(graph.inputs.values()))
    gradients: dict[Value, Value] = {}
    F = graph.F

    def accumulate(value: Value, gradient: Value) -> None:
        before = gradients.get(value)
        gradients[value] = gradient if before is None else F.broadcast_add(before, gradient)

    for head, gradient in zip(heads, head_gradients, strict=True):
        accumulate(head, gradient)
    for node in reversed(list(graph.nodes)):
        arrived = [gradients.get(v) for v in node.outputs]
        if node.op.gradient_takes is None or all(g is None for g in arrived):
            continue
        wanted = tuple(v in needed for v in node.inputs)
        if not any(wanted):
            continue
        graph._scope = f"{node.name}_backward"
        results = pull(graph, node, arrived, wanted)
        if watched is not None:
            _watch(graph, node, results, watched)
        for value, want, result in zip(node.inputs, wanted, results, strict=True):
            if want and result is not None:
                accumulate(value, result)
    graph._scope = ""
    graph.phase = "forward"
    return [gradients.get(v) for v in wrt]


def _watch(graph: Graph, node: Node, results: Sequence[Any], watched: dict[str, Value]) -> None:
    for i, (value, result) in enumerate(zip(node.inputs, results, strict=True)):
        name = f"{node.name}_backward_output{i if len(results) > 1 else ''}"
        shape, dtype = value.spec
        watched[name] = graph.F._zeros(shape=shape, dtype=dtype.name) if result is None else result


def pull(graph: Graph, node: Node, arrived: Sequence[Value | None], wanted: tuple[bool, ...]) -> Sequence[Any]:
    """Gradients of one node's inputs from those of its outputs."""
    op, F = node.op, graph.F
    specs = tuple(v.spec for v in node.inputs), tuple(v.spec for v in node.outputs)
    at = At(*specs, node.train, wanted, tuple(g is not None for g in arrived))

    def or_zeros(i: int) -> Value:
        found = arrived[i]
        if found is None:
            shape, dtype = node.outputs[i].spec
            found = F._zeros(shape=shape, dtype=dtype.name)
        return found

    ports = {port.name: value for port, value in zip(op.ports(node.p), node.inputs, strict=True)}
    arguments: list[Any] = []
    for keep in op.gradient_takes or ():
        if keep == "dy":
            arguments.append(or_zeros(0))
        elif keep == "dys":
            arguments.append(tuple(or_zeros(i) for i in range(len(node.outputs))))
        elif keep == "y":
            arguments.append(node.outputs[0])
        elif keep == "ys":
            arguments.append(node.outputs)
        elif keep == "xs":
            arguments.append(node.inputs)
        else:
            arguments.append(ports.get(keep))
    result = op.gradient(F, node.p, at, *arguments)  # type: ignore[attr-defined]
    return result if isinstance(result, (tuple, list)) else (result,)


def _depends_on(graph: Graph, sources: set[Value]) -> set[Value]:
    """All values computed from the sources, and the sources."""
    found = set(sources)
    for node in graph.nodes:
        if any(v in found for v in node.inputs):
            found.update(node.outputs)
    return found
