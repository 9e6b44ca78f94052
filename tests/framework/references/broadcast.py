"""References of binary and scalar operators: loops over broadcast pairs, with Python's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def quotient(a: Any, b: Any) -> float:
    return a / b


def modulo(a: Any, b: Any) -> float:
    return a - math.floor(a / b) * b if b else 0.0


RULES: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": quotient,
    "mod": modulo,
    "power": lambda a, b: a**b,
    "maximum": max,
    "minimum": min,
    "hypot": lambda a, b: math.sqrt(a * a + b * b),
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "lesser": lambda a, b: a < b,
    "lesser_equal": lambda a, b: a <= b,
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_xor": lambda a, b: bool(a) != bool(b),
}


def pairwise(rule: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def apply(p: Any, lhs: Any, rhs: Any) -> Any:
        pairs = np.broadcast(lhs, rhs)
        return np.array([float(rule(a, b)) for a, b in pairs], dtype=np.float64).reshape(pairs.shape)

    return apply


def with_scalar(rule: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[..., Any]:
    def apply(p: Any, data: Any) -> Any:
        values = [float(rule(p.scalar, v) if swapped else rule(v, p.scalar)) for v in data.ravel().tolist()]
        return np.array(values, dtype=np.float64).reshape(data.shape)

    return apply


def stretched(data: Any, shape: tuple[int, ...]) -> Any:
    """Every element looked up at its own place, counting from the last axis."""
    found = np.empty(shape)
    for place in np.ndindex(*shape):
        tail = place[len(shape) - data.ndim :]
        found[place] = data[tuple(0 if n == 1 else i for i, n in zip(tail, data.shape, strict=True))]
    return found


def broadcast_axis(p: Any, data: Any) -> Any:
    shape = list(data.shape)
    for axis, size in zip(p.axis, p.size, strict=True):
        shape[axis] = size
    return stretched(data, tuple(shape))


def broadcast_like(p: Any, lhs: Any, rhs: Any) -> Any:
    shape = list(lhs.shape)
    for i, j in zip(p.lhs_axes or range(lhs.ndim), p.rhs_axes or range(rhs.ndim), strict=True):
        shape[i] = rhs.shape[j]
    return stretched(lhs, tuple(shape))


def where(p: Any, condition: Any, x: Any, y: Any) -> Any:
    found = np.empty(x.shape)
    for place in np.ndindex(*x.shape):
        chosen = condition[place] if condition.ndim == x.ndim else condition[place[0]]
        found[place] = x[place] if chosen else y[place]
    return found


STRICT = {"add": "elemwise_add", "sub": "elemwise_sub", "mul": "elemwise_mul", "div": "elemwise_div"}
SCALAR = {"add": "plus", "sub": "minus"}

REFERENCES: dict[str, Callable[..., Any]] = {
    **{f"broadcast_{name}": pairwise(rule) for name, rule in RULES.items()},
    **{STRICT.get(name, f"_{name}"): pairwise(rule) for name, rule in RULES.items()},
    **{f"_{SCALAR.get(name, name)}_scalar": with_scalar(rule) for name, rule in RULES.items()},
    "_rminus_scalar": with_scalar(RULES["sub"], swapped=True),
    "_rdiv_scalar": with_scalar(RULES["div"], swapped=True),
    "_rmod_scalar": with_scalar(RULES["mod"], swapped=True),
    "_rpower_scalar": with_scalar(RULES["power"], swapped=True),
    "broadcast_to": lambda p, data: stretched(data, tuple(m or n for m, n in zip(p.shape, data.shape, strict=True))),
    "broadcast_axis": broadcast_axis,
    "broadcast_like": broadcast_like,
    "where": where,
    "add_n": lambda p, *arrays: np.array(
        [math.fsum(values) for values in zip(*(a.ravel().tolist() for a in arrays), strict=True)], dtype=np.float64
    ).reshape(arrays[0].shape),
}
