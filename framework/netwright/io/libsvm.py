"""Rows of sparse features in LibSVM's text format: ``label index:value index:value …``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..ndarray.creation import array
from ..ndarray.stored import of_raw
from ..ops.storage import INDEX, CompressedRows
from .files import FileIter


class LibSVMIter(FileIter):
    """Batches of the rows of a LibSVM file as csr arrays; indices count from 0.

    Labels are the first numbers of the rows, or (csr too) the rows of a file of their own. See ``FileIter`` for
    ``round_batch``.
    """

    csr_handles = ("pad",)

    def __init__(
        self,
        data_libsvm: str | Path,
        data_shape: int | Sequence[int],
        label_libsvm: str | Path | None = None,
        label_shape: int | Sequence[int] = (1,),
        batch_size: int = 1,
        round_batch: bool = True,
        num_parts: int = 1,
        part_index: int = 0,
        **kwargs: Any,
    ) -> None:
        data, labels = read_libsvm(data_libsvm, _features(data_shape))
        own = np.arange(part_index, data.shape[0], num_parts)
        label: Any = array(labels[own])
        if label_libsvm is not None:
            label = of_raw(read_libsvm(label_libsvm, _features(label_shape))[0].chosen(own))
        super().__init__(of_raw(data.chosen(own)), label, batch_size, round_batch)


def _features(shape: int | Sequence[int]) -> int:
    return shape if isinstance(shape, int) else math.prod(shape)


def read_libsvm(path: str | Path, features: int) -> tuple[CompressedRows, np.ndarray[Any, Any]]:
    """(rows, labels) of a file; raises DataError that names the line at fault."""
    name = Path(path).name
    try:
        lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
    except OSError as error:
        raise DataError("the file cannot be read", where=name, got=error.strerror) from None
    labels = np.zeros(len(lines), np.float32)
    columns: list[int] = []
    values: list[float] = []
    pointer = np.zeros(len(lines) + 1, INDEX)
    for i, line in enumerate(lines):
        label, *entries = line.split()
        try:
            labels[i] = float(label)
            found = {int(index): float(value) for index, value in (entry.split(":") for entry in entries)}
        except ValueError:
            raise DataError(
                "the line is not in LibSVM's format",
                where=f"{name}, line {i + 1}",
                wanted="label index:value …",
                got=line[:60],
            ) from None
        for index in sorted(found):
            if not 0 <= index < features:
                raise DataError(
                    "a feature's index does not fit",
                    where=f"{name}, line {i + 1}",
                    wanted=f"0 to {features - 1}",
                    got=index,
                )
            columns.append(index)
            values.append(found[index])
        pointer[i + 1] = len(columns)
    shape = (len(lines), features)
    return CompressedRows(shape, np.array(values, np.float32), np.array(columns, INDEX), pointer), labels
