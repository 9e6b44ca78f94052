"""Numbers in eight bits and back: quantize, quantize_v2, dequantize, requantize."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .operator import FLOAT32, Draw, DTypes, Operator, Port, Sample, Shapes, numbered
from .params import OpParams
from .registry import register

MIN = Port("min_range", doc="the least number that is told apart, (1,)")
MAX = Port("max_range", doc="the greatest number that is told apart, (1,)")
LEVELS = {"int8": 127.0, "uint8": 255.0, "int32": float(2**31 - 1)}
"""How far each type counts from 0: int8 and int32 to either side."""


class Ranged(Operator):
    """Base: numbers and the range they span; outputs are the numbers in another type, and the range of that."""

    category = "quantization"
    inputs: ClassVar[tuple[Port, ...]] = (Port("data", doc="the numbers"), MIN, MAX)
    outputs: ClassVar[tuple[str, ...]] = ("output", "min_range", "max_range")

    def listed_outputs(self, p: Any) -> tuple[str, ...]:
        return numbered(3) if len(self.outputs) == 3 else self.outputs

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        for port, shape in zip(self.inputs[1:], shapes[1:], strict=True):
            if shape not in (None, (1,)):
                raise ShapeError("a range has one number at each end", port=port.name, wanted=(1,), got=shape)
        outputs = [shapes[0], (1,), (1,)][: len(self.outputs)]
        return [shapes[0], *[(1,)] * (len(shapes) - 1)], outputs


def span(xp: Any, low: Any, high: Any) -> Any:
    """The distance from 0 of the farther end, in float64."""
    return xp.maximum(abs(low.astype(np.float64)), abs(high.astype(np.float64)))


def narrowed(xp: Any, data: Any, low: Any, high: Any, kind: str) -> tuple[Any, Any, Any]:
    """(whole numbers of that type, least, greatest): uint8 from low to high, int8 about 0."""
    if kind == "uint8":
        scale = LEVELS[kind] / (high.astype(np.float64) - low.astype(np.float64))
        found = xp.floor((data - low) * scale + 0.5)
        return xp.clip(found, 0, 255).astype(kind), low.astype(np.float32), high.astype(np.float32)
    reach = span(xp, low, high)
    scaled = xp.floor(abs(data) * (LEVELS[kind] / reach) + 0.5)
    found = xp.sign(data) * xp.minimum(scaled, LEVELS[kind])
    return found.astype(kind), -reach.astype(np.float32), reach.astype(np.float32)


def widened(xp: Any, data: Any, low: Any, high: Any) -> Any:
    """The numbers that a quantized array stands for, in float32."""
    if data.dtype == np.uint8:
        step = (high.astype(np.float64) - low.astype(np.float64)) / LEVELS["uint8"]
        return (data * step + low).astype(np.float32)
    return (data * (span(xp, low, high) / LEVELS[data.dtype.name])).astype(np.float32)


class QuantizeParams(OpParams):
    """What quantize takes."""

    out_type: Literal["int8", "uint8"] = Field("uint8", description="element type of the output")


@register
class Quantize(Ranged):
    """Numbers in eight bits, from the given range.

    uint8: ⌊(x − min) · 255 / (max − min) + ½⌋; int8: ±min(⌊|x| · 127 / max(|min|, |max|) + ½⌋, 127).
    """

    name = "_contrib_quantize"
    Params = QuantizeParams

    def infer_dtype(self, p: QuantizeParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.out_type), FLOAT32, FLOAT32]

    def forward(self, xp: Any, p: QuantizeParams, data: Any, min_range: Any, max_range: Any) -> Any:
        return narrowed(xp, data, min_range, max_range, p.out_type)

    def samples(self) -> Iterable[Sample]:
        ends = (Draw((1,), "uniform", -2.0, -1.9), Draw((1,), "uniform", 2.1, 2.2))
        for kind in ("int8", "uint8"):
            yield Sample((Draw((3, 4), "uniform", -1.8, 1.8), *ends), {"out_type": kind}, dtypes=("float32",))
        yield Sample(((0, 4), *ends), dtypes=("float32",))


class QuantizeV2Params(OpParams):
    """What quantize_v2 takes."""

    out_type: Literal["auto", "int8", "uint8"] = Field(
        "int8", description="element type of the output; auto: uint8 where the range has nothing below 0"
    )
    min_calib_range: float | None = Field(None, description="least number; the data's own where none is given")
    max_calib_range: float | None = Field(None, description="greatest number; the data's own where none is given")


def wanted_type(p: Any) -> str:
    """What ``auto`` stands for: without a range it is int8."""
    if p.out_type != "auto":
        return str(p.out_type)
    return "uint8" if p.min_calib_range is not None and p.min_calib_range >= 0 else "int8"


def ends(xp: Any, p: Any, data: Any) -> tuple[Any, Any]:
    """The calibrated range, or else the data's own: two arrays of one number."""
    if p.min_calib_range is not None and p.max_calib_range is not None:
        return xp.full(1, p.min_calib_range, np.float32), xp.full(1, p.max_calib_range, np.float32)
    return data.min().reshape(1).astype(np.float32), data.max().reshape(1).astype(np.float32)


