"""Arithmetic between an array and a scalar, which is taken in the array's dtype so that the dtype stays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from pydantic import Field

from .arrays import deliver, scalar_like
from .broadcast import divide, modulo
from .operator import At, Draw, Operator, Sample, Shape
from .params import OpParams, hint
from .registry import register
from .sight import Looks, pointwise
from .stored import KeepsZeros


class ScalarParams(OpParams):
    """What operators with a scalar take."""

    scalar: float = Field(1.0, description="the scalar operand")
    is_int: bool = hint(True, "MXNet's note that the scalar was an integer; without effect, the dtype always stays.")


class WithScalar(KeepsZeros, Operator):
    """An array and a scalar; ``forward`` may write over the array."""

    category = "scalar"
    Params = ScalarParams
    inplace = (0,)
    shape_checked = False
    drawn: ClassVar[Draw] = Draw(())
    scalars: ClassVar[tuple[float, ...]] = (1.5, -2.0)
    dtypes: ClassVar[tuple[str, ...]] = ("float16", "int32")

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def samples(self) -> Iterable[Sample]:
        d = self.drawn
        for scalar in self.scalars:
            for shape in ((3, 4), (5,), (0, 2)):
                draw = Draw(shape, d.kind, d.low, d.high)
                yield Sample((draw,), {"scalar": scalar}, differentiable=self.differentiable)
        draw = Draw((2, 3, 2), d.kind, d.low, d.high)
        yield Sample((draw,), {"scalar": float(round(self.scalars[0]))}, differentiable=False, dtypes=self.dtypes)


@register
class PlusScalar(WithScalar):
    """Sum with a scalar: y = x + s."""

    name = "_plus_scalar"
    direct = "add(data, scalar)"
    aliases: ClassVar[tuple[str, ...]] = ("_PlusScalar",)

    def keeps_zeros(self, p: ScalarParams) -> bool:
        return p.scalar == 0.0

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.add(data, scalar_like(data, p.scalar), out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy


@register
class MinusScalar(WithScalar):
    """Difference with a scalar: y = x − s."""

    name = "_minus_scalar"
    direct = "subtract(data, scalar)"
    aliases: ClassVar[tuple[str, ...]] = ("_MinusScalar",)

    def keeps_zeros(self, p: ScalarParams) -> bool:
        return p.scalar == 0.0

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.subtract(data, scalar_like(data, p.scalar), out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy


@register
class RMinusScalar(WithScalar):
    """A scalar less the array: y = s − x."""

    name = "_rminus_scalar"
    direct = "subtract(scalar, data)"
    aliases = ("_RMinusScalar",)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.subtract(scalar_like(data, p.scalar), data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return -dy


@register
class MulScalar(WithScalar):
    """Product with a scalar: y = s · x."""

    name = "_mul_scalar"
    direct = "multiply(data, scalar)"
    zero_stays = True
    aliases = ("_MulScalar",)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.multiply(data, scalar_like(data, p.scalar), out=out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any) -> Any:
        return dy * p.scalar


@register
class DivScalar(WithScalar):
    """Quotient by a scalar: y = x / s; for integers cut off towards zero."""

    name = "_div_scalar"
    direct = "true_divide(data, scalar)"
    zero_stays = True
    aliases = ("_DivScalar",)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return divide(xp, data, scalar_like(data, p.scalar), out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any) -> Any:
        return dy / p.scalar


@register
class RDivScalar(WithScalar):
    """A scalar divided by the array: y = s / x; for integers cut off towards zero."""

    name = "_rdiv_scalar"
    direct = "true_divide(scalar, data)"
    aliases = ("_RDivScalar",)
    drawn = Draw((), "uniform", 1.0, 3.0)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return divide(xp, xp.asarray(scalar_like(data, p.scalar)), data, out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (-p.scalar) / F.square(data)


@register
class ModScalar(WithScalar):
    """Remainder by a scalar, with its sign; 0 for the scalar 0: y = x mod s."""

    name = "_mod_scalar"
    temporaries = 2
    aliases = ("_ModScalar",)
    drawn = Draw((), "uniform", 0.2, 1.3)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return modulo(xp, data, xp.asarray(scalar_like(data, p.scalar)), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy if at.outputs[0].dtype.kind == "f" else None  # whole numbers jump


@register
class RModScalar(WithScalar):
    """Remainder of a scalar by the array, with the array's sign; 0 where that is 0: y = s mod x."""

    name = "_rmod_scalar"
    temporaries = 2.25
    aliases = ("_RModScalar",)
    drawn = Draw((), "uniform", 1.6, 1.9)
    dtypes = ("float16",)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return modulo(xp, xp.asarray(scalar_like(data, p.scalar)), data, out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any, data: Any) -> Any:
        if at.outputs[0].dtype.kind != "f":
            return None  # whole numbers jump
        return -dy * F.floor(F._rdiv_scalar(data, scalar=p.scalar))


@register
class PowerScalar(WithScalar):
    """Power with a scalar exponent: y = xˢ; for integers s is cut off first, as in MXNet."""

    name = "_power_scalar"
    direct = "power(data, scalar)"
    aliases = ("_PowerScalar",)
    drawn = Draw((), "uniform", 0.5, 2.0)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind == "f":
            return xp.power(data, scalar_like(data, p.scalar), out=out)
        return deliver(xp, xp.power(data.astype("float64"), float(scalar_like(data, p.scalar))).astype(data.dtype), out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (data ** (p.scalar - 1.0)) * p.scalar


@register
class RPowerScalar(WithScalar):
    """Power of a scalar base: y = sˣ; for integers s is cut off first, as in MXNet."""

    name = "_rpower_scalar"
    direct = "power(scalar, data)"
    aliases = ("_RPowerScalar",)
    scalars = (1.5, 0.4)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind == "f":
            return xp.power(scalar_like(data, p.scalar), data, out=out)
        return deliver(xp, xp.power(float(scalar_like(data, p.scalar)), data.astype("float64")).astype(data.dtype), out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any, y: Any) -> Any:
        return dy * y * _log(p.scalar)


def _log(scalar: float) -> float:
    """ln s as an array would answer: −∞ at 0 and NaN below, no Python error."""
    if scalar > 0.0:
        return math.log(scalar)
    return -math.inf if scalar == 0.0 else math.nan


@register
class MaximumScalar(WithScalar):
    """Greater of the array and a scalar: y = max(x, s); the gradient flows where x ≥ s."""

    name = "_maximum_scalar"
    direct = "maximum(data, scalar)"
    aliases = ("_MaximumScalar",)
    drawn = Draw((), "distinct", -3.0, 3.1)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.maximum(data, scalar_like(data, p.scalar), out=out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (data >= p.scalar)


@register
class MinimumScalar(WithScalar):
    """Smaller of the array and a scalar: y = min(x, s); the gradient flows where x ≤ s."""

    name = "_minimum_scalar"
    direct = "minimum(data, scalar)"
    aliases = ("_MinimumScalar",)
    drawn = Draw((), "distinct", -3.0, 3.1)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return xp.minimum(data, scalar_like(data, p.scalar), out=out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (data <= p.scalar)


@register
class HypotScalar(WithScalar):
    """Hypotenuse with a scalar: y = √(x² + s²)."""

    name = "_hypot_scalar"
    direct = "hypot(data, scalar)"
    aliases = ("_HypotScalar",)

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind == "f":
            return xp.hypot(data, scalar_like(data, p.scalar), out=out)
        return deliver(xp, xp.hypot(data.astype("float64"), p.scalar).astype(data.dtype), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, y: Any) -> Any:
        return dy * data / y
