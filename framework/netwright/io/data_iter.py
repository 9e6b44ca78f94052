"""Iterators over batches with descriptions (MXNet's ``mx.io``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import random
from ..errors import DataError, ParamError
from ..ndarray.array import NDArray
from ..ndarray.creation import array


class _NamedShape(NamedTuple):
    name: str
    shape: tuple[int, ...]


class DataDesc(_NamedShape):
    """Name and shape of one input, a tuple of the two; ``dtype``, and ``layout`` that tells the batch axis (``N``).

    >>> mx.io.DataDesc("data", (32, 3, 28, 28), layout="NCHW")
    DataDesc[data,(32, 3, 28, 28),<class 'numpy.float32'>,NCHW]
    """

    dtype: Any
    layout: str

    def __new__(cls, name: str, shape: Sequence[int], dtype: Any = np.float32, layout: str = "NCHW") -> DataDesc:
        made = super().__new__(cls, name, tuple(shape))
        made.dtype, made.layout = dtype, layout
        return made

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Position of ``N``."""
        return 0 if layout is None else layout.find("N")


class DataBatch:
    """One batch: lists of data and label arrays; the last ``pad`` samples only fill it up.

    >>> batch = mx.io.DataBatch(data=[mx.nd.ones((2, 3))], label=[mx.nd.zeros((2,))], pad=0)
    >>> batch.data[0].shape
    (2, 3)
    """

    def __init__(
        self,
        data: Sequence[NDArray],
        label: Sequence[NDArray] | None = None,
        pad: int | None = 0,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Any = None,
        provide_label: Any = None,
    ) -> None:
        self.data, self.label, self.pad, self.index = list(data), label and list(label), pad, index
        self.bucket_key, self.provide_data, self.provide_label = bucket_key, provide_data, provide_label

    def __str__(self) -> str:
        labels = [label.shape for label in self.label or []]
        return f"DataBatch: data shapes: {[d.shape for d in self.data]} label shapes: {labels}"


class DataIter:
    """Base: ``next()`` gives DataBatches, ``reset()`` begins anew."""

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def reset(self) -> None:
        """Begin anew."""

    def next(self) -> DataBatch:
        """The next batch; raises StopIteration at the end."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def __next__(self) -> DataBatch:
        return self.next()

    def iter_next(self) -> bool:
        """Move on; False at the end."""
        return False

    def getdata(self) -> Any:
        """The data of this batch."""
        return []

    def getlabel(self) -> Any:
        """The labels of this batch."""
        return []

    def getindex(self) -> Any:
        """The indices of this batch's samples."""
        return None

    def getpad(self) -> int:
        """How many samples at its end only fill the batch up."""
        return 0


def _named(data: Any, default: str) -> list[tuple[str, np.ndarray[Any, Any]]]:
    if data is None:
        return []
    if isinstance(data, (NDArray, np.ndarray)):
        data = [data]
    if isinstance(data, (list, tuple)):
        names = [default] if len(data) == 1 else [f"_{i}_{default}" for i in range(len(data))]
        return [(name, _values(name, a)) for name, a in zip(names, data, strict=True)]
    if not isinstance(data, Mapping):
        raise DataError("data is an array, a list of arrays or a dict of arrays", got=type(data).__name__)
    return [(name, _values(name, a)) for name, a in sorted(data.items())]


def _values(name: str, source: Any) -> np.ndarray[Any, Any]:
    """An NDArray keeps its dtype; anything else becomes float32, as arrays do by default."""
    if isinstance(source, NDArray):
        return source.asnumpy()
    try:
        return np.asarray(source, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"this cannot be made an array: {error}", where=name) from None


