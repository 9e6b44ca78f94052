"""Taking and putting elements by index, sorting, and choices that depend on values."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..table import Node, axis_of, row
from ..values import Builder, Value


def from_front(b: Builder, index: Value, size: int) -> Value:
    """Indices counted from the front, as int64."""
    index = b.cast(index, "int64")
    below = b.compare("broadcast_lesser", index, 0)
    return b.where(below, b.add(index, size), index)


@row("Gather")
def gather(b: Builder, n: Node) -> Value:
    """Slices along an axis by position; negative positions count from the end."""
    x, axis = n[0], axis_of(n.attr("axis", 0), n[0].rank)
    return b.op("take", x, from_front(b, n[1], x.shape[axis]), axis=axis)


@row("GatherElements")
def gather_elements(b: Builder, n: Node) -> Value:
    """For each position of the index the element there along the axis, by the coordinates of all axes."""
    x, axis = n[0], axis_of(n.attr("axis", 0), n[0].rank)
    places = _places(b, from_front(b, n[1], x.shape[axis]), axis)
    return b.op("gather_nd", x, places)


def _places(b: Builder, index: Value, axis: int) -> Value:
    """Coordinates of the elements that an index tensor names along an axis, one row per axis."""
    grids = np.indices(index.shape)
    rows = [b.reshape(index if i == axis else b.const(grids[i]), (1, *index.shape)) for i in range(index.rank)]
    return b.concat(rows, 0)


@row("GatherND")
def gather_nd(b: Builder, n: Node) -> Value:
    """Elements or parts by coordinates; batch axes, which both have in common, are written out as coordinates."""
    return b.op("gather_nd", n[0], _coordinates(b, n[1], n[0], n.attr("batch_dims", 0)))


def _coordinates(b: Builder, index: Value, x: Value, batch: int) -> Value:
    """The standard's indices (last axis: coordinates) as ours (first axis), batch axes written out."""
    depth = index.shape[-1]
    sizes = b.const(np.array(x.shape[batch : batch + depth], np.int64))
    index = b.cast(index, "int64")
    index = b.where(b.compare("broadcast_lesser", index, 0), b.add(index, sizes), index)
    index = b.transpose(index, (index.rank - 1, *range(index.rank - 1)))
    if batch:
        own = b.const(np.indices(index.shape[1:])[:batch])
        index = b.concat([own, index], 0)
    return index


@row("ScatterND")
def scatter_nd(b: Builder, n: Node) -> Value:
    """A copy of the data with updates put, added, or joined otherwise, at coordinates."""
    return _put(b, n, n[0], _coordinates(b, n[1], n[0], 0), n[2])


@row("ScatterElements", "Scatter")
def scatter_elements(b: Builder, n: Node) -> Value:
    """A copy of the data with an update at each position that the index names along the axis."""
    axis = axis_of(n.attr("axis", 0), n[0].rank)
    return _put(b, n, n[0], _places(b, from_front(b, n[1], n[0].shape[axis]), axis), n[2])


def _put(b: Builder, n: Node, x: Value, places: Value, updates: Value) -> Value:
    """Elements put or added at places; other ways of joining are computed where all is known."""
    how = n.attr("reduction", "none")
    if how == "none":
        return b.op("_scatter_set_nd", x, updates, places, shape=x.shape)
    if how == "add":
        return b.add(x, b.op("_scatter_nd_add", updates, places, shape=x.shape))
    joined = x.known().copy()
    {"mul": np.multiply, "max": np.maximum, "min": np.minimum}[how].at(joined, tuple(places.known()), updates.known())
    return Value(x.shape, x.dtype, joined, sources=x.sources | places.sources | updates.sources)


@row("TensorScatter")
def tensor_scatter(b: Builder, n: Node) -> Value:
    """A cache with new entries from a place of each batch's own on, wrapped round where circular."""
    past, update = n[0], n[1]
    axis = axis_of(n.attr("axis", -2), past.rank)
    starts = n.get(2).ints() if n.get(2) is not None else (0,) * past.shape[0]
    places = np.indices(update.shape)
    places[axis] += np.array(starts).reshape(-1, *[1] * (past.rank - 1))
    if n.attr("mode", "linear") == "circular":
        places[axis] %= past.shape[axis]
    return b.op("_scatter_set_nd", past, update, b.const(places), shape=past.shape)


@row("OneHot")
def one_hot(b: Builder, n: Node) -> Value:
    """The on value where a new axis counts up to the index, else the off value."""
    index, depth, ends = n[0], int(n[1].scalar()), n[2]
    axis = axis_of(n.attr("axis", -1), index.rank + 1)
    index = b.reshape(from_front(b, index, depth), [*index.shape[:axis], 1, *index.shape[axis:]])
    places = b.const(np.arange(depth).reshape([-1 if i == axis else 1 for i in range(index.rank)]))
    off, on = (b.reshape(b.slice(ends, 0, i, i + 1), ()) for i in range(2))
    return b.where(b.compare("broadcast_equal", index, places), on, off)


@row("TopK")
def top_k(b: Builder, n: Node) -> Any:
    """The k greatest or least along an axis, and their positions; of equal ones the first comes first."""
    x = n[0]
    k = int(n[1].scalar()) if n.get(1) is not None else n.attr("k")
    axis = axis_of(n.attr("axis", -1), x.rank)
    values, places = b.ops("topk", x, axis=axis, k=k, ret_typ="both", is_ascend=not n.attr("largest", 1), dtype="int64")
    return values, places


@row("NonZero")
def non_zero(b: Builder, n: Node) -> Value:
    """The coordinates of elements that are not 0: how many follows from values, which must be known."""
    return b.const(np.array(np.nonzero(n[0].known()), np.int64).reshape(n[0].rank, -1))


@row("Compress")
def compress(b: Builder, n: Node) -> Value:
    """The slices where the condition, which must be known, holds."""
    x, condition = n[0], n[1].known().astype(bool)
    axis = n.attr("axis")
    if axis is None:
        x, axis = b.reshape(x, (x.size,)), 0
    places = np.flatnonzero(condition[: x.shape[axis]])
    return b.op("take", x, b.const(places), axis=axis_of(axis, x.rank))


@row("Unique")
def unique(b: Builder, n: Node) -> Any:
    """Values, and where each was first, where it lies among the results, and how often it was."""
    x, axis = n[0].known(), n.attr("axis")
    values, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True, axis=axis)
    if not n.attr("sorted", 1):
        order = np.argsort(first)
        rank = np.argsort(order)
        values = np.take(values, order, axis=axis or 0)
        first, inverse, counts = first[order], rank[inverse], counts[order]
    indices = (np.asarray(a, np.int64).reshape(-1) for a in (first, inverse, counts))
    return (b.const(values), *(b.const(a) for a in indices))


@row("ReverseSequence")
def reverse_sequence(b: Builder, n: Node) -> Value:
    """The first elements of each sequence turned round, as many as its length says."""
    x = n[0]
    if n.attr("time_axis", 0) == 0:
        return b.op("SequenceReverse", x, b.cast(n[1], x.dtype), use_sequence_length=True)
    order = (1, 0, *range(2, x.rank))
    turned = b.op("SequenceReverse", b.transpose(x, order), b.cast(n[1], x.dtype), use_sequence_length=True)
    return b.transpose(turned, order)
