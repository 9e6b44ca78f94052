"""Normalisation by the length of a vector of neighbours: L2Normalization and LRN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator, deliver
from .operator import At, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import register
from .sight import Looks, along, same


class L2NormalizationParams(OpParams):
    """Parameters of L2Normalization."""

    eps: float = Field(1e-10, ge=0, description="added to the sum of squares, so that nothing is divided by 0")
    mode: Literal["instance", "channel", "spatial"] = Field(
        "instance", description="length over a whole sample, over its channels, or over its spatial axes"
    )


@register
class L2Normalization(Operator):
    """Divides by the Euclidean length: y = x / √(Σ x² + eps).

    The sum goes over all axes but the first (instance), the second axis (channel), or all from the third on (spatial).
    Shapes: data (N, …), for channel and spatial (N, C, …); the output has data's.
    """

    name = "L2Normalization"
    temporaries = 1
    category = "normalization"
    title = "L2 normalization"
    in_palette = True
    Params = L2NormalizationParams
    outputs = ("output", "norm")

    @staticmethod
    def _axes(p: L2NormalizationParams, shape: Shape) -> tuple[int, ...]:
        least = {"instance": 1, "channel": 2, "spatial": 3}[p.mode]
        if len(shape) < least:
            raise ShapeError(f"mode {p.mode} needs {least} axes or more", port="data", got=shape)
        if p.mode == "channel":
            return (1,)
        return tuple(range(1 if p.mode == "instance" else 2, len(shape)))

    def visible_outputs(self, p: L2NormalizationParams) -> int:
        return 1

    def infer_shape(self, p: L2NormalizationParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None]
        axes = self._axes(p, data)
        return shapes, [data, tuple(1 if i in axes else n for i, n in enumerate(data))]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0], self._axes(p, inputs[0]))]

    def forward(self, xp: Any, p: L2NormalizationParams, data: Any, *, out: Any = None) -> Any:
        work = accumulator(data.dtype)
        y, norm_out = (None, None) if out is None else out
        axes = self._axes(p, data.shape)
        length = xp.sqrt(xp.sum(xp.square(data.astype(work, copy=False)), axis=axes, keepdims=True) + work.type(p.eps))
        norm = deliver(xp, length.astype(data.dtype, copy=False), norm_out)
        return xp.divide(data, norm, out=y), norm

    def gradient(self, F: Any, p: L2NormalizationParams, at: At, dys: Any, ys: Any) -> Any:
        y, norm = ys
        axes = self._axes(p, at.inputs[0].shape)
        along = F._sum_to(dys[0] * y, shape=at.outputs[1].shape, axis=axes)
        return (dys[0] - y * along) / norm + y * dys[1]

    def flops(self, p: L2NormalizationParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 3 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        shapes: tuple[Shape, ...] = ((2, 3, 4), (2, 3, 2, 2), (0, 3, 2))
        for shape in shapes:
            for mode in ("instance", "channel", "spatial"):
                yield Sample((shape,), {"mode": mode})
        yield Sample(((3, 4),), {"eps": 1e-3})
        yield Sample(((3, 4),), differentiable=False, dtypes=("float16",))


class LRNParams(OpParams):
    """Parameters of LRN."""

    alpha: float = Field(1e-4, description="weight of the neighbours' squares")
    beta: float = Field(0.75, description="exponent")
    knorm: float = Field(2.0, description="what is added to the neighbours")
    nsize: Size = Field(description="number of neighbouring channels, an odd number")


@register
class LRN(Operator):
    """Local response normalization across channels: y = x · (knorm + alpha/nsize · Σ x²)^(−beta).

    The sum goes over the ``nsize`` channels around each. Shapes: data (N, C, …); the output has data's.
    Source: Krizhevsky, Sutskever and Hinton 2012.
    """

    name = "LRN"
    category = "normalization"
    title = "Local response normalization"
    in_palette = True
    Params = LRNParams
    outputs = ("output", "norm")

    def visible_outputs(self, p: LRNParams) -> int:
        return 1

    def infer_shape(self, p: LRNParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None and len(data) < 2:
            raise ShapeError("the data needs channels", port="data", wanted="(N, C, …)", got=data)
        return shapes, [data, data]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        half = p.nsize // 2
        return [tuple(along(axis, 1, -half, half) if axis == 1 else along(axis) for axis in range(len(inputs[0])))]

    def forward(self, xp: Any, p: LRNParams, data: Any, *, out: Any = None) -> Any:
        kind = data.dtype.type
        y, norm_out = (None, None) if out is None else out
        norm = window_sum(xp, xp.square(data), p.nsize, norm_out)
        norm *= kind(p.alpha / p.nsize)
        norm += kind(p.knorm)
        return xp.multiply(data, norm ** kind(-p.beta), out=y), norm

    def gradient(self, F: Any, p: LRNParams, at: At, dys: Any, ys: Any, data: Any) -> Any:
        norm, dy = ys[1], dys[0]
        lowered = norm**-p.beta
        dnorm = dys[1] - dy * data * (lowered / norm) * p.beta
        return dy * lowered + data * F._window_sum(dnorm, size=p.nsize) * (2.0 * p.alpha / p.nsize)

    def flops(self, p: LRNParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return (p.nsize + 8) * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 5, 3, 2),), {"nsize": 3, "alpha": 0.3})
        yield Sample(((2, 6, 4),), {"nsize": 5, "alpha": 0.5, "beta": 0.5, "knorm": 1.0})
        yield Sample(((3, 2),), {"nsize": 5, "alpha": 0.1})
        yield Sample(((0, 3, 2, 2),), {"nsize": 3})


class WindowSumParams(OpParams):
    """Parameters of the helper operator."""

    size: Size = Field(description="number of neighbouring channels")


@register
class WindowSum(Operator):
    """Sum over the channels around each one: y[:, c] = Σ x[:, c − h … c + h], h = ⌊(size − 1)/2⌋. Its own transpose."""

    name = "_window_sum"
    category = "reduce"
    Params = WindowSumParams
    inputs = (Port("data", doc="batch, channels, …"),)

    def forward(self, xp: Any, p: WindowSumParams, data: Any, *, out: Any = None) -> Any:
        return window_sum(xp, data, p.size, out)

    def gradient(self, F: Any, p: WindowSumParams, at: At, dy: Any) -> Any:
        return F._window_sum(dy, size=p.size)

    def flops(self, p: WindowSumParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return p.size * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 5, 3),), {"size": 3})
        yield Sample(((2, 4),), {"size": 4})
        yield Sample(((1, 2, 2, 2),), {"size": 7})


def window_sum(xp: Any, data: Any, size: int, out: Any) -> Any:
    """Sum over neighbouring channels; a new array, or ``out``."""
    y = xp.empty(data.shape, data.dtype) if out is None else out
    xp.copyto(y, data)
    for shift in range(1, min((size - 1) // 2, data.shape[1] - 1) + 1):
        y[:, shift:] += data[:, :-shift]
        y[:, :-shift] += data[:, shift:]
    return y
