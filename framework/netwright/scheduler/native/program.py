"""A plan bound to native code: tables of kernel calls, and Python calls for what has no kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from ...kernels.cpu import blas
from ...kernels.cpu.emit import Cut
from ...kernels.cpu.families.products import product as small_product
from ...kernels.cpu.jobs import Binding, Tables
from ...kernels.cpu.machine import Phase
from ..calls import address_of, aligned, make_call
from ..ir import Node, Value
from ..memory import align
from ..program import Program
from .emission import Operand
from .prepare import Prepared

_PHASES = {Cut.ROWS: Phase.SHARDS, Cut.LANES: Phase.LANES, Cut.ONCE: Phase.ONCE}


class NativeProgram:
    """Runs a prepared plan for one caller at a time; made by ``Compiled.acquire``.

    Arrays that are fed are used where they lie if they are contiguous and of the planned type, else copied.
    Raises KernelError where a kernel cannot be had.
    """

    def __init__(self, prepared: Prepared) -> None:
        self.prepared, self.plan = prepared, prepared.plan
        self._slots: list[Any] = [None] * self.plan.graph._values
        cutting, emission = prepared.cutting, prepared.emission
        self._lanes = cutting.lanes
        self._lane_of = np.arange(cutting.shards, dtype=np.int64) % cutting.lanes
        each, rest = divmod(cutting.batch, cutting.shards)
        rows = [each + (i < rest) for i in range(cutting.shards)]
        if small_product in emission.kernels():
            blas.with_product()
        self._binding = Binding(Tables(emission.calls), len(emission.operands), rows, cutting.lanes)
        self._addresses, self._starts = self._binding.addresses, self._binding.starts
        self._bind_memory()
        self._words = memoryview(self._addresses).cast("B").cast("q")  # type: ignore[arg-type]
        self._given_out = {v for v in self.plan.graph.outputs if self.plan.tensors[v].storage == "output"}
        self._fresh = [v for v in self.plan.tensors if v in self._given_out]
        self._fresh_forward = [v for v in self._fresh if v.node is None or v.node.phase == "forward"]
        self._calls_python = any(part.cut is None for part, *_ in (*prepared.forward, *prepared.backward))
        self._views = self._external_views()
        self._bind_operands()
        self._readers = self._words_by_root()
        self._forward = self._make_runs(prepared.forward)
        self._backward = self._make_runs(prepared.backward)
        self._both = self._make_runs([*prepared.forward, *prepared.backward])
        self._steps: dict[str, list[tuple[Node | None, Callable[[], None]]]] = {}

    # ---------------------------------------------------------------- running
    def forward(self, feeds: Mapping[str, Any]) -> None:
        """Run the forward part on raw arrays for the graph's inputs."""
        self._feed(feeds)
        self._renew(self._fresh_forward)
        self._run("forward", self._forward)

    def backward(self, feeds: Mapping[str, Any]) -> None:
        """Run the backward part; ``feeds`` holds the head gradients."""
        self._feed(feeds)
        self._renew([v for v in self._fresh if v.node is not None and v.node.phase == "backward"])
        self._run("backward", self._backward)

    def step(self, feeds: Mapping[str, Any], heads: Mapping[str, Any]) -> None:
        """Both parts as one; while someone watches, one after the other unless the plan was made to run as one."""
        if Program.observer is not None and not self.prepared.cutting.joint:
            self.forward(feeds)
            self.backward(heads)
            return
        self._feed(feeds)
        self._feed(heads)
        self._renew(self._fresh)
        self._run("forward", self._both)

    def take(self, values: Sequence[Value]) -> list[Any]:
        """Raw arrays of outputs, safe to keep: the next run does not touch them."""
        taken = []
        for value in values:
            array = self._slots[value.number]
            taken.append(array if self.plan.tensors[value].storage == "output" else array.copy())
        return taken

    def borrow(self, values: Sequence[Value]) -> list[Any]:
        """Raw arrays of outputs without a copy: until the program is released."""
        return [self._slots[value.number] for value in values]

    def profile(self, feeds: Mapping[str, Any]) -> list[float]:
        """Run every step once and return seconds for each; views take none."""
        self._feed(feeds)
        self._renew(self._fresh)
        seconds: dict[Node | None, float] = {}
        for half in ("forward", "backward"):
            for node, run in self.single_steps(half):
                before = time.perf_counter()
                run()
                seconds[node] = time.perf_counter() - before
        return [seconds.get(node, 0.0) for node in self.plan.steps]

    def _run(self, half: str, runs: Sequence[Callable[[], None]]) -> None:
        if Program.observer is not None:
            self._run_observed(half)
            return
        if not self._calls_python:  # nobody is there to warn
            for run in runs:
                run()
            return
        with np.errstate(all="ignore"):
            for run in runs:
                run()

    def _run_observed(self, half: str) -> None:
        """The same calls, all threads waiting after each step so that it can be timed."""
        observer = Program.observer
        steps, began = self.single_steps(half), observer.begin()
        with np.errstate(all="ignore"):
            for node, run in steps:
                before = observer.begin()
                run()
                if node is not None:
                    observer.step(node, before, [self._slots[v.number] for v in node.outputs])
        observer.run(half, len(steps), began)

    def single_steps(self, half: str) -> list[tuple[Node | None, Callable[[], None]]]:
        """Each step of ``forward`` or ``backward`` as a call of its own (None: sums that are added up)."""
        if half not in self._steps:
            found: list[tuple[Node | None, list[tuple[int, int, int]] | None]] = []
            nodes = self.prepared.emission.nodes
            for part, first, end in self.prepared.forward if half == "forward" else self.prepared.backward:
                if part.cut is None:
                    found += [(node, None) for node in part.nodes]
                    continue
                for node, calls in groupby(range(first, end), key=lambda i: nodes[i]):
                    numbers = list(calls)
                    phase = (_PHASES[part.cut], numbers[0], numbers[-1] + 1)
                    before = found[-1][1] if found and node is not None and found[-1][0] is node else None
                    if before is None:
                        found.append((node, [phase]))
                    else:  # it waits in its midst
                        before.append(phase)
            self._steps[half] = [
                (
                    node,
                    self._python_call(node) if phases is None and node is not None else self._binding.job(phases or []),
                )
                for node, phases in found
            ]
        return self._steps[half]

    # ---------------------------------------------------------------- binding
    def _bind_memory(self) -> None:
        layout = self.prepared.layout
        self._shared = aligned(np, layout.shared_bytes)
        self._own = aligned(np, align(layout.lane_bytes) * self._lanes)
        for value in self.plan.tensors:
            root = self.plan.root(value)
            if root in layout.shared:
                offset = layout.shared[root]
                shape, dtype = value.spec
                part = self._shared[offset : offset + value.spec.nbytes]
                self._slots[value.number] = part.view(dtype).reshape(shape)

    def _external_views(self) -> dict[Value, list[Value]]:
        """What is seen of arrays that are fed or given out."""
        found: dict[Value, list[Value]] = {}
        for value in self.plan.tensors:
            root = self.plan.root(value)
            if root is not value and self.plan.tensors[root].storage in ("input", "output"):
                found.setdefault(root, []).append(value)
        return found

    def _words_by_root(self) -> dict[Value, list[tuple[int, int]]]:
        """The addresses that follow an array which is fed or given out, by the value whose memory it is: which word of
        the table, and how many bytes further it points.
        """
        found: dict[Value, list[tuple[int, int]]] = {}
        width = self._addresses.shape[1]
        for i, operand in enumerate(self.prepared.emission.operands):
            if operand.value is None or operand.kind == "sums":
                continue
            root = self.plan.root(operand.value)
            if self.plan.tensors[root].storage not in ("input", "output"):
                continue
            own = found.setdefault(root, [])
            places = self._places(operand, 0)
            moving = self._lane_of == 0 if self._is_part(operand) else np.ones(len(places), bool)
            for shard, place in enumerate(places.tolist()):
                if moving[shard]:
                    own.append((shard * width + i, place))
                else:  # the other lanes' parts of a sum lie in the program's own memory
                    self._addresses[shard, i] = place
        return found

    def _bind_operands(self) -> None:
        layout = self.prepared.layout
        shared, own = self._shared.ctypes.data, self._own.ctypes.data
        mine = own + self._lane_of * align(layout.lane_bytes)
        for i, operand in enumerate(self.prepared.emission.operands):
            if operand.node is not None:
                self._addresses[:, i] = mine + layout.scratch[operand.node]
                continue
            assert operand.value is not None
            root = self.plan.root(operand.value)
            if operand.kind == "sums":
                self._addresses[:, i] = shared + layout.sums[root]
            elif root in layout.local:
                self._addresses[:, i] = mine + layout.local[root]
            elif root in layout.shared:
                self._addresses[:, i] = self._places(operand, shared + layout.shared[root])

    def _is_part(self, operand: Operand) -> bool:
        """Whether each lane has a sum of its own there."""
        return operand.kind == "part" and self._lanes > 1

    def _places(self, operand: Operand, base: int) -> Any:
        """An operand's addresses, one a shard, from where its tensor begins."""
        if operand.kind == "rows":
            return base + self._starts * operand.stride
        if self._is_part(operand):
            root = self.plan.root(operand.value)  # type: ignore[arg-type]
            others = self._shared.ctypes.data + self.prepared.layout.sums[root]
            step = align(root.spec.nbytes)
            places = np.array([base, *(others + k * step for k in range(self._lanes - 1))], np.int64)
            return places[self._lane_of]
        return np.full(len(self._starts), base)

    def _put(self, root: Value, array: Any) -> None:
        """Let a value be this array."""
        self._slots[root.number] = array
        for view in self._views.get(root, ()):
            self._slots[view.number] = array.reshape(view.shape)
        found = self._readers.get(root)
        if found:
            base, words = address_of(array), self._words
            for word, offset in found:
                words[word] = base + offset

    def _feed(self, feeds: Mapping[str, Any]) -> None:
        inputs, slots = self.plan.graph.inputs, self._slots
        for name, array in feeds.items():
            value = inputs[name]
            if slots[value.number] is not array:
                if not array.flags.c_contiguous or array.dtype != value.dtype:
                    array = np.ascontiguousarray(array, value.dtype)
                self._put(value, array)

    def _renew(self, values: Sequence[Value]) -> None:
        """Fresh memory for what is given out."""
        for value in values:
            self._put(value, np.empty(*value.spec))

    # ---------------------------------------------------------------- the jobs
    def _make_runs(self, parts: Sequence[tuple[Any, int, int]]) -> list[Callable[[], None]]:
        """Jobs of consecutive phases, and the Python calls between them."""
        runs: list[Callable[[], None]] = []
        phases: list[tuple[int, int, int]] = []

        def close() -> None:
            if phases:
                runs.append(self._binding.job(list(phases)))
                phases.clear()

        for part, first, end in parts:
            if part.cut is None:
                close()
                runs += [self._python_call(node) for node in part.nodes]
            elif end > first:
                phases.append((_PHASES[part.cut], first, end))
        close()
        return runs

    def _python_call(self, node: Node) -> Callable[[], None]:
        """A step without kernel; its results are put where native steps find them."""
        slots = self._slots
        given = [v for v in node.outputs if v in self._given_out]
        if not given:
            return make_call(node, self.plan, slots, tuple(slots[v.number] for v in node.outputs))
        plain = make_call(node, self.plan, slots, None)

        def call() -> None:
            plain()
            for value in node.outputs:
                found = slots[value.number]
                if value in self._given_out:
                    self._put(value, np.ascontiguousarray(found))
                else:
                    np.copyto(kept[value], found)
                    slots[value.number] = kept[value]

        kept = {v: slots[v.number] for v in node.outputs}
        return call
