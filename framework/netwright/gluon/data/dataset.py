"""Datasets: things with a length and items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, IndexRangeError, KindError, MismatchError
from ...ndarray.array import NDArray
from ...recordio import MXIndexedRecordIO
from .gathering import taken, takes_batches
from .sampler import Sampler

Places = np.ndarray[Any, Any]


class Dataset:
    """Base: ``len(dataset)`` items, ``dataset[i]`` is one.

    >>> class Squares(mx.gluon.data.Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, index):
    ...         return index * index
    >>> list(Squares())
    [0, 1, 4, 9, 16]
    >>> list(Squares().filter(lambda x: x % 2 == 0))
    [0, 4, 16]
    >>> Squares().transform(lambda x: x + 1)[3]
    10
    """

    def __getitem__(self, idx: int) -> Any:
        raise IndexError(idx)

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def _gather(self, places: Places) -> Any:
        """The items at these places, an array for each element of an item; None where that takes reading each."""
        return None

    def filter(self, fn: Callable[[Any], bool]) -> Dataset:
        """The items for which ``fn`` is true."""
        return _Chosen(self, [i for i in range(len(self)) if fn(self[i])])

    def shard(self, num_shards: int, index: int) -> Dataset:
        """Part ``index`` of ``num_shards`` nearly equal ones."""
        if not 0 <= index < num_shards:
            raise MismatchError("there is no such shard", wanted=f"0 to {num_shards - 1}", got=index)
        size, rest = divmod(len(self), num_shards)
        start = size * index + min(index, rest)
        return _Chosen(self, range(start, start + size + (index < rest)))

    def take(self, count: int | None) -> Dataset:
        """The first ``count`` items."""
        return _Chosen(self, range(len(self) if count is None else min(count, len(self))))

    def sample(self, sampler: Sampler) -> Dataset:
        """The items in a sampler's order."""
        if not isinstance(sampler, Sampler):
            raise KindError("this is no sampler", where="Dataset.sample", got=type(sampler).__name__)
        return _Chosen(self, list(sampler))

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """Items passed through ``fn`` (a tuple's elements as its arguments), when read or (not ``lazy``) now."""
        mapped = _Mapped(self, fn)
        return mapped if lazy else SimpleDataset(list(mapped))

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> Dataset:
        """Items whose first element (the data, not the label) is passed through ``fn``."""
        return self.transform(_First(fn), lazy)


class _Chosen(Dataset):
    def __init__(self, data: Dataset, indices: Any) -> None:
        self._data, self._indices = data, indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: int) -> Any:
        return self._data[self._indices[idx]]

    def _gather(self, places: Places) -> Any:
        if places.min() < -len(self) or places.max() >= len(self):
            return None
        chosen = self._indices
        if isinstance(chosen, range) and chosen.step == 1 and places.min() >= 0:
            return self._data._gather(places + chosen.start)
        return self._data._gather(np.asarray([chosen[i] for i in places.tolist()]))


class _Mapped(Dataset):
    def __init__(self, data: Dataset, fn: Callable[..., Any]) -> None:
        self._data, self._fn = data, fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        item = self._data[idx]
        return self._fn(*item) if isinstance(item, tuple) else self._fn(item)

    def _gather(self, places: Places) -> Any:
        if not isinstance(self._fn, _First) or not takes_batches(self._fn._fn):
            return None
        found = self._data._gather(places)
        first = found[0] if isinstance(found, tuple) else found
        if not isinstance(first, NDArray) or first.ndim != 4:
            return None  # no batch of images
        changed = self._fn._fn(first)
        return (changed, *found[1:]) if isinstance(found, tuple) else changed


class _First:
    """A picklable function, for loaders with worker processes."""

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self._fn = fn

    def __call__(self, x: Any, *args: Any) -> Any:
        return (self._fn(x), *args) if args else self._fn(x)


class SimpleDataset(Dataset):
    """A list as a dataset.

    >>> data = mx.gluon.data.SimpleDataset(["a", "b", "c"])
    >>> len(data), data[1]
    (3, 'b')
    """

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        return self._data[idx]


class ArrayDataset(Dataset):
    """Several arrays of one length: an item is the tuple of their i-th elements.

    >>> data = mx.gluon.data.ArrayDataset(np.arange(4), np.arange(4) * 10)
    >>> len(data), data[2]
    (4, (np.int64(2), np.int64(20)))
    """

    def __init__(self, *args: Any) -> None:
        if not args:
            raise MismatchError(
                "there is no array",
                where="ArrayDataset",
                wanted="at least one",
                got="none",
                remedy="Give ArrayDataset(x, y)",
            )
        for i, data in enumerate(args):
            if len(data) != len(args[0]):
                raise MismatchError(
                    "all arrays must have one length",
                    where="ArrayDataset",
                    wanted=len(args[0]),
                    got=f"{len(data)} in array {i}",
                    remedy="Give a label for each sample",
                )
        # a label per sample is a number, as in MXNet
        self._data = [a.asnumpy() if isinstance(a, NDArray) and a.ndim == 1 else a for a in args]

    def __len__(self) -> int:
        return len(self._data[0])

    def __getitem__(self, idx: int) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple(data[idx] for data in self._data)

    def _gather(self, places: Places) -> Any:
        if type(self).__getitem__ is not ArrayDataset.__getitem__:
            return None
        parts = [taken(data, places) for data in self._data]
        if any(part is None for part in parts):
            return None
        return parts[0] if len(parts) == 1 else tuple(parts)


class RecordFileDataset(Dataset):
    """The records (bytes) of a record file; beside ``name.rec`` lies its index, ``name.idx``."""

    def __init__(self, filename: str | Path) -> None:
        self.filename = str(filename)
        self.idx_file = str(Path(filename).with_suffix(".idx"))
        if not Path(self.idx_file).is_file():
            raise DataError(
                "the record file has no index beside it",
                where=Path(filename).name,
                wanted=Path(self.idx_file).name,
                remedy="Write the records with MXIndexedRecordIO",
            )
        self._record = MXIndexedRecordIO(self.idx_file, self.filename, "r")

    def __getitem__(self, idx: int) -> Any:
        if not -len(self) <= idx < len(self):
            raise IndexRangeError("there is no such record", wanted=f"0 to {len(self) - 1}", got=idx)
        return self._record.read_idx(self._record.keys[idx])

    def __len__(self) -> int:
        return len(self._record.keys)


class _DownloadedDataset(Dataset):
    """Base of the public sets: ``_get_data`` finds or fetches the files and sets ``_data`` and ``_label``."""

    _data: Any
    _label: Any

    def __init__(self, root: str | Path, transform: Callable[[Any, Any], Any] | None) -> None:
        self._root = Path(root).expanduser()
        self._transform = transform
        self._get_data()

    def _get_data(self) -> None:
        raise NotImplementedError("a set says how to get its data")

    def __getitem__(self, idx: int) -> Any:
        data, label = self._data[idx], self._label[idx]
        return (data, label) if self._transform is None else self._transform(data, label)

    def _gather(self, places: Places) -> Any:
        if self._transform is not None or type(self).__getitem__ is not _DownloadedDataset.__getitem__:
            return None
        parts = taken(self._data, places), taken(self._label, places)
        return None if any(part is None for part in parts) else parts

    def __len__(self) -> int:
        return len(self._label)
