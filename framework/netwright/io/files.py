"""Iterators over files of numbers and images: CSV, and MNIST's IDX files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, ParamError
from ..ndarray.creation import array
from .data_iter import NDArrayIter


class FileIter(NDArrayIter):
    """Batches of rows in order; the last one is filled up with the first rows, and ``pad`` says how many.

    With ``round_batch`` the next epoch goes on behind those: every row is seen equally often.
    """

    def __init__(self, data: Any, label: Any, batch_size: int, round_batch: bool = True) -> None:
        super().__init__(data, label, batch_size)
        self.round_batch = round_batch

    def reset(self) -> None:
        """Begin a new epoch."""
        borrowed = self._borrowed if self.round_batch else 0
        super().reset()
        self._order = np.concatenate([self.idx[borrowed:], self.idx[:borrowed]])
        self._count -= borrowed

    def _begin(self) -> None:
        super()._begin()
        self._count: int = self.num_data
        self._borrowed: int = 0

    def iter_next(self) -> bool:
        self.cursor += self.batch_size
        if self.cursor >= self._count:
            return False
        self._borrowed = self.getpad()
        return True

    def getpad(self) -> int:
        return int(max(0, self._batch_end() - self._count))


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

    Labels are the rows of ``label_csv``, zeros without one. See ``FileIter`` for ``round_batch``.

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
    label = label.reshape(len(label)) if tuple(label_shape) == (1,) else label
    return FileIter(array(data, dtype=dtype), array(label, dtype=dtype), batch_size, round_batch)


def _read_csv(path: str | Path, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    try:
        rows = np.loadtxt(path, delimiter=",", dtype=np.float64, ndmin=2).astype(dtype)
    except (OSError, ValueError) as error:
        reason = (error.strerror or "there is no such file") if isinstance(error, OSError) else str(error)
        raise DataError(f"the CSV file cannot be read: {reason}", where=Path(path).name) from None
    if rows.shape[1] != int(np.prod(shape)):
        raise DataError("a row has another number of values", where=Path(path).name, wanted=shape, got=rows.shape[1])
    return rows.reshape(len(rows), *shape)


def MNISTIter(
    image: str | Path = "./train-images-idx3-ubyte",
    label: str | Path = "./train-labels-idx1-ubyte",
    batch_size: int = 128,
    shuffle: bool = True,
    flat: bool = False,
    seed: int = 0,
    silent: bool = False,
    num_parts: int = 1,
    part_index: int = 0,
    **kwargs: Any,
) -> NDArrayIter:
    """Batches of images in MNIST's IDX files (gzip or not), value / 256; (784,) where ``flat``, else (1, 28, 28).

    ``part_index`` of ``num_parts`` reads one of equal shares; a smaller last batch is left out.
    """
    from ..datasets.idx import read_idx

    if not 0 <= part_index < num_parts:
        raise ParamError(
            "there is no such part", parameter="part_index", wanted=f"0 to {num_parts - 1}", got=part_index
        )
    images, labels = read_idx(Path(image)), read_idx(Path(label))
    size = len(images) // num_parts
    part = slice(part_index * size, (part_index + 1) * size) if num_parts > 1 else slice(None)
    images, labels = images[part].astype(np.float32) / 256, labels[part].astype(np.float32)
    images = images.reshape(len(images), -1) if flat else images[:, None]
    if shuffle:
        order = np.random.Generator(np.random.PCG64DXSM(seed)).permutation(len(images))
        images, labels = images[order], labels[order]
    return NDArrayIter(images, labels, batch_size, last_batch_handle="discard")
