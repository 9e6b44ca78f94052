"""DataLoader: batches of a dataset, made ahead by worker processes or threads where asked for."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np

from ...errors import ParamError
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


def _start_worker(dataset: Any) -> None:
    global _worker_dataset
    _worker_dataset = dataset


def _work(indices: list[int], batchify: Callable[[list[Any]], Any]) -> Any:
    return batchify([_worker_dataset[i] for i in indices])


def _to_arrays(batch: Any) -> Any:
    if isinstance(batch, (list, tuple)):
        return [_to_arrays(part) for part in batch]
    return array(batch, dtype=batch.dtype) if isinstance(batch, np.ndarray) else batch


class DataLoader:
    """Iterates over a dataset in batches.

    ``num_workers`` processes (threads with ``thread_pool``) prepare up to ``prefetch`` batches ahead, in order.
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

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        if self._num_workers == 0:
            batchify = self._batchify or default_batchify_fn
            for indices in self._batch_sampler:
                yield batchify([self._dataset[i] for i in indices])
            return
        with self._executor() as executor:
            yield from self._ahead(executor)

    def _executor(self) -> Executor:
        if self._thread_pool:
            return ThreadPoolExecutor(self._num_workers)
        return ProcessPoolExecutor(
            self._num_workers,
            multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(self._dataset,),
        )

    def _ahead(self, executor: Executor) -> Iterator[Any]:
        waiting: deque[Any] = deque()

        def submit(indices: list[int]) -> Any:
            if self._thread_pool:
                batchify = self._batchify or default_batchify_fn
                return executor.submit(lambda: batchify([self._dataset[i] for i in indices]))
            return executor.submit(_work, indices, self._batchify or _numpy_batch)

        for indices in self._batch_sampler:
            waiting.append(submit(indices))
            if len(waiting) > self._prefetch:
                yield _to_arrays(waiting.popleft().result(self._timeout))
        while waiting:
            yield _to_arrays(waiting.popleft().result(self._timeout))
