"""Dropout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from .arrays import deliver
from .dropout_mask import drawn
from .operator import Again, At, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams, hint
from .registry import register
from .shapes import normalize_axes
from .sight import Looks, pointwise


class DropoutParams(OpParams):
    """Parameters of Dropout."""

    p: float = Field(0.5, ge=0, le=1, description="share of elements that are dropped")
    mode: Literal["training", "always"] = Field("training", description="drop in training only, or always")
    axes: Ints = Field((), description="axes along which one decision holds for all elements")
    cudnn_off: bool | None = hint(False)


@register
class Dropout(Operator):
    """Drops each element with probability p in training and scales the others by 1/(1 − p); a copy otherwise.

    Shapes: data any; the output has data's. Elements along ``axes`` are kept or dropped together.
    Source: Srivastava et al. 2014.
    """

    name = "Dropout"
    category = "normalization"
    title = "Dropout"
    in_palette = True
    Params = DropoutParams
    inputs = (Port("data", doc="any shape"),)
    outputs = ("output", "mask")
    inplace = (0,)

    def visible_outputs(self, p: DropoutParams) -> int:
        return 1

    @staticmethod
    def _mask_shape(p: DropoutParams, shape: Shape) -> Shape:
        together = normalize_axes(p.axes, len(shape)) if p.axes else ()
        return tuple(1 if i in together else n for i, n in enumerate(shape))

    def infer_shape(self, p: DropoutParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [data, None if data is None else self._mask_shape(p, data)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return pointwise(inputs, output)

    def forward(self, xp: Any, p: DropoutParams, data: Any, *, train: bool, rng: Any, out: Any = None) -> Any:
        y, mask = (None, None) if out is None else out
        if mask is None:
            mask = xp.empty(self._mask_shape(p, data.shape), data.dtype)
        if not (train or p.mode == "always"):
            mask[...] = 1
            return deliver(xp, data.copy() if y is None else data, y), mask
        drawn(mask, p.p, rng)
        return xp.multiply(data, mask, out=y), mask

    def workspace(self, p: DropoutParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return outputs[1].size * 5  # float32 draws and their comparison

    def again(self, p: DropoutParams) -> Again:
        return Again("broadcast_mul", {}, inputs=(0,), outputs=(1,))

    def gradient(self, F: Any, p: DropoutParams, at: At, dy: Any, ys: Any) -> Any:
        return dy * ys[1] if at.train or p.mode == "always" else dy

    def flops(self, p: DropoutParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 2 * inputs[0].size

    def samples(self) -> Iterable[Sample]:
        for train in (True, False):
            yield Sample(((3, 4),), train=train)
            yield Sample(((2, 3, 4),), {"p": 0.2, "mode": "always"}, train=train)
            yield Sample(((2, 3, 4),), {"p": 0.3, "axes": (1, -1)}, train=train)
        yield Sample(((5,),), {"p": 0.0})
        yield Sample(((5,),), {"p": 1.0})
        yield Sample(((0, 3),))
        yield Sample(((3, 4),), differentiable=False, dtypes=("float16",))
