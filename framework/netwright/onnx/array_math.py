"""Calculation of the array module that writes ONNX: arithmetic, functions, logic, reductions, products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .array_base import WritingArrays, with_out
from .tensor import Inexpressible, Tensor, axes_of


class ArrayMath(WritingArrays):
    """NumPy's calculating functions."""

    # ---------------------------------------------------------------- arithmetic
    @with_out
    def _add(self, a: Any, b: Any) -> Tensor:
        a, b, kind = self._pair(a, b)
        return self.writer.op("Or" if kind.kind == "b" else "Add", a, b)

    @with_out
    def subtract(self, a: Any, b: Any) -> Tensor:
        return self._two("Sub", a, b)

    @with_out
    def multiply(self, a: Any, b: Any) -> Tensor:
        a, b, kind = self._pair(a, b)
        return self.writer.op("And" if kind.kind == "b" else "Mul", a, b)

    @with_out
    def true_divide(self, a: Any, b: Any) -> Tensor:
        a, b, kind = self._pair(a, b)
        if kind.kind != "f":
            a, b = a.astype(np.float64), b.astype(np.float64)
        return self.writer.op("Div", a, b)

    divide = true_divide

    @with_out
    def floor_divide(self, a: Any, b: Any) -> Tensor:
        a, b, kind = self._pair(a, b)
        if kind.kind == "f":
            return self.writer.op("Floor", self.writer.op("Div", a, b))
        if kind.kind == "u":
            return self._two("Div", a, b)
        return self._two("Div", a - self.remainder(a, b), b)

    @with_out
    def remainder(self, a: Any, b: Any) -> Tensor:
        a, b, kind = self._pair(a, b)
        if kind.kind != "f":
            return self.writer.op("Mod", a, b, fmod=0)
        rest = self.writer.op("Mod", a, b, fmod=1)  # has the sign of a
        other = self.logical_and(rest != 0, (rest < 0) != (b < 0))
        return self.where(other, rest + b, rest)

    mod = remainder

    @with_out
    def power(self, a: Any, b: Any) -> Tensor:
        if not isinstance(b, Tensor) and np.ndim(b) == 0 and b == 2 and isinstance(a, Tensor):
            return self.multiply(a, a)
        return self._two("Pow", a, b)

    @with_out
    def maximum(self, a: Any, b: Any) -> Tensor:
        return self._two("Max", a, b)

    @with_out
    def minimum(self, a: Any, b: Any) -> Tensor:
        return self._two("Min", a, b)

    @with_out
    def hypot(self, a: Any, b: Any) -> Tensor:
        a, b, _ = self._pair(a, b)
        return self.writer.op("Sqrt", a * a + b * b)

    @with_out
    def logaddexp(self, a: Any, b: Any) -> Tensor:
        a, b, _ = self._pair(a, b)
        return self.maximum(a, b) + self.writer.op("Softplus", -abs(a - b))

    # ---------------------------------------------------------------- functions
    @with_out
    def square(self, x: Tensor) -> Tensor:
        return self.multiply(x, x)

    @with_out
    def cbrt(self, x: Tensor) -> Tensor:
        found: Tensor = self.sign(x) * self.writer.op("Pow", abs(x), x.dtype.type(1 / 3))
        return found

    @with_out
    def expm1(self, x: Tensor) -> Tensor:
        # exact near 0, where exp(x) − 1 would cancel
        return self.writer.op("Tanh", x * 0.5) * (self.writer.op("Exp", x) + 1)

    @with_out
    def log1p(self, x: Tensor) -> Tensor:
        # Kahan's correction of the rounding of 1 + x
        wide = x + 1
        gap = wide - 1
        none = gap == 0
        return self.where(none, x, self.writer.op("Log", wide) * (x / self.where(none, self.ones_like(gap), gap)))

    @with_out
    def log2(self, x: Tensor) -> Tensor:
        return self.writer.op("Log", x) * (1 / math.log(2))

    @with_out
    def log10(self, x: Tensor) -> Tensor:
        return self.writer.op("Log", x) * (1 / math.log(10))

    @with_out
    def trunc(self, x: Tensor) -> Tensor:
        found: Tensor = self.sign(x) * self.writer.op("Floor", abs(x)) if x.dtype.kind == "f" else x.copy()
        return found

    fix = trunc

    @with_out
    def degrees(self, x: Tensor) -> Tensor:
        return x * (180 / math.pi)

    rad2deg = degrees

    @with_out
    def radians(self, x: Tensor) -> Tensor:
        return x * (math.pi / 180)

    deg2rad = radians

    @with_out
    def clip(self, x: Tensor, a_min: Any = None, a_max: Any = None) -> Tensor:
        if a_min is not None:
            x = self.maximum(x, a_min)
        return x if a_max is None else self.minimum(x, a_max)

    # ---------------------------------------------------------------- logic
    @with_out
    def equal(self, a: Any, b: Any) -> Tensor:
        return self._two("Equal", a, b)

    @with_out
    def not_equal(self, a: Any, b: Any) -> Tensor:
        return self.writer.op("Not", self.equal(a, b))

    @with_out
    def less(self, a: Any, b: Any) -> Tensor:
        return self._compare("Less", a, b)

    @with_out
    def less_equal(self, a: Any, b: Any) -> Tensor:
        return self._compare("LessOrEqual", a, b)

    @with_out
    def greater(self, a: Any, b: Any) -> Tensor:
        return self._compare("Greater", a, b)

    @with_out
    def greater_equal(self, a: Any, b: Any) -> Tensor:
        return self._compare("GreaterOrEqual", a, b)

    def _compare(self, kind: str, a: Any, b: Any) -> Tensor:
        a, b, dtype = self._pair(a, b)
        if dtype.kind == "b":
            a, b = a.astype(np.int32), b.astype(np.int32)
        return self.writer.op(kind, a, b)

    @with_out
    def logical_and(self, a: Any, b: Any) -> Tensor:
        return self._two("And", self._bools(a), self._bools(b))

    @with_out
    def logical_or(self, a: Any, b: Any) -> Tensor:
        return self._two("Or", self._bools(a), self._bools(b))

    @with_out
    def logical_xor(self, a: Any, b: Any) -> Tensor:
        return self._two("Xor", self._bools(a), self._bools(b))

    @with_out
    def logical_not(self, x: Any) -> Tensor:
        return self.writer.op("Not", self._bools(x))

    @with_out
    def isnan(self, x: Tensor) -> Tensor:
        return self.writer.op("IsNaN", x) if x.dtype.kind == "f" else self.zeros_like(x, bool)

    @with_out
    def isinf(self, x: Tensor) -> Tensor:
        if x.dtype.kind != "f":
            return self.zeros_like(x, bool)
        return abs(x) == math.inf

    @with_out
    def isfinite(self, x: Tensor) -> Tensor:
        if x.dtype.kind != "f":
            return self.ones_like(x, bool)
        return abs(x) < math.inf

    def isclose(self, a: Tensor, b: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
        """NumPy's, infinities included."""
        near = self.logical_and(self.isfinite(b), abs(a - b) <= abs(b) * rtol + atol)
        found = self.logical_or(near, a == b)
        return self.logical_or(found, self.logical_and(self.isnan(a), self.isnan(b))) if equal_nan else found

    @with_out
    def where(self, condition: Any, x: Any, y: Any) -> Tensor:
        """Elements of x where the condition holds, else of y."""
        x, y, _ = self._pair(x, y)
        return self.writer.op("Where", self._bools(condition), x, y)

    # ---------------------------------------------------------------- reductions
    @with_out
    def sum(self, x: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        kind = np.dtype(dtype) if dtype is not None else np.dtype(np.int64) if x.dtype.kind in "iub" else x.dtype
        return self._reduce("ReduceSum", x.astype(kind), axis, keepdims)

    @with_out
    def prod(self, x: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        kind = np.dtype(dtype) if dtype is not None else np.dtype(np.int64) if x.dtype.kind in "iub" else x.dtype
        return self._reduce("ReduceProd", x.astype(kind), axis, keepdims)

    @with_out
    def mean(self, x: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        kind = np.dtype(dtype) if dtype is not None else np.dtype(np.float64) if x.dtype.kind != "f" else x.dtype
        return self._reduce("ReduceMean", x.astype(kind), axis, keepdims)

    @with_out
    def max(self, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
        return self._reduce("ReduceMax", x, axis, keepdims)

    @with_out
    def min(self, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
        return self._reduce("ReduceMin", x, axis, keepdims)

    @with_out
    def nansum(self, x: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        return self.sum(self._numbers(x, 0), axis=axis, dtype=dtype, keepdims=keepdims)

    @with_out
    def nanprod(self, x: Tensor, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        return self.prod(self._numbers(x, 1), axis=axis, dtype=dtype, keepdims=keepdims)

    def _numbers(self, x: Tensor, instead: float) -> Tensor:
        return self.where(self.isnan(x), x.dtype.type(instead), x) if x.dtype.kind == "f" else x

    def _reduce(self, kind: str, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
        axes = axes_of(axis, x.ndim)
        if not axes:
            return x.copy()
        return self.writer.op(kind, x, self.writer.ints(axes), keepdims=int(keepdims))

    def count_nonzero(self, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
        """How many elements are not 0."""
        return self.sum(self._bools(x).astype(np.int64), axis=axis, keepdims=keepdims)

    def any(self, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Whether any element holds."""
        return self._reduce("ReduceMax", self._bools(x).astype(np.int32), axis, keepdims).astype(bool)

    def all(self, x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
        """Whether every element holds."""
        return self._reduce("ReduceMin", self._bools(x).astype(np.int32), axis, keepdims).astype(bool)

    @with_out
    def argmax(self, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The position of the first maximum."""
        return self._extreme("ArgMax", x, axis, keepdims)

    @with_out
    def argmin(self, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Tensor:
        """The position of the first minimum."""
        return self._extreme("ArgMin", x, axis, keepdims)

    def _extreme(self, kind: str, x: Tensor, axis: int | None, keepdims: bool) -> Tensor:
        if axis is None:
            x, axis = x.reshape(-1), 0
        return self.writer.op(kind, x, axis=axis, keepdims=int(keepdims))

    @with_out
    def cumsum(self, x: Tensor, axis: int | None = None, dtype: Any = None) -> Tensor:
        if axis is None:
            x, axis = x.reshape(-1), 0
        kind = np.dtype(dtype) if dtype is not None else np.dtype(np.int64) if x.dtype.kind in "iub" else x.dtype
        return self.writer.op("CumSum", x.astype(kind), self.writer.const(np.int64(axis)))

    # ---------------------------------------------------------------- products
    @with_out
    def matmul(self, a: Any, b: Any) -> Tensor:
        return self._two("MatMul", a, b)

    @with_out
    def dot(self, a: Any, b: Any) -> Tensor:
        """NumPy's dot of at most two axes each."""
        if max(a.ndim, b.ndim) > 2:
            raise Inexpressible("ONNX has no product over more than two axes of each")
        return self.matmul(a, b)

    @with_out
    def einsum(self, equation: str, *values: Any) -> Tensor:
        """The sum of products that the equation says."""
        return self.writer.op("Einsum", *values, equation=equation)
