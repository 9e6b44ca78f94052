"""DataLoader: batches of a dataset, made ahead by worker processes or threads where asked for."""

from __future__ import annotations

import itertools
import multiprocessing
import pickle
import sys
import types
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ... import random
from ...device import Device, cpu, cpu_pinned
from ...errors import DataError, KindError, MismatchError, ParamError
from ...ndarray.array import NDArray
from ...ndarray.creation import array
from ...ndarray.invoke import F
from .gathering import gathered
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler


def default_batchify_fn(data: list[Any]) -> Any:
    """Items stacked along a new first axis; of tuples, element by element."""
    first = data[0]
    if isinstance(first, NDArray):
        return F.stack(*data, axis=0)
    if isinstance(first, tuple):
        return [default_batchify_fn(list(column)) for column in zip(*data, strict=True)]
    stacked = _stacked(data)
    return array(stacked, dtype=stacked.dtype)


def _stacked(data: list[Any]) -> np.ndarray[Any, Any]:
    try:
        stacked = np.asarray(data)
    except ValueError:
        stacked = np.asarray(None)
    if stacked.dtype.kind not in "biuf":
        raise DataError(
            "these items cannot be stacked to a batch",
            where="default_batchify_fn",
            wanted="arrays of one shape, or numbers",
            got=", ".join(f"{item!r:.20}" for item in data[:3]),
            remedy="Bring them to one shape by a transform, encode texts, or give batchify_fn",
        )
    return stacked


def _numpy_batch(data: list[Any]) -> Any:
    """The same as NumPy arrays, which travel between processes."""
    first = data[0]
    if isinstance(first, NDArray):
        return np.stack([item.asnumpy() for item in data])
    if isinstance(first, tuple):
        return [_numpy_batch(list(column)) for column in zip(*data, strict=True)]
    return _stacked(data)


_worker_dataset: Any = None


def _start_worker(dataset: bytes) -> None:
    global _worker_dataset
    _worker_dataset = pickle.loads(dataset)


def _work(indices: list[int], batchify: Callable[[list[Any]], Any], seed: int) -> Any:
    if batchify is _numpy_batch:
        found = gathered(_worker_dataset, indices)
        if found is not None:
            return _each(found, NDArray.asnumpy)
    random.seed(seed)  # whichever process makes the batch, its random transforms are the same
    return batchify([_worker_dataset[i] for i in indices])


def _each(batch: Any, change: Callable[[Any], Any]) -> Any:
    """The batch with every part changed, nested as it was."""
    if isinstance(batch, (list, tuple)):
        return type(batch)(_each(part, change) for part in batch)
    return change(batch)


def _as_array(part: Any) -> Any:
    return array(part, dtype=part.dtype) if isinstance(part, np.ndarray) else part


def _moved(part: Any, device: Device) -> Any:
    return part.as_in_context(device) if isinstance(part, NDArray) else part


