"""The tables that scikit-learn's package carries, read without importing it (which takes seconds)."""

from __future__ import annotations

import gzip
import importlib.util
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError


def read_labelled(name: str) -> tuple[NDArray[Any], NDArray[Any], list[str]]:
    """(values, class numbers, class names) of a file whose first line reads ``rows,columns,name,name,…``."""
    text = _read(name).decode()
    head, _, body = text.partition("\n")
    rows = np.loadtxt(io.StringIO(body), delimiter=",")
    return rows[:, :-1], rows[:, -1].astype(np.int64), head.strip().split(",")[2:]


def read_numbers(name: str, delimiter: str | None = None) -> NDArray[Any]:
    """A file of numbers alone."""
    return np.loadtxt(io.BytesIO(_read(name)), delimiter=delimiter)


def _read(name: str) -> bytes:
    found = importlib.util.find_spec("sklearn")  # looks, and does not import
    if found is None or not found.submodule_search_locations:
        raise DataError(
            "the package that carries this data set is not installed", where=name, remedy="pip install scikit-learn"
        )
    path = Path(found.submodule_search_locations[0], "datasets", "data", name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            "scikit-learn's package lacks this file", where=name, got=error.strerror, remedy="pip install scikit-learn"
        ) from error
    return gzip.decompress(content) if name.endswith(".gz") else content
