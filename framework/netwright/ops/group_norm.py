"""Normalisation within one sample: LayerNorm, InstanceNorm, GroupNorm."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator, deliver
from .operator import FLOAT32, At, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, same


class Extent(NamedTuple):
    """How data is seen for normalising: with which shape, over which axes, and where gamma and beta lie."""

    view: Shape
    axes: tuple[int, ...]
    stats: Shape
    """Shape of the mean and deviation that are put out."""
    gamma: Shape
    """Shape of gamma and beta against the view: 1 where they repeat."""

    @property
    def wide(self) -> Shape:
        """Shape of the statistics against the view."""
        return tuple(1 if i in self.axes else n for i, n in enumerate(self.view))

    @property
    def size(self) -> int:
        """Elements behind one mean."""
        return math.prod(self.view[i] for i in self.axes)

    @property
    def repeated(self) -> tuple[int, ...]:
        """Axes of the view along which gamma and beta repeat."""
        return tuple(i for i, n in enumerate(self.gamma) if n == 1 and self.view[i] != 1)


class _Normalization(Operator):
    """Base: y = gamma · (x − mean) / √(var + eps) + beta with statistics of each sample's own."""

    category = "normalization"
    in_palette = True
    inputs = (
        Port("data", doc="batch first"),
        Port("gamma", "weight", doc="deviation"),
        Port("beta", "weight", doc="mean"),
    )
    outputs = ("output", "mean", "std")
    inplace = (0,)

    def extent(self, p: Any, data: Shape, gamma: Shape | None) -> Extent:
        """How to see data of this shape; raises where it cannot be seen so."""
        raise NotImplementedError

    def weight_shape(self, p: Any, data: Shape, given: Shape | None) -> Shape:
        """The shape of gamma and beta."""
        raise NotImplementedError

    def visible_outputs(self, p: Any) -> int:
        return 3 if getattr(p, "output_mean_var", False) else 1

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None, None]
        wanted = self.weight_shape(p, data, shapes[1] or shapes[2])
        for port, shape in zip(self.inputs[1:], shapes[1:], strict=True):
            if shape not in (None, wanted):
                raise ShapeError(f"{port.name} does not fit data {data}", port=port.name, wanted=wanted, got=shape)
        stats = self.extent(p, data, wanted).stats
        return [data, wanted, wanted], [data, stats, stats]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        known = super().infer_dtype(p, dtypes)[0][0] or FLOAT32
        work = np.dtype(accumulator(known))
        return [known] * 3, [known, work, work]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        data = inputs[0]
        extent = self.extent(p, data, self.weight_shape(p, data, None))
        mixed = extent.axes if extent.view == data else range(1, len(data))
        return [same(data, mixed), None, None] if number == 0 else None

    def forward(self, xp: Any, p: Any, data: Any, gamma: Any, beta: Any, *, out: Any = None) -> Any:
        extent = self.extent(p, data.shape, gamma.shape)
        work = accumulator(data.dtype)
        x = data.reshape(extent.view)
        y_out, mean_out, std_out = (None, None, None) if out is None else out
        mean = xp.mean(x, axis=extent.axes, dtype=work, keepdims=True)
        direct = y_out is not None and y_out.dtype == work and y_out.flags.c_contiguous
        place = y_out.reshape(extent.view) if y_out is not None and direct else None
        y = xp.subtract(x, mean, dtype=work, out=place)
        std = xp.sqrt(xp.mean(xp.square(y), axis=extent.axes, keepdims=True) + work.type(p.eps))
        y /= std
        y *= gamma.reshape(extent.gamma)
        y += beta.reshape(extent.gamma)
        if place is None:
            y_out = deliver(xp, y.reshape(data.shape).astype(data.dtype, copy=False), y_out)
        return (
            y_out,
            deliver(xp, mean.reshape(extent.stats), mean_out),
            deliver(xp, std.reshape(extent.stats), std_out),
        )

    def workspace(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        wide = inputs[0].size * outputs[1].dtype.itemsize
        return wide if inputs[0].dtype == outputs[1].dtype else 2 * wide  # squares, and what has no place in the result

    def gradient(self, F: Any, p: Any, at: At, dys: Any, ys: Any, data: Any, gamma: Any) -> Any:
        shape, weights = at.inputs[0].shape, at.inputs[1].shape
        extent = self.extent(p, shape, weights)
        narrow, work = at.inputs[0].dtype.name, at.outputs[1].dtype.name

        def seen(v: Any, as_shape: Shape, of_shape: Shape, cast: bool = True) -> Any:
            wide = F.Cast(v, dtype=work) if cast and narrow != work else v
            return wide if as_shape == of_shape else F._reshape_to(wide, shape=as_shape)

        def mean_of(v: Any) -> Any:
            return F._sum_to(v, shape=extent.wide, axis=extent.axes) * (1.0 / extent.size)

        def narrowed(v: Any) -> Any:
            return v if narrow == work else F.Cast(v, dtype=narrow)

        dy, x = seen(dys[0], extent.view, shape), seen(data, extent.view, shape)
        dmean, dstd, mean, std = (seen(v, extent.wide, extent.stats, False) for v in (*dys[1:], *ys[1:]))
        unit = (x - mean) / std
        g = dy * seen(gamma, extent.gamma, weights)
        share = 1.0 / extent.size
        dx = (g - mean_of(g) - unit * mean_of(g * unit)) / std + unit * (dstd * share) + dmean * share
        dgamma = narrowed(F._sum_to(dy * unit, shape=weights, axis=extent.repeated))
        dbeta = narrowed(F._sum_to(dy, shape=weights, axis=extent.repeated))
        return narrowed(dx if extent.view == shape else F._reshape_to(dx, shape=shape)), dgamma, dbeta

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 8 * inputs[0].size


class LayerNormParams(OpParams):
    """Parameters of LayerNorm."""

    axis: int = Field(-1, description="the axis to normalise along")
    eps: float = Field(1e-5, gt=0, description="added to the variance, so that nothing is divided by 0")
    output_mean_var: bool = Field(False, description="also output the mean and the standard deviation")


@register
class LayerNorm(_Normalization):
    """Normalises along one axis: y = gamma · (x − mean) / √(var + eps) + beta.

    Shapes: data any; gamma and beta (size of ``axis``,); mean and std as data with 1 on ``axis``.
    Source: Ba, Kiros and Hinton 2016.
    """

    name = "LayerNorm"
    title = "Layer normalization"
    Params = LayerNormParams

    def extent(self, p: LayerNormParams, data: Shape, gamma: Shape | None) -> Extent:
        axis = normalize_axis(p.axis, len(data))
        stats = tuple(1 if i == axis else n for i, n in enumerate(data))
        along = tuple(n if i == axis else 1 for i, n in enumerate(data))
        return Extent(data, (axis,), stats, along)

    def weight_shape(self, p: LayerNormParams, data: Shape, given: Shape | None) -> Shape:
        return (data[normalize_axis(p.axis, len(data))],)

    def gradient(self, F: Any, p: LayerNormParams, at: At, dys: Any, ys: Any, data: Any, gamma: Any) -> Any:
        if any(at.arrived[1:]) or at.inputs[0].dtype != at.outputs[1].dtype:
            return super().gradient(F, p, at, dys, ys, data, gamma)
        return F._layer_norm_grad(dys[0], data, gamma, ys[1], ys[2], axis=p.axis)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 5), (5,), (5,)))
        yield Sample(((2, 3, 4), (4,), (4,)), {"output_mean_var": True})
        yield Sample(((2, 3, 4), (3,), (3,)), {"axis": 1, "eps": 1e-2})
        yield Sample(((2, 3, 2, 4), (3,), (3,)), {"axis": -3})
        yield Sample(((5,), (5,), (5,)))
        yield Sample(((0, 4), (4,), (4,)))
        yield Sample(((3, 5), (5,), (5,)), differentiable=False, dtypes=("float16",))


