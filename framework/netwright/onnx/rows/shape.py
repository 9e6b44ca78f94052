"""Shapes: reshaping, joining, splitting, padding, slicing, repeating, and values made from shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from ..table import Node, axis_of, row
from ..values import Builder, Value


def constant_of(attributes: Mapping[str, Any]) -> Any:
    """The array of a Constant node."""
    if "value" in attributes:
        return numpy_helper.to_array(attributes["value"])
    kinds = {"value_float": "float32", "value_floats": "float32", "value_int": "int64", "value_ints": "int64"}
    for name, dtype in kinds.items():
        if name in attributes:
            return np.asarray(attributes[name], dtype)
    return np.asarray(attributes.get("value_string", attributes.get("value_strings")), object)


@row("Constant")
def constant(b: Builder, n: Node) -> Value:
    """The array that the node holds."""
    return b.const(constant_of(n.attributes))


@row("ConstantOfShape")
def constant_of_shape(b: Builder, n: Node) -> Value:
    """One number everywhere, in a shape that must be known."""
    given = n.attr("value")
    number = numpy_helper.to_array(given).reshape(-1)[0] if given is not None else np.float32(0)
    return b.const(np.full(n[0].ints(), number))


@row("Shape")
def shape(b: Builder, n: Node) -> Value:
    """The input's sizes, known when the model is read, or a range of them."""
    return b.const(np.array(n[0].shape[n.attr("start", 0) : n.attr("end")], np.int64))


@row("Size")
def size(b: Builder, n: Node) -> Value:
    """How many elements the input has."""
    return b.const(np.int64(n[0].size))


@row("Reshape")
def reshape(b: Builder, n: Node) -> Value:
    """Another shape, which must be known: 0 copies a size (unless allowzero), -1 is worked out."""
    x = n[0]
    target = list(n.ints("shape", 1) or ())
    if not n.attr("allowzero", 0):
        target = [x.shape[i] if s == 0 else s for i, s in enumerate(target)]
    if -1 in target:
        rest = math.prod(s for s in target if s != -1)
        target[target.index(-1)] = x.size // rest if rest else 0
    if math.prod(target) != x.size:
        raise n.refuse("a tensor cannot be given a shape of another size", got=f"{x.shape} to {tuple(target)}")
    return b.reshape(x, target)


@row("Flatten")
def flatten(b: Builder, n: Node) -> Value:
    """Two axes: those before the given one joined, and the others."""
    x = n[0]
    axis = n.attr("axis", 1)
    axis = axis_of(axis, x.rank)
    return b.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


@row("Squeeze")
def squeeze(b: Builder, n: Node) -> Value:
    """Without the axes named, or without all of size 1."""
    x = n[0]
    given = n.ints("axes", 1)
    axes = [i for i, s in enumerate(x.shape) if s == 1] if given is None else [axis_of(a, x.rank) for a in given]
    return b.reshape(x, [s for i, s in enumerate(x.shape) if i not in axes])


@row("Unsqueeze")
def unsqueeze(b: Builder, n: Node) -> Value:
    """With new axes of size 1 at the places named."""
    x, given = n[0], n.ints("axes", 1) or ()
    rank = x.rank + len(given)
    axes = {axis_of(a, rank) for a in given}
    sizes = iter(x.shape)
    return b.reshape(x, [1 if i in axes else next(sizes) for i in range(rank)])


@row("Transpose")
def transpose(b: Builder, n: Node) -> Value:
    """Axes in another order; turned round where none is given."""
    return b.transpose(n[0], n.attr("perm") or tuple(range(n[0].rank))[::-1])


@row("Expand")
def expand(b: Builder, n: Node) -> Value:
    """Broadcast to a shape, both ways."""
    return b.broadcast(n[0], np.broadcast_shapes(n[0].shape, n[1].ints()))


@row("Tile")
def tile(b: Builder, n: Node) -> Value:
    """Repeated as a whole along each axis."""
    return b.op("tile", n[0], reps=n[1].ints())


@row("Concat")
def concat(b: Builder, n: Node) -> Value:
    """Joined along an axis."""
    return b.concat(n.inputs, axis_of(n.attr("axis"), n[0].rank))


