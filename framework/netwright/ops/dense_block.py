"""A fully connected layer and its activation as one operator, of which plans are made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from .dense import FullyConnected, FullyConnectedParams
from .operator import At, Operator, Shapes, TensorSpec
from .params import NoParams
from .registry import get, reserve

Act = Literal["relu", "sigmoid", "tanh", "softrelu", "gelu", "silu"]
_PLAIN = NoParams()


class DenseBlockParams(FullyConnectedParams):
    """FullyConnected's parameters, and the activation."""

    act: Act = Field("relu", description="the function of each number")


@reserve
class DenseBlock(Operator):
    """act(x · weightᵀ + bias). Shapes as FullyConnected. Differentiated where the result alone says the slope: relu,
    sigmoid, tanh.
    """

    name = "_dense_block"
    category = "dense"
    Params = DenseBlockParams
    inputs = FullyConnected.inputs

    def ports(self, p: DenseBlockParams) -> Any:
        return get("FullyConnected").ports(p)

    def infer_shape(self, p: DenseBlockParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return get("FullyConnected").infer_shape(p, shapes)

    def forward(
        self, xp: Any, p: DenseBlockParams, data: Any, weight: Any, bias: Any = None, *, out: Any = None
    ) -> Any:
        y = get("FullyConnected").forward(xp, p, data, weight, bias, out=out)
        return _function(p).forward(xp, _PLAIN, y, out=y)

    def gradient(self, F: Any, p: DenseBlockParams, at: At, dy: Any, y: Any, data: Any, weight: Any) -> Any:
        slope: Any = _function(p).gradient(F, _PLAIN, at, dy, y)  # type: ignore[attr-defined]
        return get("FullyConnected").gradient(F, p, at, slope, data, weight)  # type: ignore[attr-defined]

    def workspace(self, p: DenseBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        dense = get("FullyConnected").workspace(p, inputs, outputs)
        return max(dense, _function(p).workspace(_PLAIN, outputs, outputs))

    def flops(self, p: DenseBlockParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return get("FullyConnected").flops(p, inputs, outputs) + outputs[0].size


def _function(p: DenseBlockParams) -> Operator:
    return get("_softrelu" if p.act == "softrelu" else p.act)