class InstanceNormParams(OpParams):
    """Parameters of InstanceNorm."""

    eps: float = Field(1e-3, gt=0, description="added to the variance, so that nothing is divided by 0")


@register
class InstanceNorm(_Normalization):
    """Normalises each channel of each sample: y = gamma · (x − mean) / √(var + eps) + beta.

    Shapes: data (N, C, *space) with at least one spatial axis; gamma and beta (C,).
    Source: Ulyanov, Vedaldi and Lempitsky 2016.
    """

    name = "InstanceNorm"
    title = "Instance normalization"
    Params = InstanceNormParams

    def extent(self, p: InstanceNormParams, data: Shape, gamma: Shape | None) -> Extent:
        if len(data) < 3:
            raise ShapeError("the data needs spatial axes", port="data", wanted="(N, C, *space)", got=data)
        return Extent(data, tuple(range(2, len(data))), data[:2], (1, data[1], *(1,) * (len(data) - 2)))

    def weight_shape(self, p: InstanceNormParams, data: Shape, given: Shape | None) -> Shape:
        self.extent(p, data, given)
        return (data[1],)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4), (3,), (3,)))
        yield Sample(((2, 3, 4, 2), (3,), (3,)), {"eps": 1e-2})
        yield Sample(((1, 2, 2, 3, 2), (2,), (2,)))


class GroupNormParams(OpParams):
    """Parameters of GroupNorm."""

    num_groups: Size = Field(1, description="groups of channels; each is normalised as a whole")
    eps: float = Field(1e-5, gt=0, description="added to the variance, so that nothing is divided by 0")
    output_mean_var: bool = Field(False, description="also output the mean and the standard deviation")


@register
class GroupNorm(_Normalization):
    """Normalises groups of channels of each sample: y = gamma · (x − mean) / √(var + eps) + beta.

    Shapes: data (N, C, …); gamma and beta (num_groups,) as in MXNet 1.x, or (C,) where given so; mean and std
    (N, num_groups). Errors: ParamError where C does not divide into ``num_groups``. Source: Wu and He 2018.
    """

    name = "GroupNorm"
    title = "Group normalization"
    Params = GroupNormParams

    def extent(self, p: GroupNormParams, data: Shape, gamma: Shape | None) -> Extent:
        groups = p.num_groups
        per_group = data[1] // groups
        view = (data[0], groups, per_group, *data[2:])
        # one gamma per group unless there is one per channel
        inner = 1 if gamma in (None, (groups,)) else per_group
        return Extent(view, tuple(range(2, len(view))), (data[0], groups), (1, groups, inner, *(1,) * (len(data) - 2)))

    def weight_shape(self, p: GroupNormParams, data: Shape, given: Shape | None) -> Shape:
        if len(data) < 2:
            raise ShapeError("the data needs channels", port="data", wanted="(N, C, …)", got=data)
        if data[1] % p.num_groups:
            raise ParamError(
                f"{data[1]} channels do not divide into {p.num_groups} groups",
                parameter="num_groups",
                wanted=f"a divisor of {data[1]}",
                got=p.num_groups,
            )
        return (data[1],) if given == (data[1],) else (p.num_groups,)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 6, 4), (2,), (2,)), {"num_groups": 2})
        yield Sample(((2, 4, 3, 2), (1,), (1,)), {"output_mean_var": True})
        yield Sample(((3, 6), (3,), (3,)), {"num_groups": 3, "eps": 1e-2})
