"""From a plan to what its native programs share: phases, calls and the layout of memory."""

from __future__ import annotations

from dataclasses import dataclass

from ...kernels.cpu.emit import Cut
from ...kernels.cpu.kernel import Kernel
from ..ir import Value
from ..plan import Plan
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
