"""Pooling over one, two or three spatial axes, and the operators its gradients are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from ..errors import ParamError, ShapeError
from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams, Pads, Sizes, hint
from .pools import max_windows, pick_maxima, spread_maxima, spread_windows, sum_windows, window_counts
from .registry import get, register
from .sight import ALL, Looks, along, window
from .windows import (
    Windows,
    channels_first,
    check_rank,
    from_channels_first,
    layout_rank,
    per_axis,
    to_channels_first,
)


class PoolingParams(OpParams):
    """Parameters of Pooling."""

    kernel: Sizes = Field(
        (), max_length=3, description="size of a window per spatial axis; not needed with global_pool"
    )
    pool_type: Literal["max", "avg", "sum", "lp"] = Field("max", description="what becomes of a window")
    global_pool: bool = Field(False, description="one window over all of the data; kernel, stride and pad are ignored")
    cudnn_off: bool = hint(False)
    pooling_convention: Literal["valid", "full", "same"] = Field(
        "valid", description="round the number of windows down (valid), up (full), or take ⌈size/stride⌉ (same)"
    )
    stride: Sizes | None = Field(None, description="step per spatial axis; 1 where not given")
    pad: Pads | None = Field(None, description="padding on both sides per spatial axis; 0 where not given")
    p_value: Annotated[int, Field(ge=1, le=64)] | None = Field(None, description="the exponent of lp pooling")
    count_include_pad: bool | None = Field(None, description="avg divides by padding too; true where not given")
    layout: Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"] | None = Field(
        None, description="order of the axes; channels first where not given"
    )


class PoolSumGradParams(PoolingParams):
    """Parameters of the helper operator: Pooling's, and the shape of the data."""

    shape: Ints = Field((), description="shape of the data that was pooled")


def pooled(p: PoolingParams, space: Shape) -> Windows:
    """How the windows lie on data of these spatial sizes."""
    rank = len(space)
    if p.global_pool:
        ones = (1,) * rank
        return Windows(space, ones, space, ones, ones, (0,) * rank)
    # as in MXNet, numbers for more axes than the kernel has are of no account
    stride = per_axis((p.stride or ())[:rank], rank, 1, "stride")
    pad = per_axis((p.pad or ())[:rank], rank, 0, "pad")
    if p.pooling_convention == "same" and any(pad):
        raise ParamError("the convention 'same' takes no padding", parameter="pad", wanted="0", got=pad)
    out = tuple(_count(p, axis, *sizes) for axis, sizes in enumerate(zip(space, p.kernel, stride, pad, strict=True)))
    return Windows(space, out, p.kernel, stride, (1,) * rank, pad)


