"""The gradient of LayerNorm as one operator, so that it can be computed in two walks over each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from .operator import At, Draw, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams
from .registry import register
from .shapes import normalize_axis


class LayerNormGradParams(OpParams):
    """Parameters of _layer_norm_grad."""

    axis: int = Field(-1, description="the axis that was normalised along")


@register
class LayerNormGrad(Operator):
    """Gradients of LayerNorm's data, gamma and beta.

    With u = (x − mean)/std, g = doutput · gamma and means over the axis: dx = (g − mean(g) − u · mean(g · u))/std,
    dgamma = Σ doutput · u, dbeta = Σ doutput. Shapes: doutput and data any, gamma (size of the axis,), mean and std as
    data with 1 on the axis. mean and std belong to data: what flows through them goes to data.
    """

    name = "_layer_norm_grad"
    category = "normalization"
    Params = LayerNormGradParams
    inputs = (
        Port("doutput", doc="gradient of the output"),
        Port("data", doc="any shape"),
        Port("gamma", doc="deviation"),
        Port("mean", doc="of the data"),
        Port("std", doc="of the data"),
    )
    outputs = ("data", "gamma", "beta")

    def infer_shape(self, p: LayerNormGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[1], shapes[2], shapes[2]]

    def infer_dtype(self, p: Any, dtypes: Any) -> Any:
        return dtypes, [dtypes[1]] * 3

    def forward(
        self,
        xp: Any,
        p: LayerNormGradParams,
        doutput: Any,
        data: Any,
        gamma: Any,
        mean: Any,
        std: Any,
        *,
        out: Any = None,
    ) -> Any:
        axis = normalize_axis(p.axis, data.ndim)
        others = tuple(i for i in range(data.ndim) if i != axis)
        unit = (data - mean) / std
        dgamma, dbeta = (doutput * unit).sum(axis=others), doutput.sum(axis=others)
        g = doutput * gamma.reshape(_along(axis, data.shape))
        dx = unit * (g * unit).mean(axis=axis, keepdims=True)
        dx += g.mean(axis=axis, keepdims=True)
        xp.subtract(g, dx, out=dx)
        dx /= std
        found = (dx, dgamma, dbeta)
        if out is None:
            return tuple(xp.ascontiguousarray(a) for a in found)
        for place, array in zip(out, found, strict=True):
            place[...] = array
        return out

    def gradient(
        self, F: Any, p: LayerNormGradParams, at: At, dys: Any, doutput: Any, data: Any, gamma: Any, mean: Any, std: Any
    ) -> Any:
        shape, weights, stats = (s.shape for s in at.inputs[1:4])
        axis = normalize_axis(p.axis, len(shape))
        others = tuple(i for i in range(len(shape)) if i != axis)
        share = 1.0 / max(1, shape[axis])

        def mean_of(v: Any) -> Any:
            return F._sum_to(v, shape=stats, axis=(axis,)) * share

        def wide(v: Any) -> Any:
            return F._reshape_to(v, shape=_along(axis, shape))

        def back(v: Any) -> Any:
            return (v - mean_of(v) - unit * mean_of(v * unit)) / std

        unit = (data - mean) / std
        g = doutput * wide(gamma)
        first = back(dys[0])
        d_unit = doutput * wide(dys[1]) - (dys[0] * mean_of(g * unit) + g * mean_of(dys[0] * unit)) / std
        d_dy = first * wide(gamma) + unit * wide(dys[1]) + wide(dys[2])
        d_data = back(d_unit) - unit * mean_of(dys[0] * back(g)) / std
        return d_dy, d_data, F._sum_to(doutput * first, shape=weights, axis=others), None, None

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 12 * inputs[0].size

    def workspace(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 3 * inputs[0].nbytes

    def samples(self) -> Iterable[Sample]:
        # differentiated only behind LayerNorm: mean and std cannot be moved by themselves
        for shape, axis in (((3, 5), -1), ((2, 3, 4), -1), ((2, 3, 4), 1), ((5,), 0), ((0, 4), 1)):
            stats = tuple(1 if i == axis % len(shape) else n for i, n in enumerate(shape))
            drawn = (shape, shape, (shape[axis],), stats, Draw(stats, "uniform", 0.5, 1.5))
            yield Sample(drawn, {"axis": axis}, differentiable=False)


def _along(axis: int, shape: Shape) -> Shape:
    """The shape of gamma against the data."""
    return tuple(n if i == axis else 1 for i, n in enumerate(shape))
