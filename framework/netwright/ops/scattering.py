"""Adding into places that may be named twice: the one way on both array modules."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# measured: below this many numbers one indexed loop beats setting up a sparse product
_FEW = 30_000


def add_at(xp: Any, target: Any, index: Any, values: Any) -> None:
    """``target[index] += values`` where every occurrence of a place counts.

    ``index`` is what brackets take.
    """
    if xp is np or target.dtype.kind == "f" or target.dtype.itemsize == 4:
        xp.add.at(target, index, values)
        return
    # CuPy adds atomically to few integer types only
    host = target.get()
    np.add.at(host, _on_host(index), values.get())
    target[...] = xp.asarray(host)


def add_rows(xp: Any, target: Any, rows: Any, values: Any) -> None:
    """``target[rows[i]] += values[i]`` for ``target`` (V, d), ``values`` (n, d) and ``rows`` in [0, V).

    On the CPU this is a sparse matrix product for many float32 or float64 numbers; its order of summation is
    fixed.
    """
    n, d = values.shape
    if xp is not np:
        add_at(xp, target, rows, values)
    elif n * d > _FEW and values.dtype in (np.float32, np.float64):
        from scipy.sparse import csc_matrix  # 0.1 s to import: only where it is used

        ones = np.ones(n, dtype=values.dtype)
        target += csc_matrix((ones, rows, np.arange(n + 1)), shape=(target.shape[0], n)) @ values
    elif target.flags.c_contiguous and d > 0:
        # one flat index per number: NumPy's fast loop is for one axis
        places = rows[:, None] * d + np.arange(d)
        np.add.at(target.reshape(-1), places.reshape(-1), values.reshape(-1))
    else:
        np.add.at(target, rows, values)


def _on_host(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(_on_host(part) for part in index)
    return index.get() if hasattr(index, "get") else index


def flat_places(xp: Any, coordinates: Any, shape: tuple[int, ...]) -> Any:
    """Row-major numbers of the places that ``coordinates`` (a row per axis) name in an array of ``shape``."""
    places = xp.zeros(coordinates[0].shape, dtype=np.int64)
    for axis in range(len(shape)):
        places += coordinates[axis] * math.prod(shape[axis + 1 :])
    return places
