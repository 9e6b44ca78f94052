"""A Gluon DataLoader for Module (MXNet's ``contrib.io``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..io import DataDesc, DataIter
from ..ndarray.array import NDArray
from ..ndarray.creation import zeros


class DataLoaderIter(DataIter):
    """The (data, label) batches of a loader as DataBatches of one dtype.

    The first batch says how large they are; a smaller last one is filled up with zeros, which ``pad`` counts.

    >>> loader = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset(mx.nd.ones((3, 2)), mx.nd.ones(3)), batch_size=2)
    >>> batches = mx.contrib.io.DataLoaderIter(loader)
    >>> [(batch.data[0].shape, batch.pad) for batch in batches]
    [((2, 2), 0), ((2, 2), 1)]
    """

    def __init__(
        self,
        loader: Iterable[Any],
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: Any = "float32",
    ) -> None:
        data, label = next(iter(loader))
        super().__init__(data.shape[0])
        self.dtype = dtype
        self.provide_data = [DataDesc(data_name, data.shape, dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, dtype)]
        self._loader = loader
        self._batch: Any = None
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._left: Iterator[Any] = iter(self._loader)

    def iter_next(self) -> bool:
        """Move on; False at the end."""
        self._batch = next(self._left, None)
        return self._batch is not None

    def _filled(self, array: NDArray) -> NDArray:
        if self.getpad() == 0:
            return array.astype(self.dtype)
        whole = zeros((self.batch_size, *array.shape[1:]), dtype=self.dtype)
        whole[: array.shape[0]] = array.astype(self.dtype)
        return whole

    def getdata(self) -> list[NDArray]:
        """The data of this batch."""
        return [self._filled(self._batch[0])]

    def getlabel(self) -> list[NDArray]:
        """The labels of this batch."""
        return [self._filled(self._batch[1])]

    def getpad(self) -> int:
        """How many samples at its end only fill the batch up."""
        return int(self.batch_size - self._batch[0].shape[0])
