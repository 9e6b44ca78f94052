"""PrefetchingIter: batches of other iterators made ahead, in a thread for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ..errors import DataError
from .data_iter import DataBatch, DataDesc, DataIter


class PrefetchingIter(DataIter):
    """One or several iterators whose batches are joined; the next one is made while this one is used.

    ``rename_data`` and ``rename_label`` give other names, a dict for each iterator.

    >>> data = mx.io.PrefetchingIter(mx.io.NDArrayIter(np.arange(4), batch_size=2))
    >>> len(list(data))
    2
    """

    def __init__(
        self,
        iters: DataIter | Sequence[DataIter],
        rename_data: Sequence[Mapping[str, str]] | None = None,
        rename_label: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        self.iters: list[Any] = [iters] if isinstance(iters, DataIter) else list(iters)
        if not self.iters:
            raise DataError("at least one iterator is needed", where="PrefetchingIter")
        self._renamed = rename_data, rename_label
        super().__init__(self.provide_data[0].shape[0])
        self._threads = ThreadPoolExecutor(len(self.iters), thread_name_prefix="prefetch")
        self._batch: DataBatch | None = None
        self._ahead: list[Future[DataBatch | None]] = []
        self._start()

    @property
    def provide_data(self) -> list[DataDesc]:
        """Names and shapes of the data of a batch."""
        return self._described("provide_data", self._renamed[0])

    @property
    def provide_label(self) -> list[DataDesc]:
        """Names and shapes of the labels of a batch."""
        return self._described("provide_label", self._renamed[1])

    def _described(self, attribute: str, renamed: Sequence[Mapping[str, str]] | None) -> list[DataDesc]:
        names = renamed or [{}] * len(self.iters)
        return [
            DataDesc(other.get(d.name, d.name), d.shape, d.dtype, d.layout)
            for one, other in zip(self.iters, names, strict=True)
            for d in getattr(one, attribute)
        ]

    def _start(self) -> None:
        self._ahead = [self._threads.submit(_next, one) for one in self.iters]

    def reset(self) -> None:
        """Begin anew."""
        for future in self._ahead:
            future.result()
        for one in self.iters:
            one.reset()
        self._start()

    def iter_next(self) -> bool:
        batches = [future.result() for future in self._ahead]
        if any(batch is None for batch in batches):
            if any(batch is not None for batch in batches):
                raise DataError("the iterators have different numbers of batches", where="PrefetchingIter")
            return False
        there = [batch for batch in batches if batch is not None]
        if len({batch.pad for batch in there}) != 1:
            raise DataError("the iterators' last batches differ", where="PrefetchingIter")
        self._start()
        first = there[0]
        self._batch = DataBatch(
            [a for batch in there for a in batch.data],
            [a for batch in there for a in batch.label or []],
            first.pad,
            first.index,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        return True

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        assert self._batch is not None
        return self._batch

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()

    def getdata(self) -> Any:
        return self._batch.data if self._batch else []

    def getlabel(self) -> Any:
        return self._batch.label if self._batch else []

    def getpad(self) -> int:
        return int(self._batch.pad or 0) if self._batch else 0


def _next(one: DataIter) -> DataBatch | None:
    try:
        return one.next()
    except StopIteration:
        return None
