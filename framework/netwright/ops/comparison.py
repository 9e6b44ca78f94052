"""Comparisons and logic between two arrays; the answers are 0 and 1 in the inputs' dtype, no gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from .broadcast import Broadcast, SameShape
from .operator import Draw
from .registry import register

SMALL = (Draw((), "integer", -2, 3), Draw((), "integer", -2, 3))
"""Few different values, so that equal ones meet."""


class Compare:
    """y = 1 where ``test`` holds, else 0, in the inputs' dtype."""

    direct: ClassVar[str]
    test: ClassVar[str]
    drawn = SMALL

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.direct = f"{cls.test}(lhs, rhs).astype(lhs.dtype)"

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return compare(xp, self.test, lhs, rhs, out)


def compare(xp: Any, test: str, lhs: Any, rhs: Any, out: Any = None) -> Any:
    """The array module's comparison, answered in the first input's dtype."""
    function = getattr(xp, test)
    return function(lhs, rhs).astype(lhs.dtype) if out is None else function(lhs, rhs, out=out, casting="unsafe")


@register
class BroadcastEqual(Compare, Broadcast):
    """1 where a = b, else 0, with broadcasting."""

    name = "broadcast_equal"
    test = "equal"


@register
class ElemwiseEqual(Compare, SameShape):
    """1 where a = b, else 0, for arrays of one shape."""

    name = "_equal"
    aliases = ("_Equal",)
    test = "equal"


@register
class BroadcastNotEqual(Compare, Broadcast):
    """1 where a ≠ b, else 0, with broadcasting."""

    name = "broadcast_not_equal"
    test = "not_equal"


@register
class ElemwiseNotEqual(Compare, SameShape):
    """1 where a ≠ b, else 0, for arrays of one shape."""

    name = "_not_equal"
    aliases = ("_Not_Equal",)
    test = "not_equal"


@register
class BroadcastGreater(Compare, Broadcast):
    """1 where a > b, else 0, with broadcasting."""

    name = "broadcast_greater"
    test = "greater"


@register
class ElemwiseGreater(Compare, SameShape):
    """1 where a > b, else 0, for arrays of one shape."""

    name = "_greater"
    aliases = ("_Greater",)
    test = "greater"


@register
class BroadcastGreaterEqual(Compare, Broadcast):
    """1 where a ≥ b, else 0, with broadcasting."""

    name = "broadcast_greater_equal"
    test = "greater_equal"


@register
class ElemwiseGreaterEqual(Compare, SameShape):
    """1 where a ≥ b, else 0, for arrays of one shape."""

    name = "_greater_equal"
    aliases = ("_Greater_Equal",)
    test = "greater_equal"


@register
class BroadcastLesser(Compare, Broadcast):
    """1 where a < b, else 0, with broadcasting."""

    name = "broadcast_lesser"
    test = "less"


@register
class ElemwiseLesser(Compare, SameShape):
    """1 where a < b, else 0, for arrays of one shape."""

    name = "_lesser"
    aliases = ("_Lesser",)
    test = "less"


@register
class BroadcastLesserEqual(Compare, Broadcast):
    """1 where a ≤ b, else 0, with broadcasting."""

    name = "broadcast_lesser_equal"
    test = "less_equal"


@register
class ElemwiseLesserEqual(Compare, SameShape):
    """1 where a ≤ b, else 0, for arrays of one shape."""

    name = "_lesser_equal"
    aliases = ("_Lesser_Equal",)
    test = "less_equal"


@register
class BroadcastLogicalAnd(Compare, Broadcast):
    """1 where a and b are both not 0, else 0, with broadcasting."""

    name = "broadcast_logical_and"
    test = "logical_and"


@register
class ElemwiseLogicalAnd(Compare, SameShape):
    """1 where a and b are both not 0, else 0, for arrays of one shape."""

    name = "_logical_and"
    aliases = ("_Logical_And",)
    test = "logical_and"


@register
class BroadcastLogicalOr(Compare, Broadcast):
    """1 where a or b is not 0, else 0, with broadcasting."""

    name = "broadcast_logical_or"
    test = "logical_or"


@register
class ElemwiseLogicalOr(Compare, SameShape):
    """1 where a or b is not 0, else 0, for arrays of one shape."""

    name = "_logical_or"
    aliases = ("_Logical_Or",)
    test = "logical_or"


@register
class BroadcastLogicalXor(Compare, Broadcast):
    """1 where exactly one of a and b is not 0, else 0, with broadcasting."""

    name = "broadcast_logical_xor"
    test = "logical_xor"


@register
class ElemwiseLogicalXor(Compare, SameShape):
    """1 where exactly one of a and b is not 0, else 0, for arrays of one shape."""

    name = "_logical_xor"
    aliases = ("_Logical_Xor",)
    test = "logical_xor"
