"""Elementwise operators of one input: copies, signs, rounding, roots, powers of e, casts, tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from .arrays import deliver, in_float
from .operator import At, Draw, DTypes, Operator, Sample, Shapes
from .params import DType, OpParams
from .registry import register


class Elementwise(Operator):
    """Shape and dtype of the output are the input's; ``forward`` may write over it."""

    category = "elementwise"
    inplace = (0,)
    shape_checked = False
    drawn: ClassVar[Draw] = Draw(())
    """How samples are drawn: the operator's domain."""
    dtypes: ClassVar[tuple[str, ...]] = ("float16",)
    """Further dtypes that are tested beside float32 and float64."""

    def samples(self) -> Iterable[Sample]:
        d = self.drawn
        for shape in ((3, 4), (2, 3, 4), (5,), (0, 3)):
            yield Sample((Draw(shape, d.kind, d.low, d.high),), differentiable=self.differentiable)
        if self.dtypes:
            yield Sample((Draw((2, 3), d.kind, d.low, d.high),), differentiable=False, dtypes=self.dtypes)


class MathFunction(Elementwise):
    """A function of floating-point numbers; integers are computed in float64 and cut off."""

    ufunc: ClassVar[str]
    """The name of NumPy's function."""

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, getattr(xp, self.ufunc), data, out)


class Step(Elementwise):
    """A function that is constant between its jumps: its gradient is 0."""

    drawn = Draw((), "distinct", -2.45, 2.4)
    dtypes = ("float16", "int32")

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F.zeros_like(dy)


# -------------------------------------------------------------------------------------------------- copies and constants
@register
class Identity(Elementwise):
    """A copy: y = x."""

    name = "identity"
    aliases = ("_copy",)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return data.copy() if out is None else deliver(xp, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


@register
class BlockGrad(Elementwise):
    """A copy through which no gradient flows back."""

    name = "BlockGrad"
    aliases = ("stop_gradient",)
    category = "loss"
    in_palette = True
    title = "Block gradient"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return data.copy() if out is None else deliver(xp, data, out)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


@register
class ZerosLike(Elementwise):
    """Zeros of the input's shape and dtype."""

    name = "zeros_like"
    category = "creation"
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if out is None:
            return xp.zeros(data.shape, dtype=data.dtype)
        out[...] = 0
        return out

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


@register
class OnesLike(Elementwise):
    """Ones of the input's shape and dtype."""

    name = "ones_like"
    category = "creation"
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if out is None:
            return xp.ones(data.shape, dtype=data.dtype)
        out[...] = 1
        return out

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


class CastParams(OpParams):
    """What Cast and amp_cast take."""

    dtype: DType = Field(description="the element type of the result")


@register
class Cast(Operator):
    """The same values in another element type; fractions are cut off where it is an integer.

    Example: Cast([0.9, 1.3], dtype="int32") = [0, 1].
    """

    name = "Cast"
    aliases = ("cast",)
    category = "elementwise"
    Params = CastParams
    in_palette = True
    shape_checked = False

    def infer_dtype(self, p: CastParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype)]

    def forward(self, xp: Any, p: CastParams, data: Any, *, out: Any = None) -> Any:
        return data.astype(p.dtype) if out is None else deliver(xp, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        source = at.inputs[0].dtype
        if source.kind != "f" or at.outputs[0].dtype.kind != "f":
            return None
        return dy if source == at.outputs[0].dtype else F.Cast(dy, dtype=source.name)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"dtype": "float64"})
        yield Sample(((0, 2),), {"dtype": "float64"})
        values = Draw((2, 5), "uniform", 0.0, 5.0)
        for target in ("float16", "float32", "uint8", "int8", "int32", "int64", "bool"):
            yield Sample(
                (values,),
                {"dtype": target},
                differentiable=False,
                dtypes=("float16", "float32", "float64", "int32"),
            )


@register
class AmpCast(Operator):
    """Cast between floating-point types, as mixed precision inserts it; integers pass unchanged."""

    name = "amp_cast"
    category = "elementwise"
    Params = CastParams
    shape_checked = False

    def infer_dtype(self, p: CastParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        source = dtypes[0]
        return dtypes, [np.dtype(p.dtype) if source is None or source.kind == "f" else source]

    def forward(self, xp: Any, p: CastParams, data: Any, *, out: Any = None) -> Any:
        value = data.astype(p.dtype if data.dtype.kind == "f" else data.dtype)
        return deliver(xp, value, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        source = at.inputs[0].dtype
        if source.kind != "f":
            return None
        return dy if source == at.outputs[0].dtype else F.Cast(dy, dtype=source.name)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"dtype": "float64"})
        yield Sample(((3, 4),), {"dtype": "float32"}, differentiable=False)
        yield Sample(
            (Draw((3,), "integer", -5, 5),), {"dtype": "float16"}, differentiable=False, dtypes=("int32",)
        )


