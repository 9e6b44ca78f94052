"""Micro-batches: forward and backward for a few samples at a time, so that what lies between them stays in cache."""

from __future__ import annotations

from collections.abc import Mapping

from ..ir import Graph, Value
from ..passes.liveness import peak_bytes
from .cutting import Cutting, cut_graph
from .phases import as_one_phase

CACHE_BYTES = 4 << 20
"""What a thread's tensors may take before samples are taken fewer at a time: more than that lies in memory."""


def micro_batches(graph: Graph, threads: int, heads: Mapping[str, Value], wanted: int | None = None) -> Cutting | None:
    """How the graph is cut into micro-batches, of ``wanted`` samples or as many as the cache holds; None where it
    cannot be, or need not.

    It cannot where something in between needs all samples (batch normalization). It need not where a thread's samples
    fit at once, or where reading the weights for each few would cost more than it saves.
    """
    whole = cut_graph(graph, threads, heads)
    if not whole.batch:
        return None
    rows = -(-whole.batch // whole.lanes)
    size = wanted or _fitting(graph, whole)
    if size >= rows:
        return None
    found = cut_graph(graph, threads, heads, size)
    return found if as_one_phase(graph.nodes, found) is not None else None


def _fitting(graph: Graph, cutting: Cutting) -> int:
    """Samples whose tensors fit into the cache, but not so few that weights are read more than tensors."""
    if any(node.op.name in ("RNN", "_rnn_grad") for node in graph.nodes):
        return cutting.batch  # a step multiplies as many rows as there are samples: fewer took a fifth longer
    peak = peak_bytes(graph)
    each = max(1, peak // cutting.batch)
    weights = {v for n in graph.nodes if cutting.cuts[n] is not None for v in n.inputs if cutting.axes[v] < 0}
    read = sum(v.spec.nbytes for v in weights)
    shards = max(1, peak // max(1, read))
    return max(1, CACHE_BYTES // each, -(-cutting.batch // shards))
