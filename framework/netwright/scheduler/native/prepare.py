"""From a plan to what its native programs share: phases, calls and the layout of memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...kernels.cpu.emit import Cut
from ...kernels.cpu.kernel import Kernel
from ..ir import Node, Value
from ..plan import Plan, step_workspace
from .cutting import Cutting
from .emission import Emission, emit_all
from .layout import Layout, lay_out, local_roots
from .phases import Part, into_parts

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

    @property
    def kernels(self) -> list[Kernel]:
        """The kernels it needs."""
        return self.emission.kernels()

    @property
    def arena_bytes(self) -> int:
        """Memory of a program: every lane's own, and what they share."""
        return self.layout.total_bytes(self.cutting.shards)

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


def prepare(plan: Plan, cutting: Cutting) -> Prepared:
    """Phases, calls and memory for a plan cut so."""
    finished: set[Value] = set()
    steps = [plan.steps[: plan.boundary], plan.steps[plan.boundary :]]
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
