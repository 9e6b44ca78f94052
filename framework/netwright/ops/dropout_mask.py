"""What dropout draws, as an operator of its own of which plans are made."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from .operator import DTypes, Operator, Shapes
from .params import Ints, OpParams
from .registry import reserve


class DropoutMaskParams(OpParams):
    """Parameters of ``_dropout_mask``."""

    shape: Ints = Field((), description="shape of the mask")
    p: float = Field(0.5, ge=0, le=1, description="share of elements that are dropped")


@reserve
class DropoutMask(Operator):
    """1/(1 − p) where an element is kept, else 0, float32: the draws that Dropout makes, in its order."""

    name = "_dropout_mask"
    category = "random"
    Params = DropoutMaskParams
    inputs = ()

    def infer_shape(self, p: DropoutMaskParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def infer_dtype(self, p: DropoutMaskParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.float32)]

    def forward(self, xp: Any, p: DropoutMaskParams, *, rng: Any, out: Any = None) -> Any:
        mask = xp.empty(p.shape, np.float32) if out is None else out
        return drawn(mask, p.p, rng)

    def flops(self, p: DropoutMaskParams, inputs: Any, outputs: Any) -> int:
        return 2 * int(outputs[0].size)

    def workspace(self, p: DropoutMaskParams, inputs: Any, outputs: Any) -> int:
        return int(outputs[0].size) * 5  # float32 draws and their comparison


def drawn(mask: Any, dropped: float, rng: Any) -> Any:
    """Fill a mask: drawn in one dtype, so that a seed drops the same elements whatever data is made of."""
    keep = 1.0 - dropped
    mask[...] = rng.random(mask.shape, dtype=np.float32) < keep
    if keep:
        mask *= mask.dtype.type(1.0 / keep)
    return mask
