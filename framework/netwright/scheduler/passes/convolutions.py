"""Convolutions with what follows them as one call, on the forward graph.

In training that is ReLU, whose gradient needs no more than the result. Where nothing is differentiated it is also
normalisation by known statistics, which becomes part of the weights, and the addition of a residual or max pooling of
2 × 2 places, so that the planes before it never leave the cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...ops import get
from ..ir import Graph, Node, Value
from .batch_norms import normalizes_planes, of_batch
from .chains import Chain, Readers, is_relu, replace


def pool_before_relu(graph: Graph) -> Graph:
    """Let max pooling see the data before ReLU does: max(relu(x)) = relu(max(x)), on fewer numbers.

    Where a window lies in padding alone the two differ; such pooling stays.
    """
    readers, chains = Readers(graph), []
    for node in graph.nodes:
        pooling = readers.only(node.outputs[0]) if is_relu(node) else None
        if pooling is not None and _pools_maxima(pooling):
            chain = Chain(node)
            chain.nodes.append(pooling)
            chains.append(chain)

    def write(chain: Chain, renamed: Mapping[Value, Value]) -> Value:
        relu, pooling = chain.nodes
        x = renamed.get(relu.inputs[0], relu.inputs[0])
        pooled = graph.call(pooling.op, pooling.p, [x], pooling.name)
        return graph.call(relu.op, relu.p, pooled, relu.name)[0]

    if chains:
        replace(graph, chains, write)
        graph.remark(f"{len(chains)} max poolings before ReLU instead of behind it")
    return graph


def _pools_maxima(node: Node) -> bool:
    p: Any = node.p
    return (
        node.op.name == "Pooling" and p.pool_type == "max" and not any(p.pad or ()) and p.pooling_convention == "valid"
    )


def join_convolutions(graph: Graph, differentiated: bool) -> Graph:
    """Put one call in the place of each convolution and what can be computed with it."""
    readers, chains, taken = Readers(graph), [], set[Node]()
    for node in graph.nodes:
        if node.op.name != "Convolution" or node.inputs[0].dtype != np.float32 or not _channels_second(node):
            continue
        chain = Chain(node)
        if differentiated:
            chain.take_relu(readers, taken)
        else:
            follower = readers.only(node.outputs[0])
            if follower is not None and _normalizes(follower, readers):
                chain.nodes.append(follower)
            follower = readers.only(chain.last.outputs[0])
            if follower is not None and follower not in taken and _pools_pairs(follower):
                chain.nodes.append(follower)
                chain.take_relu(readers, taken)
            else:
                chain.take_addition_and_relu(readers, taken)
        if len(chain.nodes) > 1:
            taken.update(chain.nodes)
            chains.append(chain)
    if chains:
        replace(graph, chains, lambda chain, renamed: _write(graph, chain, renamed))
        behind = sum(len(chain.nodes) - 1 for chain in chains)
        graph.remark(f"{len(chains)} convolutions with {behind} calls behind them")
    return graph


def _pools_pairs(node: Node) -> bool:
    p: Any = node.p
    plain = (
        node.op.name == "Pooling"
        and _pools_maxima(node)
        and not p.global_pool
        and not (p.layout or "NCHW").endswith("C")
    )
    return plain and tuple(p.kernel) == (2, 2) and tuple(p.stride or ()) == (2, 2)


def _channels_second(node: Node) -> bool:
    p: Any = node.p
    return len(p.kernel) <= 2 and (p.layout is None or not p.layout.endswith("C"))


def _normalizes(node: Node, readers: Readers) -> bool:
    return node.op.name == "BatchNorm" and not of_batch(node) and normalizes_planes(node, readers)


def _write(graph: Graph, chain: Chain, renamed: Mapping[Value, Value]) -> Value:
    node = chain.nodes[0]
    pool = any(other.op.name == "Pooling" for other in chain.nodes)
    how: dict[str, Any] = {**node.p.given(), "relu": chain.relu, "pool": pool, "residual": chain.beside is not None}
    inputs = list(node.inputs)
    if len(chain.nodes) > 1 and chain.nodes[1].op.name == "BatchNorm":
        p: Any = chain.nodes[1].p
        how |= {"norm": True, "eps": p.eps, "fix_gamma": p.fix_gamma}
        inputs += chain.nodes[1].inputs[1:]
    if chain.beside is not None:
        inputs.append(chain.beside)
    op = get("_convolution_block")
    return graph.call(op, op.make_params(how), [renamed.get(v, v) for v in inputs], chain.last.name)[0]
