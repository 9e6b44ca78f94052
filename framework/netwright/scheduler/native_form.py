"""Whether a plan runs natively, and why not; the door to ``native``, which is loaded only when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..device import Device
from ..errors import NetwrightError
from .ir import Graph, Node, Value
from .passes.liveness import peak_bytes
from .strategy import Strategy

if TYPE_CHECKING:
    from .native import NativeProgram
    from .native.cutting import Cutting
    from .plan import Plan


SMALL = 32 << 20
"""A peak in bytes below which time comes before memory."""

GROWTH = 1.1
"""How much more than before a larger plan may take for its speed."""


class NativeForm:
    """How a graph is cut for native code, and the tables made from its plan when the first program is wanted."""

    def __init__(self, cutting: Cutting) -> None:
        self.cutting = cutting
        self._prepared: Any = None
        self._ready = False

    @classmethod
    def of(
        cls,
        graph: Graph,
        device: Device,
        strategy: Strategy,
        heads: Mapping[str, Value],
        joint: bool = False,
    ) -> tuple[NativeForm | None, str]:
        """(the form for this graph, whose nodes are put into the order that suits it, or None; what hinders it).

        ``joint``: forward and backward will run as one, which allows micro-batches.
        """
        if not strategy.native or strategy.check_finite or device.is_gpu:
            return None, ""
        try:
            from ..kernels.cpu import blas
            from ..kernels.cpu.loading import load_families
            from ..kernels.cpu.threads import cores
            from .native.cutting import cut_graph
            from .native.micro import micro_batches
            from .native.phases import reorder

            blas.find()
            load_families()
        except (ImportError, NetwrightError) as error:
            return None, f"interpreted, for native code cannot be made here: {error}"
        threads = strategy.threads or cores()
        sparing = strategy.recompute == "auto" or strategy.memory_budget is not None
        if joint and (micro := micro_batches(graph, threads, heads, strategy.micro_batch, sparing)) is not None:
            return cls(micro), ""
        cutting = cut_graph(graph, threads, heads)
        if not any(cut is not None and not node.op.view for node, cut in cutting.cuts.items()):
            return None, ""
        boundary = next((i for i, n in enumerate(graph.nodes) if n.phase == "backward"), len(graph.nodes))
        reordered = reorder(graph.nodes, boundary, cutting, set(graph.outputs))
        if _affordable(graph, reordered, strategy):
            graph.nodes = reordered
        return cls(cutting), ""

    def may_write_over(self, node: Node) -> bool:
        """Whether the kernel of this step allows its result over an input."""
        from ..kernels.cpu.emit import Cut, rule_for

        cut = self.cutting.cuts[node]
        if self.cutting.joint and cut is not Cut.ROWS:
            return False  # it does not run where it stands
        if cut is None:
            return True
        rule = rule_for(node)
        return rule is not None and rule.in_place

    def prepared(self, plan: Plan) -> Any:
        """Phases, calls and the layout of memory."""
        if self._prepared is None:
            from .native.prepare import prepare

            self._prepared = prepare(plan, self.cutting)
        return self._prepared

    def peak_bytes(self, plan: Plan) -> int:
        """The most bytes that a program takes beside its inputs."""
        return int(self.prepared(plan).peak_bytes)

    def ready(self, plan: Plan) -> bool:
        """Whether the kernels are there; asks for them where they are not."""
        if not self._ready:
            from ..kernels.cpu.loading import readiness

            prepared = self.prepared(plan)
            found = readiness(prepared.kernels)
            self._ready, prepared.notice = found.ready, found.reason
        return self._ready

    def program(self, plan: Plan) -> NativeProgram:
        """A new program."""
        from .native import NativeProgram

        return NativeProgram(self.prepared(plan))


def _affordable(graph: Graph, nodes: list[Node], strategy: Strategy) -> bool:
    """Whether the quicker order takes no memory that the strategy would rather save."""
    before, after = peak_bytes(graph), peak_bytes(graph, nodes)
    if strategy.recompute == "auto" or strategy.memory_budget is not None:
        return after <= before
    return not strategy.order or after <= max(GROWTH * before, SMALL)
