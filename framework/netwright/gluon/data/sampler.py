"""Samplers: orders of indices, and batches of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ... import random
from ...errors import ParamError, suggestion


class Sampler:
    """Base: iterates over indices."""

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class SequentialSampler(Sampler):
    """start, start + 1, …

    >>> list(mx.gluon.data.SequentialSampler(4))
    [0, 1, 2, 3]
    """

    def __init__(self, length: int, start: int = 0) -> None:
        self._length, self._start = length, start

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._start, self._start + self._length))

    def __len__(self) -> int:
        return self._length


class RandomSampler(Sampler):
    """A new random order at each pass, by the CPU's seeded generator.

    >>> np.random.seed(0)
    >>> sorted(mx.gluon.data.RandomSampler(4))
    [0, 1, 2, 3]
    """

    def __init__(self, length: int) -> None:
        self._length = length

    def __iter__(self) -> Iterator[int]:
        return iter(random.state_of().generator.permutation(self._length).tolist())

    def __len__(self) -> int:
        return self._length


class FilterSampler(Sampler):
    """Indices of the items for which ``fn`` is true.

    >>> data = mx.gluon.data.SimpleDataset([3, 8, 5, 4])
    >>> list(mx.gluon.data.FilterSampler(lambda x: x % 2 == 0, data))
    [1, 3]
    """

    def __init__(self, fn: Any, dataset: Any) -> None:
        self._indices = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class IntervalSampler(Sampler):
    """0, k, 2k, …, then (with ``rollover``) 1, k + 1, …

    >>> list(mx.gluon.data.IntervalSampler(6, interval=3))
    [0, 3, 1, 4, 2, 5]
    """

    def __init__(self, length: int, interval: int, rollover: bool = True) -> None:
        if interval > length:
            raise ParamError("the interval cannot exceed the length", wanted=f"<= {length}", got=interval)
        self._length, self._interval, self._rollover = length, interval, rollover

    def __iter__(self) -> Iterator[int]:
        for start in range(self._interval if self._rollover else 1):
            yield from range(start, self._length, self._interval)

    def __len__(self) -> int:
        return self._length if self._rollover else -(-self._length // self._interval)


class BatchSampler(Sampler):
    """Lists of ``batch_size`` indices; the last, smaller one is kept (``keep``), dropped (``discard``) or begins the
    next pass (``rollover``).

    >>> ordered = mx.gluon.data.SequentialSampler(5)
    >>> list(mx.gluon.data.BatchSampler(ordered, 2, "discard"))
    [[0, 1], [2, 3]]
    """

    def __init__(self, sampler: Sampler | Sequence[int], batch_size: int, last_batch: str = "keep") -> None:
        if last_batch not in ("keep", "discard", "rollover"):
            raise ParamError(
                "unknown last_batch",
                where="BatchSampler",
                wanted="keep, discard or rollover",
                got=repr(last_batch),
                remedy=suggestion(last_batch, ("keep", "discard", "rollover"), "Choose one of"),
            )
        if batch_size < 1:
            raise ParamError(
                "a batch holds samples",
                where="BatchSampler",
                wanted="batch_size of at least 1",
                got=batch_size,
                remedy="Give batch_size=32, say",
            )
        self._sampler, self._batch_size, self._last_batch = sampler, batch_size, last_batch
        self._left: list[int] = []

    def __iter__(self) -> Iterator[list[int]]:
        batch, self._left = self._left, []
        for i in self._sampler:
            batch.append(i)
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch and self._last_batch == "keep":
            yield batch
        elif batch and self._last_batch == "rollover":
            self._left = batch

    def __len__(self) -> int:
        count = len(self._sampler)
        if self._last_batch == "keep":
            return -(-count // self._batch_size)
        if self._last_batch == "rollover":
            count += len(self._left)
        return count // self._batch_size
