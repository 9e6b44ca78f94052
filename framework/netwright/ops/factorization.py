"""Factorizations, inverses and determinants of matrices that lie along the last two axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..errors import DataError, ShapeError
from .linalg import Lapack, turned
from .operator import At, Draw, DTypes, Operator, Sample, Shape, Shapes, numbered
from .registry import register
from .triangles import MATRICES, square_size


def solved(function: Callable[..., Any], matrices: Any, what: str) -> Any:
    """A routine of the array module; its refusal as a DataError that says what is wrong with the matrix."""
    try:
        return function(matrices)
    except np.linalg.LinAlgError as error:
        raise DataError(f"a matrix {what}: {error}", got=f"matrices of shape {matrices.shape}") from None


def transposed(F: Any, matrices: Any, at_shape: Shape) -> Any:
    """Each matrix transposed, by an operator."""
    return F.SwapAxis(matrices, dim1=len(at_shape) - 2, dim2=len(at_shape) - 1)


class Square(Lapack):
    """Of square matrices (…, n, n)."""

    category = "linalg"
    inputs = MATRICES

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is not None:
            square_size(shapes[0])
        return shapes, [shapes[0]]

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size * inputs[0].shape[-1])

    def samples(self) -> Iterable[Sample]:
        yield Sample((Draw((3, 3), "positive_definite"),))
        yield Sample((Draw((2, 3, 3), "positive_definite"),))
        yield Sample((Draw((1, 1), "positive_definite"),))
        yield Sample((Draw((0, 3, 3)),))


@register
class Potrf(Square):
    """Cholesky factor of symmetric positive definite matrices: lower triangular y with y yᵀ = (A + Aᵀ) / 2.

    DataError where a matrix is not positive definite.
    """

    name = "_linalg_potrf"
    aliases = ("linalg_potrf",)

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        half = A.dtype.type(0.5)
        return solved(xp.linalg.cholesky, (A + turned(xp, A)) * half, "is not positive definite")

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        """With Φ the lower triangle with half the diagonal: y⁻ᵀ Φ(yᵀ dy) y⁻¹, made symmetric (Murray 2016)."""
        inner = F._triangle(F._linalg_gemm2(y, dy, transpose_a=True), diagonal=0.5)
        full = F._linalg_trsm(y, F._linalg_trsm(y, inner, transpose=True), rightside=True)
        return (full + transposed(F, full, at.inputs[0].shape)) * 0.5


@register
class Potri(Square):
    """Inverse of a matrix from its Cholesky factor: y = (A Aᵀ)⁻¹ for lower triangular A."""

    name = "_linalg_potri"
    aliases = ("linalg_potri",)

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        lower = xp.tril(A)
        inverse = solved(xp.linalg.inv, lower, "has no inverse")
        return xp.matmul(turned(xp, inverse), inverse)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, A: Any, y: Any) -> Any:
        both = dy + transposed(F, dy, at.inputs[0].shape)
        around = F._linalg_gemm2(F._linalg_gemm2(y, both), y)
        return F._triangle(F._linalg_gemm2(around, F._triangle(A), alpha=-1.0))


@register
class Inverse(Square):
    """Inverse matrices: y = A⁻¹. DataError where a matrix is singular."""

    name = "_linalg_inverse"
    aliases = ("linalg_inverse",)

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        return solved(xp.linalg.inv, A, "has no inverse")

    def gradient(self, F: Any, p: Any, at: At, dy: Any, y: Any) -> Any:
        return F._linalg_gemm2(F._linalg_gemm2(y, dy, transpose_a=True), y, transpose_b=True, alpha=-1.0)


def _per_matrix(data: Shape) -> Shape:
    square_size(data)
    return data[:-2] or (1,)


class Scalar(Square):
    """One number for each square matrix: (…, n, n) → (…), and (1,) for a single one."""

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        found = None if shapes[0] is None else _per_matrix(shapes[0])
        return shapes, [found] * len(self.outputs)


def _per_element(F: Any, at: At, value: Any) -> Any:
    """A number for each matrix, repeated to all its elements."""
    shape = at.inputs[0].shape
    return F._spread(value, shape=shape, axis=(len(shape) - 2, len(shape) - 1))


@register
class Det(Scalar):
    """Determinants. The gradient needs an inverse: DataError where the matrix is singular."""

    name = "_linalg_det"
    aliases = ("linalg_det",)

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)[:1]  # MXNet has a second one

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        return xp.asarray(xp.linalg.det(A), dtype=A.dtype).reshape(_per_matrix(A.shape))

    def gradient(self, F: Any, p: Any, at: At, dy: Any, A: Any, y: Any) -> Any:
        inverse = transposed(F, F._linalg_inverse(A), at.inputs[0].shape)
        return _per_element(F, at, dy * y) * inverse


@register
class Slogdet(Scalar):
    """Sign and logarithm of the absolute value of determinants; (0, −∞) for singular matrices."""

    name = "_linalg_slogdet"
    aliases = ("linalg_slogdet",)
    outputs = ("sign", "logabsdet")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        sign, logarithm = xp.linalg.slogdet(A)
        shape = _per_matrix(A.shape)
        return (
            xp.asarray(sign, dtype=A.dtype).reshape(shape),
            xp.asarray(logarithm, dtype=A.dtype).reshape(shape),
        )

    def gradient(self, F: Any, p: Any, at: At, dys: Any, A: Any) -> Any:
        return _per_element(F, at, dys[1]) * transposed(F, F._linalg_inverse(A), at.inputs[0].shape)


@register
class SumLogDiag(Scalar):
    """Sum of the logarithms of the diagonal: y = Σ ln Aᵢᵢ."""

    name = "_linalg_sumlogdiag"
    aliases = ("linalg_sumlogdiag",)

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return Operator.infer_dtype(self, p, dtypes)  # sums need no LAPACK

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        diagonal = xp.diagonal(A, 0, -2, -1)
        return xp.asarray(xp.sum(xp.log(diagonal), axis=-1)).reshape(_per_matrix(A.shape))

    def gradient(self, F: Any, p: Any, at: At, dy: Any, A: Any) -> Any:
        shape = at.inputs[0].shape
        along = F._spread(dy, shape=shape[:-1], axis=(len(shape) - 2,))
        return F._linalg_makediag(along / F._linalg_extractdiag(A))


@register
class Gelqf(Lapack):
    """LQ factorization of matrices with no more rows than columns: A = L Q, Q Qᵀ = 1, L lower triangular.

    Shapes (…, x, y) give Q (…, x, y) and L (…, x, x). The rows of A must be independent for the gradient.
    """

    name = "_linalg_gelqf"
    aliases = ("linalg_gelqf",)
    category = "linalg"
    inputs = MATRICES
    outputs = ("Q", "L")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None]
        if len(data) < 2 or data[-2] > data[-1]:
            raise ShapeError(
                "at least as many columns as rows are needed", port="A", wanted="(…, x, y), x ≤ y", got=data
            )
        return shapes, [data, (*data[:-1], data[-2])]

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        q, r = xp.linalg.qr(turned(xp, A))
        return xp.ascontiguousarray(turned(xp, q)), xp.ascontiguousarray(turned(xp, r))

    def gradient(self, F: Any, p: Any, at: At, dys: Any, ys: Any) -> Any:
        """L⁻ᵀ (dQ + sym(Lᵀ dL − dQ Qᵀ) Q), sym copying the lower triangle up (Seeger et al. 2017)."""
        q, lower = ys
        inner = F._linalg_gemm2(lower, dys[1], transpose_a=True) - F._linalg_gemm2(dys[0], q, transpose_b=True)
        half = F._triangle(inner, diagonal=0.5)
        both = half + transposed(F, half, at.outputs[1].shape)
        return F._linalg_trsm(lower, dys[0] + F._linalg_gemm2(both, q), transpose=True)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(2 * inputs[0].size * inputs[0].shape[-2])

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3),))
        yield Sample(((3, 3),))
        yield Sample(((2, 2, 4),))
        yield Sample(((0, 2, 3),))


@register
class Syevd(Square):
    """Eigenvalues L, ascending, and eigenvectors, the rows of U, of symmetric matrices: U A = diag(L) U.

    (A + Aᵀ) / 2 is taken; each eigenvector's element of greatest size is positive. The gradient needs eigenvalues
    that differ.
    """

    name = "_linalg_syevd"
    aliases = ("linalg_syevd",)
    outputs = ("U", "L")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None]
        square_size(data)
        return shapes, [data, data[:-1]]

    def forward(self, xp: Any, p: Any, A: Any) -> Any:
        values, vectors = xp.linalg.eigh((A + turned(xp, A)) * A.dtype.type(0.5))
        rows = turned(xp, vectors)
        if rows.size:
            largest = xp.take_along_axis(rows, xp.argmax(xp.abs(rows), axis=-1)[..., None], axis=-1)
            rows = rows * xp.sign(largest)
        return xp.ascontiguousarray(rows), values

    def gradient(self, F: Any, p: Any, at: At, dys: Any, ys: Any) -> Any:
        """Uᵀ (sym(U dUᵀ / gaps) + diag(dL)) U with gapsᵢⱼ = Lⱼ − Lᵢ (Seeger et al. 2017)."""
        u, values = ys
        shape = at.inputs[0].shape
        ndim = len(shape)
        gaps = F.expand_dims(values, axis=ndim - 2) - F.expand_dims(values, axis=ndim - 1)
        same = gaps == 0.0
        inner = F._linalg_gemm2(u, dys[0], transpose_b=True) / (gaps + same) * (1.0 - same)
        inner = (inner + transposed(F, inner, shape)) * 0.5 + F._linalg_makediag(dys[1])
        return F._linalg_gemm2(F._linalg_gemm2(u, inner, transpose_a=True), u)
