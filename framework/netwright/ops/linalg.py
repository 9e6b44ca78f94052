"""Products and triangular solutions of matrices that lie along the last two axes (BLAS level 3 by name)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import DTypeError, ShapeError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes
from .params import OpParams
from .registry import register
from .shapes import normalize_axis
from .triangles import MATRICES

AB = (Port("A", doc="first factor"), Port("B", doc="second factor"))


def turned(xp: Any, matrices: Any, transpose: bool = True) -> Any:
    """Each matrix transposed, or as it is."""
    return xp.swapaxes(matrices, -1, -2) if transpose else matrices


class Lapack(Operator):
    """Of operators that LAPACK computes, as it does on the host and cuSOLVER on a GPU: float32 and float64 only."""

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        for port, dtype in zip(self.ports(p), dtypes, strict=True):
            if dtype is not None and dtype not in (np.float32, np.float64):
                raise DTypeError(
                    "matrices of this element type cannot be solved",
                    port=port.name,
                    wanted="float32 or float64",
                    got=dtype.name,
                    remedy='Use astype("float32")',
                )
        return super().infer_dtype(p, dtypes)


class Gemm2Params(OpParams):
    """What gemm2 takes."""

    transpose_a: bool = Field(False, description="use A transposed")
    transpose_b: bool = Field(False, description="use B transposed")
    alpha: float = Field(1.0, description="factor of the product")
    axis: int = Field(-2, description="the axis of the matrices' rows; the columns are the last axis")


class GemmParams(OpParams):
    """What gemm takes."""

    transpose_a: bool = Field(False, description="use A transposed")
    transpose_b: bool = Field(False, description="use B transposed")
    alpha: float = Field(1.0, description="factor of the product")
    beta: float = Field(1.0, description="factor of C")
    axis: int = Field(-2, description="the axis of the matrices' rows; the columns are the last axis")


def _rows_at(xp: Any, array: Any, axis: int) -> Any:
    return xp.swapaxes(array, axis, -2)


def _product_shape(p: Any, a: Shape, b: Shape) -> Shape:
    if len(a) < 2 or len(a) != len(b):
        raise ShapeError("as many axes are needed, at least 2", port="B", wanted=f"{max(len(a), 2)} axes", got=b)
    rows = normalize_axis(p.axis, len(a))
    if rows == len(a) - 1:
        raise ShapeError("the rows cannot lie along the last axis", port="A", wanted="another axis", got=p.axis)
    n, k = (a[-1], a[rows]) if p.transpose_a else (a[rows], a[-1])
    k2, m = (b[-1], b[rows]) if p.transpose_b else (b[rows], b[-1])
    for i in range(len(a) - 1):
        if i != rows and a[i] != b[i]:
            raise ShapeError("the leading axes must be equal", port="B", wanted=f"{a[i]} on axis {i}", got=b)
    if k != k2:
        raise ShapeError(f"the contracted sizes differ: {k} in A {a}, {k2} in B {b}", port="B", wanted=k, got=k2)
    return tuple(n if i == rows else m if i == len(a) - 1 else size for i, size in enumerate(a))


def _product(xp: Any, p: Any, a: Any, b: Any) -> Any:
    a, b = _rows_at(xp, a, p.axis), _rows_at(xp, b, p.axis)
    value = xp.matmul(turned(xp, a, p.transpose_a), turned(xp, b, p.transpose_b))
    if p.alpha != 1.0:
        value *= value.dtype.type(p.alpha)
    return xp.ascontiguousarray(_rows_at(xp, value, p.axis))


def _product_gradients(F: Any, p: Any, at: At, dy: Any, A: Any, B: Any) -> tuple[Any, Any]:
    gemm2, ta, tb = F._linalg_gemm2, p.transpose_a, p.transpose_b
    common = {"alpha": p.alpha, "axis": p.axis}
    da = db = None
    if at.wanted[0]:
        if ta:
            da = gemm2(B, dy, transpose_a=tb, transpose_b=True, **common)
        else:
            da = gemm2(dy, B, transpose_b=not tb, **common)
    if at.wanted[1]:
        if tb:
            db = gemm2(dy, A, transpose_a=True, transpose_b=ta, **common)
        else:
            db = gemm2(A, dy, transpose_a=not ta, **common)
    return da, db


def _product_samples() -> Iterable[tuple[tuple[Shape, Shape, Shape], dict[str, Any]]]:
    for ta in (False, True):
        for tb in (False, True):
            shapes = ((4, 3) if ta else (3, 4), (5, 4) if tb else (4, 5), (3, 5))
            yield shapes, {"transpose_a": ta, "transpose_b": tb, "alpha": 1.5}
    yield ((2, 3, 4), (2, 4, 2), (2, 3, 2)), {}
    yield ((3, 2, 4), (4, 2, 5), (3, 2, 5)), {"axis": 0}
    yield ((0, 3, 4), (0, 4, 2), (0, 3, 2)), {}


@register
class Gemm2(Operator):
    """Matrix product: y = α op(A) op(B), for each matrix of a batch.

    Shapes (…, n, k) and (…, k, m) give (…, n, m); the leading axes are equal. Floating-point dtypes.
    """

    name = "_linalg_gemm2"
    aliases = ("linalg_gemm2",)
    category = "linalg"
    Params = Gemm2Params
    inputs = AB

    def infer_shape(self, p: Gemm2Params, shapes: Shapes) -> tuple[Shapes, Shapes]:
        a, b = shapes
        return shapes, [None if a is None or b is None else _product_shape(p, a, b)]

    def forward(self, xp: Any, p: Gemm2Params, A: Any, B: Any) -> Any:
        return _product(xp, p, A, B)

    def gradient(self, F: Any, p: Gemm2Params, at: At, dy: Any, A: Any, B: Any) -> Any:
        return _product_gradients(F, p, at, dy, A, B)

    def flops(self, p: Gemm2Params, inputs: Any, outputs: Any) -> int:
        return int(2 * outputs[0].size * inputs[0].shape[p.axis if p.transpose_a else -1])

    def samples(self) -> Iterable[Sample]:
        for (a, b, _), params in _product_samples():
            yield Sample((a, b), params)


@register
class Gemm(Operator):
    """Matrix product and sum: y = α op(A) op(B) + β C, for each matrix of a batch."""

    name = "_linalg_gemm"
    aliases = ("linalg_gemm",)
    category = "linalg"
    Params = GemmParams
    inputs = (*AB, Port("C", doc="what is added"))

    def infer_shape(self, p: GemmParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        a, b, c = shapes
        if a is None or b is None:
            return shapes, [c]
        found = _product_shape(p, a, b)
        if c is not None and c != found:
            raise ShapeError("C does not have the product's shape", port="C", wanted=found, got=c)
        return [a, b, found], [found]

    def forward(self, xp: Any, p: GemmParams, A: Any, B: Any, C: Any) -> Any:
        return _product(xp, p, A, B) + C * C.dtype.type(p.beta)

    def gradient(self, F: Any, p: GemmParams, at: At, dy: Any, A: Any, B: Any) -> Any:
        return (*_product_gradients(F, p, at, dy, A, B), dy * p.beta if at.wanted[2] else None)

    def flops(self, p: GemmParams, inputs: Any, outputs: Any) -> int:
        return int(2 * outputs[0].size * inputs[0].shape[p.axis if p.transpose_a else -1])

    def samples(self) -> Iterable[Sample]:
        for shapes, params in _product_samples():
            yield Sample(shapes, {**params, "beta": 0.5})


class SyrkParams(OpParams):
    """What syrk takes."""

    transpose: bool = Field(False, description="Aᵀ A instead of A Aᵀ")
    alpha: float = Field(1.0, description="factor of the product")


@register
class Syrk(Operator):
    """Each matrix times its own transpose: y = α A Aᵀ, or α Aᵀ A with ``transpose``."""

    name = "_linalg_syrk"
    aliases = ("linalg_syrk",)
    category = "linalg"
    Params = SyrkParams
    inputs = MATRICES

    def infer_shape(self, p: SyrkParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if len(data) < 2:
            raise ShapeError("matrices are needed", port="A", wanted="(…, n, k)", got=data)
        size = data[-1] if p.transpose else data[-2]
        return shapes, [(*data[:-2], size, size)]

    def forward(self, xp: Any, p: SyrkParams, A: Any) -> Any:
        value = xp.matmul(turned(xp, A, p.transpose), turned(xp, A, not p.transpose))
        return value * value.dtype.type(p.alpha)

    def gradient(self, F: Any, p: SyrkParams, at: At, dy: Any, A: Any) -> Any:
        if p.transpose:
            return F._linalg_gemm2(A, dy, alpha=p.alpha) + F._linalg_gemm2(A, dy, transpose_b=True, alpha=p.alpha)
        return F._linalg_gemm2(dy, A, alpha=p.alpha) + F._linalg_gemm2(dy, A, transpose_a=True, alpha=p.alpha)

    def flops(self, p: SyrkParams, inputs: Any, outputs: Any) -> int:
        return int(2 * outputs[0].size * inputs[0].shape[-2 if p.transpose else -1])

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"alpha": 1.5})
        yield Sample(((2, 3, 4),), {"transpose": True})
        yield Sample(((0, 3, 4),))


class TriangularParams(OpParams):
    """What trmm and trsm take."""

    transpose: bool = Field(False, description="use the triangular matrix transposed")
    rightside: bool = Field(False, description="the triangular matrix stands on the right")
    lower: bool = Field(True, description="A is lower triangular, else upper")
    alpha: float = Field(1.0, description="factor of the result")


class Triangular(Operator):
    """Of a triangular matrix A, whose other triangle is not read, and a matrix B."""

    category = "linalg"
    Params: ClassVar[type[OpParams]] = TriangularParams
    inputs = (Port("A", doc="triangular matrices"), Port("B", doc="matrices"))

    def infer_shape(self, p: TriangularParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        a, b = shapes
        if b is None:
            return shapes, [None]
        if len(b) < 2:
            raise ShapeError("matrices are needed", port="B", wanted="(…, n, m)", got=b)
        size = b[-1] if p.rightside else b[-2]
        wanted = (*b[:-2], size, size)
        if a is not None and a != wanted:
            raise ShapeError("A does not fit B", port="A", wanted=wanted, got=a)
        return [wanted, b], [b]

    def flops(self, p: TriangularParams, inputs: Any, outputs: Any) -> int:
        return int(outputs[0].size * inputs[0].shape[-1])

    def samples(self) -> Iterable[Sample]:
        for transpose in (False, True):
            for rightside in (False, True):
                for lower in (False, True):
                    params = {"transpose": transpose, "rightside": rightside, "lower": lower, "alpha": 1.5}
                    # positive definite: a diagonal that is well away from 0
                    a = Draw((3, 3), "positive_definite")
                    yield Sample((a, (4, 3) if rightside else (3, 4)), params)
        yield Sample((Draw((2, 3, 3), "positive_definite"), (2, 3, 4)))
        yield Sample((Draw((0, 3, 3)), (0, 3, 4)))


def _triangle_of(xp: Any, p: TriangularParams, A: Any) -> Any:
    return turned(xp, xp.tril(A) if p.lower else xp.triu(A), p.transpose)


def _triangle_gradient(F: Any, p: TriangularParams, left: Any, right: Any, alpha: float) -> Any:
    """The gradient of A from outer products: ``left`` is on A's (transposed) row side, ``right`` on its column side."""
    if p.transpose:
        left, right = right, left
    if p.rightside:
        outer = F._linalg_gemm2(left, right, transpose_a=True, alpha=alpha)
    else:
        outer = F._linalg_gemm2(left, right, transpose_b=True, alpha=alpha)
    return F._triangle(outer, lower=p.lower)


