"""Softmax and the choice of the label's logarithm as one call, on the forward graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...ops import get
from ...ops.shapes import normalize_axis
from ..ir import Graph, Node, Value
from .chains import Chain, Readers, replace


def join_cross_entropy(graph: Graph) -> Graph:
    """Put one call in the place of ``pick(log_softmax(x), label)`` along the last axis."""
    readers, chains = Readers(graph), []
    for node in graph.nodes:
        if node.op.name != "log_softmax" or not _plain(node):
            continue
        follower = readers.only(node.outputs[0])
        if follower is not None and follower.op.name == "pick" and _picks_last(follower, node.outputs[0]):
            chain = Chain(node)
            chain.nodes.append(follower)
            chains.append(chain)
    if chains:
        replace(graph, chains, lambda chain, renamed: _write(graph, chain, renamed))
        graph.remark(f"{len(chains)} cross-entropies in one step")
    return graph


def _is_last(axis: int | None, value: Value) -> bool:
    rank = len(value.shape)
    return axis is not None and rank > 1 and normalize_axis(axis, rank) == rank - 1


def _plain(node: Node) -> bool:
    p: Any = node.p
    data = node.inputs[0]
    return data.dtype == np.float32 and not p.temperature and not p.dtype and _is_last(p.axis, data)


def _picks_last(node: Node, data: Value) -> bool:
    p: Any = node.p
    label = node.inputs[1]
    lines = data.shape[:-1], (*data.shape[:-1], 1)
    fits = label.shape in lines and label.dtype == np.float32
    return node.inputs[0] is data and label is not data and _is_last(p.axis, data) and fits


def _write(graph: Graph, chain: Chain, renamed: Mapping[Value, Value]) -> Value:
    first, last = chain.nodes
    p: Any = last.p
    op = get("_log_softmax_pick")
    how = op.make_params({"keepdims": p.keepdims, "mode": p.mode})
    inputs = [renamed.get(v, v) for v in (first.inputs[0], last.inputs[1])]
    return graph.call(op, how, inputs, last.name)[0]
