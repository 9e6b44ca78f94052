"""How each step of a plan runs natively: by rows of the batch, by slices of its result, whole, or as a Python call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...kernels.cpu.emit import Cut, rule_for
from ..ir import Graph, Node, Value
from ..separable import PARTIAL, SHARED, outputs_of

WIDE_BYTES = 512 * 1024
"""A weight from which on each thread should read its own part only, rather than all of it for its own samples."""
FEW_ROWS = 64
"""Samples a shard up to which reading a wide weight costs more than its arithmetic."""


@dataclass
class Cutting:
    """For each step how it is cut (None: a Python call on whole tensors), and along which axis each value is."""

    batch: int
    shards: int
    cuts: dict[Node, Cut | None] = field(default_factory=dict)
    axes: dict[Value, int] = field(default_factory=dict)
    partial: set[Value] = field(default_factory=set)
    """Sums over the batch of which each lane makes its part."""

    def axis(self, value: Value) -> int:
        """The value's batch axis, or SHARED."""
        return self.axes[value]


def cut_graph(graph: Graph, batched: Mapping[str, int], threads: int) -> Cutting:
    """Decide for every step; ``batched`` names the inputs that hold samples, and their batch axis."""
    sizes = {graph.inputs[name].shape[axis] for name, axis in batched.items() if name in graph.inputs}
    batch = sizes.pop() if len(sizes) == 1 else 0
    result = Cutting(batch, max(1, min(threads, batch)))
    for name, value in graph.inputs.items():
        result.axes[value] = batched.get(name, SHARED) if batch else SHARED
    for node in graph.nodes:
        _cut(node, result)
    return result


def _cut(node: Node, result: Cutting) -> None:
    found = outputs_of(node, tuple(result.axes[v] for v in node.inputs))
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
    if Cut.LANES in rule.cuts and _prefers_lanes(node, result, cut_by_rows):
        return Cut.LANES
    if cut_by_rows and Cut.ROWS in rule.cuts:
        return Cut.ROWS
    return Cut.ONCE if Cut.ONCE in rule.cuts else None


def _is_float32(node: Node) -> bool:
    return all(v.dtype == np.float32 and math.prod(v.shape) > 0 for v in (*node.inputs, *node.outputs))


def _prefers_lanes(node: Node, result: Cutting, cut_by_rows: bool) -> bool:
    """Whether slices of the result are better than samples: nothing to cut, wide weights, or sums over the batch."""
    if result.shards < 2:
        return not cut_by_rows
    if not cut_by_rows or all(result.axes[v] == SHARED for v in node.outputs):
        return True
    shared = [v for v in node.inputs if result.axes[v] == SHARED]
    rows = result.batch // result.shards
    return rows <= FEW_ROWS and any(v.spec.nbytes >= WIDE_BYTES for v in shared)
