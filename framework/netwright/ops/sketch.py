"""Count sketches: many features thrown into few places, with signs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import DataError, ShapeError
from .operator import At, Draw, Operator, Port, Sample, Shapes
from .params import OpParams, Size, hint
from .registry import register


class SketchParams(OpParams):
    """What count_sketch takes."""

    out_dim: Size = Field(description="how many places there are")
    processing_batch_size: int = hint(32, "MXNet's number of rows done at once; without effect.")


@register
class CountSketch(Operator):
    """Each feature times its sign, added up at its place: y[…, h_i] = Σ s_i · x[…, i].

    data (…, d), h and s (1, d): places below ``out_dim`` and signs; output (…, out_dim). Gradients flow to the data
    only. MXNet has it on a GPU only. Source: Charikar et al. 2002. Errors: DataError where a place does not exist.
    """

    name = "_contrib_count_sketch"
    category = "math"
    Params = SketchParams
    inputs = (
        Port("data", doc="features"),
        Port("h", "label", doc="the place of each feature"),
        Port("s", "label", doc="the sign of each feature, 1 or −1"),
    )

    def infer_shape(self, p: SketchParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data, *hashes = shapes
        if data is None:
            return shapes, [None]
        if not data:
            raise ShapeError("the data needs at least one axis", port="data", wanted="(…, d)", got=data)
        for port, shape in zip(("h", "s"), hashes, strict=True):
            if shape not in (None, (1, data[-1]), (data[-1],)):
                raise ShapeError("one number for each feature", port=port, wanted=(1, data[-1]), got=shape)
        return [data, *((1, data[-1]) if s is None else s for s in hashes)], [(*data[:-1], p.out_dim)]

    def infer_dtype(self, p: SketchParams, dtypes: Any) -> Any:
        return dtypes, [dtypes[0]]

    def forward(self, xp: Any, p: SketchParams, data: Any, h: Any, s: Any) -> Any:
        places = h.reshape(-1).astype(np.int64)
        if places.size and not bool(((places >= 0) & (places < p.out_dim)).all()):
            raise DataError("a place does not exist", port="h", wanted=f"0 to {p.out_dim - 1}", got=str(places)[:80])
        hit = places[:, None] == xp.arange(p.out_dim)
        return xp.matmul(data, hit * s.reshape(-1, 1).astype(data.dtype)).astype(data.dtype)

    def gradient(self, F: Any, p: SketchParams, at: At, dy: Any, h: Any, s: Any) -> Any:
        features = at.inputs[0].shape[-1]
        places = F._reshape_to(h, shape=(features,))
        signs = F._reshape_to(s, shape=(features,))
        return F.broadcast_mul(F.take(dy, places, axis=-1), F.Cast(signs, dtype=at.inputs[0].dtype.name)), None, None

    def samples(self) -> Iterable[Sample]:
        for shape in ((3, 6), (2, 3, 5), (0, 4)):
            places = Draw((1, shape[-1]), "integer", 0, 4)
            yield Sample((shape, places, Draw((1, shape[-1]), "integer", 1, 2)), {"out_dim": 4})
        yield Sample(((3, 6), Draw((6,), "integer", 0, 4), Draw((6,), "integer", -1, 2)), {"out_dim": 4})
