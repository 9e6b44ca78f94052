"""Arrays from nothing: zeros, ones, a value, ranges, the identity matrix. Operators without inputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from ..errors import ParamError
from .operator import DTypes, Operator, Port, Sample, Shape, Shapes
from .params import DType, OpParams, Pads, hint
from .registry import register


class CreationParams(OpParams):
    """What every creation operator takes."""

    ctx: str = hint("", "MXNet's text for the device; the device is chosen by the call.")
    dtype: DType = Field("float32", description="element type")


class ShapeParams(CreationParams):
    """What creation by shape takes."""

    shape: Pads = Field((), description="shape of the array")


class Creation(Operator):
    """An operator without inputs. Raises ParamError for sizes that cannot be."""

    category = "creation"
    inputs: ClassVar[tuple[Port, ...]] = ()
    Params: ClassVar[type[OpParams]] = ShapeParams

    def shape_of(self, p: Any) -> Shape:
        """The shape that the parameters ask for."""
        return tuple(p.shape)

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [self.shape_of(p)]

    def infer_dtype(self, p: CreationParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [np.dtype(p.dtype)]

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


@register
class Zeros(Creation):
    """Zeros."""

    name = "_zeros"
    aliases = ("_zeros_without_dtype",)

    def forward(self, xp: Any, p: ShapeParams, *, out: Any = None) -> Any:
        if out is None:
            return xp.zeros(p.shape, dtype=p.dtype)
        out[...] = 0
        return out

    def samples(self) -> Iterable[Sample]:
        for dtype in ("float16", "float64", "int32", "bool"):
            yield Sample((), {"shape": (2, 3), "dtype": dtype}, differentiable=False)
        yield Sample((), {"shape": (0, 3)}, differentiable=False)


@register
class Ones(Creation):
    """Ones."""

    name = "_ones"

    def forward(self, xp: Any, p: ShapeParams, *, out: Any = None) -> Any:
        if out is None:
            return xp.ones(p.shape, dtype=p.dtype)
        out[...] = 1
        return out

    def samples(self) -> Iterable[Sample]:
        for dtype in ("float16", "float64", "int32", "bool"):
            yield Sample((), {"shape": (2, 3), "dtype": dtype}, differentiable=False)
        yield Sample((), {"shape": (0, 3)}, differentiable=False)


class FullParams(ShapeParams):
    """What _full takes."""

    value: float = Field(description="the value of every element")


@register
class Full(Creation):
    """One value everywhere."""

    name = "_full"
    Params = FullParams

    def forward(self, xp: Any, p: FullParams, *, out: Any = None) -> Any:
        if out is None:
            out = xp.empty(p.shape, dtype=p.dtype)
        out[...] = p.value if out.dtype.kind in "fb" else int(p.value)
        return out

    def samples(self) -> Iterable[Sample]:
        for dtype in ("float16", "float64", "int32"):
            yield Sample((), {"shape": (2, 3), "value": 2.5, "dtype": dtype}, differentiable=False)
        yield Sample((), {"shape": (0,), "value": 1.0}, differentiable=False)


class RangeParams(CreationParams):
    """What _arange takes."""

    start: float = Field(0.0, description="first value, or the end where ``stop`` is not given")
    stop: float | None = Field(None, description="the end, which is not reached")
    step: float = Field(1.0, description="difference of neighbours; not 0")
    repeat: int = Field(1, ge=1, description="how often each value is given")
    infer_range: bool = hint(False)


@register
class Arange(Creation):
    """Values from ``start`` (included) to ``stop`` (not included) by ``step``, each ``repeat`` times.

    Of an integer dtype, start and step are cut off to integers (the count is that of the exact ones), as in MXNet.

    Example: _arange(start=2, stop=6, step=2, repeat=3) = [2, 2, 2, 4, 4, 4].
    """

    name = "_arange"
    Params = RangeParams

    def _ends(self, p: RangeParams) -> tuple[float, float]:
        return (0.0, p.start) if p.stop is None else (p.start, p.stop)

    def _count(self, p: RangeParams) -> int:
        start, stop = self._ends(p)
        if p.step == 0.0 or not all(map(math.isfinite, (start, stop, p.step))):
            raise ParamError(
                "the range has no end",
                parameter="step",
                wanted="finite numbers and a step that is not 0",
                got=p.step,
            )
        return max(0, math.ceil((stop - start) / p.step))

    def shape_of(self, p: RangeParams) -> Shape:
        return (self._count(p) * p.repeat,)

    def forward(self, xp: Any, p: RangeParams) -> Any:
        start, step = self._ends(p)[0], p.step
        if np.dtype(p.dtype).kind in "iu":
            start, step = math.trunc(start), math.trunc(step)
        values = xp.arange(self._count(p), dtype=np.float64) * step + start
        return xp.repeat(values.astype(p.dtype), p.repeat)

    def samples(self) -> Iterable[Sample]:
        for params in (
            {"start": 5},
            {"start": 2, "stop": 6, "step": 2, "repeat": 3},
            {"start": 1, "stop": 0, "step": -0.3, "dtype": "float64"},
            {"start": 0, "stop": 7, "step": 2, "dtype": "int32"},
            {"start": 3, "stop": 3},
        ):
            yield Sample((), params, differentiable=False)


class LinspaceParams(CreationParams):
    """What _linspace takes."""

    start: float = Field(description="first value")
    stop: float | None = Field(None, description="last value")
    step: float = hint(1.0)
    repeat: int = hint(1)
    infer_range: bool = hint(False)
    num: int = Field(50, ge=0, description="how many values")
    endpoint: bool = Field(True, description="whether ``stop`` is the last value")


@register
class Linspace(Creation):
    """``num`` evenly spaced values from ``start`` to ``stop``."""

    name = "_linspace"
    Params = LinspaceParams

    def shape_of(self, p: LinspaceParams) -> Shape:
        return (p.num,)

    def forward(self, xp: Any, p: LinspaceParams) -> Any:
        stop = p.start if p.stop is None else p.stop
        return xp.linspace(p.start, stop, p.num, endpoint=p.endpoint, dtype=np.float64).astype(p.dtype)

    def samples(self) -> Iterable[Sample]:
        for params in (
            {"start": 0, "stop": 1, "num": 5},
            {"start": 2, "stop": -1, "num": 4, "endpoint": False, "dtype": "float64"},
            {"start": 2, "stop": 3, "num": 0},
            {"start": 2, "stop": 3, "num": 1},
        ):
            yield Sample((), params, differentiable=False)


class EyeParams(CreationParams):
    """What _eye takes."""

    N: int = Field(ge=0, description="rows")
    M: int = Field(0, ge=0, description="columns; 0 for as many as rows")
    k: int = Field(0, description="which diagonal: above the main one where positive")


@register
class Eye(Creation):
    """Ones on a diagonal, zeros elsewhere."""

    name = "_eye"
    Params = EyeParams

    def shape_of(self, p: EyeParams) -> Shape:
        return (p.N, p.M or p.N)

    def forward(self, xp: Any, p: EyeParams) -> Any:
        return xp.eye(p.N, p.M or p.N, k=p.k, dtype=p.dtype)

    def samples(self) -> Iterable[Sample]:
        for params in ({"N": 3}, {"N": 3, "M": 4, "k": -1}, {"N": 4, "M": 2, "k": 1, "dtype": "int32"}):
            yield Sample((), params, differentiable=False)
