"""Deconvolution (transposed convolution) over one, two or three spatial axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ParamError, ShapeError
from .columns import convolve_data
from .convolution import (
    DILATE,
    GROUPS,
    KERNEL,
    LAYOUT,
    STRIDE,
    Layout,
    add_bias,
    check_bias,
    check_groups,
    filter_shape,
    space_axes,
)
from .operator import At, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Pads, Size, Sizes, hint
from .registry import register
from .sight import ALL, Look, Looks, along
from .windows import (
    Windows,
    channels_first,
    check_rank,
    from_channels_first,
    layout_rank,
    per_axis,
    to_channels_first,
)


class DeconvolutionParams(OpParams):
    """Parameters of Deconvolution."""

    kernel: Sizes = KERNEL
    stride: Sizes | None = STRIDE
    dilate: Sizes | None = DILATE
    pad: Pads | None = Field(None, description="positions cut off both sides of the output; 0 where not given")
    adj: Pads | None = Field(None, description="positions added at the end of the output; less than stride")
    target_shape: Pads | None = Field(None, description="spatial sizes of the output; pad and adj then follow")
    num_filter: Size = Field(description="channels of the output")
    num_group: Size = GROUPS
    workspace: int = hint(512)
    no_bias: bool = Field(True, description="leave the bias out")
    cudnn_tune: str | None = hint(None)
    cudnn_off: bool = hint(False)
    layout: Layout | None = LAYOUT


def deconvolved(p: DeconvolutionParams, space: Shape) -> Windows:
    """How the kernel lies on the output, which plays the data's part of a convolution."""
    rank = len(p.kernel)
    stride, dilate = per_axis(p.stride, rank, 1, "stride"), per_axis(p.dilate, rank, 1, "dilate")
    targeted = any(p.target_shape or ())
    pad, adj = per_axis(p.pad, rank, 0, "pad"), per_axis(p.adj, rank, 0, "adj")
    if not targeted and any(a >= s for a, s in zip(adj, stride, strict=True)):
        raise ParamError("adj must be less than stride", parameter="adj", wanted=f"less than {stride}", got=adj)
    full = tuple(stride[i] * (space[i] - 1) + dilate[i] * (p.kernel[i] - 1) + 1 if space[i] else 0 for i in range(rank))
    if p.target_shape and targeted:  # pad and adj follow from it then, whatever they were given as
        out = per_axis(p.target_shape, rank, 0, "target_shape")
        if any(t > f for t, f in zip(out, full, strict=True)):
            raise ParamError(
                "target_shape is larger than what the kernel reaches",
                parameter="target_shape",
                wanted=f"at most {full}",
                got=out,
            )
        # MXNet's rule: half of what is too much on either side, the odd one at the end
        pad = tuple((f - t + 1) // 2 for f, t in zip(full, out, strict=True))
    else:
        out = tuple(full[i] - 2 * pad[i] + adj[i] for i in range(rank))
        if any(n <= 0 for n in out):
            raise ParamError("pad cuts everything off", parameter="pad", wanted=f"an output out of {full}", got=pad)
    return Windows(out, space, p.kernel, stride, dilate, pad)


@register
class Deconvolution(Operator):
    """Transposed convolution: spreads each position of the data over a kernel's area of a larger output.

    The gradient of Convolution in its data: y[n, f, o·stride − pad + k·dilate] += Σ_c data[n, c, o] · weight[c, f, k].
    Shapes: data (N, C, *space), weight (C, num_filter / num_group, *kernel), bias (num_filter,), output
    (N, num_filter, *out) with out = stride·(size − 1) + dilate·(kernel − 1) + 1 − 2·pad + adj.
    Errors: ShapeError where the weight does not fit; ParamError for pad, adj or target_shape out of reach.
    """

    name = "Deconvolution"
    category = "convolution"
    title = "Deconvolution (transposed)"
    in_palette = True
    Params = DeconvolutionParams
    inputs = (
        Port("data", doc="batch, channels and one to three spatial axes"),
        Port("weight", "weight", doc="the filters"),
        Port("bias", "weight", doc="one number per filter", optional=True),
    )

    def ports(self, p: DeconvolutionParams) -> tuple[Port, ...]:
        return self.inputs[:2] if p.no_bias else self.inputs

    def infer_shape(self, p: DeconvolutionParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
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
        windows = deconvolved(p, tuple(space))
        wanted = filter_shape(p, channels, p.num_filter // p.num_group, last)
        if shapes[1] is not None and shapes[1] != wanted:
            raise ShapeError(
                f"the weight does not fit {channels} channels of data",
                port="weight",
                wanted=wanted,
                got=shapes[1],
                remedy="Give data with the number of channels the weight was made for",
            )
        filled[1] = wanted
        return filled, [from_channels_first((batch, p.num_filter, *windows.data), last)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        last = layout_rank(p.layout, len(p.kernel))
        order = to_channels_first(tuple(range(len(inputs[0]))), last)
        windows = deconvolved(p, to_channels_first(inputs[0], last)[2:])
        looks = {order[0]: along(order[0]), order[1]: ALL}
        for axis, kernel, stride, dilate, pad in zip(
            order[2:], windows.kernel, windows.stride, windows.dilate, windows.pad, strict=True
        ):
            reach = dilate * (kernel - 1) / stride
            looks[axis] = Look((axis,), 1 / stride, pad / stride - reach, pad / stride, reach % 1)
        return [tuple(looks[axis] for axis in range(len(order))), *(None for _ in inputs[1:])]

    def forward(
        self, xp: Any, p: DeconvolutionParams, data: Any, weight: Any, bias: Any = None, *, out: Any = None
    ) -> Any:
        last = layout_rank(p.layout, len(p.kernel))
        x, w = channels_first(data, last), channels_first(weight, last)
        windows = deconvolved(p, x.shape[2:])
        y = out
        if y is None:
            y = xp.empty(from_channels_first((x.shape[0], p.num_filter, *windows.data), last), data.dtype)
        convolve_data(xp, x, w, windows, p.num_group, channels_first(y, last))
        if bias is not None:
            add_bias(y, bias, last)
        return y

    def gradient(self, F: Any, p: DeconvolutionParams, at: At, dy: Any, data: Any, weight: Any) -> Any:
        last = layout_rank(p.layout, len(p.kernel))
        shape = to_channels_first(at.inputs[0].shape, last)
        windows = deconvolved(p, shape[2:])
        how = {
            "kernel": p.kernel,
            "stride": windows.stride,
            "dilate": windows.dilate,
            "pad": windows.pad,
            "num_group": p.num_group,
            "layout": p.layout,
        }
        found = [
            F.Convolution(dy, weight, num_filter=shape[1], no_bias=True, **how) if at.wanted[0] else None,
            F._conv_weight_grad(data, dy, shape=at.inputs[1].shape, **how) if at.wanted[1] else None,
        ]
        if not p.no_bias:
            axes = space_axes(len(shape), last)
            found.append(F.sum(dy, axis=axes) if at.wanted[2] else None)
        return found

    def flops(self, p: DeconvolutionParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        per_input = math.prod(inputs[1].shape) // inputs[1].shape[0] if inputs[1].shape[0] else 0
        return 2 * inputs[0].size * per_input + (0 if p.no_bias else outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4), (3, 2, 3)), {"kernel": (3,), "num_filter": 2})
        yield Sample(((2, 3, 4, 3), (3, 2, 3, 2), (2,)), {"kernel": (3, 2), "num_filter": 2, "no_bias": False})
        yield Sample(
            ((2, 4, 3, 3), (4, 3, 3, 3), (6,)),
            {
                "kernel": (3, 3),
                "num_filter": 6,
                "no_bias": False,
                "stride": (2, 3),
                "dilate": (1, 2),
                "pad": (1, 2),
                "adj": (1, 0),
                "num_group": 2,
            },
        )
        yield Sample(
            ((1, 2, 3, 4), (2, 1, 3, 3)),
            {"kernel": (3, 3), "num_filter": 1, "stride": (2, 2), "target_shape": (6, 7)},
        )
        ignored: dict[str, Any] = {"pad": (99,), "adj": (101,)}
        yield Sample(
            ((2, 3, 4), (3, 2, 3)), {"kernel": (3,), "num_filter": 2, "stride": (2,), "target_shape": (8,), **ignored}
        )
        yield Sample(
            ((2, 3, 4, 3), (3, 2, 2, 2), (2,)),
            {"kernel": (2, 2), "num_filter": 2, "layout": "NHWC", "no_bias": False},
        )
        yield Sample(((1, 2, 2, 3, 2), (2, 2, 2, 2, 2)), {"kernel": (2, 2, 2), "num_filter": 2, "stride": (2, 1, 2)})
        yield Sample(((0, 3, 4), (3, 2, 3)), {"kernel": (3,), "num_filter": 2})
        half: dict[str, Any] = {"differentiable": False, "dtypes": ("float16",)}
        yield Sample(((2, 3, 4, 3), (3, 2, 3, 2)), {"kernel": (3, 2), "num_filter": 2}, **half)
