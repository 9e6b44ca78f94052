"""Indexing by arrays, ``x[a, 1:, b]``, for the tape: NumPy's rule; repeated places add up their gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .copying import copied, zeros
from .keys import MixedKey, mixed_shape, plain
from .operator import Draw, DTypes, Operator, Port, Sample, Shapes
from .params import Ints, OpParams, Size
from .registry import register
from .scattering import add_at


class AdvancedIndexParams(OpParams):
    """What _advanced_index takes."""

    key: MixedKey = Field(description="integers, (start, stop, step), None, '...', and 'array' for each index input")
    num_args: Size = Field(description="the number of inputs: the array and its index arrays")


class ArrayIndexing(Operator):
    """One array of values and the index arrays of a key; the values' dtype is the output's."""

    category = "indexing"
    Params: ClassVar[type[OpParams]] = AdvancedIndexParams
    variadic = "num_args"
    inputs = (Port("arg0", doc="the values"),)

    def ports(self, p: Any) -> tuple[Port, ...]:
        if p.key.count("array") != p.num_args - 1:
            raise ParamError(
                "the key and the inputs do not belong together",
                parameter="key",
                wanted=f"{p.num_args - 1} times 'array'",
                got=p.key,
            )
        return super().ports(p)

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]


def _integers(arrays: tuple[Any, ...]) -> list[Any]:
    return [a.astype(np.int64) for a in arrays]


@register
class AdvancedIndex(ArrayIndexing):
    """x[key] where index arrays stand among integers, slices, new axes and ``...``.

    No gradient flows to indices.
    """

    name = "_advanced_index"

    def infer_shape(self, p: AdvancedIndexParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        known = [s for s in shapes if s is not None]
        if len(known) < len(shapes):
            return shapes, [None]
        return shapes, [mixed_shape(p.key, known[0], known[1:])]

    def forward(self, xp: Any, p: AdvancedIndexParams, data: Any, *arrays: Any, out: Any = None) -> Any:
        found = data[plain(p.key, _integers(arrays))]
        if found.ndim == 0:
            found = found.reshape(1)
        # without an index array the result is a view; with them it is new memory, whose axes NumPy may have
        # moved
        return copied(xp, found, out) if out is not None or not arrays or not found.flags.c_contiguous else found

    def gradient(self, F: Any, p: AdvancedIndexParams, at: Any, dy: Any, xs: Any) -> Any:
        _, *arrays = xs
        shape = at.inputs[0].shape
        into = F._advanced_index_grad(dy, *arrays, key=p.key, num_args=p.num_args, shape=shape)
        return into, *(None,) * len(arrays)

    def samples(self) -> Iterable[Sample]:
        for key, arrays in _CASES:
            yield Sample(((3, 4, 5), *arrays), {"key": key, "num_args": 1 + len(arrays)})


def _draw(shape: tuple[int, ...], high: int) -> Draw:
    return Draw(shape, "integer", 0, high, dtype="int64")


_CASES: tuple[tuple[MixedKey, tuple[Draw, ...]], ...] = (
    (("array",), (_draw((6,), 3),)),
    (("array", "array"), (_draw((2, 3), 3), _draw((3,), 4))),
    (((None, None, None), "array"), (_draw((4,), 4),)),
    (("array", (1, None, None), "array"), (_draw((4,), 3), _draw((4,), 5))),
    (("array", "...", 2), (_draw((4,), 3),)),
    ((None, "array", (None, None, -2), None), (_draw((2,), 3),)),
    (((0, 2, None), "array", "array"), (_draw((7,), 4), _draw((1,), 5))),
)


class AdvancedIndexGradParams(AdvancedIndexParams):
    """What _advanced_index_grad takes."""

    shape: Ints = Field(description="shape of the array that was indexed")


@register
class AdvancedIndexGrad(ArrayIndexing):
    """Zeros of ``shape`` with the values added at the places of ``key``: the adjoint of _advanced_index."""

    name = "_advanced_index_grad"
    Params = AdvancedIndexGradParams

    def infer_shape(self, p: AdvancedIndexGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        values, *rest = shapes
        known = [s for s in rest if s is not None]
        if values is not None and len(known) == len(rest):
            part = mixed_shape(p.key, p.shape, known)
            if values != part:
                raise ShapeError("the values have another shape than the part", port="arg0", wanted=part, got=values)
        return shapes, [p.shape]

    def forward(self, xp: Any, p: AdvancedIndexGradParams, values: Any, *arrays: Any, out: Any = None) -> Any:
        out = zeros(xp, p.shape, values.dtype, out)
        add_at(xp, out, plain(p.key, _integers(arrays)), values)
        return out

    def gradient(self, F: Any, p: AdvancedIndexGradParams, at: Any, dy: Any, xs: Any) -> Any:
        _, *arrays = xs
        return F._advanced_index(dy, *arrays, key=p.key, num_args=p.num_args), *(None,) * len(arrays)

    def samples(self) -> Iterable[Sample]:
        for key, arrays in _CASES:
            part = mixed_shape(key, (3, 4, 5), [a.shape for a in arrays])
            yield Sample((part, *arrays), {"key": key, "num_args": 1 + len(arrays), "shape": (3, 4, 5)})
