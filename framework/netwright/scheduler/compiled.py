"""A symbol compiled for given shapes: its plan, and programs to run it, lent to one caller at a time."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..device import Device
from ..memory import human_bytes
from ..ops.operator import TensorSpec
from ..symbol.precision import in_precision
from ..symbol.symbol import Symbol
from .differentiate import differentiate
from .fitting import fed_names, has_room, require_room
from .ir import Graph, Value
from .lower import lower
from .native_form import NativeForm
from .passes import optimize, optimize_forward
from .plan import Plan, make_plan
from .program import Program
from .strategy import Strategy
from .uncollected import uncollected

if TYPE_CHECKING:
    from .native import NativeProgram

HEAD = "__head_gradient_{}__"


class Compiled:
    """Plan of a symbol's forward pass and, where gradients are wanted, its backward pass.

    ``outputs`` are the symbol's, of which the first ``differentiated`` (all by default) have gradients;
    ``gradients`` maps each name of ``wrt`` to its gradient's value, or None where the outputs do not depend on it; with
    ``watch`` also what each node gives back, by names such as ``fc_backward_output0``. With ``lend_gradients`` they lie
    in the program's memory, to be borrowed and used before the program is released.

    >>> from netwright.ops.operator import TensorSpec
    >>> from netwright.scheduler import Compiled
    >>> net = mx.sym.relu(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc"))
    >>> known = {"data": TensorSpec((4, 3), np.dtype("float32"))}
    >>> compiled = Compiled(net, known, train=True, wrt=["fc_weight"], device=mx.cpu())
    >>> [node.op.name for node in compiled.plan.steps]
    ['_dense_block', 'fused', 'dot']
    >>> compiled.plan.boundary
    1
    """

    @uncollected()
    def __init__(
        self,
        symbol: Symbol,
        known: Mapping[str, TensorSpec],
        *,
        train: bool,
        wrt: Sequence[str] = (),
        device: Device,
        strategy: Strategy | None = None,
        reason: str = "",
        differentiated: int | None = None,
        watch: bool = False,
        lend_gradients: bool = False,
    ) -> None:
        strategy = strategy or Strategy()
        self._source = symbol, dict(known)
        self._how: dict[str, Any] = {
            "train": train,
            "wrt": wrt,
            "device": device,
            "differentiated": differentiated,
            "watch": watch,
            "lend_gradients": lend_gradients,
        }
        graph = lower(in_precision(symbol, strategy.precision), known, train)
        passes = [] if watch else optimize_forward(graph, strategy, bool(wrt), device.is_gpu)
        self.outputs: list[Value] = list(graph.outputs)
        self.heads: list[str] = []
        self.gradients: dict[str, Value | None] = {}
        if wrt:
            self._add_backward(graph, wrt, len(self.outputs) if differentiated is None else differentiated, watch)
        if lend_gradients:
            graph.lent = len(self.outputs)
        passes += optimize(graph, strategy, device.is_gpu)
        self._follow(graph)
        heads = dict(zip(self.heads, self.outputs, strict=False))
        self.native, hindrance = NativeForm.of(graph, device, strategy, heads, joint=lend_gradients or not wrt)
        may_write_over = self.native.may_write_over if self.native is not None else lambda node: True
        self.plan: Plan = make_plan(graph, device, strategy, reason, may_write_over)
        self.plan.passes = passes
        if self.native is not None:
            self.plan.native = self.native.prepared(self.plan)
        if hindrance:
            self.plan.notes.append(hindrance)
        if strategy.memory_budget is not None and self.plan.peak_bytes > strategy.memory_budget:
            self.plan.notes.append(f"does not fit into the budget of {human_bytes(strategy.memory_budget)}: not run")
        self.random = any("rng" in node.op.forward_takes for node in self.plan.steps)
        self.state_names = [node.inputs[i].name for node in self.plan.steps for i in node.op.state_ports(node.p)]
        self._native_fits: bool | None = None
        self._free: list[Program | NativeProgram] = []

    def _add_backward(self, graph: Graph, wrt: Sequence[str], count: int, watch: bool) -> None:
        differentiated = self.outputs[:count]
        heads = [HEAD.format(i) for i in range(count)]
        head_values = [graph.add_input(name, value.spec) for name, value in zip(heads, differentiated, strict=True)]
        watched: dict[str, Value] | None = {} if watch else None
        found = differentiate(graph, differentiated, head_values, [graph.inputs[name] for name in wrt], watched)
        self.gradients = {**(watched or {}), **dict(zip(wrt, found, strict=True))}
        graph.outputs += [g for g in self.gradients.values() if g is not None]
        self.heads = heads

    def _follow(self, graph: Graph) -> None:
        """Passes may have put other values in the places of the outputs."""
        n = len(self.outputs)
        self.outputs = graph.outputs[:n]
        rest = iter(graph.outputs[n:])
        self.gradients = {name: None if g is None else next(rest) for name, g in self.gradients.items()}

    @functools.cached_property
    def needed_heads(self) -> list[str]:
        """Head gradients that the backward pass reads (loss heads ignore theirs)."""
        used = {v.number for node in self.plan.steps for v in node.inputs}
        used |= {g.number for g in self.gradients.values() if g is not None}
        return [name for name in self.heads if self.plan.graph.inputs[name].number in used]

    @property
    def peak_bytes(self) -> int:
        """What a program that is acquired now takes at its worst moment beside its inputs, as predicted."""
        native = self._native_form()
        return self.plan.peak_bytes if native is None else native.peak_bytes(self.plan)

    def acquire(self) -> Program | NativeProgram:
        """A program that nobody else uses; give it back with ``release``. Native as soon as its kernels are there.

        Raises MemoryLimitError where its memory would exceed the strategy's budget or what the device has free.
        """
        native = self._native_form()
        while self._free:
            program = self._free.pop()
            if isinstance(program, Program) is (native is None):  # what was made before the kernels were there is left
                return program
        symbol, known = self._source
        require_room(self.peak_bytes, self.plan, known, fed_names(symbol), self._replan)
        return self._new_program() if native is None else native.program(self.plan)

    def _new_program(self) -> Program:
        """Captured as CUDA graphs where that is wanted and may be."""
        if self.plan.strategy.capture and self.plan.device.is_gpu:
            from .capture import CapturedProgram, why_not

            reason = why_not(self.plan)
            if not reason:
                return CapturedProgram(self.plan)
            self.plan.notes.append(f"not captured as CUDA graphs: {reason}")
        return Program(self.plan)

    def _native_form(self) -> NativeForm | None:
        """The native form once its kernels are there, unless its memory is the more that does not fit."""
        native = self.native
        if native is None or not native.ready(self.plan):
            return None
        if self._native_fits is None:
            needed = native.peak_bytes(self.plan)
            self._native_fits = has_room(needed, self.plan) or not has_room(self.plan.peak_bytes, self.plan)
            if not self._native_fits:
                self.plan.notes.append(f"interpreted: native code would need {human_bytes(needed)}, which does not fit")
        return native if self._native_fits else None

    def _replan(self, strategy: Strategy, known: Mapping[str, TensorSpec]) -> Plan:
        return Compiled(self._source[0], known, strategy=strategy, **self._how).plan

    def release(self, program: Program | NativeProgram) -> None:
        """Give a program back."""
        self._free.append(program)
