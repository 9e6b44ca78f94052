"""Reductions over axes. A full reduction gives shape (1,), as MXNet does; the dtype stays the input's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from .arrays import accumulator, deliver
from .operator import At, Draw, Operator, Sample, Shape, Shapes, TensorSpec
from .params import Axes, OpParams
from .registry import register
from .shapes import normalize_axes, reduced_shape
from .sight import Looks, without
from .storage import CSR, DEFAULT, CompressedRows
from .stored import sums
from .totals import SMALL, small_total, total


class ReduceParams(OpParams):
    """What reductions take."""

    axis: Axes = Field(None, description="the axis or axes to reduce over; all of them where none is given")
    keepdims: bool = Field(False, description="keep reduced axes with size 1")
    exclude: bool = Field(False, description="reduce over all axes but the ones given")


def axes_of(p: ReduceParams, shape: Shape) -> tuple[int, ...]:
    """The axes that are reduced for an input of that shape."""
    return normalize_axes(p.axis, len(shape), exclude=p.exclude)


def spread(F: Any, p: ReduceParams, at: At, value: Any) -> Any:
    """A value of the reduced shape, repeated to the input's."""
    shape = at.inputs[0].shape
    return F._spread(value, shape=shape, axis=axes_of(p, shape))


class Reduce(Operator):
    """Reduction with MXNet's ``axis``, ``keepdims`` and ``exclude``."""

    category = "reduce"
    Params: ClassVar[type[OpParams]] = ReduceParams
    drawn: ClassVar[Draw] = Draw(())
    empty: ClassVar[bool] = True
    """Whether a reduction over no elements has an answer."""

    def infer_shape(self, p: ReduceParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        return shapes, [None if data is None else reduced_shape(data, axes_of(p, data), p.keepdims)]

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        """The reduction over these axes, in whatever dtype is convenient."""
        raise NotImplementedError

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [without(inputs[0], axes_of(p, inputs[0]), p.keepdims)]

    def forward(self, xp: Any, p: ReduceParams, data: Any, *, out: Any = None) -> Any:
        axes = axes_of(p, data.shape)
        shape = reduced_shape(data.shape, axes, p.keepdims)
        value = xp.asarray(self.reduce(xp, data, axes)).astype(data.dtype, copy=False).reshape(shape)
        return deliver(xp, value, out)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return int(inputs[0].size)

    def samples(self) -> Iterable[Sample]:
        d = self.drawn
        cases: tuple[tuple[Shape, dict[str, Any]], ...] = (
            ((3, 4), {}),
            ((3, 4), {"axis": 1}),
            ((2, 3, 4), {"axis": (0, -1), "keepdims": True}),
            ((2, 3, 4), {"axis": 1, "exclude": True}),
            ((2, 3, 4), {"axis": ()}),
            ((5,), {"axis": -1}),
            ((3, 4), {"keepdims": True}),
            ((0, 3), {"axis": 1}),
        )
        for shape, params in cases:
            yield Sample((Draw(shape, d.kind, d.low, d.high),), params, differentiable=self.differentiable)
        if self.empty:
            yield Sample(((0, 3),), {"axis": 0}, differentiable=self.differentiable)
        whole = Draw((2, 3, 2), "integer", -4, 5)
        yield Sample((whole,), {"axis": (0, 2)}, differentiable=False, dtypes=("float16", "int32", "int64"))


class OfStored(Reduce):
    """Of sums: a csr matrix is read where it stores something."""

    def infer_storage(self, p: ReduceParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (DEFAULT,) if stypes == (CSR,) else None

    def sparse(self, xp: Any, p: ReduceParams, data: CompressedRows, *, out: Any = None) -> Any:
        axes = axes_of(p, data.shape)
        if not axes:
            return data.dense()
        work = np.dtype(np.float64) if data.dtype.kind != "f" else accumulator(data.dtype)
        total = sums(xp, data, data.data.astype(work, copy=False), axes) / self.divisor(data.shape, axes)
        return xp.asarray(total).astype(data.dtype).reshape(reduced_shape(data.shape, axes, p.keepdims))

    def ready(self, xp: Any, p: ReduceParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        data, dtype = specs[0]
        axes = axes_of(p, data)
        count = self.divisor(data, axes)
        if not axes or not count or dtype.kind != "f" or accumulator(dtype) != dtype:
            return super().ready(xp, p, specs)
        shape, kept = reduced_shape(data, axes, p.keepdims), reduced_shape(data, axes, True)
        along: Any = axes if len(axes) > 1 else axes[0]
        small = small_total(data, dtype, axes, shape) if xp is np else None
        add, divide = xp.add.reduce, xp.true_divide  # with its axes kept, the sum of a vector is an array already
        if count == 1:
            if small is not None or shape == kept:
                return small or (lambda x: add(x, along, None, None, True))
            return lambda x: add(x, along, None, None, True).reshape(shape)
        divisor = xp.asarray(count, dtype)

        def mean(x: Any) -> Any:
            y = add(x, along, None, None, True).reshape(shape) if small is None else small(x)
            return divide(y, divisor, out=y)

        return mean

    def divisor(self, shape: Shape, axes: tuple[int, ...]) -> int:
        """What the sum is divided by."""
        return 1


@register
class Sum(OfStored):
    """Sum over axes: y = Σ x. float16 is summed in float32."""

    name = "sum"
    aliases = ("sum_axis", "_sparse_sum")
    in_palette = True

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        return total(xp, data, axes, reduced_shape(data.shape, axes, False))

    def gradient(self, F: Any, p: ReduceParams, at: At, dy: Any) -> Any:
        return spread(F, p, at, dy)


@register
class Mean(OfStored):
    """Mean over axes: y = Σ x / n. Integers are cut off towards zero."""

    name = "mean"
    aliases = ("_sparse_mean",)
    in_palette = True
    empty = False

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        if not axes:
            return data.copy()
        if data.dtype.kind != "f":
            return xp.mean(data, axis=axes, dtype=np.float64)
        found = total(xp, data, axes, reduced_shape(data.shape, axes, False))
        return xp.true_divide(found, found.dtype.type(self.divisor(data.shape, axes)))

    def divisor(self, shape: Shape, axes: tuple[int, ...]) -> int:
        return math.prod(shape[i] for i in axes)

    def gradient(self, F: Any, p: ReduceParams, at: At, dy: Any) -> Any:
        count = math.prod(at.inputs[0].shape[i] for i in axes_of(p, at.inputs[0].shape))
        return spread(F, p, at, dy / float(max(count, 1)))


class Product(Reduce):
    """Products; the gradient is the product of the other elements, right also where one is 0."""

    drawn = Draw((), "uniform", 0.5, 1.7)

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        return xp.prod(data, axis=axes, dtype=accumulator(data.dtype))


def _product_gradient(F: Any, p: ReduceParams, at: At, dy: Any, data: Any) -> Any:
    """dy times the product of all other elements of the slice, without dividing by zero.

    With z = [x = 0] and x' = x + z, the product of the others is Π x' / x'ᵢ where no other element is 0, else 0.
    """
    zero = data == 0.0
    filled = data + zero
    others = spread(F, p, at, F.prod(filled, **p.given())) / filled
    zeros_elsewhere = spread(F, p, at, F.sum(zero, **p.given())) - zero
    return spread(F, p, at, dy) * others * (zeros_elsewhere == 0.0)


@register
class Prod(Product):
    """Product over axes: y = Π x."""

    name = "prod"

    def gradient(self, F: Any, p: ReduceParams, at: At, dy: Any, data: Any) -> Any:
        return _product_gradient(F, p, at, dy, data)


@register
class NanSum(Reduce):
    """Sum over axes, with NaN taken as 0."""

    name = "nansum"

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        return xp.nansum(data, axis=axes, dtype=accumulator(data.dtype))

    def gradient(self, F: Any, p: ReduceParams, at: At, dy: Any, data: Any) -> Any:
        return spread(F, p, at, dy) * (data == data)


@register
class NanProd(Product):
    """Product over axes, with NaN taken as 1."""

    name = "nanprod"

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        return xp.nanprod(data, axis=axes, dtype=accumulator(data.dtype))

    def gradient(self, F: Any, p: ReduceParams, at: At, dy: Any, data: Any) -> Any:
        number = data == data
        filled = F.where(number, data, F.ones_like(data))
        return _product_gradient(F, p, at, dy, filled) * number


def _found_extreme(name: str, spec: TensorSpec, axes: tuple[int, ...], target: Shape) -> Callable[[Any], Any] | None:
    """The extreme of a small array by its place, which is found in a fifth of the time of a reduction."""
    shape, size = spec.shape, spec.size
    if spec.dtype.name not in ("float32", "float64") or not 0 < size <= SMALL or not axes:
        return None
    place = getattr(np.ndarray, f"arg{name}")
    if len(axes) == len(shape):

        def of_all(x: Any) -> Any:
            i = place(x)
            return x.reshape(size)[i : i + 1].copy().reshape(target)

        def of_vector(x: Any) -> Any:
            i = place(x)
            return x[i : i + 1].copy()

        return of_vector if len(shape) == 1 and target == (1,) else of_all
    if len(axes) > 1:
        return None
    axis, step = axes[0], math.prod(shape[axes[0] + 1 :])
    begins = np.arange(size, dtype=np.intp).reshape(shape).take(0, axis)
    if step == 1:
        return lambda x: x.reshape(size).take(place(x, axis) + begins).reshape(target)
    return lambda x: x.reshape(size).take(place(x, axis) * step + begins).reshape(target)


class Extreme(Reduce):
    """Greatest or smallest element; every element that equals it gets the whole gradient, as MXNet does."""

    drawn = Draw((), "distinct", -2.0, 2.1)
    empty = False
    ufunc: ClassVar[str]
    """NumPy's function of two of them."""

    def reduce(self, xp: Any, data: Any, axes: tuple[int, ...]) -> Any:
        return getattr(xp, self.name)(data, axis=axes)

    def ready(self, xp: Any, p: ReduceParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        axes = axes_of(p, specs[0].shape)
        shape = reduced_shape(specs[0].shape, axes, p.keepdims)
        best = getattr(xp, self.ufunc).reduce
        if xp is np and (quick := _found_extreme(self.name, specs[0], axes, shape)) is not None:
            return quick
        return lambda x: best(x, axes, None, None, True).reshape(shape)

    def gradient(self, F: Any, p: ReduceParams, at: At, dy: Any, data: Any, y: Any) -> Any:
        return spread(F, p, at, dy) * (data == spread(F, p, at, y))


@register
class Max(Extreme):
    """Greatest element over axes."""

    name = "max"
    aliases = ("max_axis",)
    ufunc = "maximum"
    in_palette = True


@register
class Min(Extreme):
    """Smallest element over axes."""

    name = "min"
    aliases = ("min_axis",)
    ufunc = "minimum"
    in_palette = True