@register
class Trmm(Triangular):
    """Product with a triangular matrix: y = α op(A) B, or α B op(A) with ``rightside``."""

    name = "_linalg_trmm"
    aliases = ("linalg_trmm",)

    def forward(self, xp: Any, p: TriangularParams, A: Any, B: Any) -> Any:
        a = _triangle_of(xp, p, A)
        return (xp.matmul(B, a) if p.rightside else xp.matmul(a, B)) * B.dtype.type(p.alpha)

    def gradient(self, F: Any, p: TriangularParams, at: At, dy: Any, A: Any, B: Any) -> Any:
        da = db = None
        if at.wanted[0]:
            left, right = (B, dy) if p.rightside else (dy, B)
            da = _triangle_gradient(F, p, left, right, p.alpha)
        if at.wanted[1]:
            db = F._linalg_trmm(A, dy, transpose=not p.transpose, rightside=p.rightside, lower=p.lower, alpha=p.alpha)
        return da, db


@register
class Trsm(Lapack, Triangular):
    """Solution with a triangular matrix: op(A) y = α B, or y op(A) = α B with ``rightside``."""

    name = "_linalg_trsm"
    aliases = ("linalg_trsm",)

    def forward(self, xp: Any, p: TriangularParams, A: Any, B: Any) -> Any:
        a, b = _triangle_of(xp, p, A), B * B.dtype.type(p.alpha)
        if p.rightside:
            return xp.ascontiguousarray(turned(xp, xp.linalg.solve(turned(xp, a), turned(xp, b))))
        return xp.linalg.solve(a, b)

    def gradient(self, F: Any, p: TriangularParams, at: At, dy: Any, A: Any, y: Any) -> Any:
        back = F._linalg_trsm(A, dy, transpose=not p.transpose, rightside=p.rightside, lower=p.lower)
        left, right = (y, back) if p.rightside else (back, y)
        da = _triangle_gradient(F, p, left, right, -1.0) if at.wanted[0] else None
        return da, back * p.alpha if at.wanted[1] else None
