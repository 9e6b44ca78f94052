"""Calls that change nothing, constants computed ahead, transposes that undo each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops import get
from ...ops.broadcast import Broadcast, SameShape
from ...ops.elementwise import Elementwise
from ...ops.scalar import WithScalar
from ...ops.shapes import normalize_axis
from ..ir import Graph, Node, Value

Uniform = dict[Value, float]
"""Values that have one finite number everywhere."""

MOST = 2.0**53
"""Whole numbers below this are exact as a float."""

_MOVES = ("_spread", "broadcast_to", "transpose", "_reshape_to", "Reshape", "Flatten", "expand_dims", "squeeze")
"""Operators that put elements elsewhere, or repeat them."""


def simplify(graph: Graph) -> Graph:
    """Leave out what gives its input again, bit for bit, whatever the input: NaN and −0 too, and the gradients.

    x·1, x/1, x − 0, x¹, −(−x), identity, a cast to a wider type and back, transposes in a row that come to nothing,
    dropout outside training; x + 0 for integers alone, since −0 + 0 is 0. Constants made of constants are made at once.
    """
    states = graph.states
    read = {v for node in graph.nodes for v in node.inputs} | set(graph.outputs)
    renamed: dict[Value, Value] = {}
    uniform: Uniform = {}
    kept = []
    for node in graph.nodes:
        node.inputs = tuple(renamed.get(v, v) for v in node.inputs)
        same = None if read.intersection(node.outputs[1:]) else _unchanged(node, uniform)
        # a state changes later in the step: what was read of it before stays a copy
        if same is not None and same.spec == node.outputs[0].spec and same not in states:
            renamed[node.outputs[0]] = same
            continue
        node = _constant(node, uniform) or _one_transpose(node) or node
        kept.append(node)
    graph.nodes = kept
    graph.outputs = [renamed.get(v, v) for v in graph.outputs]
    return graph


# ---------------------------------------------------------------- what gives its input again
def _unchanged(node: Node, uniform: Uniform) -> Value | None:
    rule = _RULES.get(node.op.name)
    return None if rule is None else rule(node, uniform)


def _by_scalar(neutral: float, kinds: str = "fiu") -> Callable[[Node, Uniform], Value | None]:
    """The input, of these kinds of numbers, where the scalar is the neutral one."""

    def rule(node: Node, uniform: Uniform) -> Value | None:
        p: Any = node.p
        source = node.inputs[0]
        return source if p.scalar == neutral and source.dtype.kind in kinds else None

    return rule


def _beside(neutral: float, both: bool, whole: bool = False) -> Callable[[Node, Uniform], Value | None]:
    """The input beside a constant that is neutral on the right, or with ``both`` on either side."""

    def rule(node: Node, uniform: Uniform) -> Value | None:
        for i in (1, 0) if both else (1,):
            other, kept = node.inputs[i], node.inputs[1 - i]
            found = uniform.get(other)
            if found == neutral and math.copysign(1, found) > 0 and (not whole or kept.dtype.kind in "iu"):
                return kept
        return None

    return rule


def _itself(node: Node, uniform: Uniform) -> Value | None:
    return node.inputs[0]


def _undropped(node: Node, uniform: Uniform) -> Value | None:
    p: Any = node.p
    return None if node.train or p.mode == "always" else node.inputs[0]


def _undone(node: Node, uniform: Uniform) -> Value | None:
    """−(−x)."""
    before = node.inputs[0].node
    return before.inputs[0] if before is not None and before.op is node.op else None


def _cast_back(node: Node, uniform: Uniform) -> Value | None:
    """A cast to the same type, or back from a wider one."""
    source = node.inputs[0]
    if source.dtype == node.outputs[0].dtype:
        return source
    before = source.node
    if before is None or before.op is not node.op:
        return None
    first = before.inputs[0]
    return first if np.can_cast(first.dtype, source.dtype, "safe") else None


def _not_moved(node: Node, uniform: Uniform) -> Value | None:
    """A transpose that leaves all axes where they were, or undoes the one before it."""
    source, order = node.inputs[0], _order(node)
    still = tuple(range(len(order)))
    if order == still:
        return source
    before = source.node
    if before is None or before.op is not node.op:
        return None
    inner = _order(before)
    return before.inputs[0] if tuple(inner[i] for i in order) == still else None


_RULES: dict[str, Callable[[Node, Uniform], Value | None]] = {
    "Dropout": _undropped,
    "_mul_scalar": _by_scalar(1.0),
    "_div_scalar": _by_scalar(1.0),
    "_power_scalar": _by_scalar(1.0, "f"),
    "_minus_scalar": _by_scalar(0.0),
    "_plus_scalar": _by_scalar(0.0, "iu"),
    "broadcast_mul": _beside(1.0, both=True),
    "elemwise_mul": _beside(1.0, both=True),
    "broadcast_div": _beside(1.0, both=False),
    "elemwise_div": _beside(1.0, both=False),
    "broadcast_sub": _beside(0.0, both=False),
    "elemwise_sub": _beside(0.0, both=False),
    "broadcast_add": _beside(0.0, both=True, whole=True),
    "elemwise_add": _beside(0.0, both=True, whole=True),
    "identity": _itself,
    "negative": _undone,
    "Cast": _cast_back,
    "transpose": _not_moved,
}


# ---------------------------------------------------------------- constants
def _constant(node: Node, uniform: Uniform) -> Node | None:
    """Note a value that is one number everywhere; the call that makes it at once where it took several."""
    if len(node.outputs) != 1 or node.outputs[0].dtype.kind not in "fiu":
        return None
    number = _number(node, uniform)
    if number is None or not abs(number) < MOST:
        return None
    value = node.outputs[0]
    uniform[value] = number
    if not node.inputs:
        return None
    shape, dtype = value.spec
    params: dict[str, Any] = {"shape": shape, "dtype": dtype.name}
    negative = math.copysign(1, number) < 0
    name = "_ones" if number == 1 else "_zeros" if number == 0 and not negative else "_full"
    op = get(name)
    if name == "_full":
        params["value"] = number
    return _instead(node, Node(op, op.make_params(params), (), *_as(node)))


def _number(node: Node, uniform: Uniform) -> float | None:
    p: Any = node.p
    if node.op.name in ("_zeros", "_ones"):
        return float(node.op.name == "_ones")
    if node.op.name == "_full":
        return float(node.outputs[0].dtype.type(p.value))
    if not node.inputs or any(v not in uniform for v in node.inputs):
        return None
    if node.op.name in _MOVES:
        return uniform[node.inputs[0]]
    plain = isinstance(node.op, (Elementwise, Broadcast, SameShape, WithScalar)) or node.op.name == "Cast"
    if not plain or node.op.forward_takes - {"out"}:
        return None
    with np.errstate(all="ignore"):
        found = node.op.forward(np, p, *(np.full(1, uniform[v], v.dtype) for v in node.inputs))
    return float(found[0])


# ---------------------------------------------------------------- transposes
def _one_transpose(node: Node) -> Node | None:
    """One transpose in the place of two in a row."""
    before = node.inputs[0].node if node.op.name == "transpose" else None
    if before is None or before.op is not node.op:
        return None
    inner, outer = _order(before), _order(node)
    p = node.op.make_params({"axes": tuple(inner[i] for i in outer)})
    return _instead(node, Node(node.op, p, before.inputs, *_as(node)))


def _order(node: Node) -> tuple[int, ...]:
    p: Any = node.p
    ndim = len(node.inputs[0].shape)
    return tuple(normalize_axis(a, ndim) for a in p.axes) if p.axes else tuple(reversed(range(ndim)))


def _as(node: Node) -> tuple[str, Any, bool]:
    return node.name, node.phase, node.train


def _instead(node: Node, made: Node) -> Node:
    made.outputs = node.outputs
    for value in made.outputs:
        value.node = made
    return made
