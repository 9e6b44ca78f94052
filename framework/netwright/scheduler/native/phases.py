"""Steps in the order in which they run natively, cut into phases after each of which all threads wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ...kernels.cpu.emit import Cut
from ..ir import Node, Value
from .cutting import Cutting

Root = Callable[[Value], Value]


@dataclass
class Part:
    """Steps that run together: a phase of native calls, or one Python call (``cut`` is None)."""

    cut: Cut | None
    nodes: list[Node] = field(default_factory=list)
    finish: list[Value] = field(default_factory=list)
    """Partial sums that are added up by lanes; there are no nodes then."""


def reorder(nodes: list[Node], boundary: int, cutting: Cutting, outputs: set[Value]) -> list[Node]:
    """Sums by lanes whose results leave the plan move to the end of their part: one wait instead of one each."""
    done = []
    used = {v for node in nodes for v in node.inputs}
    states = {node.inputs[i] for node in nodes for i in node.op.state_ports(node.p)}  # must be read before they change
    for part in (nodes[:boundary], nodes[boundary:]):
        late = [
            n
            for n in part
            if cutting.cuts[n] is Cut.LANES
            and all(v in outputs and v not in used for v in n.outputs)
            and not any(v in states for v in n.inputs)
        ]
        moved = set(late)
        done.append([n for n in part if n not in moved] + late)
    return done[0] + done[1]


def into_parts(nodes: Iterable[Node], cutting: Cutting, root: Root, finished: set[Value]) -> list[Part]:
    """Phases and Python calls in order; views are no calls. ``finished`` collects the partial sums added up.

    ``root`` gives the value in whose memory another lies. Lanes go through a phase at their own pace: a step by lanes
    begins a new one where it reads what the phase has written, or writes where the phase has read or written, for its
    slices may be others.
    """
    parts: list[Part] = []
    read: set[Value] = set()
    written: set[Value] = set()

    def begin(cut: Cut | None, finish: list[Value]) -> Part:
        if finish:  # each lane adds up a slice, and the step may read others'
            parts.append(Part(Cut.LANES, finish=finish))
        parts.append(Part(cut))
        read.clear()
        written.clear()
        return parts[-1]

    current: Part | None = None
    for node in nodes:
        if node.op.view:
            continue
        cut, sources = cutting.cuts[node], set(map(root, node.inputs))
        targets = {*map(root, node.outputs), *(root(node.inputs[i]) for i in node.op.state_ports(node.p))}
        finish = [v for v in dict.fromkeys(map(root, node.inputs)) if v in cutting.partial and v not in finished]
        finished.update(finish)
        clashes = bool(sources & written or targets & (read | written))
        if current is None or cut is not current.cut or cut is None or (cut is Cut.LANES and clashes) or finish:
            current = begin(cut, finish)
        current.nodes.append(node)
        read |= sources
        written |= targets
    return parts


def as_one_phase(nodes: Sequence[Node], cutting: Cutting) -> list[Node] | None:
    """The steps so ordered that all that is cut by rows is one phase; None where that cannot be.

    What does not hang on samples comes before it, what needs the sums over them behind it.
    """
    before, rows, behind = [], [], []
    late: set[Value] = set()  # what can only be had behind the phase
    seen: set[Value] = set()  # what the phase has made
    for node in nodes:
        by_rows = cutting.cuts[node] is Cut.ROWS
        needs_sums = any(v in late or v in cutting.partial for v in node.inputs)
        if by_rows and needs_sums:
            return None
        if by_rows:
            rows.append(node)
            seen.update(node.outputs)
        elif needs_sums or any(v in seen for v in node.inputs):
            behind.append(node)
            late.update(node.outputs)
        else:
            before.append(node)
    return [*before, *rows, *behind]