# -------------------------------------------------------------------------------------------------- signs and rounding
@register
class Negative(Elementwise):
    """Negative: y = −x."""

    name = "negative"
    aliases = ("_np_negative",)
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.negative(data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return -dy


@register
class Abs(Elementwise):
    """Absolute value: y = \\|x\\|; the gradient at 0 is 0."""

    name = "abs"
    in_palette = True
    title = "Absolute value"
    drawn = Draw((), "distinct", -2.0, 2.1)
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.absolute(data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * F.sign(data)


@register
class Sign(Step):
    """Sign: −1, 0 or 1."""

    name = "sign"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.sign(data, out=out)


@register
class Round(Step):
    """Nearest integer; halves away from 0: 2.5 → 3, −2.5 → −3."""

    name = "round"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind != "f":
            return deliver(xp, data if out is not None else data.copy(), out)
        # not floor(|x| + 0.5): the sum rounds up for the largest number below a half
        whole = xp.trunc(data)
        return deliver(xp, whole + xp.trunc((data - whole) * 2), out)


@register
class Rint(Step):
    """Nearest integer; of two equally near the lower: 1.5 → 1, −1.5 → −2."""

    name = "rint"

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind != "f":
            return deliver(xp, data if out is not None else data.copy(), out)
        low = xp.floor(data)
        return deliver(xp, xp.where(data - low <= xp.ceil(data) - data, low, xp.ceil(data)), out)


class Rounding(Step):
    """Rounding by a function of the array module; integers stay as they are."""

    ufunc: ClassVar[str]

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind != "f":
            return deliver(xp, data if out is not None else data.copy(), out)
        return getattr(xp, self.ufunc)(data, out=out)


@register
class Ceil(Rounding):
    """Smallest integer not below x."""

    name = "ceil"
    ufunc = "ceil"


@register
class Floor(Rounding):
    """Greatest integer not above x."""

    name = "floor"
    ufunc = "floor"


@register
class Trunc(Rounding):
    """Integer part: the nearest integer that is no farther from 0 than x."""

    name = "trunc"
    ufunc = "trunc"


@register
class Fix(Rounding):
    """Nearest integer towards 0."""

    name = "fix"
    ufunc = "trunc"


# -------------------------------------------------------------------------------------------------- powers and roots
@register
class Square(Elementwise):
    """Square: y = x²."""

    name = "square"
    dtypes = ("float16", "int32")
    in_palette = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.multiply(data, data, out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy * data * 2.0


@register
class Sqrt(MathFunction):
    """Square root: y = √x; NaN below 0."""

    name = "sqrt"
    ufunc = "sqrt"
    drawn = Draw((), "uniform", 0.3, 3.0)
    dtypes = ("float16", "int32")

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * 0.5 / y


@register
class Rsqrt(Elementwise):
    """Reciprocal of the square root: y = 1/√x."""

    name = "rsqrt"
    drawn = Draw((), "uniform", 0.3, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: xp.reciprocal(xp.sqrt(x), out=out), data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, y: Any) -> Any:
        return dy * -0.5 * y / data


@register
class Cbrt(MathFunction):
    """Cube root: y = ∛x."""

    name = "cbrt"
    ufunc = "cbrt"
    drawn = Draw((), "uniform", 0.3, 3.0)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy / (F.square(y) * 3.0)


@register
class Rcbrt(Elementwise):
    """Reciprocal of the cube root: y = 1/∛x."""

    name = "rcbrt"
    drawn = Draw((), "uniform", 0.3, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, lambda x, out=None: xp.reciprocal(xp.cbrt(x), out=out), data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any, y: Any) -> Any:
        return dy * y / (data * -3.0)


@register
class Reciprocal(Elementwise):
    """Reciprocal: y = 1/x."""

    name = "reciprocal"
    drawn = Draw((), "uniform", 0.5, 3.0)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, xp.reciprocal, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return -dy * F.square(y)


# -------------------------------------------------------------------------------------------------- exponentials
@register
class Exp(MathFunction):
    """Exponential: y = eˣ."""

    name = "exp"
    ufunc = "exp"
    in_palette = True
    title = "Exponential"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * y


@register
class Expm1(MathFunction):
    """Exponential less 1, exact near 0: y = eˣ − 1."""

    name = "expm1"
    ufunc = "expm1"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return dy * (y + 1.0)


class Logarithm(MathFunction):
    """Logarithms: tested where they are defined."""

    drawn = Draw((), "uniform", 0.3, 3.0)


@register
class Log(Logarithm):
    """Natural logarithm: y = ln x; NaN below 0, −∞ at 0."""

    name = "log"
    ufunc = "log"
    in_palette = True
    title = "Logarithm"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / data


@register
class Log10(Logarithm):
    """Logarithm to base 10: y = log₁₀ x."""

    name = "log10"
    ufunc = "log10"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (data * float(np.log(10.0)))


@register
class Log2(Logarithm):
    """Logarithm to base 2: y = log₂ x."""

    name = "log2"
    ufunc = "log2"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (data * float(np.log(2.0)))


@register
class Log1p(Logarithm):
    """Natural logarithm of 1 + x, exact near 0: y = ln(1 + x)."""

    name = "log1p"
    ufunc = "log1p"

    def gradient(self, F: Any, p: Any, at: At, dy: Any, data: Any) -> Any:
        return dy / (data + 1.0)


# -------------------------------------------------------------------------------------------------- limits
class ClipParams(OpParams):
    """What clip takes."""

    a_min: float = Field(description="lower limit")
    a_max: float = Field(description="upper limit")


@register
class Clip(Elementwise):
    """Limits to [a_min, a_max]: y = min(max(x, a_min), a_max); the gradient flows within the limits."""

    name = "clip"
    Params = ClipParams
    in_palette = True

    def forward(self, xp: Any, p: ClipParams, data: Any, *, out: Any = None) -> Any:
        if data.dtype.kind == "f":
            low, high = data.dtype.type(p.a_min), data.dtype.type(p.a_max)
            return xp.minimum(xp.maximum(data, low, out=out), high, out=out)
        return deliver(xp, xp.clip(data.astype(np.float64), p.a_min, p.a_max).astype(data.dtype), out)

    def gradient(self, F: Any, p: ClipParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (data >= p.a_min) * (data <= p.a_max)

    def samples(self) -> Iterable[Sample]:
        limits = {"a_min": -0.5, "a_max": 0.85}
        for shape in ((3, 4), (7,), (0, 3)):
            yield Sample((Draw(shape, "distinct", -2.0, 2.1),), limits)
        yield Sample((Draw((3, 4), "uniform", -9, 9),), limits, differentiable=False, dtypes=("float16",))
        yield Sample(
            (Draw((3, 4), "integer", -9, 9),),
            {"a_min": -2, "a_max": 3},
            differentiable=False,
            dtypes=("int32", "int8"),
        )


# -------------------------------------------------------------------------------------------------- tests and facts
class Test(Elementwise):
    """1 where a property holds, else 0, in the input's dtype. No gradient."""

    dtypes = ("float16", "int32")
    drawn = Draw((), "integer", -1, 2)
    ufunc: ClassVar[str]

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, getattr(xp, self.ufunc)(data).astype(data.dtype), out)


@register
class LogicalNot(Test):
    """1 where x is 0, else 0."""

    name = "logical_not"
    ufunc = "logical_not"


@register
class IsNan(Test):
    """1 where x is not a number, else 0."""

    name = "_contrib_isnan"
    ufunc = "isnan"


@register
class IsInf(Test):
    """1 where x is infinite, else 0."""

    name = "_contrib_isinf"
    ufunc = "isinf"


@register
class IsFinite(Test):
    """1 where x is neither infinite nor NaN, else 0."""

    name = "_contrib_isfinite"
    ufunc = "isfinite"


@register
class ShapeArray(Operator):
    """The input's shape as an array of int64."""

    name = "shape_array"
    category = "shape"

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else (len(shapes[0]),)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64)]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        return xp.asarray(data.shape, dtype=np.int64)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for shape in ((2, 3), (4,), (2, 0, 5)):
            yield Sample((shape,), differentiable=False)


@register
class SizeArray(Operator):
    """The number of the input's elements as an array of one int64."""

    name = "size_array"
    category = "shape"

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [(1,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64)]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        return xp.asarray([data.size], dtype=np.int64)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for shape in ((2, 3), (4,), (2, 0, 5)):
            yield Sample((shape,), differentiable=False)
