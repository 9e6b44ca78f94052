"""Binary arithmetic and comparison: broadcast between arrays, and with a scalar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import Field

from .operator import Draw, Operator, Port, Sample, Shape, Shapes
from .params import OpParams
from .registry import register
from .shapes import broadcast_shape

PAIR = (Port("lhs", doc="first array"), Port("rhs", doc="second array"))


class Broadcast(Operator):
    """Two inputs under NumPy's broadcasting rule, of one dtype."""

    category = "broadcast"
    inputs = PAIR
    drawn: ClassVar[tuple[Draw, Draw]] = (Draw(()), Draw(()))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        return shapes, [None if lhs is None or rhs is None else broadcast_shape(lhs, rhs)]

    def samples(self) -> Iterable[Sample]:
        a, b = self.drawn
        pairs: tuple[tuple[Shape, Shape], ...] = (
            ((3, 4), (3, 4)),
            ((2, 3, 4), (3, 1)),
            ((4,), (3, 4)),
            ((1, 4), (3, 1)),
            ((0, 4), (1, 4)),
        )
        for m, n in pairs:
            yield Sample(
                (Draw(m, a.kind, a.low, a.high), Draw(n, b.kind, b.low, b.high)), differentiable=self.differentiable
            )


@register
class Add(Broadcast):
    """Sum with broadcasting: y = a + b."""

    name = "broadcast_add"
    aliases = ("broadcast_plus",)

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.add(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return F._sum_to(dy, shape=at.inputs[0].shape), F._sum_to(dy, shape=at.inputs[1].shape)


@register
class Multiply(Broadcast):
    """Product with broadcasting: y = a · b."""

    name = "broadcast_mul"

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.multiply(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any, lhs: Any, rhs: Any) -> Any:
        return (
            F._sum_to(dy * rhs, shape=at.inputs[0].shape) if at.wanted[0] else None,
            F._sum_to(dy * lhs, shape=at.inputs[1].shape) if at.wanted[1] else None,
        )


class ScalarParams(OpParams):
    scalar: float = Field(1.0, description="the scalar operand")


class WithScalar(Operator):
    """An array and a scalar. The scalar is taken in the array's dtype, so that the dtype stays."""

    category = "scalar"
    Params = ScalarParams
    inplace = (0,)
    shape_checked = False

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 4), (5,), (0, 2)):
            yield Sample((shape,), {"scalar": 1.5}, differentiable=self.differentiable)


@register
class PlusScalar(WithScalar):
    """Sum with a scalar: y = x + s."""

    name = "_plus_scalar"
    aliases = ("_PlusScalar",)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.add(data, data.dtype.type(p.scalar), out=out)

    def gradient(self, F: Any, p: Any, at: Any, dy: Any) -> Any:
        return dy