@register
class QuantizeV2(Ranged):
    """Numbers in eight bits, from the calibrated range or else from the data's own. Formulas: as in quantize."""

    name = "_contrib_quantize_v2"
    Params = QuantizeV2Params
    inputs = (Port("data", doc="the numbers"),)

    def infer_dtype(self, p: QuantizeV2Params, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(wanted_type(p)), FLOAT32, FLOAT32]

    def forward(self, xp: Any, p: QuantizeV2Params, data: Any) -> Any:
        return narrowed(xp, data, *ends(xp, p, data), wanted_type(p))

    def samples(self) -> Iterable[Sample]:
        calibrated: dict[str, Any] = {"min_calib_range": -1.0, "max_calib_range": 1.5}
        for given in ({}, {"out_type": "uint8"}, calibrated, {"out_type": "auto", **calibrated}):
            yield Sample((Draw((3, 4), "uniform", -0.9, 1.4),), given, dtypes=("float32",))
        low: dict[str, Any] = {"out_type": "auto", "min_calib_range": 0.0, "max_calib_range": 2.0}
        yield Sample((Draw((5,), "uniform", 0.0, 1.9),), low, dtypes=("float32",))


class DequantizeParams(OpParams):
    """What dequantize takes."""

    out_type: Literal["float32"] = Field("float32", description="element type of the output")


@register
class Dequantize(Ranged):
    """The numbers that int8, uint8 or int32 stand for under a range; the inverse of quantize."""

    name = "_contrib_dequantize"
    Params = DequantizeParams
    outputs = ("output",)

    def infer_dtype(self, p: DequantizeParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [FLOAT32]

    def forward(self, xp: Any, p: DequantizeParams, data: Any, min_range: Any, max_range: Any) -> Any:
        return widened(xp, data, min_range, max_range)

    def samples(self) -> Iterable[Sample]:
        for kind, low, high in (("int8", -127, 128), ("uint8", 0, 256), ("int32", -(2**30), 2**30)):
            data = Draw((3, 4), "integer", low, high, dtype=kind)
            yield Sample(
                (data, Draw((1,), "uniform", -2.0, -1.9), Draw((1,), "uniform", 2.1, 2.2)), dtypes=("float32",)
            )


class RequantizeParams(OpParams):
    """What requantize takes."""

    out_type: Literal["auto", "int8", "uint8"] = Field("int8", description="element type of the output: int8")
    min_calib_range: float | None = Field(None, description="least number; the data's own where none is given")
    max_calib_range: float | None = Field(None, description="greatest number; the data's own where none is given")


@register
class Requantize(Ranged):
    """int32, as sums of products of int8 are, in eight bits: dequantized, then quantized to a narrower range."""

    name = "_contrib_requantize"
    Params = RequantizeParams

    def infer_dtype(self, p: RequantizeParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(wanted_type(p)), FLOAT32, FLOAT32]

    def forward(self, xp: Any, p: RequantizeParams, data: Any, min_range: Any, max_range: Any) -> Any:
        exact = data * (span(xp, min_range, max_range) / LEVELS["int32"])
        return narrowed(xp, exact, *ends(xp, p, exact), wanted_type(p))

    def samples(self) -> Iterable[Sample]:
        data = Draw((3, 4), "integer", -(2**28), 2**28, dtype="int32")
        ends_ = (Draw((1,), "uniform", -9.0, -8.0), Draw((1,), "uniform", 8.0, 9.0))
        yield Sample((data, *ends_), dtypes=("float32",))
        yield Sample((data, *ends_), {"min_calib_range": -1.0, "max_calib_range": 1.0}, dtypes=("float32",))
