"""Reductions, and the positions of extremes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..table import Node, axis_of, row
from ..values import Builder, Value, is_float


def reduced_axes(n: Node, x: Value) -> tuple[int, ...] | None:
    """The axes that are reduced; None for an operator told to do nothing."""
    axes = n.ints("axes", 1)
    if not axes:
        return None if n.attr("noop_with_empty_axes", 0) else tuple(range(x.rank))
    return tuple(sorted(axis_of(a, x.rank) for a in axes))


def _over(b: Builder, name: str, x: Value, axes: Sequence[int], keep: bool) -> Value:
    """A reduction in the element type itself; over no axis the value stays as it is."""
    if not axes:
        return x
    shape = [1 if i in axes else size for i, size in enumerate(x.shape) if keep or i not in axes]
    return b.reshape(b.op(name, x, axis=tuple(axes), keepdims=keep), shape)


@row("ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2",
     "ReduceLogSum", "ReduceLogSumExp")  # fmt: skip
def reduction(b: Builder, n: Node) -> Value:
    """Sums, means and the like over axes; squares, magnitudes and logarithms are taken before or after."""
    x = n[0]
    keep = bool(n.attr("keepdims", 1))
    axes = reduced_axes(n, x)
    none = axes is None
    axes = () if axes is None else axes
    if n.op in ("ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin"):
        return x if none else _plain(b, n.op, x, axes, keep)
    if n.op in ("ReduceSumSquare", "ReduceL2"):
        squares = b.mul(x, x)
        found = squares if none else _over(b, "sum", squares, axes, keep)
        return found if n.op == "ReduceSumSquare" else _root(b, found, x)
    if n.op == "ReduceL1":
        return _over(b, "sum", b.op("abs", x), axes, keep)
    if n.op == "ReduceLogSum":
        return b.op("log", _over(b, "sum", x, axes, keep))
    return _log_sum_exp(b, x, axes, keep)


def _root(b: Builder, found: Value, x: Value) -> Value:
    if is_float(x.dtype):
        return b.op("sqrt", found)
    return b.cast(b.op("sqrt", b.cast(found, "float64")), x.dtype)


def _plain(b: Builder, op: str, x: Value, axes: Sequence[int], keep: bool) -> Value:
    name = op.removeprefix("Reduce").lower()
    if op in ("ReduceMax", "ReduceMin"):
        if x.size == 0:
            return _of_nothing(b, op, x, axes, keep)
        if x.dtype == bool:
            return b.cast(_over(b, name, b.cast(x, "uint8"), axes, keep), bool)
    if op == "ReduceMean" and not is_float(x.dtype):
        return b.cast(_over(b, name, b.cast(x, "float64"), axes, keep), x.dtype)
    return b.cast(_over(b, name, x, axes, keep), x.dtype)


def _of_nothing(b: Builder, op: str, x: Value, axes: Sequence[int], keep: bool) -> Value:
    """The extreme of no elements: the other end of the element type's range."""
    shape = [1 if i in axes else size for i, size in enumerate(x.shape) if keep or i not in axes]
    low = op == "ReduceMax"
    if x.dtype == bool:
        end: float = not low
    elif is_float(x.dtype):
        end = -np.inf if low else np.inf
    else:
        end = np.iinfo(x.dtype).min if low else np.iinfo(x.dtype).max
    return b.const(np.full(shape, end, x.dtype))


def _log_sum_exp(b: Builder, x: Value, axes: Sequence[int], keep: bool) -> Value:
    if x.size == 0:
        return b.op("log", _over(b, "sum", b.op("exp", x), axes, keep))
    top = _over(b, "max", x, axes, True)
    total = _over(b, "sum", b.op("exp", b.sub(x, top)), axes, True)
    found = b.add(b.op("log", total), top)
    return found if keep else b.reshape(found, [s for i, s in enumerate(x.shape) if i not in axes])


@row("ArgMax", "ArgMin")
def extreme(b: Builder, n: Node) -> Value:
    """The position of the first extreme, or of the last."""
    x, keep = n[0], bool(n.attr("keepdims", 1))
    axis = axis_of(n.attr("axis", 0), x.rank)
    last = bool(n.attr("select_last_index", 0))
    if last:
        x = b.op("reverse", x, axis=axis)
    found = b.cast(b.op(n.op.lower(), x, axis=axis, keepdims=keep), "int64")
    return b.sub(b.like(x.shape[axis] - 1, found), found) if last else found
