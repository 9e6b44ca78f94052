"""Batches of datasets that are arrays, gathered by one call instead of item by item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ndarray.array import NDArray
from ...ndarray.creation import array
from ..block import Block
from ..nn import HybridSequential


def gathered(dataset: Any, indices: Sequence[Any]) -> Any:
    """What ``default_batchify_fn`` makes of the items at these places; None where they must be read one by one."""
    gather = getattr(dataset, "_gather", None)
    places = np.asarray(indices) if gather is not None else np.zeros(0)
    if gather is None or places.ndim != 1 or places.dtype.kind not in "iu" or not places.size:
        return None
    found = gather(places)
    if found is None:
        return None
    parts = found if isinstance(found, tuple) else (found,)
    batch = [part if isinstance(part, NDArray) else array(part, dtype=part.dtype) for part in parts]
    return batch if isinstance(found, tuple) else batch[0]


def taken(data: Any, places: np.ndarray[Any, Any]) -> Any:
    """The rows of an array at these places; None of what is no plain array of numbers, or has no such rows."""
    raw = data._data if type(data) is NDArray else data
    if type(raw) not in (np.ndarray, np.memmap) or raw.dtype.kind not in "biuf" or not raw.ndim:
        return None
    if places.dtype.kind not in "iu" or places.min() < -len(raw) or places.max() >= len(raw):
        return None  # reading one by one says which
    rows = raw.take(places, 0)
    return NDArray(rows, None, data._place) if raw is not data else rows


def takes_batches(transform: Any) -> bool:
    """Whether a transform of images does to a batch what it does to each image: it draws nothing, and is one of ours
    or made of such.
    """
    kind = type(transform)
    if kind is HybridSequential or vars(kind).get("composes"):
        return all(takes_batches(child) for child in transform._children.values())
    return isinstance(transform, Block) and bool(vars(kind).get("batchwise")) and not transform._is_hooked()
