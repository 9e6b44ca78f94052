"""Micro-batches: forward and backward for a few samples at a time, so that what lies between them stays in cache."""

from __future__ import annotations

from collections.abc import Mapping

from ...kernels.cpu.emit import rule_for
from ..ir import Graph, Value
from ..passes.liveness import peak_bytes
from .cutting import Cutting, cut_graph
from .phases import as_one_phase

CACHE_BYTES = 4 << 20
"""What the tensors of a micro-batch may take."""
ENOUGH_BYTES = 8 << 20
"""What a thread's tensors may take before samples are taken fewer at a time. Measured: LeNet at 6 MiB a thread lost 5 %
by micro-batches (and 15 % at 1.5 MiB), a transformer at 16 MiB gained up to 5 %, a wide convolution at 28 MiB 3 %."""
WEIGHT_SHARE = 4
"""How often the weights' bytes, read once a micro-batch, must go into the tensors': at 1 a step took a sixth longer."""


def micro_batches(
    graph: Graph,
    threads: int,
    heads: Mapping[str, Value],
    wanted: int | None = None,
    sparing: bool = False,
) -> Cutting | None:
    """How the graph is cut into micro-batches, of ``wanted`` samples or as many as the cache holds; None where it
    cannot be, or need not.

    It cannot where something in between needs all samples (batch normalization). It need not where a thread's samples
    fit at once, or where reading the weights for each few would cost more than it saves. ``sparing``: memory comes
    before time.
    """
    whole = cut_graph(graph, threads, heads)
    if not whole.batch:
        return None
    rows = -(-whole.batch // whole.lanes)
    size = wanted or _fitting(graph, whole, sparing)
    if size >= rows:
        return None
    found = cut_graph(graph, threads, heads, size)
    return found if as_one_phase(graph.nodes, found) is not None else None


def _fitting(graph: Graph, cutting: Cutting, sparing: bool) -> int:
    """Samples whose tensors fit into the cache, but not so few that weights are read more than tensors."""
    if any((rule := rule_for(node)) is not None and rule.repeats for node in graph.nodes):
        return cutting.batch  # with few samples at a time an LSTM's step took a fifth longer
    peak = peak_bytes(graph)
    each = max(1, peak // cutting.batch)
    if not sparing and each * -(-cutting.batch // cutting.lanes) <= ENOUGH_BYTES:
        return cutting.batch
    weights = {v for n in graph.nodes if cutting.cuts[n] is not None for v in n.inputs if cutting.axes[v] < 0}
    read = sum(v.spec.nbytes for v in weights)
    shards = max(1, peak // max(1, (1 if sparing else WEIGHT_SHARE) * read))
    return max(1, CACHE_BYTES // each, -(-cutting.batch // shards))
