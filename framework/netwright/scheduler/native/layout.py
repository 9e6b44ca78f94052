"""Where tensors lie for native code: in each lane's own memory, or in memory that all threads share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...kernels.cpu.emit import Cut
from ..ir import Node, Value
from ..memory import Lifetime, align, place
from ..plan import Plan
from .cutting import Cutting
from .phases import Part


@dataclass
class Layout:
    """Offsets of values (by the root of what shares their memory) and the sizes of both kinds of memory, in bytes."""

    local: dict[Value, int] = field(default_factory=dict)
    shared: dict[Value, int] = field(default_factory=dict)
    sums: dict[Value, int] = field(default_factory=dict)
    """Where the other lanes' parts of a sum begin, one after another."""
    scratch: dict[Node, int] = field(default_factory=dict)
    lane_bytes: int = 0
    shared_bytes: int = 0

    def total_bytes(self, lanes: int) -> int:
        """All of it."""
        return self.lane_bytes * lanes + self.shared_bytes


def local_roots(plan: Plan, cutting: Cutting) -> set[Value]:
    """Memory of which each lane needs its own samples only, so that it lies in the lane's own."""
    outputs, uses = set(plan.graph.outputs), _uses(plan)
    return {
        root
        for root, members in _groups(plan).items()
        if plan.tensors[root].storage != "input"
        and not outputs.intersection(members)
        and root not in cutting.partial
        and _is_local(members, [n for v in members for n in uses[v]], cutting)
    }


def lay_out(plan: Plan, cutting: Cutting, parts: Sequence[Part], local: set[Value], scratch: dict[Node, int]) -> Layout:
    """Place every value that is neither fed nor given out. ``scratch``: bytes a lane that steps need while they run.

    Lanes go through a phase at their own pace, so what they share lives from phase to phase, not from step to step.
    """
    result = Layout()
    part_of = {node: i for i, part in enumerate(parts) for node in part.nodes}
    ends = {v: i for i, part in enumerate(parts) for v in part.finish}
    rows = -(-cutting.batch // cutting.shards) if cutting.batch else 1
    own: list[tuple[Value | Node, Lifetime]] = []
    shared: list[tuple[tuple[str, Value], Lifetime]] = []
    uses = _uses(plan)
    for root, members in _groups(plan).items():
        tensor = plan.tensors[root]
        if root in local:
            nbytes = root.spec.nbytes // cutting.batch * rows
            own.append((root, Lifetime(nbytes, tensor.first, tensor.last)))
            continue
        when = [part_of[n] for v in members for n in uses[v]] + [ends[v] for v in members if v in ends]
        if not when:
            continue
        last = len(parts) if tensor.last >= len(plan.steps) else max(when)
        if tensor.storage not in ("input", "output"):
            shared.append((("value", root), Lifetime(root.spec.nbytes, min(when), last)))
        if root in cutting.partial and cutting.lanes > 1:
            nbytes = align(root.spec.nbytes) * (cutting.lanes - 1)
            shared.append((("sum", root), Lifetime(nbytes, min(when), ends.get(root, last))))
    steps = {node: i for i, node in enumerate(plan.steps)}
    own += [(node, Lifetime(n, steps[node], steps[node])) for node, n in scratch.items()]
    share = plan.strategy.share_memory
    offsets, result.lane_bytes = place([life for _, life in own], share=share)
    for (key, _), offset in zip(own, offsets, strict=True):
        if isinstance(key, Node):
            result.scratch[key] = offset
        else:
            result.local[key] = offset
    offsets, result.shared_bytes = place([life for _, life in shared], share=share)
    for ((kind, value), _), offset in zip(shared, offsets, strict=True):
        (result.shared if kind == "value" else result.sums)[value] = offset
    return result


def _groups(plan: Plan) -> dict[Value, list[Value]]:
    """The values that lie in one memory, by the one whose memory it is."""
    found: dict[Value, list[Value]] = defaultdict(list)
    for value in plan.tensors:
        found[plan.root(value)].append(value)
    return found


def _uses(plan: Plan) -> dict[Value, list[Node]]:
    """The steps that make or read each value; views do not."""
    found: dict[Value, list[Node]] = defaultdict(list)
    for node in plan.steps:
        if not node.op.view:
            for value in (*node.inputs, *node.outputs):
                found[value].append(node)
    return found


def _is_local(members: Sequence[Value], nodes: Sequence[Node], cutting: Cutting) -> bool:
    """Whether all that touch the memory are cut by rows."""
    return (
        bool(nodes) and all(cutting.axes[v] >= 0 for v in members) and all(cutting.cuts[n] is Cut.ROWS for n in nodes)
    )
