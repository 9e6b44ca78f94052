"""A plan bound to memory: the flat list of calls that runs at every step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..errors import NetwrightError
from ..random import state_of
from .ir import Node, Value
from .memory import ALIGNMENT
from .plan import Plan


class Program:
    """Runs a plan, for one caller at a time: its arena holds the values between forward and backward."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.xp = plan.device.xp
        self._slots: list[Any] = [None] * plan.graph._values
        self._arena = _aligned(self.xp, plan.arena_bytes)
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
        tensors, slots, xp = self.plan.tensors, self._slots, self.xp
        op, p, forward = node.op, node.p, node.op.forward
        ins = tuple(v.number for v in node.inputs)
        outs = tuple(v.number for v in node.outputs)
        if op.view:
            source = node.inputs[0]
            if slots[source.number] is not None:  # memory that stays: the view is made once
                slots[outs[0]] = forward(xp, p, slots[source.number])
                self._lasting_views.add(outs[0])
                return None
            return _view_call(slots, forward, xp, p, ins[0], outs[0])
        fixed: dict[str, Any] = {"train": node.train} if "train" in op.forward_takes else {}
        storages = {tensors[v].storage for v in node.outputs}
        into_arena = "out" in op.forward_takes and storages == {"arena"}
        if into_arena:
            targets = tuple(slots[o] for o in outs)
            fixed["out"] = targets[0] if len(targets) == 1 else targets
        random = state_of(self.plan.device) if "rng" in op.forward_takes else None
        states = tuple(ins[i] for i in op.state_ports(p))
        count = len(outs)
        check = _checker(node, xp) if self.plan.strategy.check_finite else None

        def call() -> None:
            arguments = [slots[i] for i in ins]
            if random is not None:
                fixed["rng"] = random.generator
            try:
                result = forward(xp, p, *arguments, **fixed)
            except NetwrightError as error:
                raise error.at(f"{node.name} ({op.name})") from None
            if into_arena and not states:
                if check is not None:
                    check(result)
                return
            results = result if isinstance(result, tuple) else (result,)
            if check is not None:
                check(results)
            if len(results) > count:
                for slot, new in zip(states, results[count:], strict=True):
                    xp.copyto(slots[slot], new)
            if not into_arena:
                for i, o in enumerate(outs):
                    slots[o] = results[i]

        return call


def _aligned(xp: Any, nbytes: int) -> Any:
    """Zeroed bytes that begin at a multiple of ALIGNMENT."""
    memory = xp.zeros(nbytes + ALIGNMENT, dtype=np.uint8)
    address = memory.ctypes.data if isinstance(memory, np.ndarray) else memory.data.ptr
    start = -address % ALIGNMENT
    return memory[start : start + nbytes]


def _view_call(slots: list[Any], forward: Any, xp: Any, p: Any, source: int, target: int) -> Callable[[], None]:
    def call() -> None:
        slots[target] = forward(xp, p, slots[source])

    return call


def _checker(node: Node, xp: Any) -> Callable[[Any], None]:
    """Raises at the first result that is not finite, naming the node."""

    def check(results: Any) -> None:
        for value, array in zip(node.outputs, results if isinstance(results, tuple) else (results,), strict=False):
            if array is not None and array.dtype.kind == "f" and not bool(xp.isfinite(array).all()):
                raise NetwrightError(
                    "the result holds NaN or infinity",
                    where=f"{node.name} ({node.op.name})",
                    got=f"{value.name} of shape {value.shape}",
                    remedy="Lower the learning rate, or look at this step's inputs",
                )

    return check
