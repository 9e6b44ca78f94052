"""Diagonals: taken from matrices, and matrices made of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .copying import copied, zeros
from .operator import Operator, Sample, Shape, Shapes
from .params import Ints, OpParams
from .registry import register
from .shapes import normalize_axis


class DiagParams(OpParams):
    """What diag takes."""

    k: int = Field(0, description="which diagonal: above the main one for k > 0, below it for k < 0")
    axis1: int = Field(0, description="for data of several axes: the rows")
    axis2: int = Field(1, description="for data of several axes: the columns")


def _length(p: DiagParams, shape: Shape) -> tuple[int, int, int]:
    """(rows axis, columns axis, length of the diagonal)."""
    a, b = normalize_axis(p.axis1, len(shape), "axis1"), normalize_axis(p.axis2, len(shape), "axis2")
    if a == b:
        raise ParamError("rows and columns must be two axes", parameter="axis2", got=(p.axis1, p.axis2))
    length = min(shape[a] + min(p.k, 0), shape[b] - max(p.k, 0))
    if length <= 0:
        raise ShapeError(
            f"there is no diagonal {p.k} in {shape[a]} rows and {shape[b]} columns",
            port="data",
            parameter="k",
            wanted=f"{1 - shape[a]} to {shape[b] - 1}",
            got=p.k,
        )
    return a, b, length


def _diagonal_shape(p: DiagParams, shape: Shape) -> Shape:
    a, b, length = _length(p, shape)
    return (*(n for i, n in enumerate(shape) if i not in (a, b)), length)


@register
class Diag(Operator):
    """A diagonal of each matrix, as the last axis; or, from a vector, the matrix with it on that diagonal.

    (m, n) → (min(m, n),) and (n,) → (n, n) for k = 0; (B, m, n) with axes 1 and 2 → (B, min(m, n)).
    """

    name = "diag"
    category = "shape"
    title = "Diagonal"
    Params = DiagParams

    def infer_shape(self, p: DiagParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if len(data) == 1:
            side = data[0] + abs(p.k)
            return shapes, [(side, side)]
        return shapes, [_diagonal_shape(p, data)]

    def forward(self, xp: Any, p: DiagParams, data: Any, *, out: Any = None) -> Any:
        if data.ndim > 1:
            return copied(xp, xp.diagonal(data, p.k, p.axis1, p.axis2), out)
        side = data.shape[0] + abs(p.k)
        out = zeros(xp, (side, side), data.dtype, out)
        i = xp.arange(data.shape[0])
        out[i + max(-p.k, 0), i + max(p.k, 0)] = data
        return out

    def gradient(self, F: Any, p: DiagParams, at: Any, dy: Any) -> Any:
        shape = at.inputs[0].shape
        if len(shape) == 1:
            return F.diag(dy, k=p.k) if shape[0] else F._zeros(shape=shape, dtype=at.inputs[0].dtype.name)
        return F._diag_grad(dy, k=p.k, axis1=p.axis1, axis2=p.axis2, shape=shape)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for k in (0, 1, -2):
            yield Sample(((3, 4),), {"k": k})
            yield Sample(((3,),), {"k": k})
        yield Sample(((2, 3, 4),))
        yield Sample(((2, 3, 4, 2),), {"axis1": -1, "axis2": 1, "k": -1})


class DiagGradParams(DiagParams):
    """What _diag_grad takes."""

    shape: Ints = Field(description="shape of the array whose diagonal was taken")


@register
class DiagGrad(Operator):
    """Zeros of ``shape`` with the diagonals written back: the adjoint of diag on matrices."""

    name = "_diag_grad"
    category = "shape"
    Params = DiagGradParams

    def infer_shape(self, p: DiagGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        wanted = _diagonal_shape(p, p.shape)
        if shapes[0] is not None and shapes[0] != wanted:
            raise ShapeError("this is not the shape of the diagonals", port="data", wanted=wanted, got=shapes[0])
        return [wanted], [p.shape]

    def forward(self, xp: Any, p: DiagGradParams, data: Any, *, out: Any = None) -> Any:
        out = zeros(xp, p.shape, data.dtype, out)
        a, b, length = _length(p, p.shape)
        matrices = xp.moveaxis(out, (a, b), (-2, -1))
        i = xp.arange(length, dtype=np.int64)
        matrices[..., i + max(-p.k, 0), i + max(p.k, 0)] = data
        return out

    def gradient(self, F: Any, p: DiagGradParams, at: Any, dy: Any) -> Any:
        return F.diag(dy, k=p.k, axis1=p.axis1, axis2=p.axis2)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3,),), {"shape": (3, 4)})
        yield Sample(((3, 4, 1),), {"shape": (2, 3, 4, 2), "axis1": -1, "axis2": 0, "k": -1})
