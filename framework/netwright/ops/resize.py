"""Images brought to another size: bilinear interpolation and adaptive averages.

Both are linear along height and width apart, y = A · x · Bᵀ, so that the gradient is the product with the transposed
matrices.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator, deliver
from .operator import DTypes, Operator, Port, Sample, Shape, Shapes
from .params import OpParams, Size, Sizes
from .registry import register

Rule = Literal["corners", "centres", "average"]


@functools.lru_cache(maxsize=128)
def matrix(size: int, target: int, rule: Rule) -> Any:
    """The matrix (target, size) that brings a line of ``size`` positions to ``target``; float64, read-only."""
    made = np.zeros((target, size))
    for i in range(target):
        if rule == "average":
            begin, end = i * size // target, -(-(i + 1) * size // target)
            made[i, begin:end] = 1 / (end - begin)
            continue
        if target == 1:
            place = 0.0  # MXNet's choice under both rules
        elif rule == "corners":
            place = i * (size - 1) / (target - 1)
        else:
            place = max((i + 0.5) * size / target - 0.5, 0.0)
        low = min(int(place), size - 1)
        high = min(low + 1, size - 1)
        made[i, low] += 1 - (place - low)
        made[i, high] += place - low
    made.setflags(write=False)
    return made


def _apart(xp: Any, data: Any, rows: Any, columns: Any, out: Any) -> Any:
    """rows · data · columnsᵀ for each image."""
    work = accumulator(data.dtype)
    a, b = xp.asarray(rows, dtype=work), xp.asarray(columns, dtype=work)
    narrow = xp.matmul(data.astype(work, copy=False), b.T)
    return deliver(xp, xp.matmul(a, narrow).astype(data.dtype, copy=False), out)


def _image(shape: Shape, port: str = "data", *, may_be_empty: bool = False) -> tuple[int, int]:
    if len(shape) != 4 or (0 in shape[2:] and not may_be_empty):
        raise ShapeError("data must be images", port=port, wanted="(N, C, H, W)", got=shape)
    return shape[2], shape[3]


class ApartParams(OpParams):
    """What _resize and _resize_back take."""

    height: int = Field(ge=0, description="height of the larger side's output, or input")
    width: int = Field(ge=0, description="its width")
    rule: Rule = Field(description="where positions come from")


class _Apart(Operator):
    """One of the two helper operators that are each other's adjoint."""

    category = "convolution"
    Params = ApartParams

    def infer_shape(self, p: ApartParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None:
            _image(data, may_be_empty=True)
        return shapes, [None if data is None else (*data[:2], p.height, p.width)]

    def flops(self, p: ApartParams, inputs: Any, outputs: Any) -> int:
        (n, c, h, w), (_, _, height, width) = inputs[0].shape, outputs[0].shape
        return int(2 * n * c * width * h * (w + height))

    def samples(self) -> Iterable[Sample]:
        rules: tuple[Rule, ...] = ("corners", "centres", "average")
        for rule in rules:
            yield Sample(((2, 1, 3, 4),), {"height": 5, "width": 2, "rule": rule})


@register
class Resize(_Apart):
    """Images brought to (height, width) by a rule: the linear map behind resizing and adaptive pooling."""

    name = "_resize"

    def forward(self, xp: Any, p: ApartParams, data: Any, *, out: Any = None) -> Any:
        h, w = data.shape[2:]
        return _apart(xp, data, matrix(h, p.height, p.rule), matrix(w, p.width, p.rule), out)

    def gradient(self, F: Any, p: ApartParams, at: Any, dy: Any) -> Any:
        h, w = at.inputs[0].shape[2:]
        return F._resize_back(dy, height=h, width=w, rule=p.rule)


@register
class ResizeBack(_Apart):
    """The adjoint of _resize: gradients of the resized images carried to images of (height, width)."""

    name = "_resize_back"

    def forward(self, xp: Any, p: ApartParams, data: Any, *, out: Any = None) -> Any:
        h, w = data.shape[2:]
        return _apart(xp, data, matrix(p.height, h, p.rule).T, matrix(p.width, w, p.rule).T, out)

    def gradient(self, F: Any, p: ApartParams, at: Any, dy: Any) -> Any:
        h, w = at.inputs[0].shape[2:]
        return F._resize(dy, height=h, width=w, rule=p.rule)


Mode = Literal["size", "odd_scale", "like", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"]


class BilinearResizeParams(OpParams):
    """What BilinearResize2D takes."""

    height: Size = Field(1, description="height of the output, in mode size without a scale")
    width: Size = Field(1, description="width of the output, in mode size without a scale")
    scale_height: float | None = Field(None, ge=0, description="height of the output over the data's")
    scale_width: float | None = Field(None, ge=0, description="width of the output over the data's")
    mode: Mode = Field(
        "size",
        description="size: height and width, or the scales; odd_scale: scales, odd sizes stay odd; like: the second "
        "input's; to_…: the next even or odd size",
    )
    align_corners: bool = Field(True, description="corner pixels fall on corner pixels; else pixel areas are lined up")


def _resized(p: BilinearResizeParams, sizes: tuple[int, int]) -> tuple[int, int]:
    made: list[int] = []
    wanted = ((sizes[0], p.height, p.scale_height), (sizes[1], p.width, p.scale_width))
    for size, target, scale in wanted:
        if p.mode in ("size", "odd_scale"):
            if scale is None:
                if p.mode == "odd_scale":
                    raise ParamError("mode odd_scale needs both scales", parameter="scale_height", got=None)
                made.append(target)
            elif p.mode == "odd_scale" and size % 2:
                made.append(int((size - 1) * scale) + 1)
            else:
                made.append(int(size * scale))
        else:
            step = 1 if p.mode.endswith("up") else -1
            made.append(size if size % 2 == ("odd" in p.mode) else size + step)
    return made[0], made[1]


@register
class BilinearResize2D(Operator):
    """Images brought to another size by bilinear interpolation: (N, C, H, W) → (N, C, height, width).

    With ``align_corners`` row i comes from row i·(H − 1)/(height − 1), else from (i + ½)·H/height − ½; a single
    row is the first one. Sizes from scales are rounded down: as in MXNet, small images of a small scale have none left
    and the output is empty. Mode ``like`` takes the size of a second input, to which no gradient flows.
    """

    name = "_contrib_BilinearResize2D"
    category = "convolution"
    title = "Resize (bilinear)"
    in_palette = True
    Params = BilinearResizeParams
    inputs = (Port("data", doc="images (N, C, H, W)"), Port("like", doc="mode like: images of the size", optional=True))

    def ports(self, p: BilinearResizeParams) -> tuple[Port, ...]:
        return self.inputs if p.mode == "like" else self.inputs[:1]

    def _target(self, p: BilinearResizeParams, shapes: Iterable[Shape]) -> tuple[int, int]:
        data, *like = shapes
        sizes = _image(data)
        return _image(like[0], "like") if like else _resized(p, sizes)

    def infer_shape(self, p: BilinearResizeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        known = [s for s in shapes if s is not None]
        if len(known) < len(shapes):
            return shapes, [None]
        return shapes, [(*known[0][:2], *self._target(p, known))]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0]]

    def _rule(self, p: BilinearResizeParams) -> Rule:
        return "corners" if p.align_corners else "centres"

    def forward(self, xp: Any, p: BilinearResizeParams, data: Any, *like: Any, out: Any = None) -> Any:
        height, width = self._target(p, (data.shape, *(a.shape for a in like)))
        rule = self._rule(p)
        return _apart(xp, data, matrix(data.shape[2], height, rule), matrix(data.shape[3], width, rule), out)

    def gradient(self, F: Any, p: BilinearResizeParams, at: Any, dy: Any) -> Any:
        h, w = at.inputs[0].shape[2:]
        into = F._resize_back(dy, height=h, width=w, rule=self._rule(p))
        return into if len(at.inputs) == 1 else (into, None)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(8 * outputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 1, 3, 4),), {"height": 5, "width": 6})
        yield Sample(((1, 2, 5, 4),), {"height": 1, "width": 3, "align_corners": False})
        yield Sample(((1, 2, 3, 4),), {"scale_height": 2.0, "scale_width": 0.5})
        yield Sample(((1, 2, 3, 4),), {"scale_height": 2.0, "scale_width": 1.5, "mode": "odd_scale"})
        modes: tuple[Mode, ...] = ("to_even_down", "to_even_up", "to_odd_down", "to_odd_up")
        for mode in modes:
            yield Sample(((1, 1, 3, 4),), {"mode": mode, "align_corners": False})
        yield Sample(((2, 1, 3, 4), (1, 3, 5, 2)), {"mode": "like"})
        yield Sample(((1, 2, 3, 4),), {"scale_height": 0.3, "scale_width": 0.5})


