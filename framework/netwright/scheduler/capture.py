"""A plan for a GPU whose forward and backward parts are CUDA graphs: the host starts each with one call.

The first runs go call by call and fill the memory pool. Then a part is captured: its calls run once more without
computing, and their kernels become a graph over the addresses that they had. What a caller feeds at another address
each time (the batch) is copied into memory of our own first; weights stay where they are. A graph is captured anew when
an address changes for good. What cannot be captured (a call that waits for the device, random numbers) runs call by
call, and ``notice`` says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import NetwrightError
from .ir import Value
from .plan import Plan
from .program import Program

WARM_RUNS = 2


def why_not(plan: Plan) -> str:
    """Why a plan's parts cannot be CUDA graphs (an empty text where they may be)."""
    if not plan.device.is_gpu:
        return "the device is no GPU"
    if any("rng" in node.op.forward_takes for node in plan.steps):
        return "it draws random numbers"
    if plan.strategy.check_finite:
        return "each result is looked at"
    return ""


class CapturedProgram(Program):
    """A ``Program`` whose parts are replayed once they were captured. Results are copies: the next run reuses them."""

    def __init__(self, plan: Plan, xp: Any = None) -> None:
        super().__init__(plan)
        self.xp = xp or self.xp
        self.notice = ""
        self._pool = self.xp.cuda.MemoryPool()
        self._stream = self.xp.cuda.Stream(non_blocking=True)
        self._graphs: dict[str, Any] = {}
        self._runs: dict[str, int] = {}
        self._replayed = False
        """Whether the last forward part was a graph: only then does what it left lie where a backward graph reads."""
        self._seen: dict[str, int] = {}
        self._own: dict[str, Any] = {}

    def forward(self, feeds: Mapping[str, Any]) -> None:
        """Run the forward part on raw arrays for the graph's inputs."""
        self._replayed = self._part("forward", feeds, 0, self.plan.boundary)

    def backward(self, feeds: Mapping[str, Any]) -> None:
        """Run the backward part; ``feeds`` holds the head gradients."""
        self._part("backward", feeds, self.plan.boundary, len(self._calls), self._replayed)

    def take(self, values: Sequence[Value]) -> list[Any]:
        """Copies of outputs: a replay writes where the last one did."""
        return [self._slots[v.number].copy() for v in values]

    def _part(self, name: str, feeds: Mapping[str, Any], start: int, end: int, may: bool = True) -> bool:
        """Run a part; returns whether it was a graph."""
        self._feed_in_place(feeds)
        runs = self._runs[name] = self._runs.get(name, 0) + 1
        wanted = may and not self.notice and self.observer is None and runs > WARM_RUNS
        if wanted and (name in self._graphs or self._capture(name, start, end)):
            self._graphs[name].launch()
            return True
        self._run(start, end)
        return False

    def _capture(self, name: str, start: int, end: int) -> bool:
        """Make the part's graph; False where it cannot be."""
        stream, error = self._stream, None
        if name == "forward":
            self._graphs.clear()  # a backward graph would read where the old one wrote
        # memory of a pool of its own: nobody else is given what the graph writes to
        with self.xp.cuda.using_allocator(self._pool.malloc), stream:
            stream.begin_capture()
            try:
                self._run(start, end)
            except (RuntimeError, ValueError, TypeError) as failure:
                error = failure
            try:
                graph = stream.end_capture()
            except RuntimeError as failure:  # a call that waited has ended the capture
                error = error or failure
        if error is not None:
            if isinstance(error, NetwrightError):
                raise error
            self.notice = f"not captured as a CUDA graph: {error}"
            self._graphs.clear()
            self.plan.notes.append(self.notice)
            return False
        self._graphs[name] = graph
        return True

    def _feed_in_place(self, feeds: Mapping[str, Any]) -> None:
        """Let each input lie where the graphs look for it."""
        inputs = self.plan.graph.inputs
        for name, array in feeds.items():
            place, number = int(array.data.ptr), inputs[name].number
            own = self._own.get(name)
            if own is None and self._seen.setdefault(name, place) == place:
                self._slots[number] = array
                continue
            if own is None or own.shape != array.shape or own.dtype != array.dtype:
                # its address changes: from now on it lies in memory of our own
                own = self._own[name] = self.xp.empty(array.shape, array.dtype)
                self._graphs.clear()
            self.xp.copyto(own, array)
            self._slots[number] = own
