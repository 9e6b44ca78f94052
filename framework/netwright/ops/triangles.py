"""Diagonals and triangles of matrices that lie along the last two axes: taking them out, putting them back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import Field

from ..errors import ShapeError
from .operator import At, Operator, Port, Sample, Shape, Shapes
from .params import OpParams
from .registry import register

MATRICES = (Port("A", doc="a matrix, or a batch of them along the leading axes"),)


def square_size(shape: Shape, port: str = "A") -> int:
    """The size of square matrices; raises ShapeError for anything else."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError("square matrices are needed", port=port, wanted="(…, n, n)", got=shape)
    return shape[-1]


class TriangleParams(OpParams):
    """What _triangle takes."""

    lower: bool = Field(True, description="keep what is below the diagonal, else what is above")
    diagonal: float = Field(1.0, description="what the diagonal is multiplied by")


@register
class Triangle(Operator):
    """One triangle of each matrix, zeros elsewhere, with the diagonal scaled. Its own adjoint."""

    name = "_triangle"
    category = "linalg"
    Params = TriangleParams

    def infer_shape(self, p: TriangleParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is not None:
            square_size(shapes[0], "data")
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: TriangleParams, data: Any) -> Any:
        value = xp.tril(data) if p.lower else xp.triu(data)
        if p.diagonal != 1.0:
            i = xp.arange(data.shape[-1])
            value[..., i, i] *= data.dtype.type(p.diagonal)
        return value

    def gradient(self, F: Any, p: TriangleParams, at: At, dy: Any) -> Any:
        return F._triangle(dy, lower=p.lower, diagonal=p.diagonal)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 3),))
        yield Sample(((2, 3, 3),), {"lower": False, "diagonal": 0.5})
        yield Sample(((0, 2, 2),))


class OffsetParams(OpParams):
    """What the diagonal operators take."""

    offset: int = Field(0, description="which diagonal: above the main one where positive, below where negative")


@register
class ExtractDiag(Operator):
    """The elements of a diagonal: (…, n, n) → (…, n − \\|offset\\|)."""

    name = "_linalg_extractdiag"
    aliases = ("linalg_extractdiag",)
    category = "linalg"
    Params = OffsetParams
    inputs = MATRICES

    def infer_shape(self, p: OffsetParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else (*data[:-2], _length(square_size(data), p.offset))]

    def forward(self, xp: Any, p: OffsetParams, A: Any) -> Any:
        return xp.diagonal(A, p.offset, -2, -1).copy()

    def gradient(self, F: Any, p: OffsetParams, at: At, dy: Any) -> Any:
        return F._linalg_makediag(dy, offset=p.offset)

    def samples(self) -> Iterable[Sample]:
        for offset in (0, 1, -2):
            yield Sample(((2, 3, 3),), {"offset": offset})
        yield Sample(((4, 4),))
        yield Sample(((0, 2, 2),))


def _length(size: int, offset: int) -> int:
    if abs(offset) >= max(size, 1):
        raise ShapeError("there is no such diagonal", port="A", wanted=f"offset within ±{size - 1}", got=offset)
    return size - abs(offset)


