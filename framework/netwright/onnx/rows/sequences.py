"""Sequences and optional values, which exist only while a model is built."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..table import Node, axis_of, row
from ..values import Builder, Value


@row("SequenceConstruct")
def construct(b: Builder, n: Node) -> list[Value]:
    """The inputs as a sequence."""
    return list(n.inputs)


@row("SequenceEmpty")
def empty(b: Builder, n: Node) -> list[Value]:
    """A sequence of nothing."""
    return []


@row("SequenceLength")
def length(b: Builder, n: Node) -> Value:
    """How many values a sequence has, known when it is read."""
    return b.const(np.int64(len(n[0])))


@row("SequenceAt")
def at(b: Builder, n: Node) -> Value:
    """One value of a sequence."""
    found: Value = n[0][int(n[1].scalar())]
    return found


@row("SequenceInsert")
def insert(b: Builder, n: Node) -> list[Value]:
    """The sequence with one more value at a place, by default at its end."""
    found = list(n[0])
    found.insert(len(found) if n.get(2) is None else int(n[2].scalar()), n[1])
    return found


@row("SequenceErase")
def erase(b: Builder, n: Node) -> list[Value]:
    """The sequence without one of its values."""
    found = list(n[0])
    del found[-1 if n.get(1) is None else int(n[1].scalar())]
    return found


@row("ConcatFromSequence")
def concat(b: Builder, n: Node) -> Value:
    """The values of a sequence joined along an axis, or along a new one."""
    values, axis = n[0], n.attr("axis")
    if not n.attr("new_axis", 0):
        return b.concat(values, axis_of(axis, values[0].rank))
    axis = axis_of(axis, values[0].rank + 1)
    return b.concat([b.reshape(v, (*v.shape[:axis], 1, *v.shape[axis:])) for v in values], axis)


@row("SplitToSequence")
def split(b: Builder, n: Node) -> list[Value]:
    """A tensor cut along an axis into pieces of given sizes, or of one each."""
    x, axis = n[0], axis_of(n.attr("axis", 0), n[0].rank)
    given, size = n.get(1), x.shape[axis]
    if given is None:
        sizes = [1] * size
    elif given.rank == 0:
        each = int(given.scalar())
        sizes = [min(each, size - i) for i in range(0, size, each)]
    else:
        sizes = list(given.ints())
    edges = np.cumsum([0, *sizes])
    parts = [b.slice(x, axis, int(i), int(j)) for i, j in pairwise(edges)]
    if given is None and not n.attr("keepdims", 1):
        return [b.reshape(p, [s for k, s in enumerate(p.shape) if k != axis]) for p in parts]
    return parts


@row("Optional", "OptionalGetElement")
def optional(b: Builder, n: Node) -> Any:
    """The value itself, or nothing."""
    return n.get(0)


@row("OptionalHasElement")
def has_element(b: Builder, n: Node) -> Value:
    """Whether there is a value, known when the model is read."""
    return b.const(n.get(0) is not None)


@row("SequenceMap")
def sequence_map(b: Builder, n: Node) -> Any:
    """The body run for each element; other inputs that are no sequences are the same for all."""
    body, count = n.attr("body"), len(n[0])
    found = [n.scope.run_graph(body, [v[i] if isinstance(v, list) else v for v in n.inputs]) for i in range(count)]
    return tuple([f[k] for f in found] for k in range(len(body.output)))
