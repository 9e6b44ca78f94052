"""Batches gathered ahead of the step that takes them, in a thread and into memory that is used again.

One NumPy call gathers a block of several batches (and standardises it, where the samples are raw), while the steps
work on the block before it. A batch is a view into a block: nothing is copied twice, and waking the thread costs once
a block instead of once a batch.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..datasets.preprocessing import Preprocessing
from .transfer import Transfer

Array = np.ndarray[Any, Any]
Arrays = tuple[Array, Array]

BLOCK_BYTES = 1 << 20
"""What is gathered at once: it stays in the processor's cache until the steps read it."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples (x, y), all or those of some ``rows``. With ``preprocessing`` x is raw and becomes float32 as it is
    gathered; y is what is trained on.
    """

    x: Array
    y: Array
    rows: Array | None = None
    preprocessing: Preprocessing | None = None

    def __len__(self) -> int:
        return len(self.x) if self.rows is None else len(self.rows)

    @property
    def bytes_each(self) -> int:
        """Bytes of one gathered sample with its label."""
        x = self.x[:1].size * self._dtype.itemsize
        return max(1, x + self.y[:1].nbytes)

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.x.dtype if self.preprocessing is None else np.dtype(np.float32)

    def room(self, count: int) -> Arrays:
        """Memory for that many gathered samples."""
        return np.empty((count, *self.x.shape[1:]), self._dtype), np.empty((count, *self.y.shape[1:]), self.y.dtype)

    def draw(self, seed: int, epoch: int) -> Array | None:
        """What decides how each sample is changed in an epoch; None where samples stay as they are."""
        augment = None if self.preprocessing is None else self.preprocessing.augment
        return augment.draw(len(self), seed, epoch) if augment is not None and augment.active else None

    def gather(self, places: Array, room: Arrays | None = None, draws: Array | None = None) -> Arrays:
        """The samples at these places, in their order, at the beginning of ``room``; changed as ``draws`` say."""
        chosen = places if self.rows is None else self.rows[places]
        x, y = (part[: len(places)] for part in room or self.room(len(places)))
        # "clip" takes straight into the memory; the places are all there
        np.take(self.y, chosen, 0, y, "clip")
        if self.preprocessing is None:
            np.take(self.x, chosen, 0, x, "clip")
        else:
            raw = self.x[chosen]
            if draws is not None and self.preprocessing.augment is not None:
                raw = self.preprocessing.augment.apply(raw, draws[places])
            self.preprocessing.apply(raw, x)
        return x, y

    def in_turn(self, batch_size: int) -> Iterator[Arrays]:
        """Batches in the order of the samples; views where nothing is to be done to them."""
        for start in range(0, len(self), batch_size):
            stop = min(start + batch_size, len(self))
            if self.rows is None and self.preprocessing is None:
                yield self.x[start:stop], self.y[start:stop]
            else:
                yield self.gather(np.arange(start, stop))


class Feed:
    """Gives batches of samples; ``waited`` counts the seconds that had to be waited for them."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.waited = 0.0
        self.transfer: Transfer | None = None
        self.draws: Array | None = None
        """How the samples of the coming epoch are changed (``Samples.draw``)."""

    def batches(self, places: Array, batch_size: int) -> Iterator[Arrays]:
        """Batches of the samples at these places; the last may be smaller.

        A batch is good until the next one is asked for: its memory is used again. What goes wrong while one is gathered
        is raised where it would have been given.
        """
        blocks = self._blocks(len(places), batch_size)
        if not blocks:
            return
        rooms = [self._room(max(stop - start for start, stop in blocks)) for _ in blocks[:2]]
        block = self._timed(lambda: self._gather(places[: blocks[0][1]], rooms[0], 0, self._mark()))
        if len(blocks) == 1:
            yield from _cut(block, batch_size)
            return
        with ThreadPoolExecutor(1, thread_name_prefix="feed") as thread:
            for i, (start, stop) in enumerate(blocks[1:], 1):
                coming = thread.submit(self._gather, places[start:stop], rooms[i % 2], i % 2, self._mark())
                yield from _cut(block, batch_size)
                block = coming.result() if coming.done() else self._timed(coming.result)
        yield from _cut(block, batch_size)

    def _room(self, count: int) -> Arrays:
        room = self.samples.room(count)
        return room if self.transfer is None else self.transfer.room(room)

    def _mark(self) -> Any:
        return None if self.transfer is None else self.transfer.mark()

    def _gather(self, places: Array, room: Arrays, place: int, started: Any) -> Arrays:
        draws = () if self.draws is None else (self.draws,)
        block = self.samples.gather(places, room, *draws)
        return block if self.transfer is None else self.transfer(block, place, started)

    def _blocks(self, count: int, batch_size: int) -> list[tuple[int, int]]:
        """(start, stop) of each block: whole batches. The first blocks are short, so that the first step comes soon."""
        most = max(1, BLOCK_BYTES // (batch_size * self.samples.bytes_each))
        if count <= most * batch_size:
            return [(0, count)] if count else []
        found, start, batches = [], 0, 1
        while start < count:
            stop = min(count, start + batches * batch_size)
            found.append((start, stop))
            start, batches = stop, min(2 * batches, most)
        return found

    def _timed(self, gather: Any) -> Arrays:
        began = time.perf_counter()
        found: Arrays = gather()
        self.waited += time.perf_counter() - began
        return found


def _cut(block: Arrays, batch_size: int) -> Iterator[Arrays]:
    x, y = block
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]
