"""Batch normalization in training as parts of which only the statistics need the whole batch.

Runs before differentiation, so that the parts' own gradients are appended. ReLU, and an addition before it, are taken
into the pass that normalises where nothing else reads what lies between.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import get
from ...ops.operator import Operator
from ...ops.params import OpParams
from ...ops.shapes import normalize_axis
from ..ir import Graph, Node, Value


def split_batch_norms(graph: Graph) -> Graph:
    """Put the parts in the place of every batch normalization that they can stand for."""
    users: dict[Value, list[Node]] = {}
    for node in graph.nodes:
        for value in node.inputs:
            users.setdefault(value, []).append(node)
    outputs = set(graph.outputs)
    ends: dict[Node, _Split] = {}
    for node in graph.nodes:
        if _fits(node, users, outputs):
            split = _Split(node)
            _take_in(split, users, outputs, ends)
            ends[split.last] = split
    if not ends:
        return graph
    inside = {node for split in ends.values() for node in split.nodes}
    renamed: dict[Value, Value] = {}
    nodes, graph.nodes = graph.nodes, []
    for node in nodes:
        node.inputs = tuple(renamed.get(v, v) for v in node.inputs)
        if node in ends:
            renamed[node.outputs[0]] = ends[node].write(graph, renamed)
        elif node not in inside:
            graph.nodes.append(node)
    graph.outputs = [renamed.get(v, v) for v in graph.outputs]
    taken = sum(len(split.nodes) - 1 for split in ends.values())
    graph.remark(f"{len(ends)} batch normalizations in parts, with {taken} calls behind them")
    return graph


class _Split:
    """A batch normalization, what follows it in one pass, and what is added on the way."""

    def __init__(self, node: Node) -> None:
        self.node, self.nodes = node, [node]
        self.beside: Value | None = None
        self.relu = False

    @property
    def last(self) -> Node:
        return self.nodes[-1]

    def write(self, graph: Graph, renamed: dict[Value, Value]) -> Value:
        p: Any = self.node.p
        name = self.last.name
        data, gamma, beta, moving_mean, moving_var = (renamed.get(v, v) for v in self.node.inputs)
        means, squares = graph.call(*_with("_batch_norm_moments"), [data], self.node.name)
        each = data.spec.size // (data.shape[0] * data.shape[1])
        how: dict[str, Any] = {"eps": p.eps, "momentum": p.momentum, "count": each}
        statistics = graph.call(
            *_with("_batch_norm_statistics", **how), [means, squares, moving_mean, moving_var], self.node.name
        )
        beside = [] if self.beside is None else [renamed.get(self.beside, self.beside)]
        how = {"fix_gamma": p.fix_gamma, "relu": self.relu, "residual": bool(beside)}
        inputs = [data, *statistics, gamma, beta, *beside]
        return graph.call(*_with("_batch_norm_apply", **how), inputs, name)[0]


def _with(name: str, **params: Any) -> tuple[Operator, OpParams]:
    op = get(name)
    return op, op.make_params(params)


def _fits(node: Node, users: dict[Value, list[Node]], outputs: set[Value]) -> bool:
    if node.op.name != "BatchNorm" or not node.train:
        return False
    p: Any = node.p
    data = node.inputs[0]
    hidden = any(v in outputs or v in users for v in node.outputs[1:])
    return (
        not (p.use_global_stats or p.output_mean_var or hidden)
        and len(data.shape) > 1
        and normalize_axis(p.axis, len(data.shape)) == 1
        and data.dtype == np.float32
        and data.spec.size > 0
    )


def _take_in(split: _Split, users: dict[Value, list[Node]], outputs: set[Value], ends: dict[Node, _Split]) -> None:
    """Follow the only reader of the result: an addition of another tensor of its shape, then ReLU."""
    taken = {node for other in ends.values() for node in other.nodes}
    for allowed in (_adds, _cuts):
        readers, result = users.get(split.last.outputs[0], []), split.last.outputs[0]
        if len(readers) != 1 or result in outputs or readers[0] in taken or not allowed(readers[0]):
            continue
        node = readers[0]
        if allowed is _cuts:
            split.relu = True
        else:
            others = [v for v in node.inputs if v is not result]
            if len(others) != 1 or others[0].shape != result.shape:
                continue
            split.beside = others[0]
        split.nodes.append(node)


def _adds(node: Node) -> bool:
    return node.op.name in ("broadcast_add", "elemwise_add")


def _cuts(node: Node) -> bool:
    return node.op.name == "relu" or (node.op.name == "Activation" and node.p.act_type == "relu")  # type: ignore[attr-defined]
