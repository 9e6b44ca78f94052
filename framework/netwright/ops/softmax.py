"""Softmax and its kin."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..errors import DTypeError, ShapeError
from .arrays import accumulator, deliver
from .operator import FLOAT32, At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, same


def softmax(xp: Any, data: Any, axis: int | tuple[int, ...], out: Any = None) -> Any:
    """eˣ / Σ eˣ, shifted by the maximum so that nothing overflows."""
    if not data.size:
        return xp.empty(data.shape, data.dtype) if out is None else out
    y = xp.subtract(data, data.max(axis=axis, keepdims=True), out=out)
    xp.exp(y, out=y)
    y /= y.sum(axis=axis, keepdims=True, dtype=accumulator(y.dtype)).astype(y.dtype, copy=False)
    return y


def log_softmax(xp: Any, data: Any, axis: int | tuple[int, ...], out: Any = None) -> Any:
    """x − ln Σ eˣ, shifted by the maximum."""
    if not data.size:
        return xp.empty(data.shape, data.dtype) if out is None else out
    y = xp.subtract(data, data.max(axis=axis, keepdims=True), out=out)
    total = xp.exp(y).sum(axis=axis, keepdims=True, dtype=accumulator(y.dtype))
    y -= xp.log(total).astype(y.dtype, copy=False)
    return y


class SoftmaxParams(OpParams):
    """Parameters of softmax."""

    axis: int = Field(-1, description="the axis whose elements sum to 1")
    temperature: float | None = Field(None, gt=0, description="what data is divided by; 1 where not given")
    dtype: Literal["float16", "float32", "float64"] | None = Field(None, description="dtype of the output")
    use_length: bool | None = Field(False, description="take only the first `length` elements of each row")


class UnmaskedSoftmaxParams(OpParams):
    """Parameters of log_softmax and softmin."""

    axis: int = Field(-1, description="the axis along which is normalised")
    temperature: float | None = Field(None, gt=0, description="what data is divided by; 1 where not given")
    dtype: Literal["float16", "float32", "float64"] | None = Field(None, description="dtype of the output")
    use_length: Literal[False] | None = Field(False, description="not supported here, as in MXNet")


class _Softmax(Operator):
    """Base: one axis, a temperature, an output dtype."""

    category = "activation"
    inplace = (0,)
    Params: ClassVar[type[OpParams]] = UnmaskedSoftmaxParams
    sign = 1.0

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None:
            normalize_axis(p.axis, len(data))
        return shapes, [data]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        axis = normalize_axis(p.axis, len(inputs[0]))
        return [same(inputs[0], (axis,)), *(None for _ in inputs[1:])]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        data = dtypes[0] or FLOAT32
        if data.kind != "f" and not p.dtype:
            raise DTypeError(
                "probabilities are no whole numbers",
                port="data",
                wanted="a floating-point dtype",
                got=data.name,
                remedy='Give dtype="float32", or use astype("float32")',
            )
        return [data, *dtypes[1:]], [np.dtype(p.dtype) if p.dtype else data]

    def scaled(self, xp: Any, p: Any, data: Any) -> Any:
        """± data / temperature in the output's dtype; data itself where that is the same."""
        if p.dtype:
            data = data.astype(p.dtype, copy=False)
        factor = self.sign / (p.temperature or 1.0)
        return data if factor == 1.0 else data * data.dtype.type(factor)

    def back(self, F: Any, p: Any, at: At, gradient: Any) -> Any:
        """The gradient before temperature and cast."""
        factor = self.sign / (p.temperature or 1.0)
        scaled = gradient if factor == 1.0 else gradient * factor
        narrow = at.inputs[0].dtype
        return scaled if narrow == at.outputs[0].dtype else F.Cast(scaled, dtype=narrow.name)

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 5 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),))
        yield Sample(((2, 3, 4),), {"axis": 1})
        yield Sample(((2, 3, 4),), {"axis": -3, "temperature": 2.0})
        yield Sample(((5,),), {"axis": 0})
        yield Sample(((3, 4),), {"dtype": "float64"})
        yield Sample(((0, 4),))
        yield Sample(((3, 4),), differentiable=False, dtypes=("float16",))


