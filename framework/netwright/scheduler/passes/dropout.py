"""Dropout as a draw before everything else and a product, on the forward graph.

Random numbers are drawn in Python, which would split the native part of a step in two at each dropout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import get
from ..ir import Graph, Node, Value
from .chains import Readers


def draw_first(graph: Graph) -> Graph:
    """Draw the masks of all dropouts ahead, in their order, so that the generator gives what it would have given.

    Where anything else draws random numbers all stays as it is. A dropout that drops nothing is left out.
    """
    drawing = [node for node in graph.nodes if "rng" in node.op.forward_takes and not _draws_never(node)]
    if not drawing or any(node.op.name != "Dropout" or not _float32(node) for node in drawing):
        return graph
    readers = Readers(graph)
    if any(_mask_is_read(readers, node) for node in drawing):
        return graph
    active = {node for node in drawing if node.train or node.p.mode == "always"}  # type: ignore[attr-defined]
    nodes, graph.nodes = graph.nodes, []
    masks = {node: _mask(graph, node) for node in nodes if node in active}
    renamed: dict[Value, Value] = {}
    for node in nodes:
        node.inputs = tuple(renamed.get(v, v) for v in node.inputs)
        if node in masks:
            op = get("broadcast_mul")
            inputs = [node.inputs[0], masks[node]]
            renamed[node.outputs[0]] = graph.call(op, op.make_params({}), inputs, node.name)[0]
        elif node in drawing and node.inputs[0] not in graph.states:
            renamed[node.outputs[0]] = node.inputs[0]
        else:
            graph.nodes.append(node)
    graph.outputs = [renamed.get(v, v) for v in graph.outputs]
    if masks:
        graph.remark(f"{len(masks)} dropouts draw before the step")
    return graph


def _draws_never(node: Node) -> bool:
    """Whether the call is of an operator that draws, but under other parameters."""
    p: Any = node.p
    if node.op.name == "LeakyReLU":
        return str(p.act_type) != "rrelu"
    return node.op.name == "RNN" and not (node.train and bool(p.p))


def _float32(node: Node) -> bool:
    return bool(node.inputs[0].dtype == np.float32)


def _mask_is_read(readers: Readers, node: Node) -> bool:
    return not readers.unread(node.outputs[1])


def _mask(graph: Graph, node: Node) -> Value:
    p: Any = node.p
    op = get("_dropout_mask")
    return graph.call(op, op.make_params({"shape": node.outputs[1].shape, "p": p.p}), [], f"{node.name}_mask")[0]
