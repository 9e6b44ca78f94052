"""Batching without added delay: what is queued when the predictor becomes free runs together, up to a cap.

A batch that takes less time than handing it to a thread is computed on the event loop itself; longer ones go to the
executor, so that nobody else waits for them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from netwright.errors import NetwrightError
from netwright_studio.inference.predictor import Array, Predictor
from netwright_studio.inference.stats import ModelStats

logger = logging.getLogger(__name__)

CAP = 64
QUICK_NS = 700_000
"""A batch of a size that took no longer than this is computed on the event loop."""
AHEAD_NS = 200_000_000
"""The plan of the largest batch is made ahead where running it is expected to take no longer than this."""
GIL_NS = 20_000_000
"""In a thread a shorter run may have waited for the interpreter rather than worked: its own time counts then."""
PROVED = 3
"""So many runs of a batch size say how long one takes."""

Done = Callable[[list[Array] | None, Exception | None], None]
"""Called on the event loop with a request's outputs, or with what went wrong."""


@dataclass(slots=True)
class _Request:
    inputs: Sequence[Array]
    rows: int
    signature: tuple[tuple[int, ...], ...]
    done: Done
    queued_ns: int


@dataclass(slots=True)
class _Computed:
    outputs: list[Array]
    input_ns: int
    infer_ns: int
    output_ns: int


