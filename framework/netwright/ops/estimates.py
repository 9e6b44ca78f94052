"""Operators whose gradient is on purpose another than their slope, and small formulas of MXNet's ``contrib``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from .arrays import deliver
from .elementwise import Elementwise
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes
from .params import OpParams
from .registry import get, register
from .scalar import ScalarParams
from .storage import CSR


class StraightThrough(Elementwise):
    """A step function whose gradient is passed through as if it were the identity (Bengio et al. 2013)."""

    drawn = Draw((), "distinct", -2.45, 2.4)
    dtypes = ("float16", "int32")

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy

    def samples(self) -> Iterable[Sample]:
        for sample in super().samples():
            # finite differences see a slope of 0: the gradient is tested by itself
            yield Sample(sample.inputs, dtypes=sample.dtypes, differentiable=False)


@register
class RoundSte(StraightThrough):
    """Nearest integer as ``round``, with a gradient of 1 everywhere; for training of quantized networks."""

    name = "_contrib_round_ste"
    temporaries = 4.25
    zero_stays = True
    aliases = ("_sparse__contrib_round_ste",)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return get("round").forward(xp, p, data, out=out)


@register
class SignSte(StraightThrough):
    """Sign as ``sign``, with a gradient of 1 everywhere; for training of binary networks."""

    name = "_contrib_sign_ste"
    zero_stays = True
    aliases = ("_sparse__contrib_sign_ste",)

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.sign(data, out=out)


@register
class GradientMultiplier(Elementwise):
    """A copy whose gradient is multiplied by ``scalar``; a negative one turns it round (Ganin and Lempitsky 2015)."""

    name = "_contrib_gradientmultiplier"
    zero_stays = True
    Params = ScalarParams

    def forward(self, xp: Any, p: ScalarParams, data: Any, *, out: Any = None) -> Any:
        return data.copy() if out is None else deliver(xp, data, out)

    def gradient(self, F: Any, p: ScalarParams, at: At, dy: Any) -> Any:
        return dy * p.scalar

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"scalar": 1.0})
        yield Sample(((3, 4),), {"scalar": -0.5}, differentiable=False)
        yield Sample(((0, 4),), {"scalar": 2.0})


class QuadraticParams(OpParams):
    """What quadratic takes."""

    a: float = Field(0.0, description="coefficient of x²")
    b: float = Field(0.0, description="coefficient of x")
    c: float = Field(0.0, description="constant")


@register
class Quadratic(Elementwise):
    """Quadratic function: y = a x² + b x + c."""

    name = "_contrib_quadratic"
    temporaries = 1
    Params = QuadraticParams

    def infer_storage(self, p: QuadraticParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return stypes if p.c == 0.0 and stypes == (CSR,) else None

    def forward(self, xp: Any, p: QuadraticParams, data: Any, *, out: Any = None) -> Any:
        a, b, c = (data.dtype.type(v) for v in (p.a, p.b, p.c))
        return deliver(xp, (a * data + b) * data + c, out)

    def gradient(self, F: Any, p: QuadraticParams, at: At, dy: Any, data: Any) -> Any:
        return dy * (data * (2.0 * p.a) + p.b)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"a": 1.5, "b": -2.0, "c": 0.5})
        yield Sample(((3, 4),), {}, dtypes=("float16", "float32", "float64"))
        yield Sample(((0, 4),), {"a": 1.0})


class AllcloseParams(OpParams):
    """What allclose takes."""

    rtol: float = Field(1e-5, ge=0, description="relative tolerance")
    atol: float = Field(1e-8, ge=0, description="absolute tolerance")
    equal_nan: bool = Field(True, description="NaN equals NaN")


@register
class Allclose(Operator):
    """1 where all elements are as good as equal, \\|a − b\\| ≤ atol + rtol \\|b\\|, else 0: an array of one uint8."""

    name = "_contrib_allclose"
    category = "reduce"
    Params = AllcloseParams
    inputs = (Port("a", doc="first array"), Port("b", doc="second array"))

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        filled, _ = super().infer_shape(p, shapes)
        return filled, [(1,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        filled, _ = super().infer_dtype(p, dtypes)
        return filled, [np.dtype(np.uint8)]

    def forward(self, xp: Any, p: AllcloseParams, a: Any, b: Any) -> Any:
        same = xp.isclose(a, b, rtol=p.rtol, atol=p.atol, equal_nan=p.equal_nan).all()
        return xp.asarray(same).astype(np.uint8).reshape(1)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (3, 4)), differentiable=False)
        yield Sample((Draw((3, 4), "distinct"), Draw((3, 4), "distinct")), {"atol": 3.0}, differentiable=False)
        yield Sample(((0, 4), (0, 4)), differentiable=False)
