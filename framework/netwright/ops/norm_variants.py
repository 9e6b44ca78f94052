"""Batch normalization's companions: across devices, with a rectifier, and a penalty on busy units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ShapeError
from .batch_norm import BatchNorm, BatchNormParams
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, hint
from .registry import get, register


class _AsBatchNorm(Operator):
    """Base of what computes with BatchNorm: ports, states and outputs are the same."""

    category = "normalization"
    inputs = BatchNorm.inputs
    outputs = BatchNorm.outputs

    def inner(self, p: Any) -> BatchNormParams:
        """The parameters that BatchNorm takes."""
        return BatchNormParams(**{k: v for k, v in p.given().items() if k in BatchNormParams.model_fields})

    def visible_outputs(self, p: Any) -> int:
        return 3 if p.output_mean_var else 1

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return get("BatchNorm").infer_shape(self.inner(p), shapes)

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return get("BatchNorm").infer_dtype(self.inner(p), dtypes)

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 8 * inputs[0].size


class SyncBatchNormParams(OpParams):
    """Parameters of SyncBatchNorm."""

    eps: float = Field(1e-3, gt=0, description="added to the variance, so that nothing is divided by 0")
    momentum: float = Field(0.9, ge=0, le=1, description="share of the moving statistics that stays at each step")
    fix_gamma: bool = Field(True, description="take gamma as 1 and do not train it")
    use_global_stats: bool = Field(False, description="use the moving statistics in training too")
    output_mean_var: bool = Field(False, description="also output the mean and the inverse standard deviation")
    ndev: int = hint(1)
    key: str = hint("")


@register
class SyncBatchNorm(_AsBatchNorm):
    """Batch normalization over the whole batch of one device: BatchNorm along axis 1 under MXNet's other name."""

    name = "_contrib_SyncBatchNorm"
    Params = SyncBatchNormParams

    def forward(self, xp: Any, p: SyncBatchNormParams, *arrays: Any, train: bool, out: Any = None) -> Any:
        return get("BatchNorm").forward(xp, self.inner(p), *arrays, train=train, out=out)

    def gradient(self, F: Any, p: SyncBatchNormParams, at: At, dys: Any, ys: Any, data: Any, gamma: Any) -> Any:
        return get("BatchNorm").gradient(F, self.inner(p), at, dys, ys, data, gamma)  # type: ignore[attr-defined]

    def samples(self) -> Iterable[Sample]:
        small = [Draw((3,), "uniform", 0.5, 1.5)] * 4
        yield Sample(((4, 3, 2), *small), {"fix_gamma": False, "key": "bn"})
        yield Sample(((4, 3), *small), {"eps": 1e-2}, train=False)


@register
class BatchNormWithReLU(_AsBatchNorm):
    """Batch normalization followed by a rectifier: y = max(BatchNorm(x), 0). Shapes and states: as BatchNorm's."""

    name = "_contrib_BatchNormWithReLU"
    Params = BatchNormParams

    def forward(self, xp: Any, p: BatchNormParams, *arrays: Any, train: bool, out: Any = None) -> Any:
        y, *rest = get("BatchNorm").forward(xp, p, *arrays, train=train, out=out)
        xp.maximum(y, y.dtype.type(0), out=y)
        return y, *rest

    def gradient(self, F: Any, p: BatchNormParams, at: At, dys: Any, ys: Any, data: Any, gamma: Any) -> Any:
        through = (dys[0] * (ys[0] > 0.0), *dys[1:])
        return get("BatchNorm").gradient(F, p, at, through, ys, data, gamma)  # type: ignore[attr-defined]

    def samples(self) -> Iterable[Sample]:
        small = [Draw((3,), "uniform", 0.5, 1.5)] * 4
        # a large beta on either side keeps outputs off the kink
        beta = Draw((3,), "distinct", -7.0, 7.5)
        yield Sample(((4, 3, 2), small[0], beta, *small[2:]), {"fix_gamma": False})
        yield Sample(((4, 3), small[0], beta, *small[2:]), {"fix_gamma": False}, train=False)


class KLSparseParams(OpParams):
    """Parameters of IdentityAttachKLSparseReg."""

    sparseness_target: float = Field(0.1, gt=0, lt=1, description="how active a unit should be on average")
    penalty: float = Field(0.001, description="weight of the penalty")
    momentum: float = Field(0.9, ge=0, lt=1, description="share of the moving mean that stays at each step")


@register
class IdentityAttachKLSparseReg(Operator):
    """A copy of activations in (0, 1) whose gradient also pushes each unit's mean activity towards a target.

    Adds penalty · (−t/ρ + (1 − t)/(1 − ρ)) to the gradient, t the target and ρ the moving mean of the unit, which
    training updates. Shapes: data (N, …), moving_avg (elements of a sample,).
    """

    name = "IdentityAttachKLSparseReg"
    category = "loss"
    Params = KLSparseParams
    inputs = (
        Port("data", doc="activations between 0 and 1, (N, …)"),
        Port("moving_avg", "state", doc="moving mean of each unit"),
    )
    outputs = ("output", "mean")

    def visible_outputs(self, p: KLSparseParams) -> int:
        return 1

    def infer_shape(self, p: KLSparseParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, moving = shapes
        if data is None:
            return shapes, [None, moving]
        units: Shape = (math.prod(data[1:]),)
        if moving not in (None, units):
            raise ShapeError("there is one mean per unit", port="moving_avg", wanted=units, got=moving)
        return [data, units], [data, units]

    def forward(self, xp: Any, p: KLSparseParams, data: Any, moving_avg: Any, *, train: bool, out: Any = None) -> Any:
        y, kept = (None, None) if out is None else out
        y = data.copy() if y is None else y
        y[...] = data
        mean = moving_avg
        if train and data.shape[0]:
            mean = moving_avg * p.momentum + data.mean(axis=0).reshape(-1) * (1 - p.momentum)
        kept = mean.copy() if kept is None else kept
        kept[...] = mean
        return (y, kept, mean) if train else (y, kept)

    def gradient(self, F: Any, p: KLSparseParams, at: At, dy: Any, ys: Any) -> Any:
        mean, target = ys[1], p.sparseness_target
        push = ((1.0 - target) / (1.0 - mean) - target / mean) * p.penalty
        return dy + F._reshape_to(push, shape=(1, *at.inputs[0].shape[1:])), None

    def samples(self) -> Iterable[Sample]:
        # the gradient is not that of the output: a penalty rides on it
        moving = Draw((6,), "uniform", 0.2, 0.6)
        params = {"sparseness_target": 0.2, "penalty": 0.3, "momentum": 0.6}
        for train in (True, False):
            data = Draw((4, 2, 3), "uniform", 0.1, 0.9)
            yield Sample((data, moving), params, train=train, differentiable=False)
