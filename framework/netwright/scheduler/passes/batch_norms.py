"""Batch normalization in training as parts of which only the statistics need the whole batch.

Runs before differentiation, so that the parts' own gradients are appended. ReLU, and an addition before it, are taken
into the pass that normalises where nothing else reads what lies between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...ops import get
from ...ops.shapes import normalize_axis
from ..ir import Graph, Node, Value
from .chains import Chain, Readers, replace


def split_batch_norms(graph: Graph) -> Graph:
    """Put the parts in the place of every batch normalization that they can stand for."""
    readers, chains, taken = Readers(graph), [], set[Node]()
    for node in graph.nodes:
        if node.op.name == "BatchNorm" and of_batch(node) and normalizes_planes(node, readers):
            chain = Chain(node)
            chain.take_addition_and_relu(readers, taken)
            taken.update(chain.nodes)
            chains.append(chain)
    if chains:
        replace(graph, chains, lambda chain, renamed: _write(graph, chain, renamed))
        behind = sum(len(chain.nodes) - 1 for chain in chains)
        graph.remark(f"{len(chains)} batch normalizations in parts, with {behind} calls behind them")
    return graph


def of_batch(node: Node) -> bool:
    """Whether the statistics are the batch's own."""
    return node.train and not node.p.use_global_stats  # type: ignore[attr-defined]


def normalizes_planes(node: Node, readers: Readers) -> bool:
    """Whether the channels are the second axis, all is float32, and only the first output is read."""
    p: Any = node.p
    data = node.inputs[0]
    return (
        not p.output_mean_var
        and all(readers.unread(v) for v in node.outputs[1:])
        and len(data.shape) > 1
        and normalize_axis(p.axis, len(data.shape)) == 1
        and data.dtype == np.float32
        and data.spec.size > 0
    )


def _write(graph: Graph, chain: Chain, renamed: Mapping[Value, Value]) -> Value:
    node = chain.nodes[0]
    p: Any = node.p
    data, gamma, beta, moving_mean, moving_var = (renamed.get(v, v) for v in node.inputs)
    beside = [] if chain.beside is None else [renamed.get(chain.beside, chain.beside)]

    def call(name: str, inputs: list[Value], label: str, **params: Any) -> tuple[Value, ...]:
        op = get(name)
        return graph.call(op, op.make_params(params), inputs, label)

    moments = call("_batch_norm_moments", [data], node.name)
    each = data.spec.size // (data.shape[0] * data.shape[1])
    known = [*moments, moving_mean, moving_var]
    found = call("_batch_norm_statistics", known, node.name, eps=p.eps, momentum=p.momentum, count=each)
    how = {"fix_gamma": p.fix_gamma, "relu": chain.relu, "residual": bool(beside)}
    return call("_batch_norm_apply", [data, *found, gamma, beta, *beside], chain.last.name, **how)[0]
