"""Index arrays brought into range: MXNet's modes clip, wrap and raise."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ..errors import DataError

Mode = Literal["clip", "wrap", "raise"]


def bounded(xp: Any, index: Any, size: int, mode: Mode, port: str) -> Any:
    """Positions in [0, size) as int64, floats cut off.

    ``clip`` takes the nearest one that exists, ``wrap`` counts round, ``raise`` raises DataError for others.
    """
    index = index.astype(np.int64)
    if index.size == 0:
        return index
    if size == 0:
        raise DataError("there is nothing to take: the axis is empty", port=port, got=f"{index.size} indices")
    if mode == "clip":
        return xp.clip(index, 0, size - 1)
    if mode == "wrap":
        return index % size
    _refuse_outside(index, 0, size - 1, port)
    return index


def taken(xp: Any, a: Any, places: Any, axis: int, out: Any) -> Any:
    """Slices of ``a`` at places that were bounded before; NumPy would check again, and copy ``out`` for it."""
    return xp.take(a, places, axis=axis, out=out, **({"mode": "clip"} if xp is np and out is not None else {}))


def counted_from_end(xp: Any, index: Any, size: int, port: str) -> Any:
    """Positions in [0, size) as int64, where negative ones count from the end; DataError for any other."""
    index = index.astype(np.int64)
    if index.size == 0:
        return index
    _refuse_outside(index, -size, size - 1, port)
    return xp.where(index < 0, index + size, index)


def _refuse_outside(index: Any, low: int, high: int, port: str) -> None:
    smallest, largest = int(index.min()), int(index.max())
    if smallest < low or largest > high:
        raise DataError(
            "an index is outside of the axis",
            port=port,
            wanted=f"{low} to {high}" if high >= 0 else "no index: the axis is empty",
            got=smallest if smallest < low else largest,
        )
