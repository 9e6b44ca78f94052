"""The logarithm of the softmax at the label, as one operator of which plans are made."""

from __future__ import annotations

from typing import Any

from .bounds import Mode, bounded
from .operator import At, DTypes, Operator, Port, Shape, Shapes
from .params import OpParams
from .pick import _line_shapes
from .registry import reserve


class LabelLogitParams(OpParams):
    """Parameters of ``_log_softmax_pick``."""

    keepdims: bool = False
    mode: Mode = "clip"


_DATA, _LABEL = Port("data", doc="one score for each class along the last axis"), Port("label", doc="class numbers")


def _lines(shape: Shape) -> tuple[Shape, Shape]:
    return _line_shapes(-1, shape)


@reserve
class LabelLogit(Operator):
    """y = x[label] − ln Σ eˣ along the last axis: minus the cross-entropy, without the probabilities between.

    Shapes: data (…, C), label (…) or (…, 1) → (…), or (…, 1) with ``keepdims``; logsum (…).
    """

    name = "_log_softmax_pick"
    category = "loss"
    Params = LabelLogitParams
    inputs = (_DATA, _LABEL)
    outputs = ("output", "logsum")

    def visible_outputs(self, p: LabelLogitParams) -> int:
        return 1

    def infer_shape(self, p: LabelLogitParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None, None]
        without, kept = _lines(data)
        return shapes, [kept if p.keepdims else without, without]

    def infer_dtype(self, p: LabelLogitParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[0], dtypes[0]]

    def forward(self, xp: Any, p: LabelLogitParams, data: Any, label: Any) -> Any:
        without, kept = _lines(data.shape)
        greatest = data.max(axis=-1, keepdims=True)
        logsum = greatest + xp.log(xp.exp(data - greatest).sum(axis=-1, keepdims=True))
        place = bounded(xp, label, data.shape[-1], p.mode, "label").reshape(kept)
        y = xp.take_along_axis(data, place, -1) - logsum
        return y.reshape(kept if p.keepdims else without), logsum.reshape(without)

    def gradient(self, F: Any, p: LabelLogitParams, at: At, dy: Any, ys: Any, data: Any, label: Any) -> Any:
        return F._log_softmax_pick_grad(dy, data, label, ys[1], **p.given()), None

    def flops(self, p: LabelLogitParams, inputs: Any, outputs: Any) -> int:
        return 4 * int(inputs[0].size)


@reserve
class LabelLogitGrad(Operator):
    """dx = dy · (one_hot(label) − e^(x − logsum)). Shapes: as of ``_log_softmax_pick``."""

    name = "_log_softmax_pick_grad"
    category = "loss"
    Params = LabelLogitParams
    inputs = (Port("doutput"), _DATA, _LABEL, Port("logsum"))

    def infer_shape(self, p: LabelLogitParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [shapes[1]]

    def infer_dtype(self, p: LabelLogitParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[1]]

    def forward(self, xp: Any, p: LabelLogitParams, doutput: Any, data: Any, label: Any, logsum: Any) -> Any:
        kept = _lines(data.shape)[1]
        place = bounded(xp, label, data.shape[-1], p.mode, "label").reshape(kept)
        own = xp.arange(data.shape[-1]) == place
        return doutput.reshape(kept) * (own - xp.exp(data - logsum.reshape(kept)))

    def flops(self, p: LabelLogitParams, inputs: Any, outputs: Any) -> int:
        return 4 * int(outputs[0].size)
