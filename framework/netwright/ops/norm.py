"""Norms, moments and running sums."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from .arrays import accumulator, deliver
from .operator import At, Draw, DTypes, Operator, Sample, Shape, Shapes, numbered
from .params import Axes, DType, Ints, OpParams, dtype_name
from .registry import register
from .shapes import normalize_axes, normalize_axis, reduced_shape
from .storage import CSR, DEFAULT, ROW_SPARSE, CompressedRows, Stored
from .stored import sums

OutDType = Annotated[Literal["float16", "float32", "float64", "int32", "int64", "int8"], BeforeValidator(dtype_name)]


class NormParams(OpParams):
    """What norm takes."""

    ord: Literal[1, 2] = Field(2, description="1: sum of absolute values; 2: root of the sum of squares")
    axis: Axes = Field(None, description="the axis or axes to reduce over; all of them where none is given")
    out_dtype: OutDType | None = Field(None, description="element type of the result; the input's where none is given")
    keepdims: bool = Field(False, description="keep reduced axes with size 1")


@register
class Norm(Operator):
    """Norm over axes: y = √Σ x² or, with ord = 1, y = Σ \\|x\\|. The gradient at a norm of 0 is 0."""

    name = "norm"
    aliases = ("_sparse_norm",)
    category = "reduce"
    Params = NormParams

    def infer_shape(self, p: NormParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else reduced_shape(data, normalize_axes(p.axis, len(data)), p.keepdims)]

    def infer_dtype(self, p: NormParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.out_dtype) if p.out_dtype else dtypes[0]]

    def forward(self, xp: Any, p: NormParams, data: Any, *, out: Any = None) -> Any:
        axes = normalize_axes(p.axis, data.ndim)
        work = np.dtype(np.float64) if data.dtype.kind != "f" else accumulator(data.dtype)
        values = data.astype(np.promote_types(work, p.out_dtype) if p.out_dtype else work, copy=False)
        if p.ord == 1:
            value = xp.sum(xp.absolute(values), axis=axes)
        else:
            value = xp.sqrt(xp.sum(values * values, axis=axes))
        shape = reduced_shape(data.shape, axes, p.keepdims)
        return deliver(xp, xp.asarray(value).astype(p.out_dtype or data.dtype, copy=False).reshape(shape), out)

    def infer_storage(self, p: NormParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (DEFAULT,) if stypes == (CSR,) or (stypes == (ROW_SPARSE,) and p.axis is None) else None

    def sparse(self, xp: Any, p: NormParams, data: Stored, *, out: Any = None) -> Any:
        axes = normalize_axes(p.axis, data.ndim)
        work = np.dtype(np.float64) if data.dtype.kind != "f" else accumulator(data.dtype)
        values = data.data.astype(work, copy=False)
        values = xp.absolute(values) if p.ord == 1 else values * values
        total = sums(xp, data, values, axes) if isinstance(data, CompressedRows) else values.sum()
        value = xp.asarray(total if p.ord == 1 else xp.sqrt(total)).astype(p.out_dtype or data.dtype)
        return value.reshape(reduced_shape(data.shape, axes, p.keepdims))

    def gradient(self, F: Any, p: NormParams, at: At, dy: Any, data: Any, y: Any) -> Any:
        shape, dtype = at.inputs[0]
        axes = normalize_axes(p.axis, len(shape))
        if at.outputs[0].dtype != dtype:
            dy, y = F.Cast(dy, dtype=dtype.name), F.Cast(y, dtype=dtype.name)
        if p.ord == 1:
            return F._spread(dy, shape=shape, axis=axes) * F.sign(data)
        return F._spread(dy / (y + (y == 0.0)), shape=shape, axis=axes) * data

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 2 * int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        cases: tuple[tuple[Shape, dict[str, Any]], ...] = (
            ((3, 4), {}),
            ((2, 3, 4), {"axis": 1}),
            ((2, 3, 4), {"axis": (0, -1), "keepdims": True}),
            ((3, 4), {"ord": 1, "axis": 1}),
            ((5,), {"ord": 1, "keepdims": True}),
            ((0, 3), {"axis": 1}),
            ((3, 4), {"out_dtype": "float64", "axis": 0}),
        )
        for shape, params in cases:
            yield Sample((Draw(shape, "distinct", -2.0, 2.1),), params)
        yield Sample((Draw((3, 4), "integer", -4, 5),), {"axis": 1}, differentiable=False, dtypes=("float16", "int32"))


class MomentsParams(OpParams):
    """What moments takes."""

    axes: Ints = Field(description="the axes to reduce over")
    keepdims: bool = Field(False, description="keep reduced axes with size 1")


@register
class Moments(Operator):
    """Mean and variance over axes: μ = Σ x / n and Σ (x − μ)² / n."""

    name = "moments"
    category = "reduce"
    Params = MomentsParams
    outputs = ("mean", "var")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)

    def infer_shape(self, p: MomentsParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        found = None if data is None else reduced_shape(data, normalize_axes(p.axes, len(data)), p.keepdims)
        return shapes, [found, found]

    def forward(self, xp: Any, p: MomentsParams, data: Any) -> Any:
        axes = normalize_axes(p.axes, data.ndim)
        shape = reduced_shape(data.shape, axes, p.keepdims)
        mean = xp.mean(data, axis=axes, keepdims=True, dtype=accumulator(data.dtype))
        variance = xp.mean(xp.square(data - mean), axis=axes)
        return mean.astype(data.dtype).reshape(shape), xp.asarray(variance).astype(data.dtype).reshape(shape)

    def gradient(self, F: Any, p: MomentsParams, at: At, dys: Any, data: Any, ys: Any) -> Any:
        shape = at.inputs[0].shape
        axes = normalize_axes(p.axes, len(shape))
        count = float(max(1, int(np.prod([shape[i] for i in axes]))))
        deviation = data - F._spread(ys[0], shape=shape, axis=axes)
        return (
            F._spread(dys[0] / count, shape=shape, axis=axes)
            + F._spread(dys[1] * (2.0 / count), shape=shape, axis=axes) * deviation
        )

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 4 * int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"axes": (0,)})
        yield Sample(((2, 3, 4),), {"axes": (0, -1), "keepdims": True})
        yield Sample(((2, 3),), {"axes": (0, 1)})
        yield Sample(((0, 3),), {"axes": (1,)})


class CumsumParams(OpParams):
    """What cumsum takes."""

    axis: int | None = Field(None, description="the axis to sum along; the flattened array where none is given")
    dtype: DType | None = Field(None, description="element type of the result; the input's where none is given")


@register
class Cumsum(Operator):
    """Running sum along an axis: yᵢ = x₀ + … + xᵢ; along the flattened array without an axis."""

    name = "cumsum"
    aliases = ("_np_cumsum",)
    category = "reduce"
    Params = CumsumParams

    def infer_shape(self, p: CumsumParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if p.axis is None:
            return shapes, [(int(np.prod(data, dtype=object)),)]
        normalize_axis(p.axis, len(data))
        return shapes, [data]

    def infer_dtype(self, p: CumsumParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype) if p.dtype else dtypes[0]]

    def forward(self, xp: Any, p: CumsumParams, data: Any, *, out: Any = None) -> Any:
        return xp.cumsum(data, axis=p.axis, dtype=p.dtype or data.dtype, out=out)

    def gradient(self, F: Any, p: CumsumParams, at: At, dy: Any) -> Any:
        shape, dtype = at.inputs[0]
        axis = 0 if p.axis is None else normalize_axis(p.axis, len(shape))
        back = F.reverse(F.cumsum(F.reverse(dy, axis=(axis,)), axis=axis), axis=(axis,))
        if at.outputs[0].dtype != dtype:
            back = F.Cast(back, dtype=dtype.name)
        return F._reshape_to(back, shape=shape) if p.axis is None else back

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),))
        yield Sample(((3, 4),), {"axis": 0})
        yield Sample(((2, 3, 4),), {"axis": -1})
        yield Sample(((0, 3),), {"axis": 1})
        yield Sample((Draw((3, 4), "integer", -4, 5),), {"axis": 1}, differentiable=False, dtypes=("float16", "int32"))
        yield Sample(
            (Draw((3, 4), "integer", -4, 5),),
            {"axis": 1, "dtype": "int64"},
            differentiable=False,
            dtypes=("int32",),
        )
