"""Iterators over batches with descriptions (MXNet's ``mx.io``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from .. import random
from ..device import Device
from ..errors import DataError, ParamError, StorageError, suggestion
from ..ndarray.array import NDArray, _moved
from ..ndarray.creation import from_numpy
from ..ndarray.sparse import from_scipy, is_scipy
from ..ndarray.stored import CSRNDArray, of_raw
from ..ops.storage import CompressedRows


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

    @staticmethod
    def get_list(shapes: Sequence[Any], types: Sequence[Any] | None = None) -> list[DataDesc]:
        """Descriptions from (name, shape) pairs, and (name, dtype) pairs where they are given."""
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        dtypes = dict(types)
        return [DataDesc(name, shape, dtypes[name]) for name, shape in shapes]


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
        for kind, arrays in (("data", data), ("label", label)):
            if arrays is not None and not isinstance(arrays, (list, tuple)):
                raise ParamError(f"{kind} is a list of arrays", where="DataBatch", got=type(arrays).__name__)
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


def _named(data: Any, default: str) -> list[tuple[str, Any]]:
    """(name, NumPy array or compressed rows) from an array, a list or a dict of them."""
    if data is None:
        return []
    if isinstance(data, (NDArray, np.ndarray)) or is_scipy(data):
        data = [data]
    if isinstance(data, (list, tuple)):
        names = [default] if len(data) == 1 else [f"_{i}_{default}" for i in range(len(data))]
        return [(name, _values(name, a)) for name, a in zip(names, data, strict=True)]
    if not isinstance(data, Mapping):
        raise DataError(
            "these are no data",
            where="NDArrayIter",
            wanted="an array, a list of arrays or a dict of arrays",
            got=type(data).__name__,
            remedy="Make an array with np.array(…)",
        )
    return [(name, _values(name, a)) for name, a in sorted(data.items())]


def _values(name: str, source: Any) -> Any:
    """An NDArray or a SciPy matrix keeps its dtype; anything else becomes float32, as arrays do by default."""
    if isinstance(source, CSRNDArray):
        return _moved(source._data, Device("cpu"))
    if is_scipy(source):
        return from_scipy(source)
    if isinstance(source, NDArray):
        return source.asnumpy()
    try:
        return np.asarray(source, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"this cannot be made an array: {error}", where=name) from None


class NDArrayIter(DataIter):
    """Batches of arrays in memory; a csr array, or a SciPy matrix, gives csr batches.

    ``last_batch_handle``: ``pad`` fills the last batch up with samples from the beginning (``getpad`` says how
    many), ``discard`` drops it, ``roll_over`` puts its samples at the beginning of the next epoch. ``layout`` tells by
    its ``N`` along which axis the samples lie.

    >>> data = mx.io.NDArrayIter(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2)
    >>> [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in data]
    [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    >>> data.provide_data
    [DataDesc[data,(2, 2),<class 'numpy.float32'>,NCHW]]
    """

    csr_handles: ClassVar[tuple[str, ...]] = ("discard",)
    """How the last batch of csr arrays may be handled."""

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        self.layout = layout
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ParamError(
                "unknown last_batch_handle",
                where="NDArrayIter",
                wanted="pad, discard or roll_over",
                got=repr(last_batch_handle),
                remedy=suggestion(last_batch_handle, ("pad", "discard", "roll_over"), "Choose one of"),
            )
        self.data, self.label = _named(data, data_name), _named(label, label_name)
        if not self.data:
            raise DataError(
                "there are no data",
                where="NDArrayIter",
                wanted="an array, a list of arrays or a dict of arrays",
                got="None",
                remedy="Give NDArrayIter(x, y, batch_size)",
            )
        lengths = {name: values.shape[self._axis(values)] for name, values in (*self.data, *self.label)}
        self.num_data = lengths[self.data[0][0]]
        for name, length in lengths.items():
            if length != self.num_data:
                raise DataError(
                    "all arrays must have one length",
                    where=name,
                    wanted=self.num_data,
                    got=length,
                    remedy="Give a label for each sample",
                )
        for name, values in (*self.data, *self.label):
            if isinstance(values, CompressedRows) and last_batch_handle not in self.csr_handles:
                raise StorageError(
                    "rows of a csr array are not put together from its end and its beginning",
                    where=name,
                    wanted=f"last_batch_handle {' or '.join(map(repr, self.csr_handles))}",
                    got=repr(last_batch_handle),
                )
        if batch_size < 1 or (batch_size > self.num_data and last_batch_handle != "pad"):
            raise ParamError(
                "batch_size does not fit the data",
                where="NDArrayIter",
                wanted=f"1 to {self.num_data}",
                got=batch_size,
                remedy="Give a smaller batch_size",
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
        return self._described(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Names and shapes of the labels of a batch."""
        return self._described(self.label)

    def _axis(self, values: Any) -> int:
        """Where the layout has ``N``; arrays of fewer axes have the samples along the first."""
        axis = DataDesc.get_batch_axis(self.layout)
        return axis if 0 <= axis < values.ndim else 0

    def _described(self, source: list[tuple[str, Any]]) -> list[DataDesc]:
        found = []
        for name, values in source:
            shape = list(values.shape)
            shape[self._axis(values)] = self.batch_size
            found.append(DataDesc(name, shape, values.dtype.type, self.layout))
        return found

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

    def _chosen(self, source: list[tuple[str, Any]]) -> list[NDArray]:
        index = self.getindex()
        return [
            of_raw(v.chosen(index)) if isinstance(v, CompressedRows) else from_numpy(v.take(index, self._axis(v)))
            for _, v in source
        ]

    def getpad(self) -> int:
        return max(0, self._batch_end() - len(self._order)) if self.last_batch_handle == "pad" else 0


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

    def iter_next(self) -> bool:
        if self.cur == self.size:
            return False
        try:
            self._batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self._batch = self.data_iter.next()
        self.cur += 1
        return True

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        assert self._batch is not None
        return self._batch

    def getdata(self) -> Any:
        return self._batch.data if self._batch else []

    def getlabel(self) -> Any:
        return self._batch.label if self._batch else []

    def getindex(self) -> Any:
        return self._batch.index if self._batch else None

    def getpad(self) -> int:
        return int(self._batch.pad or 0) if self._batch else 0