def _main_is_guarded() -> bool:
    """Whether the program can be imported by a worker without running (one typed in is not imported at all)."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    return file is None or "__main__" in Path(file).read_text(errors="replace")


class _WithoutMain:
    """While processes start they do not see the program, and so do not import it: nothing they need is in it."""

    def __enter__(self) -> None:
        self._main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")

    def __exit__(self, *error: object) -> None:
        sys.modules["__main__"] = self._main


class DataLoader:
    """Iterates over a dataset in batches.

    ``num_workers`` processes (threads with ``thread_pool``) prepare up to ``prefetch`` batches ahead, in order. The
    processes start anew, so the dataset is pickled once; one that cannot be (with a lambda in it) is read by threads.
    Random transforms in processes repeat under ``random.seed``; threads share one generator in the order they run.
    Batches keep the element type of the items. With ``auto_reload`` the next pass is prepared as soon as one ends.

    >>> data = mx.gluon.data.ArrayDataset(mx.nd.arange(10).reshape((5, 2)), mx.nd.arange(5))
    >>> loader = mx.gluon.data.DataLoader(data, batch_size=2, last_batch="keep")
    >>> [(x.shape, y.asnumpy().tolist()) for x, y in loader]
    [((2, 2), [0.0, 1.0]), ((2, 2), [2.0, 3.0]), ((1, 2), [4.0])]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: Sampler | None = None,
        last_batch: str | None = None,
        batch_sampler: Sampler | None = None,
        batchify_fn: Callable[[list[Any]], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: float = 120,
        auto_reload: bool = False,
    ) -> None:
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            raise KindError(
                "the dataset has no items by number",
                where="DataLoader",
                wanted="something with len() and [i]",
                got=type(dataset).__name__,
                remedy="Use ArrayDataset(x, y), or a list",
            )
        self._dataset = dataset
        if timeout <= 0:
            raise MismatchError("timeout must be positive", where="DataLoader", got=timeout)
        if batch_sampler is None:
            if batch_size is None:
                raise ParamError(
                    "batch_size is needed unless batch_sampler is given",
                    where="DataLoader",
                    wanted="a whole number",
                    got="None",
                    remedy="Give batch_size=32, say",
                )
            if sampler is None:
                sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
            elif shuffle:
                raise ParamError(
                    "shuffle and sampler exclude each other",
                    where="DataLoader",
                    wanted="one of them",
                    got="both",
                    remedy="Give sampler=RandomSampler(len(dataset)), or shuffle=True alone",
                )
            batch_sampler = BatchSampler(sampler, batch_size, last_batch or "keep")
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ParamError("batch_sampler excludes batch_size, shuffle, sampler and last_batch", where="DataLoader")
        self._batch_sampler = batch_sampler
        self._batchify = batchify_fn
        self._num_workers = max(0, num_workers)
        self._prefetch = max(1, prefetch if prefetch is not None else 2 * self._num_workers)
        self._thread_pool, self._timeout, self._needs_main = thread_pool, timeout, False
        self._workers: Executor | None = None
        self._pinned = cpu_pinned(pin_device_id) if pin_memory else None
        self.auto_reload = auto_reload
        self._iter: Iterator[Any] | None = None
        if auto_reload:
            self.refresh()

    def refresh(self) -> None:
        """Begin a pass; where workers are, they begin to prepare it."""
        passing = self._ahead() if self._num_workers else self._in_turn()
        next(passing)
        self._iter = passing

    def clean(self) -> None:
        """Give a pass that was prepared up."""
        self._iter = None

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self._iter is None:
            self.refresh()
        assert self._iter is not None
        passing, self._iter = self._iter, None
        for batch in passing:
            yield batch if self._pinned is None else _each(batch, partial(_moved, device=self._pinned))
        if self.auto_reload and self._iter is None:
            self.refresh()

    def _in_turn(self) -> Iterator[Any]:
        """None, when it is ready to begin; then batch after batch."""
        yield None
        for indices in self._batch_sampler:
            yield self._made(indices)

    def _made(self, indices: list[int]) -> Any:
        """The batch of these items, in this thread."""
        if self._batchify in (None, default_batchify_fn):
            found = gathered(self._dataset, indices)
            if found is not None:
                return found
        return (self._batchify or default_batchify_fn)([self._dataset[i] for i in indices])

    def _executor(self) -> Executor:
        """The workers, started at the first pass and kept until the loader goes."""
        if self._workers is None:
            pickled = None if self._thread_pool else self._pickled()
            if pickled is None:
                self._thread_pool = True
                self._workers = ThreadPoolExecutor(self._num_workers)
            else:
                self._workers = ProcessPoolExecutor(
                    self._num_workers,
                    multiprocessing.get_context("spawn"),
                    initializer=_start_worker,
                    initargs=(pickled,),
                )
            weakref.finalize(self, self._workers.shutdown, wait=False, cancel_futures=True)
        return self._workers

    def _pickled(self) -> bytes | None:
        reason: Any = 'the program has no `if __name__ == "__main__":`, so that processes would run all of it'
        try:
            batchify, dataset = pickle.dumps(self._batchify), pickle.dumps(self._dataset)
            self._needs_main = b"__main__" in batchify + dataset
            if not self._needs_main or _main_is_guarded():
                return dataset
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            reason = error
        warnings.warn(f"the dataset cannot go to worker processes ({reason}); threads read it", stacklevel=5)
        return None

    def _ahead(self) -> Iterator[Any]:
        """None, when the first batches are being prepared; then batch after batch."""
        executor = self._executor()
        waiting: deque[Future[Any]] = deque()

        def submit(indices: list[int], number: int) -> Future[Any]:
            if self._thread_pool:
                return executor.submit(self._made, indices)
            with nullcontext() if self._needs_main else _WithoutMain():
                return executor.submit(_work, indices, self._batchify or _numpy_batch, seeds + number)

        seeds = 0 if self._thread_pool else int(random.state_of(cpu()).generator.integers(2**62))
        places = enumerate(self._batch_sampler)
        for number, indices in itertools.islice(places, self._prefetch):
            waiting.append(submit(indices, number))
        yield None
        for number, indices in places:
            waiting.append(submit(indices, number))
            yield self._result(waiting.popleft())
        while waiting:
            yield self._result(waiting.popleft())

    def _result(self, batch: Future[Any]) -> Any:
        try:
            return _each(batch.result(self._timeout), _as_array)
        except BrokenProcessPool as error:
            self._workers = None
            raise DataError(
                "a worker process ended before its batch was ready",
                where="DataLoader",
                remedy='Put the start of the program under if __name__ == "__main__":, or use thread_pool=True',
            ) from error
        except TimeoutError as error:
            if not batch.done():
                raise DataError(
                    f"a batch was not ready after {self._timeout} s",
                    where="DataLoader",
                    remedy="Raise timeout, or look at what the dataset does",
                ) from error
            raise
