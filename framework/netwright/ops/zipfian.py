"""Candidates for sampled softmax: distinct classes, the frequent ones likelier, by Zipf's law."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError
from .operator import DTypes, Operator, Sample, Shapes, numbered
from .params import OpParams, Pads, Size
from .registry import register


class ZipfianParams(OpParams):
    """What _sample_unique_zipfian takes."""

    range_max: Size = Field(description="how many classes there are")
    shape: Pads = Field((1, 1), description="(rows, how many classes for each)")


@register
class SampleUniqueZipfian(Operator):
    """Rows of distinct classes k below ``range_max``, drawn with P(k) = ln((k + 2) / (k + 1)) / ln(range_max + 1).

    Outputs, both int64: the classes (rows, count), and how many draws it took to find as many distinct ones (rows,).
    Errors: ParamError where there are fewer classes than wanted.
    """

    name = "_sample_unique_zipfian"
    category = "random"
    Params = ZipfianParams
    inputs = ()
    outputs = ("sample", "tries")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(2)

    def _shape(self, p: ZipfianParams) -> tuple[int, int]:
        if len(p.shape) != 2 or p.shape[1] > p.range_max:
            raise ParamError(
                "no such sample",
                parameter="shape",
                wanted=f"(rows, count) with a count of at most {p.range_max}, the number of classes",
                got=p.shape,
            )
        return p.shape[0], p.shape[1]

    def infer_shape(self, p: ZipfianParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        rows, count = self._shape(p)
        return shapes, [(rows, count), (rows,)]

    def infer_dtype(self, p: ZipfianParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(np.int64)] * 2

    def forward(self, xp: Any, p: ZipfianParams, *, rng: Any) -> Any:
        rows, count = self._shape(p)
        span = math.log(p.range_max + 1)
        classes, tries = np.empty((rows, count), np.int64), np.empty(rows, np.int64)
        for row in range(rows):
            found: dict[int, None] = {}
            drawn = 0
            while len(found) < count:
                more = xp.exp(rng.random(2 * count, dtype=np.float64) * span).astype(np.int64) - 1
                for k in (more % p.range_max).tolist():
                    drawn += 1
                    found[k] = None
                    if len(found) == count:
                        break
            classes[row], tries[row] = list(found), drawn
        return xp.asarray(classes), xp.asarray(tries)

    def samples(self) -> Iterable[Sample]:
        for shape in ((2, 5), (1, 20), (0, 3)):
            yield Sample((), {"range_max": 20, "shape": shape}, differentiable=False)
