"""im2col and col2im: the windows of a convolution laid out as columns, and added back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ParamError, ShapeError
from .operator import Operator, Sample, Shape, Shapes
from .params import OpParams, Pads, Sizes
from .registry import register
from .windows import Windows, per_axis, taps, windowed


class UnfoldParams(OpParams):
    """What im2col takes."""

    kernel: Sizes = Field(description="size of a window per spatial axis")
    stride: Sizes = Field((), description="step of the windows per spatial axis; empty: 1")
    dilate: Sizes = Field((), description="distance of a window's elements per spatial axis; empty: 1")
    pad: Pads = Field((), description="zeros on both sides per spatial axis; empty: 0")


class FoldParams(UnfoldParams):
    """What col2im takes."""

    output_size: Sizes = Field(description="spatial sizes of the images")


def _windows(p: UnfoldParams, space: Sequence[int]) -> Windows:
    rank = len(p.kernel)
    if len(space) != rank:
        raise ShapeError(
            f"a kernel with {rank} axes slides over data with {rank + 2} axes",
            port="data",
            wanted=f"batch, channels and {rank} spatial axes",
            got=tuple(space),
        )
    stride, dilate = per_axis(p.stride, rank, 1, "stride"), per_axis(p.dilate, rank, 1, "dilate")
    pad = per_axis(p.pad, rank, 0, "pad")
    out = tuple((space[i] + 2 * pad[i] - dilate[i] * (p.kernel[i] - 1) - 1) // stride[i] + 1 for i in range(rank))
    if min(out) < 1:
        raise ParamError(
            "the kernel is larger than the data", parameter="kernel", wanted=f"within {tuple(space)}", got=p.kernel
        )
    return Windows(tuple(space), out, p.kernel, stride, dilate, pad)


@register
class Im2Col(Operator):
    """Each window of images as a column: (N, C, *space) → (N, C·∏kernel, number of windows).

    Rows are ordered by channel, then by position in the window; columns by position of the window, row by row.
    """

    name = "im2col"
    category = "convolution"
    title = "Windows to columns"
    Params = UnfoldParams

    def infer_shape(self, p: UnfoldParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        windows = _windows(p, data[2:])
        return shapes, [(data[0], data[1] * math.prod(p.kernel), math.prod(windows.out))]

    def forward(self, xp: Any, p: UnfoldParams, data: Any, *, out: Any = None) -> Any:
        windows = _windows(p, data.shape[2:])
        view = xp.moveaxis(windowed(xp, data, windows), len(p.kernel) + 1, 0)
        if out is None:
            out = xp.empty((data.shape[0], data.shape[1] * math.prod(p.kernel), math.prod(windows.out)), data.dtype)
        out.reshape(view.shape)[...] = view
        return out

    def gradient(self, F: Any, p: UnfoldParams, at: Any, dy: Any) -> Any:
        how = {"kernel": p.kernel, "stride": p.stride, "dilate": p.dilate, "pad": p.pad}
        return F.col2im(dy, output_size=at.inputs[0].shape[2:], **how)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 2, 3, 4),), {"kernel": (2, 2)})
        yield Sample(((2, 2, 5, 4),), {"kernel": (2, 3), "stride": (2, 1), "dilate": (2, 1), "pad": (1, 2)})
        yield Sample(((1, 2, 6),), {"kernel": 3, "stride": 2})


@register
class Col2Im(Operator):
    """Columns added up into the images they are windows of; undoes im2col but for overlaps.

    (N, C·∏kernel, number of windows) → (N, C, *output_size). The adjoint of im2col: where windows overlap, their
    elements are summed.
    """

    name = "col2im"
    category = "convolution"
    title = "Columns to images"
    Params = FoldParams

    def _output(self, p: FoldParams, data: Shape) -> tuple[Windows, Shape]:
        windows = _windows(p, p.output_size)
        depth, count = math.prod(p.kernel), math.prod(windows.out)
        if len(data) != 3 or data[1] % depth or data[2] != count:
            raise ShapeError(
                "the columns do not belong to such windows",
                port="data",
                wanted=f"(N, a multiple of {depth}, {count})",
                got=data,
            )
        return windows, (data[0], data[1] // depth, *p.output_size)

    def infer_shape(self, p: FoldParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else self._output(p, shapes[0])[1]]

    def forward(self, xp: Any, p: FoldParams, data: Any, *, out: Any = None) -> Any:
        windows, shape = self._output(p, data.shape)
        columns = data.reshape(*shape[:2], *p.kernel, *windows.out)
        if out is None:
            out = xp.empty(shape, data.dtype)
        out.fill(0)
        every = (slice(None), slice(None))
        for tap in taps(windows):
            out[every + tap.data] += columns[every + tap.kernel][every + tap.out]
        return out

    def gradient(self, F: Any, p: FoldParams, at: Any, dy: Any) -> Any:
        return F.im2col(dy, kernel=p.kernel, stride=p.stride, dilate=p.dilate, pad=p.pad)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((1, 8, 6),), {"kernel": (2, 2), "output_size": (3, 4)})
        yield Sample(
            ((2, 6, 15),),
            {"kernel": (2, 3), "stride": (2, 1), "dilate": (2, 1), "pad": (1, 2), "output_size": (6, 3)},
        )
        yield Sample(((1, 6, 2),), {"kernel": 3, "stride": 2, "output_size": 6})
