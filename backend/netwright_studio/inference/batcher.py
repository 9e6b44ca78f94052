"""Batching without added delay: what is queued when the predictor becomes free runs together, up to a cap."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from netwright_studio.inference.predictor import Array, Predictor
from netwright_studio.inference.stats import ModelStats

CAP = 64


@dataclass(slots=True)
class _Request:
    inputs: list[Array]
    rows: int
    signature: tuple[tuple[int, ...], ...]
    future: asyncio.Future[list[Array]]
    queued_ns: int


class Batcher:
    """Collects requests of one model and runs them in an executor, one batch at a time.

    Requests whose inputs have the same shape but for the batch axis share a batch; it is padded to the next power of
    two, so that a predictor with a plan per batch size needs only a few plans.
    """

    def __init__(self, run: Predictor, executor: Executor, stats: ModelStats, cap: int = CAP) -> None:
        self._run = run
        self._executor = executor
        self._stats = stats
        self._cap = cap
        self._queue: deque[_Request] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def infer(self, inputs: list[Array]) -> list[Array]:
        """Answer one request of some rows, together with others; rows are the inputs' first axis."""
        future: asyncio.Future[list[Array]] = asyncio.get_running_loop().create_future()
        signature = tuple(array.shape[1:] for array in inputs)
        self._queue.append(_Request(inputs, len(inputs[0]), signature, future, time.perf_counter_ns()))
        if self._worker is None:
            self._worker = asyncio.create_task(self._serve(), name="batcher")
        return await future

    @property
    def busy(self) -> bool:
        """Whether requests are queued or running."""
        return self._worker is not None

    async def drain(self) -> None:
        """Wait until everything that is queued has been answered."""
        while self._worker is not None:
            await asyncio.wait({self._worker})

    async def _serve(self) -> None:
        try:
            while self._queue:
                await self._answer(self._take())
        finally:
            self._worker = None

    def _take(self) -> list[_Request]:
        """Return the next requests that fit one batch; a request larger than the cap comes alone."""
        batch = [self._queue.popleft()]
        rows = batch[0].rows
        while self._queue and self._queue[0].signature == batch[0].signature:
            if rows + self._queue[0].rows > self._cap:
                break
            batch.append(self._queue.popleft())
            rows += batch[-1].rows
        return batch

    async def _answer(self, batch: list[_Request]) -> None:
        rows = sum(request.rows for request in batch)
        loop = asyncio.get_running_loop()
        started = time.perf_counter_ns()
        try:
            outputs = await loop.run_in_executor(self._executor, self._compute, batch, rows)
        except Exception as error:
            for request in batch:
                if not request.future.done():
                    request.future.set_exception(error)
            self._stats.failed(len(batch), time.perf_counter_ns() - started)
            return
        computed = time.perf_counter_ns() - started
        start = 0
        for request in batch:
            if not request.future.done():
                request.future.set_result([output[start : start + request.rows] for output in outputs])
            start += request.rows
            self._stats.answered(request.rows, queue_ns=started - request.queued_ns, infer_ns=computed)
        self._stats.executed(rows, computed)

    def _compute(self, batch: list[_Request], rows: int) -> list[Array]:
        """Run in the executor: join, pad, compute in pieces of the cap, cut the padding off."""
        joined = batch[0].inputs
        if len(batch) > 1:
            joined = [np.concatenate(parts) for parts in zip(*(request.inputs for request in batch), strict=True)]
        pieces = []
        for start in range(0, rows, self._cap):
            part = [array[start : start + self._cap] for array in joined]
            count = len(part[0])
            outputs = self._run(*(_pad(array, bucket(count)) for array in part))
            pieces.append([np.array(output[:count]) for output in outputs])
        if len(pieces) == 1:
            return pieces[0]
        return [np.concatenate(parts) for parts in zip(*pieces, strict=True)]


def bucket(rows: int) -> int:
    """The next power of two."""
    return 1 << (rows - 1).bit_length()


def _pad(array: Array, rows: int) -> Array:
    if len(array) == rows:
        return np.ascontiguousarray(array)
    padded = np.zeros((rows, *array.shape[1:]), array.dtype)
    padded[: len(array)] = array
    return padded
