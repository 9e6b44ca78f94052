"""Facts about arrays: which elements are finite or zero, how many there are, of what shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np

from .arrays import deliver
from .elementwise import Elementwise
from .operator import Draw, DTypes, Operator, Sample, Shapes
from .registry import register


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


@register
class AllFinite(Operator):
    """1 where every element is a finite number, else 0: an array of one float32."""

    name = "all_finite"
    category = "reduce"

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [(1,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.float32)]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        return xp.isfinite(data).all().astype(np.float32).reshape(1)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), differentiable=False, dtypes=("float16", "float32", "float64"))
        yield Sample(((0,),), differentiable=False)
