"""What narrow precisions need in a graph: rounding to bfloat16, and a scale for gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .arrays import deliver
from .elementwise import Elementwise
from .operator import At, Operator, Port, Sample
from .registry import register


@register
class RoundBfloat16(Elementwise):
    """The nearest bfloat16, held in float32: 8 bits of precision, float32's range. Halves go to the even neighbour.

    Its gradient is rounded alike. Other dtypes than float32 stay as they are.
    """

    name = "_round_bfloat16"
    temporaries = 2.25
    zero_stays = True
    dtypes = ()

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        if data.dtype != np.float32:
            return deliver(xp, data if out is not None else data.copy(), out)
        dense = xp.ascontiguousarray(data)
        bits = dense.view(np.uint32)
        # half of the last place that stays, less where that place is even: the carry rounds
        found = bits + (((bits >> 16) & 1) + np.uint32(0x7FFF))
        found &= np.uint32(0xFFFF0000)
        return deliver(xp, xp.where(xp.isnan(dense), dense, found.view(np.float32)).reshape(data.shape), out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F._round_bfloat16(dy)

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 4), (5,), (0, 3), ()):
            # finite differences see the steps: the gradient is tested by itself
            yield Sample((shape,), differentiable=False, dtypes=("float32",))


@register
class ScaleGradient(Operator):
    """A copy whose gradient is multiplied by ``scale``, an array of one number that gets none itself.

    Loss heads start the backward pass themselves; put before one, this keeps gradients within float16's range.
    """

    name = "_scale_gradient"
    category = "loss"
    inputs = (Port("data"), Port("scale", doc="one number, (1,)"))

    def infer_shape(self, p: Any, shapes: Any) -> Any:
        return [shapes[0], (1,)], [shapes[0]]

    def forward(self, xp: Any, p: Any, data: Any, scale: Any, *, out: Any = None) -> Any:
        return data.copy() if out is None else deliver(xp, data, out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any, scale: Any) -> Any:
        return F.broadcast_mul(dy, scale), None

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 4), (2, 3, 4), (0, 3)):
            yield Sample((shape, (1,)), differentiable=False)
