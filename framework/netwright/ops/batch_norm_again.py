"""Batch normalization once more, by statistics that are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from .batch_norm import Channels, centre, scale_and_shift
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes, TensorSpec
from .params import OpParams
from .registry import get, register


class BatchNormAgainParams(OpParams):
    """Parameters of _batch_norm_again."""

    axis: int = Field(1, description="the channels' axis")
    fix_gamma: bool = Field(True, description="take gamma as 1")


@register
class BatchNormAgain(Operator):
    """Normalises by given statistics: y = (x − mean) · inverse · gamma + beta, with BatchNorm's own roundings.

    What ``BatchNorm`` gave is had a second time from its hidden outputs, without touching moving statistics.
    Shapes: data any with channels C on ``axis``; gamma, beta, mean, inverse (C,), float32 for float16 data.
    """

    name = "_batch_norm_again"
    category = "normalization"
    inplace = (0,)
    Params = BatchNormAgainParams
    inputs = (
        Port("data", doc="batch and channels, any further axes"),
        Port("gamma", doc="deviation per channel"),
        Port("beta", doc="mean per channel"),
        Port("mean", doc="what is subtracted"),
        Port("inverse", doc="what is multiplied by: 1/√(var + eps)"),
    )

    def infer_shape(self, p: BatchNormAgainParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[0]]

    def infer_dtype(self, p: BatchNormAgainParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        found, _ = get("BatchNorm").infer_dtype(p, dtypes)
        return found, [found[0]]

    def forward(
        self,
        xp: Any,
        p: BatchNormAgainParams,
        data: Any,
        gamma: Any,
        beta: Any,
        mean: Any,
        inverse: Any,
        *,
        out: Any = None,
    ) -> Any:
        along = Channels(data.shape, p.axis)
        y = xp.empty(data.shape, data.dtype) if out is None else out
        centred = centre(xp, data, mean, along, y)
        scale_and_shift(xp, centred, inverse if p.fix_gamma else inverse * gamma, beta, along, y)
        return y

    def gradient(self, F: Any, p: BatchNormAgainParams, at: At, dy: Any, xs: Any) -> Any:
        data, gamma, _, mean, inverse = xs
        along = Channels(at.inputs[0].shape, p.axis)
        work, narrow = at.inputs[1].dtype.name, at.inputs[0].dtype.name

        def wide(v: Any) -> Any:
            return F._reshape_to(v, shape=along.along)

        def total(v: Any) -> Any:
            return F._sum_to(v, shape=(along.size,), axis=along.others)

        d = dy if narrow == work else F.Cast(dy, dtype=work)
        x = data if narrow == work else F.Cast(data, dtype=work)
        slope = total(d * (x - wide(mean)))  # Σ dy (x − mean)
        scale = inverse if p.fix_gamma else inverse * gamma
        dx, dbeta = d * wide(scale), total(d)
        dgamma = F.zeros_like(gamma) if p.fix_gamma else slope * inverse
        dinverse = slope if p.fix_gamma else slope * gamma
        return dx if narrow == work else F.Cast(dx, dtype=narrow), dgamma, dbeta, -dbeta * scale, dinverse

    def workspace(self, p: BatchNormAgainParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 0 if inputs[0].dtype == inputs[3].dtype else inputs[0].size * inputs[3].dtype.itemsize

    def flops(self, p: BatchNormAgainParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 3 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        for shape, axis in (((4, 3), 1), ((2, 3, 4, 3), 1), ((2, 4, 3), -1), ((0, 3), 1)):
            channels = shape[axis]
            small = [Draw((channels,), "uniform", 0.5, 1.5)] * 4
            for fix_gamma in (True, False):
                yield Sample((shape, *small), {"axis": axis, "fix_gamma": fix_gamma})
