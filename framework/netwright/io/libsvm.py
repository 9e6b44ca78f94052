"""Rows of sparse features in LibSVM's text format: ``label index:value index:value …``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..ndarray.creation import array
from .files import FileIter


def LibSVMIter(
    data_libsvm: str | Path,
    data_shape: Sequence[int],
    label_libsvm: str | Path | None = None,
    label_shape: Sequence[int] = (1,),
    batch_size: int = 1,
    round_batch: bool = True,
    num_parts: int = 1,
    part_index: int = 0,
    **kwargs: Any,
) -> FileIter:
    """Batches of the rows of a LibSVM file as dense arrays; indices count from 0.

    Labels are the first numbers of the rows, or the rows of a file of their own.
    """
    data, labels = read_libsvm(data_libsvm, math.prod(data_shape))
    if label_libsvm is not None:
        labels = read_libsvm(label_libsvm, math.prod(label_shape))[0].reshape(-1, *label_shape)
        labels = labels.reshape(-1) if tuple(label_shape) == (1,) else labels
    rows = array(data[part_index::num_parts].reshape(-1, *data_shape))
    return FileIter(rows, array(labels[part_index::num_parts]), batch_size, round_batch)


def read_libsvm(path: str | Path, features: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """(rows, labels) of a file; raises DataError that names the line at fault."""
    name = Path(path).name
    try:
        lines = [line for line in Path(path).read_text().splitlines() if line.strip()]
    except OSError as error:
        raise DataError("the file cannot be read", where=name, got=error.strerror) from None
    rows, labels = np.zeros((len(lines), features), np.float32), np.zeros(len(lines), np.float32)
    for i, line in enumerate(lines):
        label, *entries = line.split()
        try:
            labels[i] = float(label)
            for entry in entries:
                index, value = entry.split(":")
                if not 0 <= int(index) < features:
                    raise DataError(
                        "a feature's index does not fit",
                        where=f"{name}, line {i + 1}",
                        wanted=f"0 to {features - 1}",
                        got=index,
                    )
                rows[i, int(index)] = float(value)
        except ValueError as error:
            if isinstance(error, DataError):
                raise
            raise DataError(
                "the line is not in LibSVM's format",
                where=f"{name}, line {i + 1}",
                wanted="label index:value …",
                got=line[:60],
            ) from None
    return rows, labels