class Batcher:
    """Collects requests of one model and runs them one batch at a time.

    Requests whose inputs have the same shape but for the batch axis share a batch; it is padded to the next power of
    two, so that a predictor with a plan per batch size needs only a few plans. A size that has no plan yet takes a
    larger one that has, while its own is made.
    """

    def __init__(self, run: Predictor, executor: Executor, stats: ModelStats, cap: int = CAP) -> None:
        self._run = run
        self._executor = executor
        self._stats = stats
        self.cap = cap
        self._queue: deque[_Request] = deque()
        self._scheduled = False
        self._computing = False
        self._idle: asyncio.Event | None = None
        self._takes: dict[int, tuple[int, int]] = {}
        self._buffers: dict[tuple[int, tuple[tuple[int, ...], ...]], list[Array]] = {}
        self._preparing: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether requests are queued or running."""
        return bool(self._queue) or self._computing

    @property
    def depth(self) -> int:
        """Requests that wait."""
        return len(self._queue)

    def submit(self, inputs: Sequence[Array], done: Done) -> None:
        """Queue one request of some rows (the inputs' first axis); it runs with what else arrives in this tick."""
        signature = tuple([array.shape[1:] for array in inputs])
        self._queue.append(_Request(inputs, len(inputs[0]), signature, done, time.perf_counter_ns()))
        if not self._scheduled and not self._computing:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._next)

    async def infer(self, inputs: Sequence[Array]) -> list[Array]:
        """Answer one request of some rows, together with others; rows are the inputs' first axis."""
        future: asyncio.Future[list[Array]] = asyncio.get_running_loop().create_future()

        def done(outputs: list[Array] | None, error: Exception | None) -> None:
            if future.done():  # given up meanwhile
                return
            if error is not None or outputs is None:
                future.set_exception(error or RuntimeError())
            else:
                future.set_result(outputs)

        self.submit(inputs, done)
        return await future

    async def drain(self) -> None:
        """Wait until everything that is queued has been answered."""
        while self.busy:
            self._idle = self._idle or asyncio.Event()
            await self._idle.wait()

    def _next(self) -> None:
        """Run the next batch here if it is quick, else in the executor; again as long as something waits."""
        self._scheduled = False
        if not self._queue or self._computing:
            return
        batch = self._take()
        rows = sum([request.rows for request in batch])
        started = time.perf_counter_ns()
        if self._is_quick(rows):
            try:
                computed = self._compute(batch, rows)
            except Exception as error:
                self._fail(batch, error, started)
            else:
                self._answer(batch, rows, computed, started)
            self._go_on()
            return
        self._computing = True
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor, self._compute, batch, rows)
        future.add_done_callback(lambda finished: self._finish(batch, rows, finished, started))

    def _finish(self, batch: list[_Request], rows: int, finished: asyncio.Future[_Computed], started: int) -> None:
        self._computing = False
        error = finished.exception()
        if error is None:
            self._answer(batch, rows, finished.result(), started)
        else:
            self._fail(batch, error if isinstance(error, Exception) else RuntimeError(str(error)), started)
        self._go_on()

    def _go_on(self) -> None:
        if self._queue:
            if not self._scheduled:
                self._scheduled = True
                asyncio.get_running_loop().call_soon(self._next)
        elif self._idle is not None:
            self._idle.set()
            self._idle = None

    def _take(self) -> list[_Request]:
        """Return the next requests that fit one batch; a request larger than the cap comes alone."""
        queue = self._queue
        first = queue.popleft()
        batch, rows = [first], first.rows
        while queue and queue[0].signature == first.signature and rows + queue[0].rows <= self.cap:
            batch.append(queue.popleft())
            rows += batch[-1].rows
        return batch

    def _answer(self, batch: list[_Request], rows: int, computed: _Computed, started: int) -> None:
        stats, infer_ns = self._stats, computed.infer_ns
        stats.executed(rows, infer_ns, input_ns=computed.input_ns, output_ns=computed.output_ns)
        outputs, start = computed.outputs, 0
        for request in batch:
            end = start + request.rows
            stats.answered(request.rows, queue_ns=started - request.queued_ns, infer_ns=infer_ns)
            request.done([output[start:end] for output in outputs], None)
            start = end

    def _fail(self, batch: list[_Request], error: Exception, started: int) -> None:
        self._stats.failed(len(batch), time.perf_counter_ns() - started)
        for request in batch:
            request.done(None, error)

    def _is_quick(self, rows: int) -> bool:
        count, ns = self._takes.get(bucket(rows), (0, 0))
        return rows <= self.cap and count >= PROVED and ns <= QUICK_NS

    def _compute(self, batch: list[_Request], rows: int) -> _Computed:
        """Join, pad, compute in pieces of the cap, cut the padding off."""
        began = time.perf_counter_ns()
        if rows <= self.cap:
            return self._compute_one(batch, rows, began)
        joined = batch[0].inputs  # larger than the cap: it came alone
        pieces, infer_ns = [], 0
        for start in range(0, rows, self.cap):
            part = _Request([a[start : start + self.cap] for a in joined], 0, batch[0].signature, batch[0].done, 0)
            part.rows = len(part.inputs[0])
            computed = self._compute_one([part], part.rows, time.perf_counter_ns())
            infer_ns += computed.infer_ns
            pieces.append(computed.outputs)
        outputs = [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
        return _Computed(outputs, 0, infer_ns, max(0, time.perf_counter_ns() - began - infer_ns))

    def _compute_one(self, batch: list[_Request], rows: int, began: int) -> _Computed:
        size = self._size_for(rows)
        inputs = self._join(batch, size)
        worked = time.thread_time_ns() if self._computing else 0
        before = time.perf_counter_ns()
        outputs = self._run(*inputs)
        after = time.perf_counter_ns()
        took = after - before
        if self._computing and took < GIL_NS:
            took = min(took, time.thread_time_ns() - worked)
        self._note(size, took)
        kept = [output[:rows] if output.base is None else np.array(output[:rows]) for output in outputs]
        return _Computed(kept, before - began, after - before, time.perf_counter_ns() - after)

    def _join(self, batch: list[_Request], size: int) -> list[Array]:
        """The requests' rows one after another, in memory that is used again and again, and is aligned."""
        first = batch[0]
        buffers = self._buffers.get((size, first.signature))
        if buffers is None:
            buffers = [np.zeros((size, *array.shape[1:]), array.dtype) for array in first.inputs]
            if len(self._buffers) >= 16:  # networks that take any shape
                self._buffers.clear()
            self._buffers[size, first.signature] = buffers
        start = 0
        for request in batch:
            end = start + request.rows
            for buffer, array in zip(buffers, request.inputs, strict=True):
                buffer[start:end] = array
            start = end
        if start < size:
            for buffer in buffers:
                buffer[start:] = 0
        return buffers

    def _note(self, size: int, ns: int) -> None:
        """Remember how long a batch size takes: the first runs are left out, which make plans and fill caches."""
        count, known = self._takes.get(size, (0, 0))
        self._takes[size] = (count + 1, ns if count < PROVED else (known * 7 + ns) // 8)

    def _size_for(self, rows: int) -> int:
        """The batch size to compute: the next power of two, or the next that has a plan while that one is made."""
        wanted = min(bucket(rows), max(self.cap, rows))
        prepared = getattr(self._run, "prepared", None)
        if prepared is None:
            return wanted
        sizes: list[int] = prepared()
        if wanted in sizes:
            return wanted
        larger = [size for size in sizes if wanted < size <= self.cap]
        if not larger:
            return wanted
        if wanted not in self._preparing:
            self._preparing.add(wanted)
            self._executor.submit(self._prepare, wanted)
        return min(larger)

    def prepare_ahead(self) -> None:
        """Make the plan of the largest batch, which smaller ones take until they have their own, in the background."""
        if hasattr(self._run, "prepare") and self.cap not in self._preparing:
            self._preparing.add(self.cap)
            self._executor.submit(self._prepare, self.cap, AHEAD_NS)

    def _prepare(self, size: int, longest_ns: int | None = None) -> None:
        prepare: Callable[[int], None] = self._run.prepare  # type: ignore[attr-defined]
        try:
            if longest_ns is not None:
                before = time.perf_counter_ns()
                prepare(1)
                if (time.perf_counter_ns() - before) * size > longest_ns:
                    return
            prepare(size)
        except NetwrightError as error:  # there may be too little memory for so many rows: smaller batches remain
            logger.warning("no plan for batches of %d: %s", size, error)
        finally:
            self._preparing.discard(size)


def bucket(rows: int) -> int:
    """The next power of two."""
    return 1 << (rows - 1).bit_length()