@register
class MakeDiag(Operator):
    """Matrices with the given diagonal, zeros elsewhere: (…, k) → (…, k + \\|offset\\|, k + \\|offset\\|)."""

    name = "_linalg_makediag"
    aliases = ("linalg_makediag",)
    category = "linalg"
    Params = OffsetParams
    inputs = (Port("A", doc="diagonals"),)

    def infer_shape(self, p: OffsetParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if not data:
            raise ShapeError("a diagonal needs an axis", port="A", wanted="(…, k)", got=data)
        size = data[-1] + abs(p.offset)
        return shapes, [(*data[:-1], size, size)]

    def forward(self, xp: Any, p: OffsetParams, A: Any) -> Any:
        size = A.shape[-1] + abs(p.offset)
        value = xp.zeros((*A.shape[:-1], size, size), dtype=A.dtype)
        i = xp.arange(A.shape[-1])
        value[..., i + max(-p.offset, 0), i + max(p.offset, 0)] = A
        return value

    def gradient(self, F: Any, p: OffsetParams, at: At, dy: Any) -> Any:
        return F._linalg_extractdiag(dy, offset=p.offset)

    def samples(self) -> Iterable[Sample]:
        for offset in (0, 1, -2):
            yield Sample(((2, 3),), {"offset": offset})
        yield Sample(((4,),))
        yield Sample(((0, 2),))


class TrianParams(OpParams):
    """What extracttrian and maketrian take."""

    offset: int = Field(
        0, description="where the triangle starts: above the main diagonal where positive, below where negative"
    )
    lower: bool = Field(True, description="for offset 0: the lower triangle, else the upper one")


class Packed(Operator):
    """Between a triangle of a matrix and its elements in order."""

    category = "linalg"
    Params: ClassVar[type[OpParams]] = TrianParams
    inputs = MATRICES

    def places(self, xp: Any, p: TrianParams, size: int) -> tuple[Any, Any]:
        """Row and column of each element: the lower triangle row by row, the upper one column by column (as MXNet)."""
        if p.offset < 0 or (p.offset == 0 and p.lower):
            rows, columns = xp.tril_indices(size, p.offset)
        else:
            columns, rows = xp.tril_indices(size, -p.offset)
        return rows, columns


@register
class ExtractTrian(Packed):
    """The elements of a triangle: (…, n, n) → (…, m (m + 1) / 2) with m = n − \\|offset\\|.

    The lower triangle (offset < 0, or 0 and ``lower``) is read row by row, the upper one column by column.
    """

    name = "_linalg_extracttrian"
    aliases = ("linalg_extracttrian",)

    def infer_shape(self, p: TrianParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        m = _length(square_size(data), p.offset)
        return shapes, [(*data[:-2], m * (m + 1) // 2)]

    def forward(self, xp: Any, p: TrianParams, A: Any) -> Any:
        rows, columns = self.places(xp, p, A.shape[-1])
        return xp.ascontiguousarray(A[..., rows, columns])

    def gradient(self, F: Any, p: TrianParams, at: At, dy: Any) -> Any:
        return F._linalg_maketrian(dy, offset=p.offset, lower=p.lower)

    def samples(self) -> Iterable[Sample]:
        for offset, lower in ((0, True), (0, False), (1, True), (-2, True)):
            yield Sample(((2, 4, 4),), {"offset": offset, "lower": lower})
        yield Sample(((3, 3),))
        yield Sample(((0, 3, 3),))


@register
class MakeTrian(Packed):
    """Matrices with the given triangle and zeros elsewhere: the inverse of extracttrian, in its order."""

    name = "_linalg_maketrian"
    aliases = ("linalg_maketrian",)
    inputs = (Port("A", doc="elements of triangles, in extracttrian's order"),)

    def infer_shape(self, p: TrianParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        size = self._size(p, data)
        return shapes, [(*data[:-1], size, size)]

    def _size(self, p: TrianParams, data: Shape) -> int:
        count = data[-1] if data else 0
        m = (math.isqrt(8 * count + 1) - 1) // 2
        if not data or m * (m + 1) // 2 != count:
            raise ShapeError("no triangle has so many elements", port="A", wanted="m (m + 1) / 2 elements", got=data)
        return m + abs(p.offset)

    def forward(self, xp: Any, p: TrianParams, A: Any) -> Any:
        size = self._size(p, A.shape)
        value = xp.zeros((*A.shape[:-1], size, size), dtype=A.dtype)
        rows, columns = self.places(xp, p, size)
        value[..., rows, columns] = A
        return value

    def gradient(self, F: Any, p: TrianParams, at: At, dy: Any) -> Any:
        return F._linalg_extracttrian(dy, offset=p.offset, lower=p.lower)

    def samples(self) -> Iterable[Sample]:
        for offset, lower in ((0, True), (0, False), (1, True), (-2, True)):
            yield Sample(((2, 6),), {"offset": offset, "lower": lower})
        yield Sample(((3,),))
        yield Sample(((0, 3),))
