"""A plan bound to memory: the flat list of calls that runs at every step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from .calls import aligned, make_call, view_call
from .ir import Node, Value
from .plan import Plan


class Program:
    """Runs a plan, for one caller at a time: its arena holds the values between forward and backward."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.xp = plan.device.xp
        self._slots: list[Any] = [None] * plan.graph._values
        self._arena = aligned(self.xp, plan.arena_bytes)
        self._lasting_views: set[int] = set()
        self._bind_arena()
        self._calls = [self._make_call(node) for node in plan.steps]
        self._frees = self._when_to_free()
        self._outputs = [(v, plan.tensors[v].storage) for v in plan.graph.outputs]

    def forward(self, feeds: Mapping[str, Any]) -> None:
        """Run the forward part on raw arrays for the graph's inputs."""
        self._feed(feeds)
        self._run(0, self.plan.boundary)

    def backward(self, feeds: Mapping[str, Any]) -> None:
        """Run the backward part; ``feeds`` holds the head gradients."""
        self._feed(feeds)
        self._run(self.plan.boundary, len(self._calls))

    def step(self, feeds: Mapping[str, Any], heads: Mapping[str, Any]) -> None:
        """Both parts."""
        self.forward(feeds)
        self.backward(heads)

    def take(self, values: Sequence[Value]) -> list[Any]:
        """Raw arrays of outputs, safe to keep: the next run does not touch them."""
        taken = []
        for value in values:
            array = self._slots[value.number]
            if self.plan.tensors[value].storage not in ("output", "own"):
                array = array.copy()
            taken.append(array)
        return taken

    def borrow(self, values: Sequence[Value]) -> list[Any]:
        """Raw arrays of outputs without a copy: until the program is released."""
        return [self._slots[value.number] for value in values]

    def profile(self, feeds: Mapping[str, Any]) -> list[float]:
        """Run every step once and return seconds for each."""
        self._feed(feeds)
        seconds = []
        for i in range(len(self._calls)):
            before = time.perf_counter()
            self._run(i, i + 1)
            self._wait()
            seconds.append(time.perf_counter() - before)
        return seconds

    def _wait(self) -> None:
        if self.plan.device.is_gpu:
            self.xp.cuda.get_current_stream().synchronize()

    def _feed(self, feeds: Mapping[str, Any]) -> None:
        inputs = self.plan.graph.inputs
        for name, array in feeds.items():
            self._slots[inputs[name].number] = array

    observer: ClassVar[Any] = None
    """Told of every run and step while a profiler watches."""

    def _run(self, start: int, end: int) -> None:
        calls, frees, slots = self._calls, self._frees, self._slots
        if self.observer is not None:
            self._run_observed(start, end)
            return
        with np.errstate(all="ignore"):  # NaN and infinity are numbers here; the debug strategy looks for them
            for i in range(start, end):
                call = calls[i]
                if call is not None:
                    call()
                for number in frees[i]:
                    slots[number] = None

    def _run_observed(self, start: int, end: int) -> None:
        observer, slots = self.observer, self._slots
        began = observer.begin()
        with np.errstate(all="ignore"):
            for i in range(start, end):
                call, node, before = self._calls[i], self.plan.steps[i], observer.begin()
                if call is not None:  # a view that stays takes no time
                    call()
                    observer.step(node, before, [slots[v.number] for v in node.outputs])
                for number in self._frees[i]:
                    slots[number] = None
        observer.run("forward" if start == 0 else "backward", end - start, began)

    def _bind_arena(self) -> None:
        for value, tensor in self.plan.tensors.items():
            if tensor.storage == "arena":
                shape, dtype = value.spec
                part = self._arena[tensor.offset : tensor.offset + value.spec.nbytes]
                self._slots[value.number] = part.view(dtype).reshape(shape)

    def _when_to_free(self) -> list[tuple[int, ...]]:
        frees: list[list[int]] = [[] for _ in self.plan.steps]
        outputs = set(self.plan.graph.outputs)
        for value, tensor in self.plan.tensors.items():
            passing = tensor.storage == "own" or (tensor.storage == "view" and value.number not in self._lasting_views)
            if passing and value not in outputs and tensor.last < len(frees):
                frees[tensor.last].append(value.number)
        return [tuple(f) for f in frees]

    def _make_call(self, node: Node) -> Callable[[], None] | None:
        slots = self._slots
        if node.op.view:
            source, result = node.inputs[0].number, node.outputs[0].number
            if slots[source] is not None:  # memory that stays: the view is made once
                slots[result] = node.op.forward(self.xp, node.p, slots[source])
                self._lasting_views.add(result)
                return None
            return view_call(slots, node, self.xp)
        in_arena = {self.plan.tensors[v].storage for v in node.outputs} == {"arena"}
        targets = tuple(slots[v.number] for v in node.outputs) if in_arena else None
        return make_call(node, self.plan, slots, targets)