@row("Split")
def split(b: Builder, n: Node) -> Any:
    """Cut along an axis into parts of given sizes, or of equal ones with a smaller last."""
    x, sizes = n[0], n.ints("split", 1)
    axis = axis_of(n.attr("axis", 0), x.rank)
    if sizes is None:
        parts = n.attr("num_outputs") or len(n.outputs)
        each = -(-x.shape[axis] // parts)
        sizes = tuple(max(0, min(each, x.shape[axis] - i * each)) for i in range(parts))
    edges = np.cumsum([0, *sizes])
    return tuple(slice_range(b, x, axis, int(i), int(j)) for i, j in pairwise(edges))


def slice_range(b: Builder, x: Value, axis: int, begin: int, end: int) -> Value:
    """A range of an axis, empty ones included."""
    if begin == end:
        empty = [0 if i == axis else s for i, s in enumerate(x.shape)]
        return b.const(np.zeros(empty, x.dtype))
    return b.slice(x, axis, begin, end)


@row("Slice")
def slice_(b: Builder, n: Node) -> Value:
    """Ranges of axes with steps, also backwards; one that is empty is known to be so."""
    x: Value = n[0]
    starts, ends = n.ints("starts", 1) or (), n.ints("ends", 2) or ()
    axes = n.ints("axes", 3) or tuple(range(len(starts)))
    steps = n.ints("steps", 4) or (1,) * len(starts)
    key: list[Any] = [slice(None)] * x.rank
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        key[axis] = slice(*_bounds(start, end, step, x.shape[axis]), step)
    ranges = [range(s)[k] for s, k in zip(x.shape, key, strict=True)]
    if x.array is not None:
        cut = x.array[tuple(key)].copy()
        return Value(cut.shape, x.dtype, cut, sources=x.sources)
    if any(len(r) == 0 for r in ranges):
        return b.const(np.zeros([len(r) for r in ranges], x.dtype))
    for axis, (r, s) in enumerate(zip(ranges, x.shape, strict=True)):
        if r == range(s):
            continue
        if r.step == 1:
            x = b.slice(x, axis, r.start, r.stop)
        else:
            x = b.op("take", x, b.const(np.array(r, np.int64)), axis=axis)
    return x


def _bounds(start: int, end: int, step: int, size: int) -> tuple[int, int | None]:
    """Start and stop of a Python slice, clamped as the standard says."""
    start = start + size if start < 0 else start
    end = end + size if end < 0 else end
    if step > 0:
        return min(max(start, 0), size), min(max(end, 0), size)
    stop = min(max(end, -1), size - 1)
    return min(max(start, 0), size - 1), None if stop < 0 else stop


@row("Pad")
def pad(b: Builder, n: Node) -> Value:
    """Each mode as a choice of positions: constant ones fall on an element added at the end."""
    x: Value = n[0]
    pads = n.ints("pads", 1) or ()
    given = n.ints("axes", 3)
    axes = [axis_of(a, x.rank) for a in given] if given is not None else list(range(x.rank))
    fill = n.get(2) if n.opset >= 11 else b.like(n.attr("value", 0.0), x)
    half = len(pads) // 2
    for axis, before, after in zip(axes, pads[:half], pads[half:], strict=True):
        x = pad_axis(b, x, axis, before, after, n.attr("mode", "constant"), fill)
    return x


def pad_axis(b: Builder, x: Value, axis: int, before: int, after: int, mode: str, fill: Value | None) -> Value:
    """One axis made longer on both sides, or shorter where a count is negative."""
    size = x.shape[axis]
    if mode != "constant":
        places = np.arange(-before, size + after)
        if mode == "edge":
            places = np.clip(places, 0, size - 1)
        elif mode == "wrap":
            places = places % size
        else:
            period = max(2 * (size - 1), 1)
            places = np.abs((places + size - 1) % period - (size - 1)) if size > 1 else np.zeros_like(places)
        return b.op("take", x, b.const(places), axis=axis)
    if before < 0 or after < 0:
        x = slice_range(b, x, axis, max(-before, 0), size - max(-after, 0))
    parts = [x]
    number = fill if fill is not None else b.const(np.zeros((), x.dtype))
    for count, place in ((before, 0), (after, len(parts) + 1)):
        if count > 0:
            extra = [count if i == axis else s for i, s in enumerate(x.shape)]
            parts.insert(place, b.broadcast(b.reshape(number, ()), extra))
    return b.concat(parts, axis)


@row("DepthToSpace")
def depth_to_space(b: Builder, n: Node) -> Value:
    """Channels into blocks of positions; DCR takes the block's place from the channel's front, CRD from its end."""
    x, k = n[0], n.attr("blocksize")
    batch, channels, height, width = x.shape
    rest = channels // (k * k)
    if n.attr("mode", "DCR") == "DCR":
        x = b.transpose(b.reshape(x, (batch, k, k, rest, height, width)), (0, 3, 4, 1, 5, 2))
    else:
        x = b.transpose(b.reshape(x, (batch, rest, k, k, height, width)), (0, 1, 4, 2, 5, 3))
    return b.reshape(x, (batch, rest, height * k, width * k))


@row("SpaceToDepth")
def space_to_depth(b: Builder, n: Node) -> Value:
    """Blocks of positions into channels."""
    x, k = n[0], n.attr("blocksize")
    batch, channels, height, width = x.shape
    x = b.transpose(
        b.reshape(x, (batch, channels, height // k, k, width // k, k)),
        (0, 3, 5, 1, 2, 4) if n.attr("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4),
    )
    return b.reshape(x, (batch, channels * k * k, height // k, width // k))


@row("Range")
def range_(b: Builder, n: Node) -> Value:
    """Numbers in even steps, whose ends must be known."""
    start, limit, step = (n[i].known().reshape(-1)[0] for i in range(3))
    count = max(math.ceil((float(limit) - float(start)) / float(step)), 0)
    return b.const(start + np.arange(count).astype(n[0].dtype) * step, n[0].dtype)


@row("EyeLike")
def eye_like(b: Builder, n: Node) -> Value:
    """Ones on a diagonal, of the input's shape."""
    to = n.attr("dtype")
    dtype = helper.tensor_dtype_to_np_dtype(to) if to else n[0].dtype
    return b.const(np.eye(n[0].shape[0], n[0].shape[1], n.attr("k", 0)).astype(dtype))


@row("Trilu")
def trilu(b: Builder, n: Node) -> Value:
    """The upper or lower triangle of each matrix, zeros elsewhere."""
    x = n[0]
    k = int(n.get(1).scalar()) if n.get(1) is not None else 0
    ones = np.ones(x.shape[-2:], bool)
    keep = np.triu(ones, k) if n.attr("upper", 1) else np.tril(ones, k)
    return b.where(b.const(keep), x, b.const(np.zeros((), x.dtype)))
