"""DataLoader: batches of a dataset, made ahead by worker processes or threads where asked for."""

from __future__ import annotations

import multiprocessing
import pickle
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

from ... import random
from ...device import cpu
from ...errors import DataError, ParamError
from ...ndarray.array import NDArray
from ...ndarray.creation import array
from ...ndarray.invoke import F
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler


def default_batchify_fn(data: list[Any]) -> Any:
    """Items stacked along a new first axis; of tuples, element by element."""
    first = data[0]
    if isinstance(first, NDArray):
        return F.stack(*data, axis=0)
    if isinstance(first, tuple):
        return [default_batchify_fn(list(column)) for column in zip(*data, strict=True)]
    stacked = np.asarray(data)
    return array(stacked, dtype=np.float32 if stacked.dtype == np.float64 else stacked.dtype)


def _numpy_batch(data: list[Any]) -> Any:
    """The same as NumPy arrays, which travel between processes."""
    first = data[0]
    if isinstance(first, NDArray):
        return np.stack([item.asnumpy() for item in data])
    if isinstance(first, tuple):
        return [_numpy_batch(list(column)) for column in zip(*data, strict=True)]
    stacked = np.asarray(data)
    return stacked.astype(np.float32) if stacked.dtype == np.float64 else stacked


_worker_dataset: Any = None


def _start_worker(dataset: bytes) -> None:
    global _worker_dataset
    _worker_dataset = pickle.loads(dataset)


def _work(indices: list[int], batchify: Callable[[list[Any]], Any], seed: int) -> Any:
    random.seed(seed)  # whichever process makes the batch, its random transforms are the same
    return batchify([_worker_dataset[i] for i in indices])


def _to_arrays(batch: Any) -> Any:
    if isinstance(batch, (list, tuple)):
        return [_to_arrays(part) for part in batch]
    return array(batch, dtype=batch.dtype) if isinstance(batch, np.ndarray) else batch


class DataLoader:
    """Iterates over a dataset in batches.

    ``num_workers`` processes (threads with ``thread_pool``) prepare up to ``prefetch`` batches ahead, in order. The
    processes start anew, so the dataset is pickled once; one that cannot be (with a lambda in it) is read by threads.
    Random transforms in processes repeat under ``random.seed``; threads share one generator in the order they run.

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
    ) -> None:
        self._dataset = dataset
        if batch_sampler is None:
            if batch_size is None:
                raise ParamError("batch_size is needed unless batch_sampler is given", where="DataLoader")
            if sampler is None:
                sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
            elif shuffle:
                raise ParamError("shuffle and sampler exclude each other", where="DataLoader")
            batch_sampler = BatchSampler(sampler, batch_size, last_batch or "keep")
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ParamError("batch_sampler excludes batch_size, shuffle, sampler and last_batch", where="DataLoader")
        self._batch_sampler = batch_sampler
        self._batchify = batchify_fn
        self._num_workers = max(0, num_workers)
        self._prefetch = max(1, prefetch if prefetch is not None else 2 * self._num_workers)
        self._thread_pool, self._timeout = thread_pool, timeout
        self._workers: Executor | None = None

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self._num_workers == 0:
            batchify = self._batchify or default_batchify_fn
            for indices in self._batch_sampler:
                yield batchify([self._dataset[i] for i in indices])
            return
        yield from self._ahead()

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
        try:
            pickle.dumps(self._batchify)
            return pickle.dumps(self._dataset)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            warnings.warn(f"the dataset cannot go to worker processes ({error}); threads read it", stacklevel=4)
            return None

    def _ahead(self) -> Iterator[Any]:
        executor = self._executor()
        waiting: deque[Future[Any]] = deque()

        def submit(indices: list[int], number: int) -> Future[Any]:
            if self._thread_pool:
                batchify = self._batchify or default_batchify_fn
                return executor.submit(lambda: batchify([self._dataset[i] for i in indices]))
            return executor.submit(_work, indices, self._batchify or _numpy_batch, seeds + number)

        seeds = 0 if self._thread_pool else int(random.state_of(cpu()).generator.integers(2**62))
        for number, indices in enumerate(self._batch_sampler):
            waiting.append(submit(indices, number))
            if len(waiting) > self._prefetch:
                yield self._result(waiting.popleft())
        while waiting:
            yield self._result(waiting.popleft())

    def _result(self, batch: Future[Any]) -> Any:
        try:
            return _to_arrays(batch.result(self._timeout))
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
