"""Comparison, logic and bits."""

from __future__ import annotations

import numpy as np

from ..table import Node, row
from ..values import Builder, Value

COMPARISONS = {
    "Equal": "broadcast_equal", "Greater": "broadcast_greater", "Less": "broadcast_lesser",
    "GreaterOrEqual": "broadcast_greater_equal", "LessOrEqual": "broadcast_lesser_equal",
    "And": "broadcast_logical_and", "Or": "broadcast_logical_or", "Xor": "broadcast_logical_xor",
}  # fmt: skip


@row(*COMPARISONS)
def comparison(b: Builder, n: Node) -> Value:
    """Our comparison, as booleans."""
    return b.compare(COMPARISONS[n.op], n[0], n[1])


@row("Not")
def negation(b: Builder, n: Node) -> Value:
    """Booleans turned round."""
    return b.cast(b.op("logical_not", n[0]), bool)


@row("IsNaN")
def is_nan(b: Builder, n: Node) -> Value:
    """Where elements are no numbers."""
    return b.cast(b.op("_contrib_isnan", n[0]), bool)


@row("IsInf")
def is_inf(b: Builder, n: Node) -> Value:
    """Where elements are infinite, on both sides or on one."""
    x = n[0]
    found = b.cast(b.op("_contrib_isinf", x), bool)
    sides = n.attr("detect_positive", 1), n.attr("detect_negative", 1)
    if sides == (1, 1):
        return found
    if sides == (0, 0):
        return b.const(np.zeros(x.shape, bool))
    side = b.compare("broadcast_greater" if sides[0] else "broadcast_lesser", x, 0)
    return b.compare("broadcast_logical_and", found, side)


@row("Where")
def where(b: Builder, n: Node) -> Value:
    """Elements of the one or the other, all three inputs broadcast."""
    return b.where(n[0], n[1], n[2])
