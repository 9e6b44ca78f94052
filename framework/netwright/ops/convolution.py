"""Convolution over one, two or three spatial axes, and the two operators its gradients are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from ..errors import ParamError, ShapeError
from .columns import convolve, convolve_data, convolve_weight, working_bytes
from .operator import Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams, Pads, Size, Sizes, hint
from .registry import register
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

Layout = Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"]

KERNEL = Field(
    description="size of the kernel per spatial axis; its length says 1-D, 2-D or 3-D",
    min_length=1,
    max_length=3,
)
STRIDE = Field(None, description="step of the kernel per spatial axis; 1 where not given")
DILATE = Field(None, description="distance between the kernel's points per spatial axis; 1 where not given")
PAD = Field(None, description="zeros put on both sides per spatial axis; 0 where not given")
GROUPS = Field(1, description="groups of channels that are convolved apart")
LAYOUT = Field(None, description="order of the axes; channels first where not given")


class ConvolutionParams(OpParams):
    """Parameters of Convolution."""

    kernel: Sizes = KERNEL
    stride: Sizes | None = STRIDE
    dilate: Sizes | None = DILATE
    pad: Pads | None = PAD
    num_filter: Size = Field(description="number of filters: channels of the output")
    num_group: Size = GROUPS
    workspace: int = hint(1024)
    no_bias: bool = Field(False, description="leave the bias out")
    cudnn_tune: str | None = hint(None)
    cudnn_off: bool = hint(False)
    layout: Layout | None = LAYOUT


def filter_shape(p: Any, filters: int, channels: int, channels_last: bool) -> Shape:
    """The weight's shape for ``channels`` per group."""
    return from_channels_first((filters, channels, *p.kernel), channels_last)


def check_groups(p: Any, channels: int, filters: int) -> None:
    """Channels on both sides must divide by ``num_group``."""
    for what, count, port in (("channels", channels, "data"), ("filters", filters, None)):
        if count % p.num_group:
            raise ParamError(
                f"{count} {what} do not divide into {p.num_group} groups",
                parameter="num_group",
                port=port,
                wanted=f"a divisor of {math.gcd(channels, filters)}",
                got=p.num_group,
            )


