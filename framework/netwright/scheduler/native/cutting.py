"""How each step of a plan runs natively: by rows of the batch, by slices of its result, whole, or as a Python call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...kernels.cpu.emit import Cut, rule_for
from .. import (  # noqa: F401 (their rules are declared there)
    separable_blocks,
    separable_losses,
    separable_sequence,
    separable_shapes,
)
from ..ir import Graph, Node, Value
from ..plan import step_flops
from ..separable import PARTIAL, SHARED, outputs_of

WIDE_BYTES = 512 * 1024
"""A weight from which on each thread should read its own part only, rather than all of it for its own samples."""
LONG_SUMS = 3
"""A sum over the batch for which a shard reads so many times its bytes is made where its operands are in the cache."""
WAIT_FLOPS, WAIT_BYTES = 1 << 17, 96 * 1024
"""Arithmetic and memory of a step from which on sharing it pays for waiting for the other threads (half a µs)."""
FEW_ROWS = 64
"""Samples a shard up to which reading a wide weight costs more than its arithmetic."""


@dataclass
class Cutting:
    """For each step how it is cut (None: a Python call on whole tensors), and along which axis each value is."""

    batch: int
    shards: int
    lanes: int
    joint: bool = False
    """Forward and backward run as one, and shards of one lane follow each other through all of it."""
    cuts: dict[Node, Cut | None] = field(default_factory=dict)
    axes: dict[Value, int] = field(default_factory=dict)
    partial: set[Value] = field(default_factory=set)
    """Sums over the batch of which each lane makes its part."""

    def axis(self, value: Value) -> int:
        """The value's batch axis, or SHARED."""
        return self.axes[value]


def samples_in(graph: Graph) -> dict[Value, int]:
    """The inputs that hold samples, with how many: data and labels whose first axis is that of the first data.

    A weight that happens to be as long is cut, too, where that is right, and else makes its step run whole.
    """
    kinds: dict[Value, set[str]] = {}
    for node in graph.nodes:
        for port, value in zip(node.op.ports(node.p), node.inputs, strict=True):
            if value.node is None:
                kinds.setdefault(value, set()).add(port.kind)
    data = [v for v in graph.inputs.values() if v.shape and kinds.get(v, set()) and kinds[v] <= {"data", "label"}]
    return {v: v.shape[0] for v in data if v.shape[0] == data[0].shape[0]}


def cut_graph(
    graph: Graph, threads: int, heads: Mapping[str, Value] | None = None, micro_batch: int | None = None
) -> Cutting:
    """Decide for every step; ``heads`` names the inputs that lie as outputs do (their gradients).

    With ``micro_batch``, the most samples of a shard, forward and backward are cut to run as one.
    """
    samples = samples_in(graph)
    batch = next(iter(samples.values()), 0)
    lanes = max(1, min(threads, batch))
    if _too_few(batch, threads, graph):
        samples, batch, lanes = {}, 0, threads
    each = -(-batch // lanes)
    # as many for each lane, so that none waits for another
    shards = max(lanes, min(batch, lanes * -(-each // micro_batch))) if micro_batch else lanes
    result = Cutting(batch, shards, lanes, joint=micro_batch is not None)
    for value in graph.inputs.values():
        result.axes[value] = 0 if batch and value in samples else SHARED
    like = {graph.inputs[name]: value for name, value in (heads or {}).items()}
    for node in graph.nodes:
        for value in node.inputs:
            if value in like:
                result.axes[value] = result.axes[like.pop(value)]
        _cut(node, result)
    return result


def _too_few(batch: int, threads: int, graph: Graph) -> bool:
    """Whether slices of every result keep more threads busy than samples would; the way back is cut by samples."""
    if batch == 1:
        return True
    return 0 < 2 * batch <= threads and not any(node.phase == "backward" for node in graph.nodes)


def _cut(node: Node, result: Cutting) -> None:
    found = outputs_of(node, tuple(result.axes[v] for v in node.inputs), result.batch)
    for i, value in enumerate(node.outputs):
        axis = SHARED if found is None else found[i]
        result.axes[value] = SHARED if axis == PARTIAL else axis
    result.cuts[node] = how = _choose(node, result, found)
    if how is Cut.ROWS and found is not None:
        result.partial.update(v for v, axis in zip(node.outputs, found, strict=True) if axis == PARTIAL)


def _choose(node: Node, result: Cutting, found: tuple[int, ...] | None) -> Cut | None:
    if node.op.view:
        rows = found is not None and found[0] >= 0
        return Cut.ROWS if rows else Cut.ONCE
    rule = rule_for(node) if _is_float32(node) else None
    if rule is None:
        return None
    cut_by_rows = found is not None and any(axis != SHARED for axis in found)
    joint = result.joint and cut_by_rows
    if rule.by_lanes(node, cut_by_rows) and not joint and _prefers_lanes(node, result, cut_by_rows):
        return Cut.LANES
    if cut_by_rows and Cut.ROWS in rule.cuts:
        return Cut.ROWS
    return Cut.ONCE if Cut.ONCE in rule.cuts else None


def _is_float32(node: Node) -> bool:
    return all(v.dtype == np.float32 and math.prod(v.shape) > 0 for v in (*node.inputs, *node.outputs))


def _prefers_lanes(node: Node, result: Cutting, cut_by_rows: bool) -> bool:
    """Whether slices of the result are better than samples: nothing to cut, wide weights, or sums over the batch."""
    if not cut_by_rows:
        return result.batch > 0 or _worth_a_wait(node)
    if all(result.axes[v] == SHARED for v in node.outputs):
        read = sum(v.spec.nbytes for v in node.inputs) // result.shards
        return read < LONG_SUMS * sum(v.spec.nbytes for v in node.outputs)
    if result.shards < 2:
        return False
    shared = [v for v in node.inputs if result.axes[v] == SHARED]
    rows = result.batch // result.shards
    return rows <= FEW_ROWS and any(v.spec.nbytes >= WIDE_BYTES for v in shared)


def _worth_a_wait(node: Node) -> bool:
    moved = sum(v.spec.nbytes for v in (*node.inputs, *node.outputs))
    return moved >= WAIT_BYTES or step_flops(node) >= WAIT_FLOPS
