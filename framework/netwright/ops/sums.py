"""Helpers that gradients are written with: sum back what was broadcast, spread what was reduced, reshape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import accumulator, deliver
from .operator import At, Draw, Operator, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams
from .registry import register
from .totals import small_total, total


class TargetParams(OpParams):
    """What _sum_to and _spread take."""

    shape: Ints = Field(description="the exact shape of the result; 0 means a size of zero")
    axis: Ints | None = Field(
        None,
        description="the axes that the smaller shape lacks or has as 1; by default those of broadcasting",
    )


def broadcast_axes_between(small: Shape, large: Shape) -> tuple[int, ...]:
    """The axes of ``large`` along which ``small`` is repeated under the broadcasting rule."""
    lead = len(large) - len(small)
    return tuple(i for i, n in enumerate(large) if i < lead or (small[i - lead] == 1 and n != 1))


def kept_shape(large: Shape, axes: tuple[int, ...]) -> Shape:
    """``large`` with 1 in place of the sizes along ``axes``."""
    return tuple(1 if i in axes else n for i, n in enumerate(large))


def sum_to(F: Any, gradient: Any, at: At, i: int) -> Any:
    """An elementwise result's gradient, summed back to the shape of input ``i`` (itself where they agree)."""
    small, large = at.inputs[i], at.outputs[0]
    if small is large or small.shape == large.shape:
        return gradient
    return F._sum_to(gradient, shape=small.shape)


def _check(small: Shape, large: Shape, axes: tuple[int, ...], wanted: Any, got: Any) -> None:
    if len(small) > len(large) + 1 or math.prod(small) != math.prod(kept_shape(large, axes)):
        raise ShapeError("the shapes do not belong together", port="data", wanted=wanted, got=got)


@register
class SumTo(Operator):
    """Sum over the axes that were broadcast or reduced, giving exactly ``shape``.

    The adjoint of ``_spread``: y = Σ over ``axis`` of x, seen with ``shape``. Dtype: the input's.
    """

    name = "_sum_to"
    category = "reduce"
    Params = TargetParams

    def _axes(self, p: TargetParams, shape: Shape) -> tuple[int, ...]:
        return broadcast_axes_between(p.shape, shape) if p.axis is None else p.axis

    def infer_shape(self, p: TargetParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None:
            _check(p.shape, data, self._axes(p, data), f"a shape that sums to {p.shape}", data)
        return shapes, [p.shape]

    def forward(self, xp: Any, p: TargetParams, data: Any, *, out: Any = None) -> Any:
        axes = self._axes(p, data.shape)
        if not axes:
            return deliver(xp, data.reshape(p.shape) if out is not None else data.reshape(p.shape).copy(), out)
        return deliver(xp, total(xp, data, axes, p.shape).astype(data.dtype, copy=False), out)

    def ready(self, xp: Any, p: TargetParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        data, dtype = specs[0]
        axes, shape = self._axes(p, data), p.shape
        if not axes or accumulator(dtype) != dtype or dtype.kind != "f":
            return super().ready(xp, p, specs)
        small = small_total(data, dtype, axes, shape) if xp is np else None
        if small is not None:
            return small
        add, along = xp.add.reduce, axes if len(axes) > 1 else axes[0]
        return lambda x: add(x, along, None, None, True).reshape(shape)

    def gradient(self, F: Any, p: TargetParams, at: At, dy: Any) -> Any:
        shape = at.inputs[0].shape
        return F._spread(dy, shape=shape, axis=self._axes(p, shape))

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4),), {"shape": (3, 1)})
        yield Sample(((3, 4),), {"shape": (3, 4)})
        yield Sample(((2, 3, 4),), {"shape": (2, 4), "axis": (1,)})
        yield Sample(((3, 4),), {"shape": (1,), "axis": (0, 1)})
        yield Sample(((0, 4),), {"shape": (1, 4)})
        yield Sample(((3, 4),), {"shape": (4,)}, dtypes=("float16", "int32"), differentiable=False)


@register
class Spread(Operator):
    """Repeat along the axes that were broadcast or reduced, giving exactly ``shape``.

    The adjoint of ``_sum_to``. Unlike ``broadcast_to``, 0 in ``shape`` is a size of zero. Dtype: the input's.
    """

    name = "_spread"
    category = "broadcast"
    Params = TargetParams

    def _axes(self, p: TargetParams, small: Shape) -> tuple[int, ...]:
        return broadcast_axes_between(small, p.shape) if p.axis is None else p.axis

    def infer_shape(self, p: TargetParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None:
            _check(data, p.shape, self._axes(p, data), f"a shape that can be repeated to {p.shape}", data)
        return shapes, [p.shape]

    def forward(self, xp: Any, p: TargetParams, data: Any, *, out: Any = None) -> Any:
        kept = data.reshape(kept_shape(p.shape, self._axes(p, data.shape)))
        if out is None:
            out = xp.empty(p.shape, dtype=data.dtype)
        out[...] = kept
        return out

    def ready(self, xp: Any, p: TargetParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        data, dtype = specs[0]
        shape, kept = p.shape, kept_shape(p.shape, self._axes(p, data))

        def run(x: Any) -> Any:
            out = xp.empty(shape, dtype)
            out[...] = x.reshape(kept)
            return out

        return run

    def gradient(self, F: Any, p: TargetParams, at: At, dy: Any) -> Any:
        shape = at.inputs[0].shape
        return F._sum_to(dy, shape=shape, axis=self._axes(p, shape))

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 1),), {"shape": (2, 3, 4)})
        yield Sample(((3, 4),), {"shape": (3, 4)})
        yield Sample(((2, 4),), {"shape": (2, 3, 4), "axis": (1,)})
        yield Sample(((1,),), {"shape": (3, 4), "axis": (0, 1)})
        yield Sample(((1, 4),), {"shape": (0, 4)})


class ExactShapeParams(OpParams):
    """What _reshape_to takes."""

    shape: Ints = Field(description="the exact shape of the result; 0 means a size of zero")


@register
class ReshapeTo(Operator):
    """The same elements seen with exactly ``shape`` (no codes: 0 is a size of zero)."""

    name = "_reshape_to"
    category = "shape"
    Params = ExactShapeParams
    view = True

    def infer_shape(self, p: ExactShapeParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is not None and math.prod(data) != math.prod(p.shape):
            raise ShapeError(
                "the number of elements must stay",
                port="data",
                wanted=f"{math.prod(p.shape)} for {p.shape}",
                got=data,
            )
        return shapes, [p.shape]

    def forward(self, xp: Any, p: ExactShapeParams, data: Any) -> Any:
        return data.reshape(p.shape)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return F._reshape_to(dy, shape=at.inputs[0].shape)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),), {"shape": (2, 6)})
        yield Sample((Draw((0, 3)),), {"shape": (3, 0)})
        yield Sample(((1, 4),), {"shape": (4,)}, dtypes=("float16", "float64"))
