"""From a plan to what its native programs share: phases, calls and the layout of memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...kernels.cpu.emit import Cut
from ...kernels.cpu.kernel import Kernel
from ..ir import Node, Value
from ..plan import PYTHON, Plan, step_workspace
from .cutting import Cutting
from .emission import Emission, emit_all
from .layout import Layout, lay_out, local_roots
from .phases import Part, as_one_phase, into_parts

MEGABYTE = 1024 * 1024

Calls = list[tuple[Part, int, int]]


@dataclass
class Prepared:
    """A plan's native form."""

    plan: Plan
    cutting: Cutting
    emission: Emission
    layout: Layout
    forward: Calls
    backward: Calls
    notice: str = ""
    """Why it is interpreted so far."""

    @property
    def kernels(self) -> list[Kernel]:
        """The kernels it needs."""
        return self.emission.kernels()

    @property
    def arena_bytes(self) -> int:
        """Memory of a program: every lane's own, and what they share."""
        return self.layout.total_bytes(self.cutting.lanes)

    @property
    def peak_bytes(self) -> int:
        """That, what the caller keeps, and what the worst Python call takes beside the places of its results."""
        given = {v for v in self.plan.graph.kept_outputs if self.plan.tensors[v].storage == "output"}
        taken = [
            step_workspace(node) + self._results(node, given)
            for part, *_ in self.forward + self.backward
            if part.cut is None
            for node in part.nodes
        ]
        return self.arena_bytes + sum(v.spec.nbytes for v in given) + max(taken, default=0)

    @staticmethod
    def _results(node: Node, given: set[Value]) -> int:
        """Bytes of a Python call's results where it does not write them into their places."""
        placed = "out" in node.op.forward_takes and not any(v in given for v in node.outputs)
        return 0 if placed else sum(v.spec.nbytes for v in node.outputs)

    def runs(self, node: Node) -> str:
        """How a step is shared among threads."""
        cut = self.cutting.cuts[node]
        return "view" if node.op.view else PYTHON if cut is None else cut.value

    def remarks(self) -> list[str]:
        """Threads, phases and memory in words."""
        parts = [part for part, _, _ in self.forward + self.backward]
        phases, python = (sum((part.cut is None) is called for part in parts) for called in (False, True))
        own, shared, peak = (n / MEGABYTE for n in (self.layout.lane_bytes, self.layout.shared_bytes, self.peak_bytes))
        calls, threads = len(self.emission.calls), self.cutting.lanes
        found = [
            f"native: {plural(calls, 'kernel call')} in {plural(phases, 'phase')}, {plural(python, 'Python call')}; "
            f"{plural(threads, 'thread')} with {own:.2f} MiB each and {shared:.2f} MiB shared, peak {peak:.2f} MiB"
        ]
        if self.cutting.joint:
            rows = -(-self.cutting.batch // self.cutting.shards)
            found.append(f"micro-batches: forward and backward for {plural(rows, 'sample')} at a time on each thread")
        return [*found, f"interpreted until its kernels are ready: {self.notice}"] if self.notice else found


def plural(count: int, noun: str) -> str:
    """``1 thread``, ``2 threads``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def prepare(plan: Plan, cutting: Cutting) -> Prepared:
    """Phases, calls and memory for a plan cut so."""
    finished: set[Value] = set()
    steps = [plan.steps[: plan.boundary], plan.steps[plan.boundary :]]
    if cutting.joint:
        steps = [as_one_phase(plan.steps, cutting) or plan.steps, []]
    halves: list[list[Part]] = []
    for nodes in steps:
        parts = into_parts(nodes, cutting, plan.root, finished)
        made = {plan.root(v) for node in nodes for v in node.outputs}
        last = [v for v in cutting.partial if v in made and v not in finished]
        if last:
            finished.update(last)
            parts.append(Part(Cut.LANES, finish=last))
        halves.append(parts)
    local = local_roots(plan, cutting)
    emission = Emission(plan, cutting, local)
    forward, backward = (emit_all(emission, parts) for parts in halves)
    layout = lay_out(plan, cutting, halves[0] + halves[1], local, emission.scratch)
    return Prepared(plan, cutting, emission, layout, forward, backward)