def _softmax_back(F: Any, axis: int, dy: Any, y: Any, shape: Shape) -> Any:
    axis = normalize_axis(axis, len(shape))
    product = dy * y
    total = F._sum_to(product, shape=tuple(1 if i == axis else n for i, n in enumerate(shape)), axis=(axis,))
    return product - y * total


@register
class Softmax(_Softmax):
    """Turns numbers into probabilities along an axis: yᵢ = e^(xᵢ/T) / Σⱼ e^(xⱼ/T).

    Shapes: data any; length (only with ``use_length``) is data's shape without ``axis``, integers: elements from there
    on get probability 0. The output has data's shape, and its dtype unless ``dtype`` is given.
    """

    name = "softmax"
    title = "Softmax"
    in_palette = True
    Params = SoftmaxParams
    inputs = (Port("data", doc="any shape"), Port("length", doc="how many elements of each row count", optional=True))

    def ports(self, p: SoftmaxParams) -> tuple[Port, ...]:
        return self.inputs if p.use_length else self.inputs[:1]

    def infer_shape(self, p: SoftmaxParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None or not p.use_length:
            return super().infer_shape(p, shapes)
        axis = normalize_axis(p.axis, len(data))
        wanted = data[:axis] + data[axis + 1 :]
        if shapes[1] not in (None, wanted):
            raise ShapeError("there is one length per row", port="length", wanted=wanted, got=shapes[1])
        return [data, wanted], [data]

    def infer_dtype(self, p: SoftmaxParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        filled, out = super().infer_dtype(p, dtypes)
        return [filled[0], *(d or np.dtype(np.int32) for d in dtypes[1:])], out

    def forward(self, xp: Any, p: SoftmaxParams, data: Any, length: Any = None, *, out: Any = None) -> Any:
        x = self.scaled(xp, p, data)
        if length is None:
            return softmax(xp, x, p.axis, out)
        axis = normalize_axis(p.axis, data.ndim)
        place = xp.arange(data.shape[axis]).reshape((-1,) + (1,) * (data.ndim - 1 - axis))
        inside = place < xp.expand_dims(length, axis)
        # the lowest number rather than −∞: a row of length 0 must not become NaN
        y = softmax(xp, xp.where(inside, x, np.finfo(x.dtype).min), p.axis)
        return deliver(xp, xp.where(inside, y, y.dtype.type(0)), out)

    def ready(self, xp: Any, p: SoftmaxParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        shape, dtype = specs[0]
        if p.use_length or p.dtype or p.temperature or not math.prod(shape) or accumulator(dtype) != dtype:
            return super().ready(xp, p, specs)
        axis, greatest, total, exp = p.axis, xp.maximum.reduce, xp.add.reduce, xp.exp

        def run(x: Any) -> Any:
            y = x - greatest(x, axis, None, None, True)
            exp(y, y)
            y /= total(y, axis, None, None, True)
            return y

        return run

    def gradient(self, F: Any, p: SoftmaxParams, at: At, dy: Any, y: Any) -> Any:
        dx = self.back(F, p, at, _softmax_back(F, p.axis, dy, y, at.outputs[0].shape))
        return (dx, None) if p.use_length else dx

    def samples(self) -> Iterable[Sample]:
        yield from super().samples()
        for dtype in ("int32", "int64"):
            yield Sample(((3, 4), Draw((3,), "integer", 1, 5, dtype)), {"use_length": True})
        yield Sample(
            ((2, 3, 4), Draw((2, 4), "integer", 1, 4, "int32")), {"use_length": True, "axis": 1, "temperature": 0.5}
        )


@register
class Softmin(_Softmax):
    """Softmax of the negative: yᵢ = e^(−xᵢ/T) / Σⱼ e^(−xⱼ/T)."""

    name = "softmin"
    title = "Softmin"
    sign = -1.0

    def forward(self, xp: Any, p: UnmaskedSoftmaxParams, data: Any, *, out: Any = None) -> Any:
        return softmax(xp, self.scaled(xp, p, data), p.axis, out)

    def gradient(self, F: Any, p: UnmaskedSoftmaxParams, at: At, dy: Any, y: Any) -> Any:
        return self.back(F, p, at, _softmax_back(F, p.axis, dy, y, at.outputs[0].shape))


@register
class LogSoftmax(_Softmax):
    """Logarithm of softmax: yᵢ = xᵢ/T − ln Σⱼ e^(xⱼ/T), without overflow."""

    name = "log_softmax"
    temporaries = 1
    title = "Log softmax"
    in_palette = True

    def forward(self, xp: Any, p: UnmaskedSoftmaxParams, data: Any, *, out: Any = None) -> Any:
        return log_softmax(xp, self.scaled(xp, p, data), p.axis, out)

    def ready(self, xp: Any, p: UnmaskedSoftmaxParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        shape, dtype = specs[0]
        if p.dtype or p.temperature or not math.prod(shape) or accumulator(dtype) != dtype:
            return super().ready(xp, p, specs)
        axis, greatest, total, exp, log = p.axis, xp.maximum.reduce, xp.add.reduce, xp.exp, xp.log

        def run(x: Any) -> Any:
            y = x - greatest(x, axis, None, None, True)
            sums = total(exp(y), axis, None, None, True)
            y -= log(sums, sums)
            return y

        return run

    def gradient(self, F: Any, p: UnmaskedSoftmaxParams, at: At, dy: Any, y: Any) -> Any:
        shape = at.outputs[0].shape
        axis = normalize_axis(p.axis, len(shape))
        total = F._sum_to(dy, shape=tuple(1 if i == axis else n for i, n in enumerate(shape)), axis=(axis,))
        return self.back(F, p, at, dy - F.exp(y) * total)


class SoftmaxActivationParams(OpParams):
    """Parameters of SoftmaxActivation."""

    mode: Literal["instance", "channel"] = Field(
        "instance", description="over the last axis, or over the channels at each position"
    )


@register
class SoftmaxActivation(Operator):
    """Softmax over the last axis (instance) or over the channels at each position (channel).

    MXNet's words for instance are "each sample", but for more than two axes 1.9.1 takes the last one alone; so here.
    Shapes: data (N, …), for channel (N, C, …); the output has data's.
    """

    name = "SoftmaxActivation"
    category = "activation"
    inplace = (0,)
    Params = SoftmaxActivationParams

    @staticmethod
    def _axes(p: SoftmaxActivationParams, shape: Shape) -> tuple[int, ...]:
        if len(shape) < 2:
            raise ShapeError("the data needs a batch and at least one more axis", port="data", got=shape)
        return (1,) if p.mode == "channel" else (len(shape) - 1,)

    def infer_shape(self, p: SoftmaxActivationParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is not None:
            self._axes(p, shapes[0])
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: SoftmaxActivationParams, data: Any, *, out: Any = None) -> Any:
        return softmax(xp, data, self._axes(p, data.shape), out)

    def gradient(self, F: Any, p: SoftmaxActivationParams, at: At, dy: Any, y: Any) -> Any:
        shape = at.outputs[0].shape
        axes = self._axes(p, shape)
        product = dy * y
        total = F._sum_to(product, shape=tuple(1 if i in axes else n for i, n in enumerate(shape)), axis=axes)
        return product - y * total

    def samples(self) -> Iterable[Sample]:
        shapes: tuple[Shape, ...] = ((3, 4), (2, 3, 4), (2, 3, 2, 2), (0, 3))
        for shape in shapes:
            for mode in ("instance", "channel"):
                yield Sample((shape,), {"mode": mode})
