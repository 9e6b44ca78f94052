"""A convolution and what follows it as one operator, of which plans are made."""

from __future__ import annotations

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
    relu: bool = Field(False, description="give max(y, 0) instead of y")


@reserve
class ConvolutionBlock(Operator):
    """Convolution, normalisation by known statistics, addition of ``beside``, ReLU: those that are asked for, in order.

    Channels are the second axis. Only ReLU alone is differentiated. Shapes: as Convolution; gamma, beta, mean and var
    (num_filter,), beside as the output.
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
        return [*filled, *shapes[count:]], out

    def forward(self, xp: Any, p: ConvolutionBlockParams, data: Any, weight: Any, *others: Any, out: Any = None) -> Any:
        rest = list(others)
        bias = None if p.no_bias else rest.pop(0)
        y = get("Convolution").forward(xp, p, data, weight, bias, out=out)
        if p.norm:
            gamma, beta, mean, var = (v.reshape(-1, *(1,) * (y.ndim - 2)) for v in rest[:4])
            inverse = 1 / xp.sqrt(var + var.dtype.type(p.eps))
            y -= mean
            y *= inverse if p.fix_gamma else inverse * gamma
            y += beta
        if p.residual:
            y += rest[-1]
        return xp.maximum(y, 0, out=y) if p.relu else y

    def gradient(self, F: Any, p: ConvolutionBlockParams, at: At, dy: Any, y: Any, data: Any, weight: Any) -> Any:
        return get("Convolution").gradient(F, p, at, dy * (y > 0.0) if p.relu else dy, data, weight)  # type: ignore[attr-defined]

    def workspace(self, p: ConvolutionBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return get("Convolution").workspace(p, inputs, outputs)

    def flops(self, p: ConvolutionBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return get("Convolution").flops(p, inputs, outputs) + outputs[0].size * (2 * p.norm + p.residual + p.relu)
