"""Binary arithmetic: broadcast between arrays, and in MXNet's strict form for arrays of one shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from ..errors import ShapeError
from .arrays import deliver
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes
from .registry import register
from .shapes import broadcast_shape
from .sight import Looks, pointwise
from .stored import AddsDense, JoinsSparse, MultipliesSparse, ScalesRows
from .sums import sum_to

PAIR = (Port("lhs", doc="first array"), Port("rhs", doc="second array"))
FLOATS = ("float32", "float64")


class Broadcast(Operator):
    """Two inputs under NumPy's broadcasting rule, of one dtype; ``forward`` may write over either."""

    category = "broadcast"
    inputs = PAIR
    inplace = (0, 1)
    direct_where = "True"
    drawn: ClassVar[tuple[Draw, Draw]] = (Draw(()), Draw(()))
    dtypes: ClassVar[tuple[str, ...]] = ("float16", "float32", "float64", "int32")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        return shapes, [None if lhs is None or rhs is None else broadcast_shape(lhs, rhs)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def samples(self) -> Iterable[Sample]:
        pairs: tuple[tuple[Shape, Shape], ...] = (
            ((3, 4), (3, 4)),
            ((2, 3, 4), (3, 1)),
            ((4,), (3, 4)),
            ((1, 4), (3, 1)),
            ((0, 4), (1, 4)),
        )
        yield from _pair_samples(self, pairs)


class SameShape(Operator):
    """Two inputs of one shape and one dtype; ``forward`` may write over either."""

    category = "elementwise"
    inputs = PAIR
    inplace = (0, 1)
    any_side = True
    drawn: ClassVar[tuple[Draw, Draw]] = (Draw(()), Draw(()))
    dtypes: ClassVar[tuple[str, ...]] = ("float16", "float32", "float64", "int32")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        lhs, rhs = shapes
        if lhs is not None and rhs is not None and lhs != rhs:
            raise ShapeError(
                "the two arrays must have one shape",
                port="rhs",
                wanted=lhs,
                got=rhs,
                remedy="Use the broadcast_… operator to repeat axes of size 1",
            )
        known = lhs if lhs is not None else rhs
        return [known, known], [known]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def samples(self) -> Iterable[Sample]:
        yield from _pair_samples(self, (((3, 4), (3, 4)), ((5,), (5,)), ((2, 0), (2, 0))))


def _pair_samples(op: Any, pairs: Iterable[tuple[Shape, Shape]]) -> Iterable[Sample]:
    a, b = op.drawn
    for m, n in pairs:
        draws = (Draw(m, a.kind, a.low, a.high), Draw(n, b.kind, b.low, b.high))
        yield Sample(draws, differentiable=op.differentiable)
    more = tuple(d for d in op.dtypes if d not in FLOATS)
    if more:
        draws = (Draw((3, 4), a.kind, a.low, a.high), Draw((3, 4), b.kind, b.low, b.high))
        yield Sample(draws, differentiable=False, dtypes=more)


class AddRule:
    """y = a + b."""

    direct = "add(lhs, rhs)"

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.add(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return sum_to(F, dy, at, 0), sum_to(F, dy, at, 1)


class SubtractRule:
    """y = a − b."""

    direct = "subtract(lhs, rhs)"

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.subtract(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return sum_to(F, dy, at, 0), sum_to(F, -dy, at, 1) if at.wanted[1] else None


class MultiplyRule:
    """y = a · b."""

    direct = "multiply(lhs, rhs)"

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.multiply(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        return (
            sum_to(F, dy * rhs, at, 0) if at.wanted[0] else None,
            sum_to(F, dy * lhs, at, 1) if at.wanted[1] else None,
        )


class DivideRule:
    """y = a / b; for integers the quotient is cut off towards zero, as in C."""

    direct = "true_divide(lhs, rhs)"
    drawn = (Draw(()), Draw((), "uniform", 1.0, 3.0))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return divide(xp, lhs, rhs, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        return (
            sum_to(F, dy / rhs, at, 0) if at.wanted[0] else None,
            sum_to(F, -dy * lhs / F.square(rhs), at, 1) if at.wanted[1] else None,
        )


def divide(xp: Any, lhs: Any, rhs: Any, out: Any = None) -> Any:
    """Quotient in the inputs' dtype; integers are cut off towards zero."""
    if lhs.dtype.kind == "f":
        return xp.true_divide(lhs, rhs, out=out)
    quotient = xp.floor_divide(lhs, rhs)
    if lhs.dtype.kind == "i":
        quotient += ((lhs < 0) != (rhs < 0)) & (quotient * rhs != lhs)
    return deliver(xp, quotient, out)


class ModRule:
    """y = a mod b with the sign of b (Python's rule); 0 where b is 0."""

    drawn = (Draw((), "distinct", 0.3, 7.7), Draw((), "uniform", 7.8, 9.0))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return modulo(xp, lhs, rhs, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        if at.outputs[0].dtype.kind != "f":
            return None, None  # whole numbers jump, as in MXNet
        return (
            sum_to(F, dy, at, 0),
            sum_to(F, -dy * F.floor(lhs / rhs), at, 1) if at.wanted[1] else None,
        )


def modulo(xp: Any, lhs: Any, rhs: Any, out: Any = None) -> Any:
    """Remainder with the divisor's sign; 0 where the divisor is 0, which NumPy leaves to chance."""
    zero = rhs == 0
    value = xp.remainder(lhs, xp.where(zero, rhs.dtype.type(1), rhs))
    return deliver(xp, xp.where(zero, value.dtype.type(0), value), out)


class PowerRule:
    """y = aᵇ."""

    direct = "power(lhs, rhs)"
    drawn = (Draw((), "uniform", 0.5, 2.0), Draw((), "uniform", 0.5, 2.5))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        if lhs.dtype.kind == "f":
            return xp.power(lhs, rhs, out=out)
        return deliver(xp, xp.power(lhs.astype("float64"), rhs).astype(lhs.dtype), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any, y: Any) -> Any:
        return (
            sum_to(F, dy * rhs * F.broadcast_power(lhs, rhs - 1.0), at, 0) if at.wanted[0] else None,
            sum_to(F, dy * y * F.log(lhs), at, 1) if at.wanted[1] else None,
        )


class MaximumRule:
    """y = max(a, b); where they are equal the gradient goes to a."""

    direct = "maximum(lhs, rhs)"
    drawn = (Draw((), "distinct", -2.0, 2.0), Draw((), "distinct", -1.9, 2.1))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.maximum(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        return (
            sum_to(F, dy * (lhs >= rhs), at, 0) if at.wanted[0] else None,
            sum_to(F, dy * (lhs < rhs), at, 1) if at.wanted[1] else None,
        )


class MinimumRule:
    """y = min(a, b); where they are equal the gradient goes to a."""

    direct = "minimum(lhs, rhs)"
    drawn = (Draw((), "distinct", -2.0, 2.0), Draw((), "distinct", -1.9, 2.1))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return xp.minimum(lhs, rhs, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        return (
            sum_to(F, dy * (lhs <= rhs), at, 0) if at.wanted[0] else None,
            sum_to(F, dy * (lhs > rhs), at, 1) if at.wanted[1] else None,
        )


class HypotRule:
    """y = √(a² + b²)."""

    direct = "hypot(lhs, rhs)"
    drawn = (Draw((), "uniform", 0.5, 2.0), Draw((), "uniform", 0.5, 2.0))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        if lhs.dtype.kind == "f":
            return xp.hypot(lhs, rhs, out=out)
        return deliver(xp, xp.hypot(lhs.astype("float64"), rhs).astype(lhs.dtype), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any, y: Any) -> Any:
        return (
            sum_to(F, dy * lhs / y, at, 0) if at.wanted[0] else None,
            sum_to(F, dy * rhs / y, at, 1) if at.wanted[1] else None,
        )


@register
class BroadcastAdd(AddsDense, AddRule, Broadcast):
    """Sum with broadcasting: y = a + b."""

    name = "broadcast_add"
    aliases = ("broadcast_plus",)
    in_palette = True
    title = "Add (broadcast)"


@register
class ElemwiseAdd(JoinsSparse, AddRule, SameShape):
    """Sum of two arrays of one shape: y = a + b."""

    name = "elemwise_add"
    aliases = ("_add", "_plus", "_Plus", "_grad_add")
    in_palette = True
    title = "Add"


@register
class BroadcastSub(AddsDense, SubtractRule, Broadcast):
    """Difference with broadcasting: y = a − b."""

    name = "broadcast_sub"
    aliases = ("broadcast_minus",)


@register
class ElemwiseSub(JoinsSparse, SubtractRule, SameShape):
    """Difference of two arrays of one shape: y = a − b."""

    name = "elemwise_sub"
    aliases = ("_sub", "_minus", "_Minus")
    in_palette = True
    title = "Subtract"


@register
class BroadcastMul(ScalesRows, MultiplyRule, Broadcast):
    """Product with broadcasting, element by element: y = a · b."""

    name = "broadcast_mul"
    in_palette = True
    title = "Multiply (broadcast)"


@register
class ElemwiseMul(MultipliesSparse, MultiplyRule, SameShape):
    """Product of two arrays of one shape, element by element: y = a · b."""

    name = "elemwise_mul"
    aliases = ("_mul", "_Mul")
    in_palette = True
    title = "Multiply"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, lhs: Any, rhs: Any) -> Any:
        # elemwise_mul, for what it keeps of sparse factors
        return (
            F.elemwise_mul(dy, rhs) if at.wanted[0] else None,
            F.elemwise_mul(dy, lhs) if at.wanted[1] else None,
        )


@register
class BroadcastDiv(ScalesRows, DivideRule, Broadcast):
    """Quotient with broadcasting: y = a / b; for integers cut off towards zero."""

    name = "broadcast_div"


@register
class ElemwiseDiv(DivideRule, SameShape):
    """Quotient of two arrays of one shape: y = a / b; for integers cut off towards zero."""

    name = "elemwise_div"
    aliases: ClassVar[tuple[str, ...]] = ("_div", "_Div")
    in_palette = True
    title = "Divide"


@register
class BroadcastMod(ModRule, Broadcast):
    """Remainder with broadcasting, with the sign of b; 0 where b is 0: y = a mod b."""

    name = "broadcast_mod"
    temporaries = 2.25


@register
class ElemwiseMod(ModRule, SameShape):
    """Remainder for two arrays of one shape, with the sign of b; 0 where b is 0: y = a mod b."""

    name = "_mod"
    temporaries = 2.25
    aliases = ("_Mod",)


@register
class BroadcastPower(PowerRule, Broadcast):
    """Power with broadcasting: y = aᵇ."""

    name = "broadcast_power"


@register
class ElemwisePower(PowerRule, SameShape):
    """Power for two arrays of one shape: y = aᵇ."""

    name = "_power"
    aliases = ("_Power",)


@register
class BroadcastMaximum(MaximumRule, Broadcast):
    """Greater of two with broadcasting: y = max(a, b)."""

    name = "broadcast_maximum"


@register
class ElemwiseMaximum(JoinsSparse, MaximumRule, SameShape):
    """Greater of two arrays of one shape, element by element: y = max(a, b)."""

    name = "_maximum"
    aliases = ("_Maximum",)
    in_palette = True
    title = "Maximum"


@register
class BroadcastMinimum(MinimumRule, Broadcast):
    """Smaller of two with broadcasting: y = min(a, b)."""

    name = "broadcast_minimum"


@register
class ElemwiseMinimum(JoinsSparse, MinimumRule, SameShape):
    """Smaller of two arrays of one shape, element by element: y = min(a, b)."""

    name = "_minimum"
    aliases = ("_Minimum",)
    in_palette = True
    title = "Minimum"


@register
class BroadcastHypot(HypotRule, Broadcast):
    """Hypotenuse with broadcasting: y = √(a² + b²)."""

    name = "broadcast_hypot"


@register
class ElemwiseHypot(JoinsSparse, HypotRule, SameShape):
    """Hypotenuse for two arrays of one shape: y = √(a² + b²)."""

    name = "_hypot"
    aliases = ("_Hypot",)
