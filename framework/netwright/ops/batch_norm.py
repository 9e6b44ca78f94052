"""Batch normalization."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import DTypeError, ShapeError
from .arrays import accumulator
from .operator import FLOAT32, Again, At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, hint
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, same

BLOCK_BYTES = 4 << 20
"""Working memory for squares."""


class BatchNormParams(OpParams):
    """Parameters of BatchNorm."""

    eps: float = Field(1e-3, gt=0, description="added to the variance, so that nothing is divided by 0")
    momentum: float = Field(0.9, ge=0, le=1, description="share of the moving statistics that stays at each step")
    fix_gamma: bool = Field(True, description="take gamma as 1 and do not train it")
    use_global_stats: bool = Field(False, description="use the moving statistics in training too")
    output_mean_var: bool = Field(False, description="also output the mean and the inverse standard deviation")
    axis: int = Field(1, description="the channels' axis")
    cudnn_off: bool = hint(False)
    min_calib_range: float | None = hint(None)
    max_calib_range: float | None = hint(None)


class Channels:
    """One axis of an array, and all the others."""

    def __init__(self, shape: Shape, axis: int) -> None:
        self.axis = normalize_axis(axis, len(shape))
        self.size = shape[self.axis]
        self.others = tuple(i for i in range(len(shape)) if i != self.axis)
        self.along = tuple(n if i == self.axis else 1 for i, n in enumerate(shape))
        self.count = math.prod(shape[i] for i in self.others)


@register
class BatchNorm(Operator):
    """Gives each channel mean beta and deviation gamma, over the batch in training, by moving statistics otherwise.

    y = gamma · (x − mean) / √(var + eps) + beta. In training (without ``use_global_stats``) mean and biased variance
    are the batch's, and moving = moving · momentum + batch · (1 − momentum) for both.
    Shapes: data any with channels C on ``axis``; gamma, beta, moving_mean, moving_var (C,). For float16 data these four
    are float32. ``fix_gamma`` takes gamma for 1 and leaves it as it is, where MXNet writes 1 into it; moving statistics
    advance in forward, in MXNet in backward. With ``output_mean_var`` also the mean and 1/√(var + eps), both (C,),
    through which no gradient flows.
    Source: Ioffe and Szegedy 2015.
    """

    name = "BatchNorm"
    aliases = ("BatchNorm_v1",)
    category = "normalization"
    title = "Batch normalization"
    in_palette = True
    Params = BatchNormParams
    inputs = (
        Port("data", doc="batch and channels, any further axes"),
        Port("gamma", "weight", doc="deviation per channel"),
        Port("beta", "weight", doc="mean per channel"),
        Port("moving_mean", "state", doc="mean seen in training"),
        Port("moving_var", "state", doc="variance seen in training"),
    )
    outputs = ("output", "mean", "var")
    inplace = (0,)

    def visible_outputs(self, p: BatchNormParams) -> int:
        return 3 if p.output_mean_var else 1

    def infer_shape(self, p: BatchNormParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None, None]
        wanted = (data[normalize_axis(p.axis, len(data))],)
        for port, shape in zip(self.inputs[1:], shapes[1:], strict=True):
            if shape not in (None, wanted):
                raise ShapeError(
                    f"{port.name} has one number per channel",
                    port=port.name,
                    wanted=wanted,
                    got=shape,
                    remedy=f"Axis {p.axis} of data {data} holds the channels; set axis where they lie elsewhere",
                )
        return [data, *[wanted] * 4], [data, wanted, wanted]

    def infer_dtype(self, p: BatchNormParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        data = dtypes[0] or FLOAT32
        single = np.dtype(accumulator(data))
        for port, dtype in zip(self.inputs[1:], dtypes[1:], strict=True):
            if dtype not in (None, single):
                raise DTypeError(
                    f"{port.name} has the dtype that {data.name} data are summed in",
                    port=port.name,
                    wanted=single,
                    got=dtype,
                    remedy="Use astype()",
                )
        return [data, *[single] * 4], [data, single, single]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0]), *(None for _ in inputs[1:])]

    def forward(
        self,
        xp: Any,
        p: BatchNormParams,
        data: Any,
        gamma: Any,
        beta: Any,
        moving_mean: Any,
        moving_var: Any,
        *,
        train: bool,
        out: Any = None,
    ) -> Any:
        along = Channels(data.shape, p.axis)
        y, mean_out, inverse_out = (None, None, None) if out is None else out
        if y is None:
            y = xp.empty(data.shape, data.dtype)
        of_batch = train and not p.use_global_stats and along.count > 0
        mean = xp.mean(data, axis=along.others, dtype=accumulator(data.dtype)) if of_batch else moving_mean
        centred = centre(xp, data, mean, along, y)
        var = _variance(xp, centred, along) if of_batch else moving_var
        inverse = 1 / xp.sqrt(var + var.dtype.type(p.eps))
        scale_and_shift(xp, centred, inverse if p.fix_gamma else inverse * gamma, beta, along, y)
        results = (y, _stored(mean, mean_out), _stored(inverse, inverse_out))
        if not of_batch:
            return results
        keep = mean.dtype.type(p.momentum)
        new = mean.dtype.type(1 - p.momentum)
        return (*results, moving_mean * keep + mean * new, moving_var * keep + var * new)

    def again(self, p: BatchNormParams) -> Again:
        return Again("_batch_norm_again", {"axis": p.axis, "fix_gamma": p.fix_gamma}, inputs=(0, 1, 2), outputs=(1, 2))

    def workspace(self, p: BatchNormParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        data, work = inputs[0], outputs[1].dtype
        centred = 0 if data.dtype == work else data.size * work.itemsize  # else they lie in the result
        return centred + min(data.size * work.itemsize, BLOCK_BYTES)

    def gradient(self, F: Any, p: BatchNormParams, at: At, dys: Any, ys: Any, data: Any, gamma: Any) -> Any:
        shape = at.inputs[0].shape
        along = Channels(shape, p.axis)
        work = at.inputs[1].dtype.name
        narrow = at.inputs[0].dtype.name
        dy = dys[0] if narrow == work else F.Cast(dys[0], dtype=work)
        x = data if narrow == work else F.Cast(data, dtype=work)
        _, mean, inverse = ys

        def wide(v: Any) -> Any:
            return F._reshape_to(v, shape=along.along)

        def total(v: Any) -> Any:
            return F._sum_to(v, shape=(along.size,), axis=along.others)

        centred = x - wide(mean)
        dbeta = total(dy)
        slope = total(dy * centred)  # Σ dy (x − mean)
        scale = inverse if p.fix_gamma else inverse * gamma
        dx = dy * wide(scale)
        if at.train and not p.use_global_stats and along.count:
            # the mean's and the deviation's own dependence on x: one line in x per channel
            share = 1.0 / along.count
            bend, shift = scale * F.square(inverse) * slope, scale * dbeta
            if not p.output_mean_var:  # the gradients of hidden outputs are what second order adds
                bend, shift = bend + dys[2] * inverse * F.square(inverse), shift - dys[1]
            dx = dx - centred * wide(bend * share) - wide(shift * share)
        dgamma = F.zeros_like(gamma) if p.fix_gamma else slope * inverse
        return dx if narrow == work else F.Cast(dx, dtype=narrow), dgamma, dbeta, None, None

    def flops(self, p: BatchNormParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 7 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        cases: tuple[tuple[Shape, int], ...] = (((4, 3), 1), ((3, 2, 5), 1), ((2, 3, 4, 3), 1), ((2, 4, 3), -1))
        for shape, axis in cases:
            small = [Draw((shape[axis],), "uniform", 0.5, 1.5)] * 4
            for params in (
                {"fix_gamma": False},
                {"eps": 1e-2, "momentum": 0.5},
                {"fix_gamma": False, "use_global_stats": True},
            ):
                yield Sample((shape, *small), {"axis": axis, **params})
            yield Sample((shape, *small), {"axis": axis, "fix_gamma": False}, train=False)
        small = [Draw((3,), "uniform", 0.5, 1.5)] * 4
        # the two statistics are shown but pass no gradient on, as MXNet says
        yield Sample(((4, 3, 2), *small), {"fix_gamma": False, "output_mean_var": True}, differentiable=False)
        yield Sample(((0, 3, 2), *small), {"fix_gamma": False})


def centre(xp: Any, data: Any, mean: Any, along: Channels, y: Any) -> Any:
    """data − mean per channel, in the mean's dtype; in y where that has it."""
    return xp.subtract(data, mean.reshape(along.along), out=y if y.dtype == mean.dtype else None)


def _variance(xp: Any, centred: Any, along: Channels) -> Any:
    """Mean square per channel, by blocks of the first axis: their squares stay in cache and take little memory."""
    if along.axis == 0 or centred.nbytes <= BLOCK_BYTES:
        return xp.mean(xp.square(centred), axis=along.others)
    rows = max(1, BLOCK_BYTES * len(centred) // centred.nbytes)
    total = 0
    for start in range(0, len(centred), rows):
        total = total + xp.sum(xp.square(centred[start : start + rows]), axis=along.others)
    return total / centred.dtype.type(along.count)


def scale_and_shift(xp: Any, centred: Any, scale: Any, beta: Any, along: Channels, y: Any) -> None:
    """Write scale · centred + beta into y; ``centred`` is overwritten."""
    centred *= scale.reshape(along.along)
    xp.add(centred, beta.reshape(along.along), out=y)


def _stored(value: Any, out: Any) -> Any:
    if out is None:
        return value.copy()
    out[...] = value
    return out
