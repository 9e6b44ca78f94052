"""Operators on several arrays at once: the bookkeeping of mixed-precision training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from pydantic import Field

from .operator import FLOAT32, At, Draw, DTypes, Operator, Sample, Shapes, numbered
from .params import OpParams, hint
from .registry import register


class AmpMulticastParams(OpParams):
    """What amp_multicast takes."""

    num_outputs: int = Field(ge=1, description="how many arrays")
    cast_narrow: bool = Field(False, description="cast to the narrowest type instead of the widest")


@register
class AmpMulticast(Operator):
    """Several arrays cast to the widest (or narrowest) of their floating-point types; integers pass unchanged."""

    name = "amp_multicast"
    category = "elementwise"
    Params = AmpMulticastParams
    variadic = "num_outputs"

    def output_names(self, p: AmpMulticastParams) -> tuple[str, ...]:
        return numbered(p.num_outputs)

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, shapes

    def infer_dtype(self, p: AmpMulticastParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        known = [d or FLOAT32 for d in dtypes]
        common = self._common(p, known)
        return dtypes, [common if d.kind == "f" else d for d in known]

    def _common(self, p: AmpMulticastParams, dtypes: Any) -> Any:
        floats = [d for d in dtypes if d.kind == "f"] or [FLOAT32]
        return (min if p.cast_narrow else max)(floats, key=lambda d: d.itemsize)

    def forward(self, xp: Any, p: AmpMulticastParams, *arrays: Any) -> Any:
        common = self._common(p, [a.dtype for a in arrays])
        found = tuple(a.astype(common if a.dtype.kind == "f" else a.dtype) for a in arrays)
        return found if len(found) > 1 else found[0]

    def gradient(self, F: Any, p: Any, at: At, dys: Any) -> Any:
        return tuple(
            None if spec.dtype.kind != "f" else dy if out.dtype == spec.dtype else F.Cast(dy, dtype=spec.dtype.name)
            for dy, spec, out in zip(dys, at.inputs, at.outputs, strict=True)
        )

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (2,)), {"num_outputs": 2})
        mixed = (Draw((3,), dtype="float16"), Draw((2,), dtype="float32"), Draw((2,), "integer", 0, 9, dtype="int32"))
        yield Sample(mixed, {"num_outputs": 3}, differentiable=False, dtypes=("float32",))
        yield Sample(mixed, {"num_outputs": 3, "cast_narrow": True}, differentiable=False, dtypes=("float32",))
        yield Sample(((0, 4),), {"num_outputs": 1})


class ManyParams(OpParams):
    """What multi_sum_sq takes."""

    num_arrays: int = Field(ge=1, description="how many arrays")


@register
class MultiSumSq(Operator):
    """Sum of squares of each of several arrays: an array of as many float32 numbers."""

    name = "multi_sum_sq"
    category = "reduce"
    Params = ManyParams
    variadic = "num_arrays"

    def infer_shape(self, p: ManyParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [(p.num_arrays,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [FLOAT32]

    def forward(self, xp: Any, p: ManyParams, *arrays: Any) -> Any:
        return xp.stack([xp.sum(xp.square(a.astype(np.float32, copy=False))) for a in arrays])

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return sum(2 * int(spec.size) for spec in inputs)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (5,), (2, 1)), {"num_arrays": 3}, differentiable=False, dtypes=("float16", "float32"))
        yield Sample(((0, 4), (5,)), {"num_arrays": 2}, differentiable=False)


class MultiFiniteParams(OpParams):
    """What multi_all_finite takes."""

    num_arrays: int = Field(1, ge=1, description="how many arrays")
    init_output: bool = hint(True, "MXNet's way to go on from an earlier answer; without effect.")


@register
class MultiAllFinite(Operator):
    """1 where every element of all arrays is a finite number, else 0: an array of one float32."""

    name = "multi_all_finite"
    category = "reduce"
    Params = MultiFiniteParams
    variadic = "num_arrays"

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [(1,)]

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [FLOAT32]

    def forward(self, xp: Any, p: MultiFiniteParams, *arrays: Any) -> Any:
        return xp.stack([xp.isfinite(a).all() for a in arrays]).all().astype(np.float32).reshape(1)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4), (5,)), {"num_arrays": 2}, differentiable=False, dtypes=("float16", "float32", "float64"))
        yield Sample(((0, 4),), {"num_arrays": 1}, differentiable=False)
