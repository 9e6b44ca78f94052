"""Batch normalization in training, in parts: only its statistics need the whole batch.

Plans are made of these operators where ``BatchNorm`` itself would make all samples wait for each other more than once.
Each sample's moments are its own; the batch's follow from them (Chan, Golub and LeVeque 1979); all else is done sample
by sample again. Channels are the second axis throughout, numbers float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from .operator import At, Operator, Port, Shape, Shapes, TensorSpec
from .params import OpParams
from .registry import reserve


def _planes(xp: Any, data: Any) -> Any:
    return data.reshape(*data.shape[:2], math.prod(data.shape[2:]))


def _wide(vector: Any, data: Any) -> Any:
    """One number a channel, to be broadcast against the data."""
    return vector.reshape(-1, *(1,) * (data.ndim - 2))


@reserve
class BatchNormMoments(Operator):
    """Mean of each sample's channel, and the sum of its squared distances from that mean.

    Shapes: data (N, C, …) → two of (N, C).
    """

    name = "_batch_norm_moments"
    category = "normalization"
    outputs = ("mean", "squares")

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        pair = shapes[0][:2] if shapes[0] is not None else None
        return shapes, [pair, pair]

    def forward(self, xp: Any, p: Any, data: Any) -> Any:
        x = _planes(xp, data)
        mean = x.mean(axis=2)
        centred = x - mean[..., None]
        return mean, xp.square(centred, out=centred).sum(axis=2)

    def workspace(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return inputs[0].nbytes


class StatisticsParams(OpParams):
    """Parameters of _batch_norm_statistics."""

    eps: float = Field(1e-3, gt=0, description="added to the variance")
    momentum: float = Field(0.9, description="share of the moving statistics that stays")
    count: int = Field(1, ge=1, description="numbers of a sample's channel")


@reserve
class BatchNormStatistics(Operator):
    """Mean of each channel over the batch and 1/√(var + eps), from the samples' moments; moving statistics advance.

    var = (Σ_n squares_n + count · Σ_n (mean_n − mean)²) / (N · count). Shapes: means and squares (N, C), all else (C,).
    """

    name = "_batch_norm_statistics"
    category = "normalization"
    Params = StatisticsParams
    inputs = (
        Port("means", doc="of each sample's channel"),
        Port("squares", doc="sums of squared distances from them"),
        Port("moving_mean", "state", doc="mean seen in training"),
        Port("moving_var", "state", doc="variance seen in training"),
    )
    outputs = ("mean", "inverse")

    def infer_shape(self, p: StatisticsParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[2], shapes[2]]

    def forward(self, xp: Any, p: StatisticsParams, means: Any, squares: Any, moving_mean: Any, moving_var: Any) -> Any:
        mean = means.mean(axis=0)
        var = squares.mean(axis=0) / means.dtype.type(p.count) + xp.square(means - mean).mean(axis=0)
        keep, new = mean.dtype.type(p.momentum), mean.dtype.type(1 - p.momentum)
        inverse = 1 / xp.sqrt(var + var.dtype.type(p.eps))
        return mean, inverse, moving_mean * keep + mean * new, moving_var * keep + var * new


class ApplyParams(OpParams):
    """Parameters of the operators that normalise."""

    fix_gamma: bool = Field(True, description="take gamma as 1")
    relu: bool = Field(False, description="give max(y, 0) instead of y")
    residual: bool = Field(False, description="whether another tensor is added to y")


_KNOWN = (
    Port("data", doc="what is normalised"),
    Port("mean", doc="of each channel over the batch"),
    Port("inverse", doc="1/√(var + eps)"),
    Port("gamma", "weight", doc="deviation per channel"),
    Port("beta", "weight", doc="mean per channel"),
)


@reserve
class BatchNormApply(Operator):
    """y = gamma · (data − mean) · inverse + beta, with what is added beside it and ReLU where asked.

    Mean and inverse are those of the data itself: the gradient in the data takes that into account, and none goes to
    them. Shapes: data and beside (N, C, …), all else (C,).
    """

    name = "_batch_norm_apply"
    category = "normalization"
    Params = ApplyParams
    inputs = (*_KNOWN, Port("beside", doc="what is added", optional=True))
    shape_checked = False

    def ports(self, p: ApplyParams) -> tuple[Port, ...]:
        return self.inputs if p.residual else self.inputs[:5]

    def infer_shape(self, p: ApplyParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[0]]

    def forward(
        self,
        xp: Any,
        p: ApplyParams,
        data: Any,
        mean: Any,
        inverse: Any,
        gamma: Any,
        beta: Any,
        beside: Any = None,
        *,
        out: Any = None,
    ) -> Any:
        y = xp.subtract(data, _wide(mean, data), out=out)
        y *= _wide(inverse if p.fix_gamma else inverse * gamma, data)
        y += _wide(beta, data)
        if beside is not None:
            y += beside
        return xp.maximum(y, 0, out=y) if p.relu else y

    def gradient(
        self, F: Any, p: ApplyParams, at: At, dy: Any, y: Any, data: Any, mean: Any, inverse: Any, gamma: Any, beta: Any
    ) -> Any:
        how = {"fix_gamma": p.fix_gamma, "relu": p.relu}
        if p.residual and p.relu:  # what is added has that gradient too, so it is there anyway
            dy, how["relu"] = dy * (y > 0.0), False
        known = (data, mean, inverse, gamma, beta)
        dbeta, slope = F._batch_norm_sums(dy, *known, **how)
        dx = F._batch_norm_data_grad(dy, *known, dbeta, slope, **how) if at.wanted[0] else None
        dgamma = F.zeros_like(gamma) if p.fix_gamma else F.broadcast_mul(slope, inverse)
        return dx, None, None, dgamma, dbeta, *((dy,) if p.residual else ())


def _kept(xp: Any, p: ApplyParams, dy: Any, data: Any, mean: Any, inverse: Any, gamma: Any, beta: Any) -> Any:
    """The gradient behind ReLU: that where the result was positive."""
    if not p.relu:
        return dy
    return dy * (BatchNormApply().forward(xp, p, data, mean, inverse, gamma, beta) > 0)


def _kept_bytes(p: ApplyParams, grad: TensorSpec) -> int:
    """Working memory of that: the result once more, whether it is positive, and the product."""
    return 2 * grad.nbytes + grad.size if p.relu else 0


@reserve
class BatchNormSums(Operator):
    """Per channel Σ dy and Σ dy · (data − mean), where ReLU let the result through. Shapes: (C,) both."""

    name = "_batch_norm_sums"
    category = "normalization"
    Params = ApplyParams
    inputs = (Port("grad", doc="gradient of the result"), *_KNOWN)
    outputs = ("dbeta", "slope")

    def infer_shape(self, p: ApplyParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[2], shapes[2]]

    def forward(self, xp: Any, p: ApplyParams, grad: Any, *known: Any) -> Any:
        data, mean = known[:2]
        dy = _kept(xp, p, grad, *known)
        others = (0, *range(2, data.ndim))
        centred = data - _wide(mean, data)
        centred *= dy
        return dy.sum(axis=others), centred.sum(axis=others)

    def workspace(self, p: ApplyParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return max(inputs[0].nbytes * (1 + p.relu), _kept_bytes(p, inputs[0]))


@reserve
class BatchNormDataGrad(Operator):
    """dx = gamma · inverse · (dy − dbeta / m − (data − mean) · inverse² · slope / m), m numbers a channel.

    Shapes: grad and data (N, C, …), all else (C,). Source: Ioffe and Szegedy 2015.
    """

    name = "_batch_norm_data_grad"
    category = "normalization"
    Params = ApplyParams
    inputs = (
        Port("grad", doc="gradient of the result"),
        *_KNOWN,
        Port("dbeta", doc="Σ dy"),
        Port("slope", doc="Σ dy · (data − mean)"),
    )

    def infer_shape(self, p: ApplyParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: ApplyParams, grad: Any, *known: Any, out: Any = None) -> Any:
        data, mean, inverse, gamma, _, dbeta, slope = known
        dy = _kept(xp, p, grad, *known[:5])
        share = data.dtype.type(1 / counted(data.shape))
        dx = xp.subtract(data, _wide(mean, data), out=out)
        dx *= _wide(-xp.square(inverse) * slope * share, data)
        dx += dy
        dx -= _wide(dbeta * share, data)
        dx *= _wide(inverse if p.fix_gamma else inverse * gamma, data)
        return dx

    def workspace(self, p: ApplyParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return _kept_bytes(p, inputs[0])


def counted(shape: Shape) -> int:
    """Numbers of a channel in the whole batch."""
    return math.prod(shape) // shape[1]
