"""Operators that take and put elements by index, where they check their indices: ONNX leaves that to the runtime."""

from __future__ import annotations

import numpy as np

from ..rule_table import Call, refuse, rule
from ..tensor import Tensor


def places(c: Call, index: Tensor, size: int, mode: str) -> Tensor:
    """Positions as int64: cut off at the ends (clip), counted round (wrap), or as they are (raise)."""
    index = index.astype(np.int64)
    if mode == "clip":
        return c.xp.clip(index, 0, size - 1)
    return c.xp.remainder(index, size) if mode == "wrap" else index


@rule("take")
def take(c: Call, x: Tensor, index: Tensor) -> Tensor:
    """Gather."""
    found: Tensor = c.w.op("Gather", x, places(c, index, x.shape[c.p.axis], c.p.mode), axis=c.p.axis)
    return found.reshape(c.outputs[0].shape)


@rule("Embedding")
def embedding(c: Call, index: Tensor, weight: Tensor) -> Tensor:
    """Gather of the weight's rows."""
    return c.w.op("Gather", weight, places(c, index, weight.shape[0], "clip"), axis=0)


@rule("pick")
def pick(c: Call, x: Tensor, index: Tensor) -> Tensor:
    """GatherElements along the axis, or Gather from the flattened data."""
    if c.p.axis is None:
        return c.w.op("Gather", x.reshape(-1), places(c, index, x.size, c.p.mode), axis=0)
    axis = c.p.axis % x.ndim
    kept = [1 if i == axis else n for i, n in enumerate(x.shape)]
    found = c.w.op("GatherElements", x, places(c, index, x.shape[axis], c.p.mode).reshape(kept), axis=axis)
    return found.reshape(c.outputs[0].shape)


def coordinates(index: Tensor) -> Tensor:
    """Ours, one row for each axis, as the standard's, whose last axis holds the coordinates."""
    return index.astype(np.int64).transpose((*range(1, index.ndim), 0))


@rule("gather_nd")
def gather_nd(c: Call, x: Tensor, index: Tensor) -> Tensor:
    """GatherND."""
    found: Tensor = c.w.op("GatherND", x, coordinates(index))
    return found.reshape(c.outputs[0].shape)


@rule("scatter_nd", "_scatter_nd_add")
def scatter_nd(c: Call, x: Tensor, index: Tensor) -> Tensor:
    """ScatterND into zeros."""
    shape = c.p.shape
    zeros = c.w.const(np.zeros(shape, x.dtype))
    updates = x.reshape((*index.shape[1:], *shape[index.shape[0] :]))
    how = "add" if c.op.name == "_scatter_nd_add" else None
    return c.w.op("ScatterND", zeros, coordinates(index), updates, reduction=how)


@rule("_scatter_set_nd")
def scatter_set(c: Call, x: Tensor, updates: Tensor, index: Tensor) -> Tensor:
    """ScatterND into the data."""
    updates = updates.reshape((*index.shape[1:], *x.shape[index.shape[0] :]))
    return c.w.op("ScatterND", x, coordinates(index), updates)


@rule("_contrib_index_copy")
def index_copy(c: Call, old: Tensor, index: Tensor, new: Tensor) -> Tensor:
    """ScatterND of whole rows."""
    return c.w.op("ScatterND", old, index.astype(np.int64).reshape((-1, 1)), new)


@rule("_histogram")
def histogram(c: Call, x: Tensor, *bins: Tensor) -> tuple[Tensor, Tensor]:
    """Edges from the bins, the range, or the extremes of the data; then the numbers between each two, counted."""
    p, xp = c.p, c.xp
    if bins:
        edges = bins[0]
    elif p.range is not None or not x.size:
        low, high = p.range or (0.0, 1.0)
        low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
        edges = c.w.const(np.linspace(low, high, (p.bin_cnt or 1) + 1))
    else:
        lowest, highest = (f(x.astype(np.float64)).reshape((1,)) for f in (xp.min, xp.max))
        half = xp.where(lowest == highest, 0.5, 0.0)
        span = highest - lowest + half + half
        edges = lowest - half + span * np.linspace(0, 1, (p.bin_cnt or 1) + 1)
    counts = xp.histogram(x.reshape(-1), bins=edges)[0]
    return counts, edges.astype((bins[0] if bins else x).dtype)


refuse(
    "how many elements it takes depends on values, and every shape is known when a model is written",
    "_boolean_mask_grad", "_kept",
)  # fmt: skip