def convolved(p: Any, space: Shape) -> Windows:
    """How the kernel lies on data of these spatial sizes; ShapeError where it does not fit on them."""
    rank = len(p.kernel)
    stride, dilate = per_axis(p.stride, rank, 1, "stride"), per_axis(p.dilate, rank, 1, "dilate")
    pad = per_axis(p.pad, rank, 0, "pad")
    out = []
    for axis, size in enumerate(space):
        reach = dilate[axis] * (p.kernel[axis] - 1) + 1
        if reach > size + 2 * pad[axis]:
            raise ShapeError(
                f"the kernel is larger than the data on spatial axis {axis}",
                port="data",
                wanted=f"at least {reach} positions (kernel {p.kernel[axis]}, dilate {dilate[axis]})",
                got=f"{size} + 2·{pad[axis]} padding",
                remedy="Use a smaller kernel or more pad, or fewer pooling layers before",
            )
        out.append((size + 2 * pad[axis] - reach) // stride[axis] + 1)
    return Windows(space, tuple(out), p.kernel, stride, dilate, pad)


def check_bias(shapes: Shapes, position: int, filters: int) -> Shape:
    """The bias's shape, checked against what was given."""
    given = shapes[position]
    if given is not None and given != (filters,):
        raise ShapeError("the bias has one number per filter", port="bias", wanted=(filters,), got=given)
    return (filters,)


def add_bias(y: Any, bias: Any, channels_last: bool) -> None:
    """Add one number per channel, in place."""
    y += bias if channels_last else bias.reshape(-1, *(1,) * (y.ndim - 2))


def space_axes(ndim: int, channels_last: bool) -> tuple[int, ...]:
    """All axes but the channels'."""
    return tuple(range(ndim - 1)) if channels_last else (0, *range(2, ndim))


@register
class Convolution(Operator):
    """Slides filters over data with one, two or three spatial axes.

    y[n, f, o] = bias[f] + Σ_{c, k} weight[f, c, k] · data[n, c, o·stride − pad + k·dilate]

    Shapes: data (N, C, *space), weight (num_filter, C / num_group, *kernel), bias (num_filter,), output
    (N, num_filter, *out) with out = ⌊(size + 2·pad − dilate·(kernel − 1) − 1) / stride⌋ + 1. With a layout that ends in
    C, channels come last in data, weight and output. All inputs have one dtype.
    Errors: ShapeError where the kernel exceeds the padded data or the weight does not fit; ParamError where channels or
    filters do not divide into ``num_group``.
    """

    name = "Convolution"
    aliases = ("Convolution_v1",)
    category = "convolution"
    title = "Convolution"
    in_palette = True
    Params = ConvolutionParams
    inputs = (
        Port("data", doc="batch, channels and one to three spatial axes"),
        Port("weight", "weight", doc="the filters"),
        Port("bias", "weight", doc="one number per filter", optional=True),
    )

    def ports(self, p: ConvolutionParams) -> tuple[Port, ...]:
        return self.inputs[:2] if p.no_bias else self.inputs

    def infer_shape(self, p: ConvolutionParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        rank = len(p.kernel)
        last = layout_rank(p.layout, rank)
        data = shapes[0]
        filled: list[Shape | None] = list(shapes)
        if not p.no_bias:
            filled[2] = check_bias(shapes, 2, p.num_filter)
        if data is None:
            return filled, [None]
        check_rank(data, rank, p.layout)
        batch, channels, *space = to_channels_first(data, last)
        check_groups(p, channels, p.num_filter)
        windows = convolved(p, tuple(space))
        wanted = filter_shape(p, p.num_filter, channels // p.num_group, last)
        if shapes[1] is not None and shapes[1] != wanted:
            raise ShapeError(
                f"the weight does not fit {channels} channels of data",
                port="weight",
                wanted=wanted,
                got=shapes[1],
                remedy="Give data with the number of channels the weight was made for",
            )
        filled[1] = wanted
        return filled, [from_channels_first((batch, p.num_filter, *windows.out), last)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        last = layout_rank(p.layout, len(p.kernel))
        order = to_channels_first(tuple(range(len(inputs[0]))), last)
        windows = convolved(p, to_channels_first(inputs[0], last)[2:])
        channels = to_channels_first(inputs[0], last)[1]
        apart = p.num_group == channels == p.num_filter  # a filter for each channel
        looks = {order[0]: along(order[0]), order[1]: along(order[1]) if apart else ALL}
        for axis, *how in zip(order[2:], windows.kernel, windows.stride, windows.dilate, windows.pad, strict=True):
            looks[axis] = window(axis, *how)
        return [tuple(looks[axis] for axis in range(len(order))), *(None for _ in inputs[1:])]

    def forward(
        self, xp: Any, p: ConvolutionParams, data: Any, weight: Any, bias: Any = None, *, out: Any = None
    ) -> Any:
        last = layout_rank(p.layout, len(p.kernel))
        x, w = channels_first(data, last), channels_first(weight, last)
        windows = convolved(p, x.shape[2:])
        y = out
        if y is None:
            y = xp.empty(from_channels_first((x.shape[0], p.num_filter, *windows.out), last), data.dtype)
        convolve(xp, x, w, windows, p.num_group, channels_first(y, last))
        if bias is not None:
            add_bias(y, bias, last)
        return y

    def gradient(self, F: Any, p: ConvolutionParams, at: Any, dy: Any, data: Any, weight: Any) -> Any:
        how = _shared(p)
        last = layout_rank(p.layout, len(p.kernel))
        found = [
            F._conv_data_grad(dy, weight, shape=at.inputs[0].shape, **how) if at.wanted[0] else None,
            F._conv_weight_grad(dy, data, shape=at.inputs[1].shape, **how) if at.wanted[1] else None,
        ]
        if not p.no_bias:
            axes = space_axes(len(at.outputs[0].shape), last)
            found.append(F.sum(dy, axis=axes) if at.wanted[2] else None)
        return found

    def workspace(self, p: ConvolutionParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return corner_bytes(p, inputs[0], inputs[1].shape, "y")

    def flops(self, p: ConvolutionParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        per_output = 2 * math.prod(inputs[1].shape) // p.num_filter
        return outputs[0].size * (per_output + (not p.no_bias))

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 7), (4, 3, 3), (4,)), {"kernel": (3,), "num_filter": 4})
        yield Sample(
            ((2, 4, 9), (4, 2, 3)),
            {
                "kernel": 3,
                "num_filter": 4,
                "no_bias": True,
                "stride": 2,
                "dilate": 2,
                "pad": 1,
                "num_group": 2,
            },
        )
        yield Sample(((2, 3, 5, 6), (4, 3, 3, 2), (4,)), {"kernel": (3, 2), "num_filter": 4})
        yield Sample(
            ((2, 4, 6, 7), (6, 2, 3, 3), (6,)),
            {
                "kernel": (3, 3),
                "num_filter": 6,
                "stride": (2, 1),
                "dilate": (1, 2),
                "pad": (1, 2),
                "num_group": 2,
            },
        )
        yield Sample(((1, 3, 4, 4), (3, 1, 2, 2), (3,)), {"kernel": (2, 2), "num_filter": 3, "num_group": 3})
        yield Sample(
            ((2, 5, 6, 3), (4, 3, 2, 3), (4,)),
            {"kernel": (3, 2), "num_filter": 4, "layout": "NHWC", "pad": (1, 0)},
        )
        yield Sample(
            ((2, 6, 4), (2, 3, 2)),
            {"kernel": (3,), "num_filter": 2, "num_group": 2, "layout": "NWC", "no_bias": True},
        )
        yield Sample(
            ((2, 2, 4, 3, 4), (3, 2, 2, 2, 2), (3,)),
            {"kernel": (2, 2, 2), "num_filter": 3, "stride": (2, 1, 1), "pad": (0, 1, 0)},
        )
        yield Sample(
            ((2, 3, 3, 4, 2), (2, 2, 2, 2, 2)),
            {"kernel": (2, 2, 2), "num_filter": 2, "layout": "NDHWC", "no_bias": True},
        )
        yield Sample(((0, 3, 5, 5), (2, 3, 3, 3), (2,)), {"kernel": (3, 3), "num_filter": 2})
        half: dict[str, Any] = {"differentiable": False, "dtypes": ("float16",)}
        yield Sample(((2, 3, 5, 4), (2, 3, 3, 3), (2,)), {"kernel": (3, 3), "num_filter": 2}, **half)


def _shared(p: Any) -> dict[str, Any]:
    """What the helper operators share with the operator whose gradient they are."""
    rank = len(p.kernel)
    return {
        "kernel": p.kernel,
        "stride": per_axis(p.stride, rank, 1, "stride"),
        "dilate": per_axis(p.dilate, rank, 1, "dilate"),
        "pad": per_axis(p.pad, rank, 0, "pad"),
        "num_group": p.num_group,
        "layout": p.layout,
    }


def corner_bytes(p: Any, data: TensorSpec, weight: Shape, corner: str) -> int:
    """Working memory of the convolution's corner ``y``, ``x`` or ``w``."""
    last = layout_rank(p.layout, len(p.kernel))
    shape = to_channels_first(data.shape, last)
    filters, depth = weight[0], math.prod(weight[1:])
    return working_bytes(convolved(p, shape[2:]), shape, filters, depth, data.dtype, corner)


class ConvolutionPartParams(OpParams):
    """Parameters of the two helper operators."""

    kernel: Sizes = KERNEL
    stride: Sizes | None = STRIDE
    dilate: Sizes | None = DILATE
    pad: Pads | None = PAD
    num_group: Size = GROUPS
    layout: Layout | None = LAYOUT
    shape: Ints = Field(description="shape of the result")


class _ConvolutionPart(Operator):
    """One corner of the triangle y, x, w, computed from the two others."""

    category = "convolution"
    Params = ConvolutionPartParams

    def infer_shape(self, p: ConvolutionPartParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def flops(self, p: ConvolutionPartParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        # each element of y is a product sum over one filter, whichever corner is wanted
        weight = inputs[1].shape if self.name == "_conv_data_grad" else outputs[0].shape
        return 2 * inputs[0].size * (math.prod(weight) // weight[0] if weight[0] else 0)


@register
class ConvDataGrad(_ConvolutionPart):
    """Gradient of Convolution in its data: dx = Σ_f dy ∗ᵀ weight.

    Shapes: grad as Convolution's output, weight as there; the result has ``shape``.
    """

    name = "_conv_data_grad"
    inputs = (Port("grad", doc="gradient of the output"), Port("weight", doc="the filters"))

    def forward(self, xp: Any, p: ConvolutionPartParams, grad: Any, weight: Any, *, out: Any = None) -> Any:
        last = layout_rank(p.layout, len(p.kernel))
        x = xp.empty(p.shape, grad.dtype) if out is None else out
        first = channels_first(x, last)
        windows = convolved(p, first.shape[2:])
        convolve_data(xp, channels_first(grad, last), channels_first(weight, last), windows, p.num_group, first)
        return x

    def workspace(self, p: ConvolutionPartParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return corner_bytes(p, outputs[0], inputs[1].shape, "x")

    def gradient(self, F: Any, p: ConvolutionPartParams, at: Any, dy: Any, grad: Any, weight: Any) -> Any:
        how = _shared(p)
        filters = at.inputs[1].shape[0]
        return (
            F.Convolution(dy, weight, num_filter=filters, no_bias=True, **how) if at.wanted[0] else None,
            F._conv_weight_grad(grad, dy, shape=at.inputs[1].shape, **how) if at.wanted[1] else None,
        )

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 4, 3, 3), (4, 3, 3, 2)), {"kernel": (3, 2), "shape": (2, 3, 5, 4)})
        yield Sample(
            ((2, 4, 3), (4, 1, 3)),
            {"kernel": (3,), "stride": 2, "pad": 1, "num_group": 2, "shape": (2, 2, 6)},
        )
        yield Sample(((2, 3, 3, 4), (4, 2, 2, 3)), {"kernel": (2, 2), "layout": "NHWC", "shape": (2, 4, 4, 3)})


@register
class ConvWeightGrad(_ConvolutionPart):
    """Gradient of Convolution in its weight: dw = Σ_{n, o} dy · data.

    Shapes: grad as Convolution's output, data as there; the result has ``shape``.
    """

    name = "_conv_weight_grad"
    inputs = (Port("grad", doc="gradient of the output"), Port("data", doc="the data that was convolved"))

    def forward(self, xp: Any, p: ConvolutionPartParams, grad: Any, data: Any, *, out: Any = None) -> Any:
        last = layout_rank(p.layout, len(p.kernel))
        w = xp.empty(p.shape, grad.dtype) if out is None else out
        x = channels_first(data, last)
        windows = convolved(p, x.shape[2:])
        convolve_weight(xp, channels_first(grad, last), x, windows, p.num_group, channels_first(w, last))
        return w

    def workspace(self, p: ConvolutionPartParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return corner_bytes(p, inputs[1], outputs[0].shape, "w")

    def gradient(self, F: Any, p: ConvolutionPartParams, at: Any, dy: Any, grad: Any, data: Any) -> Any:
        how = _shared(p)
        return (
            F.Convolution(data, dy, num_filter=p.shape[0], no_bias=True, **how) if at.wanted[0] else None,
            F._conv_data_grad(grad, dy, shape=at.inputs[1].shape, **how) if at.wanted[1] else None,
        )

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 4, 3, 3), (2, 3, 5, 4)), {"kernel": (3, 2), "shape": (4, 3, 3, 2)})
        yield Sample(
            ((2, 4, 3), (2, 2, 6)),
            {"kernel": (3,), "stride": 2, "pad": 1, "num_group": 2, "shape": (4, 1, 3)},
        )
        yield Sample(((2, 3, 3, 4), (2, 4, 4, 3)), {"kernel": (2, 2), "layout": "NHWC", "shape": (4, 2, 2, 3)})
