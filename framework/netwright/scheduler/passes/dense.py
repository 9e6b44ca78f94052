"""Fully connected layers with their activation as one call, on the forward graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...ops import get
from ...ops.dense_block import DenseBlockParams
from ..ir import Graph, Node, Value
from .chains import Chain, Readers, replace

BY_RESULT = frozenset(["relu", "sigmoid", "tanh"])
"""Activations whose slope follows from their result."""
ALL = frozenset([*BY_RESULT, "softrelu", "gelu", "silu"])


def join_dense(graph: Graph, differentiated: bool) -> Graph:
    """Put one call in the place of each fully connected layer whose result only an activation reads.

    Where the graph is differentiated only those whose slope follows from the result: the layer's own is not kept.
    """
    readers, chains = Readers(graph), []
    for node in graph.nodes:
        if node.op.name != "FullyConnected" or node.outputs[0].dtype != np.float32:
            continue
        follower = readers.only(node.outputs[0])
        if follower is not None and activation(follower) in (BY_RESULT if differentiated else ALL):
            chain = Chain(node)
            chain.nodes.append(follower)
            chains.append(chain)
    if chains:
        replace(graph, chains, lambda chain, renamed: _write(graph, chain, renamed))
        graph.remark(f"{len(chains)} fully connected layers with their activation")
    return graph


def activation(node: Node) -> str:
    """The activation that a call is; empty where it is none that can be taken in."""
    p: Any = node.p
    if node.op.name == "Activation":
        return str(p.act_type)
    if node.op.name == "LeakyReLU":
        return "gelu" if p.act_type == "gelu" else ""
    return node.op.name if node.op.name in ALL else ""


def _write(graph: Graph, chain: Chain, renamed: Mapping[Value, Value]) -> Value:
    node = chain.nodes[0]
    op = get("_dense_block")
    p: DenseBlockParams = op.make_params({**node.p.given(), "act": activation(chain.last)})  # type: ignore[assignment]
    return graph.call(op, p, [renamed.get(v, v) for v in node.inputs], chain.last.name)[0]