class NDArrayIter(DataIter):
    """Batches of arrays in memory.

    ``last_batch_handle``: ``pad`` fills the last batch up with samples from the beginning (``getpad`` says how
    many), ``discard`` drops it, ``roll_over`` puts its samples at the beginning of the next epoch.

    >>> data = mx.io.NDArrayIter(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2)
    >>> [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in data]
    [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    >>> data.provide_data
    [DataDesc[data,(2, 2),<class 'numpy.float32'>,NCHW]]
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
    ) -> None:
        super().__init__(batch_size)
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ParamError(
                "unknown last_batch_handle", wanted="pad, discard or roll_over", got=repr(last_batch_handle)
            )
        self.data, self.label = _named(data, data_name), _named(label, label_name)
        if not self.data:
            raise DataError("NDArrayIter needs data", where="NDArrayIter")
        self.num_data = len(self.data[0][1])
        for name, values in (*self.data, *self.label):
            if len(values) != self.num_data:
                raise DataError("all arrays must have one length", where=name, wanted=self.num_data, got=len(values))
        if batch_size < 1 or (batch_size > self.num_data and last_batch_handle != "pad"):
            raise ParamError(
                "batch_size does not fit the data", where="NDArrayIter", wanted=f"1 to {self.num_data}", got=batch_size
            )
        self.shuffle, self.last_batch_handle = shuffle, last_batch_handle
        self.idx = np.arange(self.num_data)
        self.cursor = -batch_size
        self._left: np.ndarray[Any, Any] = np.zeros(0, np.int64)
        self._order = self.idx
        self._begin()

    @property
    def provide_data(self) -> list[DataDesc]:
        """Names and shapes of the data of a batch."""
        return [DataDesc(n, (self.batch_size, *a.shape[1:]), a.dtype.type) for n, a in self.data]

    @property
    def provide_label(self) -> list[DataDesc]:
        """Names and shapes of the labels of a batch."""
        return [DataDesc(n, (self.batch_size, *a.shape[1:]), a.dtype.type) for n, a in self.label]

    def _begin(self) -> None:
        if self.shuffle:
            self.idx = random.state_of().generator.permutation(self.num_data)
        self._order = np.concatenate([self._left, self.idx])
        self.cursor = -self.batch_size

    def reset(self) -> None:
        """Begin a new epoch; with ``roll_over`` the samples left over come first."""
        if self.last_batch_handle == "roll_over" and self.cursor >= 0:  # else nothing was read since the last reset
            done = self.cursor if self._batch_end() > len(self._order) else self._batch_end()
            rest = self._order[done:]
            self._left = rest if len(rest) < self.batch_size else self._order[:0]
        self._begin()

    def hard_reset(self) -> None:
        """Begin a new epoch and forget what was left over."""
        self._left = np.zeros(0, np.int64)
        self._begin()

    def _batch_end(self) -> int:
        return self.cursor + self.batch_size

    def iter_next(self) -> bool:
        self.cursor += self.batch_size
        if self.last_batch_handle == "pad":
            return self.cursor < len(self._order)
        return self._batch_end() <= len(self._order)

    def getindex(self) -> np.ndarray[Any, Any]:
        chosen = self._order[self.cursor : self._batch_end()]
        missing = self.batch_size - len(chosen)
        return np.concatenate([chosen, np.resize(self._order, missing)]) if missing else chosen

    def getdata(self) -> list[NDArray]:
        return self._chosen(self.data)

    def getlabel(self) -> list[NDArray]:
        return self._chosen(self.label)

    def _chosen(self, source: list[tuple[str, np.ndarray[Any, Any]]]) -> list[NDArray]:
        index = self.getindex()
        return [array(values[index], dtype=values.dtype) for _, values in source]

    def getpad(self) -> int:
        return max(0, self._batch_end() - len(self._order)) if self.last_batch_handle == "pad" else 0


def CSVIter(
    data_csv: str | Path,
    data_shape: Sequence[int],
    label_csv: str | Path | None = None,
    label_shape: Sequence[int] = (1,),
    batch_size: int = 1,
    round_batch: bool = True,
    dtype: str = "float32",
    **kwargs: Any,
) -> NDArrayIter:
    """Batches of the rows of a CSV file of numbers; each row holds ``data_shape``'s elements.

    >>> np.savetxt("rows.csv", np.arange(6).reshape(3, 2), delimiter=",")
    >>> data = mx.io.CSVIter(data_csv="rows.csv", data_shape=(2,), batch_size=2)
    >>> [batch.data[0].asnumpy().tolist() for batch in data]
    [[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [0.0, 1.0]]]
    """
    data = _read_csv(data_csv, tuple(data_shape), dtype)
    if label_csv is None:
        label = np.zeros((len(data), *label_shape), dtype)
    else:
        label = _read_csv(label_csv, tuple(label_shape), dtype)
    return NDArrayIter(
        data,
        label.reshape(len(label)) if tuple(label_shape) == (1,) else label,
        batch_size,
        last_batch_handle="pad" if round_batch else "discard",
    )


def _read_csv(path: str | Path, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    try:
        rows = np.loadtxt(path, delimiter=",", dtype=dtype, ndmin=2)
    except (OSError, ValueError) as error:
        reason = (error.strerror or "there is no such file") if isinstance(error, OSError) else str(error)
        raise DataError(f"the CSV file cannot be read: {reason}", where=Path(path).name) from None
    if rows.shape[1] != int(np.prod(shape)):
        raise DataError("a row has another number of values", where=Path(path).name, wanted=shape, got=rows.shape[1])
    return rows.reshape(len(rows), *shape)


def MNISTIter(
    image: str | Path,
    label: str | Path,
    batch_size: int = 128,
    shuffle: bool = True,
    flat: bool = False,
    seed: int = 0,
    silent: bool = False,
    num_parts: int = 1,
    part_index: int = 0,
    **kwargs: Any,
) -> NDArrayIter:
    """Batches of images in MNIST's IDX files (gzip or not) in [0, 1]; (784,) where ``flat``, else (1, 28, 28)."""
    from ..datasets.idx import read_idx

    images, labels = read_idx(Path(image)), read_idx(Path(label))
    images = images[part_index::num_parts].astype(np.float32) / 255
    labels = labels[part_index::num_parts].astype(np.float32)
    images = images.reshape(len(images), -1) if flat else images[:, None]
    if shuffle:
        order = np.random.Generator(np.random.PCG64DXSM(seed)).permutation(len(images))
        images, labels = images[order], labels[order]
    return NDArrayIter(images, labels, batch_size, last_batch_handle="discard")


class ResizeIter(DataIter):
    """Another iterator made to have ``size`` batches an epoch.

    >>> data = mx.io.NDArrayIter(np.arange(4), batch_size=2)
    >>> len(list(mx.io.ResizeIter(data, size=5)))
    5
    """

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        self.data_iter, self.size, self.reset_internal = data_iter, size, reset_internal
        self.cur = 0
        self._batch: DataBatch | None = None
        self.provide_data = data_iter.provide_data  # type: ignore[attr-defined]
        self.provide_label = data_iter.provide_label  # type: ignore[attr-defined]

    def reset(self) -> None:
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def next(self) -> DataBatch:
        if self.cur == self.size:
            raise StopIteration
        try:
            batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            batch = self.data_iter.next()
        self.cur += 1
        return batch