def _count(p: PoolingParams, axis: int, size: int, kernel: int, stride: int, pad: int) -> int:
    if p.pooling_convention == "same":
        return -(-size // stride)
    room = size + 2 * pad - kernel
    if room < 0:
        raise ShapeError(
            f"the window is larger than the data on spatial axis {axis}",
            port="data",
            wanted=f"at least {kernel} positions",
            got=f"{size} + 2·{pad} padding",
            remedy="Use a smaller kernel, more pad, or global_pool=True",
        )
    return (room // stride if p.pooling_convention == "valid" else -(-room // stride)) + 1


def _geometry(p: PoolingParams, shape: Shape) -> tuple[bool, Windows]:
    """(whether channels come last, how the windows lie) for data of this shape."""
    rank = len(shape) - 2 if p.global_pool else len(p.kernel)
    if not p.global_pool and not p.kernel:
        raise ParamError("kernel is missing", parameter="kernel", remedy="Give kernel=(2, 2), or global_pool=True")
    if p.global_pool and not 1 <= rank <= 3:
        raise ShapeError("pooling needs one to three spatial axes", port="data", wanted="(N, C, *space)", got=shape)
    last = layout_rank(p.layout, rank)
    check_rank(shape, rank, p.layout)
    if p.pool_type == "lp" and p.p_value is None:
        raise ParamError("lp pooling needs p_value", parameter="p_value", remedy="Give p_value=2")
    return last, pooled(p, to_channels_first(shape, last)[2:])


@register
class Pooling(Operator):
    """Summarises windows of the data: their maximum, mean, sum, or p-norm (Σ xᵖ)^(1/p).

    Shapes: data (N, C, *space) → (N, C, *out), out = ⌊(size + 2·pad − kernel) / stride⌋ + 1, rounded up with the
    convention ``full``; 1 per axis with ``global_pool``. Padding is left out of maxima; a mean counts it unless
    ``count_include_pad`` is False. Where a maximum occurs more than once, the first one gets the gradient.
    Errors: ShapeError where the window exceeds the padded data.
    """

    name = "Pooling"
    aliases = ("Pooling_v1",)
    category = "pooling"
    title = "Pooling"
    in_palette = True
    Params = PoolingParams
    inputs = (Port("data", doc="batch, channels and one to three spatial axes"),)

    def infer_shape(self, p: PoolingParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        last, windows = _geometry(p, data)
        return shapes, [from_channels_first((*to_channels_first(data, last)[:2], *windows.out), last)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        last, windows = _geometry(p, inputs[0])
        order = to_channels_first(tuple(range(len(inputs[0]))), last)
        looks = {axis: along(axis) for axis in order[:2]}
        for axis, kernel, stride, pad in zip(order[2:], windows.kernel, windows.stride, windows.pad, strict=True):
            looks[axis] = ALL if p.global_pool else window(axis, kernel, stride, 1, pad)
        return [tuple(looks[axis] for axis in range(len(order)))]

    def forward(self, xp: Any, p: PoolingParams, data: Any, *, out: Any = None) -> Any:
        last, windows = _geometry(p, data.shape)
        x = channels_first(data, last)
        y = out
        if y is None:
            y = xp.empty(from_channels_first((*x.shape[:2], *windows.out), last), data.dtype)
        first = channels_first(y, last)
        if p.pool_type == "max":
            max_windows(xp, x, windows, first)
        elif p.pool_type == "lp":
            first[...] = _root(xp, sum_windows(xp, _power(x, p.p_value), windows), p.p_value)
        else:
            total = sum_windows(xp, x, windows, first)
            if p.pool_type == "avg":
                total /= _divisor(xp, p, windows, total)
            if total is not first:
                first[...] = total
        return y

    def gradient(self, F: Any, p: PoolingParams, at: At, dy: Any, data: Any, y: Any) -> Any:
        shape = at.inputs[0].shape
        how = p.given()
        if p.pool_type == "max":
            return F._pool_max_grad(dy, data, **how)
        if p.pool_type == "lp":
            exponent = p.p_value or 1
            spread = {**how, "pool_type": "sum", "shape": shape}
            if exponent == 1:
                return F._pool_sum_grad(dy, **spread)
            # dy · (x / y)^(p−1), and 0 where y is 0
            empty = y == 0.0
            scaled = dy * (1.0 - empty) / (y + empty) ** float(exponent - 1)
            return data ** float(exponent - 1) * F._pool_sum_grad(scaled, **spread)
        return F._pool_sum_grad(dy, **how, shape=shape)

    def workspace(self, p: PoolingParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 2 * inputs[0].nbytes if p.pool_type == "lp" else 0

    def flops(self, p: PoolingParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        if p.global_pool:
            return inputs[0].size
        return outputs[0].size * math.prod(p.kernel)

    def samples(self) -> Iterable[Sample]:
        for pool_type in ("max", "avg", "sum"):
            how = {"pool_type": pool_type}
            for shape, params in _CASES:
                yield Sample((Draw(shape, "distinct", -2.0, 2.0),), {**how, **params})
        for pool_type, dtypes in (("max", ("float16", "int32")), ("avg", ("float16",)), ("sum", ("float16", "int32"))):
            data = Draw((2, 3, 5, 4), "distinct", -9.0, 9.0)
            two: dict[str, Any] = {"pool_type": pool_type, "kernel": (2, 2)}
            yield Sample((data,), two, differentiable=False, dtypes=dtypes)
        for p_value in (1, 2, 3):
            yield Sample(
                (Draw((2, 2, 5, 4), "uniform", 0.3, 2.0),),
                {"pool_type": "lp", "p_value": p_value, "kernel": (2, 2), "stride": (2, 1)},
            )
        yield Sample(((2, 2, 4),), {"pool_type": "lp", "p_value": 2, "global_pool": True})
        yield Sample(
            ((2, 2, 5, 4),),
            {"pool_type": "avg", "kernel": (3, 3), "pad": (1, 1), "count_include_pad": False, "stride": (2, 2)},
        )


_CASES: tuple[tuple[Shape, dict[str, Any]], ...] = (
    ((2, 3, 7), {"kernel": 3, "stride": 2}),
    ((2, 3, 6, 5), {"kernel": (2, 2), "stride": (2, 2)}),
    ((2, 2, 5, 6), {"kernel": (3, 2), "pad": (1, 1)}),
    ((2, 2, 6, 6), {"kernel": (3, 3), "stride": (2, 2), "pad": (1, 0), "pooling_convention": "full"}),
    ((2, 2, 5), {"kernel": (3,), "stride": (2,), "pooling_convention": "same"}),
    ((2, 5, 4, 3), {"kernel": (2, 3), "layout": "NHWC"}),
    ((1, 2, 3, 4, 3), {"kernel": (2, 2, 2), "stride": (1, 2, 1)}),
    ((2, 3, 4, 5), {"global_pool": True}),
    ((2, 4, 5, 3), {"global_pool": True, "layout": "NHWC", "kernel": (1, 1)}),
    ((0, 3, 4, 4), {"kernel": (2, 2)}),
)


def _power(x: Any, exponent: int | None) -> Any:
    return x if exponent == 1 else x**exponent


def _root(xp: Any, total: Any, exponent: int | None) -> Any:
    """The exponent's root; odd ones keep the sign."""
    if exponent == 1:
        return total
    if exponent == 2:
        return xp.sqrt(total)
    return xp.sign(total) * xp.absolute(total) ** total.dtype.type(1.0 / (exponent or 1))


def _divisor(xp: Any, p: PoolingParams, windows: Windows, like: Any) -> Any:
    counts = window_counts(windows, p.count_include_pad is not False)
    return xp.asarray(counts).astype(like.dtype)


class _PoolingPart(Operator):
    """Base of the helpers: the windows lie as in Pooling with the same parameters."""

    category = "pooling"
    Params = PoolingParams


@register
class PoolSumGrad(_PoolingPart):
    """Gradient of sum and mean pooling: each window's number (over its count) for all data of the window."""

    name = "_pool_sum_grad"
    Params = PoolSumGradParams
    inputs = (Port("grad", doc="gradient of the output"),)

    def infer_shape(self, p: PoolSumGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def forward(self, xp: Any, p: PoolSumGradParams, grad: Any, *, out: Any = None) -> Any:
        last, windows = _geometry(p, p.shape)
        x = xp.empty(p.shape, grad.dtype) if out is None else out
        y = channels_first(grad, last)
        if p.pool_type == "avg":
            y = y / _divisor(xp, p, windows, y)
        spread_windows(xp, y, windows, channels_first(x, last))
        return x

    def workspace(self, p: PoolSumGradParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return inputs[0].nbytes if p.pool_type == "avg" else 0

    def gradient(self, F: Any, p: PoolSumGradParams, at: At, dy: Any) -> Any:
        how = p.given()
        del how["shape"]
        return F.Pooling(dy, **how)

    def samples(self) -> Iterable[Sample]:
        for pool_type in ("sum", "avg"):
            yield Sample(
                ((2, 3, 3, 2),), {"pool_type": pool_type, "kernel": (2, 3), "stride": (2, 1), "shape": (2, 3, 6, 4)}
            )
            yield Sample(((2, 3, 1, 1),), {"pool_type": pool_type, "global_pool": True, "shape": (2, 3, 4, 5)})


@register
class PoolMaxGrad(_PoolingPart):
    """Gradient of max pooling: each window's number for the first of its data that is the maximum."""

    name = "_pool_max_grad"
    inputs = (Port("grad", doc="gradient of the output"), Port("data", doc="the data that was pooled"))

    def infer_shape(self, p: PoolingParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[1]]

    def forward(self, xp: Any, p: PoolingParams, grad: Any, data: Any, *, out: Any = None) -> Any:
        last, windows = _geometry(p, data.shape)
        dx = xp.empty(data.shape, grad.dtype) if out is None else out
        grad, data = channels_first(grad, last), channels_first(data, last)
        spread_maxima(xp, grad, data, windows, channels_first(dx, last))
        return dx

    def workspace(self, p: PoolingParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        if p.global_pool:
            return inputs[1].size
        return inputs[0].nbytes + 3 * inputs[0].size  # the maxima, where they are free, and two answers at a time

    def gradient(self, F: Any, p: PoolingParams, at: At, dy: Any, data: Any) -> Any:
        return F._pool_max_pick(dy, data, **p.given()), None

    def samples(self) -> Iterable[Sample]:
        for pooled_shape, shape, params in _MAX_CASES:
            yield Sample((pooled_shape, Draw(shape, "distinct")), params)


@register
class PoolMaxPick(_PoolingPart):
    """The value where each window's first maximum lies: the transpose of ``_pool_max_grad``."""

    name = "_pool_max_pick"
    inputs = (
        Port("value", doc="what to pick from, of the data's shape"),
        Port("data", doc="the data that was pooled"),
    )

    def infer_shape(self, p: PoolingParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, get("Pooling").infer_shape(p, [shapes[1]])[1]

    def forward(self, xp: Any, p: PoolingParams, value: Any, data: Any, *, out: Any = None) -> Any:
        last, windows = _geometry(p, data.shape)
        picked = out
        if picked is None:
            shape = (*to_channels_first(data.shape, last)[:2], *windows.out)
            picked = xp.empty(from_channels_first(shape, last), value.dtype)
        value, data = channels_first(value, last), channels_first(data, last)
        pick_maxima(xp, value, data, windows, channels_first(picked, last))
        return picked

    def gradient(self, F: Any, p: PoolingParams, at: At, dy: Any, data: Any) -> Any:
        return F._pool_max_grad(dy, data, **p.given()), None

    def samples(self) -> Iterable[Sample]:
        for _, shape, params in _MAX_CASES:
            yield Sample((shape, Draw(shape, "distinct")), params)


_MAX_CASES: tuple[tuple[Shape, Shape, dict[str, Any]], ...] = (
    ((2, 3, 3, 2), (2, 3, 6, 4), {"kernel": (2, 3), "stride": (2, 1)}),
    ((2, 3, 4), (2, 3, 6), {"kernel": (3,), "stride": (2,), "pad": (1,), "pooling_convention": "full"}),
    ((2, 3, 1, 1), (2, 3, 4, 5), {"global_pool": True}),
)
