"""Comparisons and logic between an array and a scalar; the answers are 0 and 1 in the array's dtype."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .operator import Draw
from .registry import register
from .scalar import ScalarParams, WithScalar


class CompareScalar(WithScalar):
    """y = 1 where ``test`` holds between the element and the scalar, else 0. No gradient.

    The scalar counts as it is, for integers too, where MXNet cuts it off and has 1 == 1.5.
    """

    test: ClassVar[str]
    logic: ClassVar[bool] = False
    """Whether it is a connective; the result is dense then, as in MXNet."""
    drawn = Draw((), "integer", -2, 3)
    scalars = (1.0, 0.0)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.direct = f"{cls.test}(data, scalar).astype(data.dtype)"

    def keeps_zeros(self, p: ScalarParams) -> bool:
        return not self.logic and not bool(getattr(np, self.test)(0.0, p.scalar))

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        # the scalar as it is, not cut off to the array's dtype: 1 > 0.5 holds for integers too
        scalar = xp.float64(p.scalar) if data.dtype.kind != "f" else data.dtype.type(p.scalar)
        function = getattr(xp, self.test)
        return (
            function(data, scalar).astype(data.dtype)
            if out is None
            else function(data, scalar, out=out, casting="unsafe")
        )


@register
class EqualScalar(CompareScalar):
    """1 where x = s, else 0."""

    name = "_equal_scalar"
    aliases = ("_EqualScalar",)
    test = "equal"


@register
class NotEqualScalar(CompareScalar):
    """1 where x ≠ s, else 0."""

    name = "_not_equal_scalar"
    aliases = ("_NotEqualScalar",)
    test = "not_equal"


@register
class GreaterScalar(CompareScalar):
    """1 where x > s, else 0."""

    name = "_greater_scalar"
    aliases = ("_GreaterScalar",)
    test = "greater"


@register
class GreaterEqualScalar(CompareScalar):
    """1 where x ≥ s, else 0."""

    name = "_greater_equal_scalar"
    aliases = ("_GreaterEqualScalar",)
    test = "greater_equal"


@register
class LesserScalar(CompareScalar):
    """1 where x < s, else 0."""

    name = "_lesser_scalar"
    aliases = ("_LesserScalar",)
    test = "less"


@register
class LesserEqualScalar(CompareScalar):
    """1 where x ≤ s, else 0."""

    name = "_lesser_equal_scalar"
    aliases = ("_LesserEqualScalar",)
    test = "less_equal"


@register
class LogicalAndScalar(CompareScalar):
    """1 where x and s are both not 0, else 0."""

    name = "_logical_and_scalar"
    aliases = ("_LogicalAndScalar",)
    test = "logical_and"
    logic = True


@register
class LogicalOrScalar(CompareScalar):
    """1 where x or s is not 0, else 0."""

    name = "_logical_or_scalar"
    aliases = ("_LogicalOrScalar",)
    test = "logical_or"
    logic = True


@register
class LogicalXorScalar(CompareScalar):
    """1 where exactly one of x and s is not 0, else 0."""

    name = "_logical_xor_scalar"
    aliases = ("_LogicalXorScalar",)
    test = "logical_xor"
    logic = True
