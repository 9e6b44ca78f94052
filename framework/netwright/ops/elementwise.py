"""Elementwise operators of one input: what they share, copies, constants and casts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from .arrays import deliver, in_float
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape
from .params import DType, OpParams
from .registry import register
from .sight import Looks, pointwise
from .storage import Stored, cast, empty_storage, stype_of
from .stored import KeepsZeros


class Elementwise(KeepsZeros, Operator):
    """Shape and dtype of the output are the input's; ``forward`` may write over it."""

    category = "elementwise"
    inplace = (0,)
    shape_checked = False
    drawn: ClassVar[Draw] = Draw(())
    """How samples are drawn: the operator's domain."""
    dtypes: ClassVar[tuple[str, ...]] = ("float16",)
    """Further dtypes that are tested beside float32 and float64."""

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

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

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.direct = f"{cls.ufunc}(data)" if "ufunc" in vars(cls) else cls.direct

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return in_float(xp, getattr(xp, self.ufunc), data, out)


class Step(Elementwise):
    """A function that is constant between its jumps: its gradient is 0."""

    drawn = Draw((), "distinct", -2.45, 2.4)
    dtypes = ("float16", "int32")

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F.zeros_like(dy)


@register
class Identity(Elementwise):
    """A copy: y = x."""

    name = "identity"
    aliases = ("_copy", "_copyto", "_CrossDeviceCopy")
    zero_stays = True

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return data.copy() if out is None else deliver(xp, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


@register
class IdentityLike(Operator):
    """A copy of lhs whose shape and dtype may be known from rhs, of which nothing else is used."""

    name = "_identity_with_attr_like_rhs"
    category = "elementwise"
    inputs = (Port("lhs", doc="what is copied"), Port("rhs", doc="an array of the same shape and dtype"))
    any_side = True

    def infer_storage(self, p: Any, stypes: tuple[str, ...]) -> tuple[str, ...]:
        return stypes[1:]

    def sparse(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return cast(xp, lhs, stype_of(lhs))

    def forward(self, xp: Any, p: Any, lhs: Any, rhs: Any, *, out: Any = None) -> Any:
        return lhs.copy() if out is None else deliver(xp, lhs, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy, None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 4), (5,), (0, 3)):
            yield Sample((shape, shape))


@register
class BlockGrad(Elementwise):
    """A copy through which no gradient flows back."""

    name = "BlockGrad"
    aliases = ("stop_gradient",)
    zero_stays = True
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
    zero_stays = True
    category = "creation"
    dtypes = ("float16", "int32")

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if out is None:
            return xp.zeros(data.shape, dtype=data.dtype)
        out[...] = 0
        return out

    def sparse(self, xp: Any, p: Any, data: Stored, *, out: Any = None) -> Any:
        return empty_storage(xp, data.stype, data.shape, data.dtype)

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
class Cast(KeepsZeros, Operator):
    """The same values in another element type; fractions are cut off where it is an integer.

    The gradient is cast back, through integers too, as in MXNet.
    Example: Cast([0.9, 1.3], dtype="int32") = [0, 1].
    """

    name = "Cast"
    aliases = ("cast",)
    category = "elementwise"
    Params = CastParams
    in_palette = True
    shape_checked = False
    zero_stays = True

    def infer_dtype(self, p: CastParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def forward(self, xp: Any, p: CastParams, data: Any, *, out: Any = None) -> Any:
        return data.astype(p.dtype) if out is None else deliver(xp, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        source = at.inputs[0].dtype
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
        yield Sample((Draw((3,), "integer", -5, 5),), {"dtype": "float16"}, differentiable=False, dtypes=("int32",))