class AdaptiveAvgParams(OpParams):
    """What AdaptiveAvgPooling2D takes."""

    output_size: Sizes = Field((), description="height and width of the output; one number for both; empty: 1")


@register
class AdaptiveAvgPooling2D(Operator):
    """Averages over areas that cover the images evenly: (N, C, H, W) → (N, C, h, w).

    Row i is the mean of rows ⌊i·H/h⌋ … ⌈(i + 1)·H/h⌉ − 1, columns likewise.
    """

    name = "_contrib_AdaptiveAvgPooling2D"
    category = "pooling"
    title = "Adaptive average pooling"
    in_palette = True
    Params = AdaptiveAvgParams

    def _target(self, p: AdaptiveAvgParams) -> tuple[int, int]:
        if len(p.output_size) > 2:
            raise ParamError("at most two sizes", parameter="output_size", wanted="(height, width)", got=p.output_size)
        return (p.output_size[0], p.output_size[-1]) if p.output_size else (1, 1)

    def infer_shape(self, p: AdaptiveAvgParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None:
            _image(data)
        return shapes, [None if data is None else (*data[:2], *self._target(p))]

    def forward(self, xp: Any, p: AdaptiveAvgParams, data: Any, *, out: Any = None) -> Any:
        height, width = self._target(p)
        rows, columns = matrix(data.shape[2], height, "average"), matrix(data.shape[3], width, "average")
        return _apart(xp, data, rows, columns, out)

    def gradient(self, F: Any, p: AdaptiveAvgParams, at: Any, dy: Any) -> Any:
        h, w = at.inputs[0].shape[2:]
        return F._resize_back(dy, height=h, width=w, rule="average")

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return math.prod(inputs[0].shape)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 1, 5, 4),), {"output_size": (3, 2)})
        yield Sample(((1, 2, 5, 4),))
        yield Sample(((1, 2, 2, 3),), {"output_size": 3})
