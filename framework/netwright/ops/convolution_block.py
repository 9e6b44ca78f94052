"""A convolution and what follows it as one operator, of which plans are made."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from .convolution import Convolution, ConvolutionParams
from .operator import At, Operator, Port, Shapes, TensorSpec
from .registry import get, reserve


class ConvolutionBlockParams(ConvolutionParams):
    """Convolution's parameters, and what is done with its result."""

    norm: bool = Field(False, description="normalise by known statistics")
    eps: float = Field(1e-3, gt=0, description="added to the variance")
    fix_gamma: bool = Field(True, description="take gamma as 1")
    residual: bool = Field(False, description="add another tensor")
    pool: bool = Field(False, description="give the maximum of every 2 × 2 places; a last line or column drops out")
    relu: bool = Field(False, description="give max(y, 0) instead of y")


@reserve
class ConvolutionBlock(Operator):
    """Convolution, normalisation by known statistics, addition of ``beside``, max pooling, ReLU: what is asked for.

    Channels are the second axis. Only ReLU alone is differentiated; there is no pooling behind an addition. Shapes: as
    Convolution; gamma, beta, mean and var (num_filter,), beside as the output.
    """

    name = "_convolution_block"
    category = "convolution"
    Params = ConvolutionBlockParams
    inputs = (
        *Convolution.inputs,
        Port("gamma", "weight", doc="deviation per filter", optional=True),
        Port("beta", "weight", doc="mean per filter", optional=True),
        Port("mean", "weight", doc="known mean per filter", optional=True),
        Port("var", "weight", doc="known variance per filter", optional=True),
        Port("beside", doc="what is added", optional=True),
    )

    def ports(self, p: ConvolutionBlockParams) -> tuple[Port, ...]:
        chosen = [*self.inputs[: 2 if p.no_bias else 3]]
        chosen += self.inputs[3:7] if p.norm else ()
        return (*chosen, *(self.inputs[7:] if p.residual else ()))

    def infer_shape(self, p: ConvolutionBlockParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        count = 2 if p.no_bias else 3
        filled, out = get("Convolution").infer_shape(p, shapes[:count])
        if p.pool:
            out = get("Pooling").infer_shape(_pooling(), out)[1]
        return [*filled, *shapes[count:]], out

    def forward(self, xp: Any, p: ConvolutionBlockParams, data: Any, weight: Any, *others: Any, out: Any = None) -> Any:
        rest = list(others)
        bias = None if p.no_bias else rest.pop(0)
        y = get("Convolution").forward(xp, p, data, weight, bias, out=None if p.pool else out)
        if p.norm:
            gamma, beta, mean, var = (v.reshape(-1, *(1,) * (y.ndim - 2)) for v in rest[:4])
            inverse = 1 / xp.sqrt(var + var.dtype.type(p.eps))
            y -= mean
            y *= inverse if p.fix_gamma else inverse * gamma
            y += beta
        if p.residual:
            y += rest[-1]
        if p.pool:
            y = get("Pooling").forward(xp, _pooling(), y)
        return xp.maximum(y, 0, out=y) if p.relu else y

    def gradient(self, F: Any, p: ConvolutionBlockParams, at: At, dy: Any, y: Any, data: Any, weight: Any) -> Any:
        return get("Convolution").gradient(F, p, at, dy * (y > 0.0) if p.relu else dy, data, weight)  # type: ignore[attr-defined]

    def workspace(self, p: ConvolutionBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        wide = self._convolved(p, inputs, outputs)
        return get("Convolution").workspace(p, inputs, wide) + (wide[0].nbytes if p.pool else 0)

    def flops(self, p: ConvolutionBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        wide = self._convolved(p, inputs, outputs)
        more = wide[0].size * (2 * p.norm + p.residual + p.pool) + outputs[0].size * p.relu
        return get("Convolution").flops(p, inputs, wide) + more

    def _convolved(
        self, p: ConvolutionBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
    ) -> Sequence[TensorSpec]:
        """What the convolution itself gives."""
        if not p.pool:
            return outputs
        count = 2 if p.no_bias else 3
        shape = get("Convolution").infer_shape(p, [v.shape for v in inputs[:count]])[1][0]
        assert shape is not None
        return [TensorSpec(shape, outputs[0].dtype)]


@functools.cache
def _pooling() -> Any:
    """Pooling's parameters."""
    return get("Pooling").make_params({"kernel": (2, 2), "stride": (2, 2), "pool_type": "max"})
