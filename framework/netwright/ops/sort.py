"""Sorting and what follows from it: sort, argsort, topk, argmax, argmin. Indices come as numbers of ``dtype``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from ..errors import ParamError
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec, numbered
from .params import OpParams, dtype_name
from .registry import register
from .shapes import normalize_axis

IndexDType = Annotated[Literal["uint8", "int32", "int64", "float16", "float32", "float64"], BeforeValidator(dtype_name)]
ALL_DTYPES = ("float16", "float32", "float64", "int32")


def order(xp: Any, data: Any, axis: int, ascending: bool) -> Any:
    """Indices that sort along the axis; equal elements keep their order."""
    if ascending:
        return _stable_argsort(xp, data, axis)
    # sorting backwards and turning round would turn equal elements round too: sort the mirrored data instead
    size = data.shape[axis]
    mirrored = xp.flip(data, axis)
    return (size - 1) - xp.flip(_stable_argsort(xp, mirrored, axis), axis)


def _stable_argsort(xp: Any, data: Any, axis: int) -> Any:
    return np.argsort(data, axis=axis, kind="stable") if xp is np else xp.argsort(data, axis=axis)


def sorted_shape(shape: Shape, axis: int | None) -> tuple[Shape, int]:
    """(the shape that is sorted, the axis): without an axis the flattened array."""
    if axis is None:
        return (math.prod(shape),), 0
    return shape, normalize_axis(axis, len(shape))


class SortParams(OpParams):
    """What sort takes."""

    axis: int | None = Field(-1, description="the axis to sort along; the flattened array where it is none")
    is_ascend: bool = Field(True, description="from small to large; else from large to small")


@register
class Sort(Operator):
    """The elements in order along an axis."""

    name = "sort"
    category = "sort"
    Params = SortParams

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)[:1]  # MXNet has a second one

    def infer_shape(self, p: SortParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else sorted_shape(shapes[0], p.axis)[0]]

    def forward(self, xp: Any, p: SortParams, data: Any) -> Any:
        shape, axis = sorted_shape(data.shape, p.axis)
        value = xp.sort(data.reshape(shape), axis=axis)
        return value if p.is_ascend else xp.ascontiguousarray(xp.flip(value, axis))

    def gradient(self, F: Any, p: SortParams, at: At, dy: Any, data: Any) -> Any:
        shape, axis = sorted_shape(at.inputs[0].shape, p.axis)
        indices = F.argsort(data, axis=p.axis, is_ascend=p.is_ascend, dtype="int64")
        back = F._put_along(dy, indices, axis=axis, size=shape[axis])
        return F._reshape_to(back, shape=at.inputs[0].shape)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size) * max(1, int(inputs[0].size).bit_length())

    def samples(self) -> Iterable[Sample]:
        for params in ({}, {"axis": 0, "is_ascend": False}, {"axis": None}):
            yield Sample((Draw((3, 4), "distinct", -2, 2),), params)
        yield Sample((Draw((2, 3, 4), "distinct", -2, 2),), {"axis": 1})
        yield Sample((Draw((2, 0)),), {})
        yield Sample((Draw((3, 4), "integer", -3, 3),), {}, differentiable=False, dtypes=ALL_DTYPES)


class ArgsortParams(SortParams):
    """What argsort takes."""

    dtype: IndexDType = Field("float32", description="element type of the indices")


@register
class Argsort(Operator):
    """The indices that would sort along an axis; equal elements keep their order."""

    name = "argsort"
    category = "sort"
    Params = ArgsortParams

    def infer_shape(self, p: ArgsortParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else sorted_shape(shapes[0], p.axis)[0]]

    def infer_dtype(self, p: ArgsortParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype)]

    def forward(self, xp: Any, p: ArgsortParams, data: Any) -> Any:
        shape, axis = sorted_shape(data.shape, p.axis)
        return order(xp, data.reshape(shape), axis, p.is_ascend).astype(p.dtype)

    def samples(self) -> Iterable[Sample]:
        for params in ({}, {"axis": 0, "is_ascend": False}, {"axis": None, "dtype": "int32"}):
            yield Sample((Draw((3, 4), "distinct", -2, 2),), params, differentiable=False)
        yield Sample((Draw((5, 4), "integer", -2, 2),), {"dtype": "int64"}, differentiable=False, dtypes=ALL_DTYPES)
        yield Sample((Draw((7,), "integer", -2, 2),), {"is_ascend": False}, differentiable=False)
        yield Sample((Draw((2, 0)),), {}, differentiable=False)


class AlongParams(OpParams):
    """What _put_along takes."""

    axis: int = Field(description="the axis along which the indices point")
    size: int = Field(ge=0, description="size of the result along the axis")


@register
class PutAlong(Operator):
    """Zeros with each element of data at its index along an axis: the adjoint of picking by different indices.

    ``indices`` has data's shape; along the axis no index may come twice. y[…, indices[…, j], …] = data[…, j, …].
    """

    name = "_put_along"
    category = "sort"
    Params = AlongParams
    inputs = (Port("data"), Port("indices"))

    def infer_shape(self, p: AlongParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else _resized(data, p.axis, p.size)]

    def infer_dtype(self, p: AlongParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: AlongParams, data: Any, indices: Any) -> Any:
        value = xp.zeros(_resized(data.shape, p.axis, p.size), dtype=data.dtype)
        xp.put_along_axis(value, indices.astype(np.int64, copy=False), data, axis=p.axis)
        return value

    def gradient(self, F: Any, p: AlongParams, at: At, dy: Any, indices: Any) -> Any:
        return F._take_along(dy, indices, axis=p.axis), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 1), Draw((3, 1), "integer", 0, 4, dtype="int64")), {"axis": 1, "size": 4})
        yield Sample(((1, 3), Draw((1, 3), "integer", 0, 4)), {"axis": 0, "size": 4})
        yield Sample(((0, 3), Draw((0, 3), "integer", 0, 4)), {"axis": 0, "size": 4})


class AxisParams(OpParams):
    """What _take_along takes."""

    axis: int = Field(description="the axis along which the indices point")


@register
class TakeAlong(Operator):
    """The elements at the indices along an axis: y[…, j, …] = data[…, indices[…, j], …]; no index comes twice."""

    name = "_take_along"
    category = "sort"
    Params = AxisParams
    inputs = (Port("data"), Port("indices"))

    def infer_shape(self, p: AxisParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[1]]

    def infer_dtype(self, p: AxisParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: AxisParams, data: Any, indices: Any) -> Any:
        return xp.take_along_axis(data, indices.astype(np.int64, copy=False), axis=p.axis)

    def gradient(self, F: Any, p: AxisParams, at: At, dy: Any, indices: Any) -> Any:
        shape = at.inputs[0].shape
        return F._put_along(dy, indices, axis=p.axis, size=shape[p.axis]), None

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), Draw((3, 1), "integer", 0, 4, dtype="int64")), {"axis": 1})
        yield Sample(((4, 3), Draw((1, 3), "integer", 0, 4)), {"axis": 0})
        yield Sample(((4, 3), Draw((0, 3), "integer", 0, 4)), {"axis": 0})


def _resized(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


class TopkParams(OpParams):
    """What topk takes."""

    axis: int | None = Field(-1, description="the axis to choose along; the flattened array where it is none")
    k: int = Field(1, ge=0, description="how many elements; 0 for all")
    ret_typ: Literal["value", "indices", "mask", "both"] = Field(
        "indices", description="what is returned: the elements, their indices, 0 and 1 in the input's shape, or both"
    )
    is_ascend: bool = Field(False, description="the smallest elements instead of the greatest")
    dtype: IndexDType = Field("float32", description="element type of the indices")


@register
class Topk(Operator):
    """The k greatest (or smallest) elements along an axis, in order: their indices, values, both, or a mask."""

    name = "topk"
    category = "sort"
    Params = TopkParams
    outputs = ("value", "indices")

    def output_names(self, p: TopkParams) -> tuple[str, ...]:
        return ("value", "indices") if p.ret_typ == "both" else ("output",)

    def listed_outputs(self, p: TopkParams) -> tuple[str, ...]:
        # MXNet has the indices beside the values, seen or not
        return numbered(2)[: len(self.output_names(p))] if p.ret_typ in ("value", "both") else ("output",)

    def _shapes(self, p: TopkParams, shape: Shape) -> tuple[Shape, int, int]:
        """(the shape that is chosen from, the axis, k)."""
        whole, axis = sorted_shape(shape, p.axis)
        if p.k > whole[axis]:
            raise ParamError("k exceeds the axis", parameter="k", wanted=f"at most {whole[axis]}", got=p.k)
        return whole, axis, p.k or whole[axis]

    def infer_shape(self, p: TopkParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None] * len(self.output_names(p))
        whole, axis, k = self._shapes(p, data)
        if p.ret_typ == "mask":
            return shapes, [data]
        return shapes, [_resized(whole, axis, k)] * len(self.output_names(p))

    def infer_dtype(self, p: TopkParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        chosen = np.dtype(p.dtype)
        if p.ret_typ == "both":
            return dtypes, [dtypes[0], chosen]
        return dtypes, [chosen if p.ret_typ == "indices" else dtypes[0]]

    def forward(self, xp: Any, p: TopkParams, data: Any) -> Any:
        whole, axis, k = self._shapes(p, data.shape)
        source = data.reshape(whole)
        indices = xp.take(order(xp, source, axis, p.is_ascend), xp.arange(k), axis=axis)
        if p.ret_typ == "indices":
            return indices.astype(p.dtype)
        if p.ret_typ == "mask":
            mask = xp.zeros(whole, dtype=data.dtype)
            xp.put_along_axis(mask, indices, data.dtype.type(1), axis=axis)
            return mask.reshape(data.shape)
        values = xp.take_along_axis(source, indices, axis=axis)
        return values if p.ret_typ == "value" else (values, indices.astype(p.dtype))

    def gradient(self, F: Any, p: TopkParams, at: At, dy: Any, data: Any) -> Any:
        if p.ret_typ in ("indices", "mask"):
            return None
        shape = at.inputs[0].shape
        whole, axis, _ = self._shapes(p, shape)
        indices = F.topk(data, axis=p.axis, k=p.k, ret_typ="indices", is_ascend=p.is_ascend, dtype="int64")
        return F._reshape_to(F._put_along(dy, indices, axis=axis, size=whole[axis]), shape=shape)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size) * max(1, int(inputs[0].size).bit_length())

    def samples(self) -> Iterable[Sample]:
        draw = Draw((3, 5), "distinct", -2, 2)
        for kind in ("value", "both", "indices", "mask"):
            for params in ({"k": 2}, {"k": 3, "axis": 0, "is_ascend": True}, {"k": 2, "axis": None}, {"k": 0}):
                yield Sample((draw,), {**params, "ret_typ": kind}, differentiable=kind in ("value", "both"))
        yield Sample((Draw((0, 5)),), {"k": 2, "ret_typ": "value"})
        whole = Draw((4, 6), "integer", -2, 3)
        yield Sample((whole,), {"k": 3, "ret_typ": "both", "dtype": "int32"}, differentiable=False, dtypes=ALL_DTYPES)


class ArgExtremeParams(OpParams):
    """What argmax and argmin take."""

    axis: int | None = Field(None, description="the axis to search along; the flattened array where none is given")
    keepdims: bool = Field(False, description="keep the axis with size 1")


class ArgExtreme(Operator):
    """The index of an extreme element, the first of equals, as a number in the input's dtype (as MXNet)."""

    category = "sort"
    Params: ClassVar[type[OpParams]] = ArgExtremeParams
    function: ClassVar[str]

    def infer_shape(self, p: ArgExtremeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else self._shape(p, shapes[0])]

    def _shape(self, p: ArgExtremeParams, data: Shape) -> Shape:
        axis = None if p.axis is None else normalize_axis(p.axis, len(data))
        if p.keepdims:
            return tuple(1 if axis in (None, i) else n for i, n in enumerate(data))
        return (1,) if axis is None else tuple(n for i, n in enumerate(data) if i != axis) or (1,)

    def forward(self, xp: Any, p: ArgExtremeParams, data: Any) -> Any:
        found = xp.asarray(getattr(xp, self.function)(data, axis=p.axis))
        return found.astype(data.dtype).reshape(self._shape(p, data.shape))

    def ready(self, xp: Any, p: ArgExtremeParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        (data, dtype), axis, find = specs[0], p.axis, self.function
        shape = self._shape(p, data)
        if axis is None or len(data) == 1 or p.keepdims:
            return lambda x: xp.asarray(getattr(x, find)(axis)).astype(dtype).reshape(shape)
        if find == "argmax":
            return lambda x: x.argmax(axis).astype(dtype)
        return lambda x: x.argmin(axis).astype(dtype)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 4), (5,), (2, 3, 4)):
            for params in ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"keepdims": True}):
                yield Sample((Draw(shape, "distinct", -2, 2),), params, differentiable=False)
        ties = Draw((4, 6), "integer", -2, 3)
        yield Sample((ties,), {"axis": 1}, differentiable=False, dtypes=ALL_DTYPES)
        yield Sample((Draw((0, 3)),), {"axis": 1}, differentiable=False)


@register
class Argmax(ArgExtreme):
    """Index of the greatest element along an axis, the first of equals, in the input's dtype."""

    name = "argmax"
    function = "argmax"


@register
class Argmin(ArgExtreme):
    """Index of the smallest element along an axis, the first of equals, in the input's dtype."""

    name = "argmin"
    function = "argmin"


@register
class ArgmaxChannel(Operator):
    """Index of the greatest element of each row of an (n, c) array, in the input's dtype."""

    name = "argmax_channel"
    category = "sort"

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else (data[:1] + data[2:])]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        return xp.argmax(data, axis=1).astype(data.dtype)

    def samples(self) -> Iterable[Sample]:
        yield Sample((Draw((3, 5), "distinct", -2, 2),), differentiable=False)
        yield Sample((Draw((3, 5), "integer", -2, 2),), differentiable=False, dtypes=ALL_DTYPES)
        yield Sample((Draw((0, 5)),), differentiable=False)
