"""What flows through a model while it is imported: a value known now, or the symbol that computes it later."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ops import get
from ..ops.operator import Operator, TensorSpec
from ..ops.params import DTYPES, OpParams
from ..symbol.compose import apply
from ..symbol.symbol import Symbol, Variable


class NeedsValue(Exception):
    """Lowering cannot go on without the values of these inputs (a shape that is fed, say)."""

    def __init__(self, inputs: frozenset[str]) -> None:
        super().__init__(f"the values of {', '.join(sorted(inputs))} decide the shape of the network")
        self.inputs = inputs


@dataclass(eq=False)
class Value:
    """A tensor of the model: ``array`` where it is known already, ``symbol`` where it is computed when run.

    ``sources`` are the inputs of the model that it follows from.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    array: Any = None
    symbol: Symbol | None = None
    sources: frozenset[str] = frozenset()
    learnt: bool = False
    """Whether it is a weight of the model, or follows from weights alone: training goes on with it."""

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def known(self) -> Any:
        """The value as an array; asks for the model's inputs it follows from when it is not known."""
        if self.array is None:
            raise NeedsValue(self.sources)
        return self.array

    def ints(self) -> tuple[int, ...]:
        """The known value as integers."""
        return tuple(int(i) for i in np.asarray(self.known()).ravel())

    def scalar(self) -> Any:
        """The known value as one Python number."""
        return np.asarray(self.known()).reshape(-1)[0].item()


def derived(array: Any, *values: Value) -> Value:
    """A known value that follows from known values."""
    found = np.asarray(array)
    sources = frozenset[str]().union(*(v.sources for v in values))
    return Value(
        found.shape, found.dtype, found, None, sources, found.dtype.kind == "f" and any(v.learnt for v in values)
    )


@dataclass
class Builder:
    """Makes values by our operators: at once where all inputs are known, as symbols where not."""

    params: dict[str, Any] = field(default_factory=dict)
    """Arrays of the variables that came from known values: weights and constants."""
    tag: str = ""
    """Ends the names of constants, which differ from one shape of the inputs to another."""
    learnt: set[str] = field(default_factory=set)
    """Names of those that training goes on with."""
    taken: frozenset[str] = frozenset()
    """Names that the model gives its own values."""
    _count: int = 0
    _weights: int = 0

    def const(self, array: Any, dtype: Any = None) -> Value:
        """A known value."""
        array = np.asarray(array, dtype)
        return Value(array.shape, array.dtype, array)

    def like(self, number: float, value: Value) -> Value:
        """A number in a value's element type."""
        return self.const(number, value.dtype)

    def symbol(self, value: Value) -> Symbol:
        """The value as a symbol; a known one becomes a variable whose array is kept in ``params``."""
        if value.array is None:
            assert value.symbol is not None
            return value.symbol
        if value.symbol is None:
            value.symbol = Variable(self._fresh(value.learnt), shape=value.shape or (1,), dtype=value.dtype)
        name = value.symbol.list_inputs()[0]
        self.params[name] = value.array if value.rank else value.array.reshape(1)
        if value.learnt:
            self.learnt.add(name)
        if not value.rank and value.symbol._entries[0][0].op is None:
            # arrays have an axis at least; what is computed may have none
            value.symbol = apply("_reshape_to", (value.symbol,), {"shape": ()})
        return value.symbol

    def _fresh(self, learnt: bool) -> str:
        """``weight0``, the same for all sizes of the inputs, or ``constant0`` with the tag of these."""
        while True:
            name = f"weight{self._weights}" if learnt else f"constant{self._count}{self.tag}"
            self._weights, self._count = self._weights + learnt, self._count + (not learnt)
            if name not in self.taken:
                return name

    def op(self, name: str, *inputs: Value, **params: Any) -> Value:
        """The first output of one of our operators."""
        return self.ops(name, *inputs, **params)[0]

    def ops(self, name: str, *inputs: Value, **params: Any) -> list[Value]:
        """All visible outputs of one of our operators."""
        op = get(name)
        if op.variadic and op.variadic not in params:
            params[op.variadic] = len(inputs)
        p = op.make_params(params)
        sources = frozenset[str]().union(*(v.sources for v in inputs))
        if all(v.array is not None for v in inputs):
            arrays = _evaluate(op, p, [v.array for v in inputs])
            return [derived(a, *inputs) for a in arrays]
        if op.dynamic or any(v.dtype.name not in DTYPES for v in inputs):
            raise NeedsValue(sources)
        specs = op.infer(p, tuple(TensorSpec(v.shape, v.dtype) for v in inputs))
        made = apply(name, tuple(self.symbol(v) for v in inputs), params)
        return [Value(s.shape, np.dtype(s.dtype), None, y, sources) for s, y in zip(specs, made, strict=False)]

    def evaluate(self, function: Callable[..., Any], *values: Value) -> Value:
        """By values: what a function of arrays gives, once the inputs are fed; no symbol computes it."""
        arrays = [v.known() for v in values]
        return derived(function(*arrays), *values)

    # ---------------------------------------------------------------- used by many rows
    def cast(self, x: Value, dtype: Any) -> Value:
        """The value in another element type; the same value where it has it already."""
        wanted = np.dtype(dtype)
        if x.dtype == wanted:
            return x
        if x.array is not None:
            with np.errstate(all="ignore"):
                return derived(x.array.astype(wanted), x)
        if wanted.name not in DTYPES:
            raise NeedsValue(x.sources)  # no symbol holds this element type
        return self.op("Cast", x, dtype=wanted.name)

    def reshape(self, x: Value, shape: Iterable[int]) -> Value:
        """The same elements in another shape."""
        target = tuple(int(n) for n in shape)
        if target == x.shape:
            return x
        if x.array is not None:
            return derived(x.array.reshape(target), x)
        return self.op("_reshape_to", x, shape=target)

    def broadcast(self, x: Value, shape: Sequence[int]) -> Value:
        """The value repeated to a shape."""
        target = tuple(shape)
        if x.array is not None:
            return derived(np.broadcast_to(x.array, target).copy(), x)
        if x.shape == target:
            return x
        x = self.reshape(x, (1,) * (len(target) - x.rank) + x.shape)
        if x.shape == target:
            return x
        # a size of 0 is a code for broadcast_to
        return self.op("_spread" if 0 in target else "broadcast_to", x, shape=target)

    def transpose(self, x: Value, axes: Sequence[int]) -> Value:
        """Axes in another order."""
        return x if tuple(axes) == tuple(range(x.rank)) else self.op("transpose", x, axes=tuple(axes))

    def slice(self, x: Value, axis: int, begin: int, end: int) -> Value:
        """A range of one axis."""
        return self.op("slice_axis", x, axis=axis, begin=begin, end=end)

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """Values joined along an axis."""
        return values[0] if len(values) == 1 else self.op("Concat", *values, dim=axis)

    def add(self, a: Value, b: Value | float) -> Value:
        """``broadcast_add`` of two values, or of a value and a number."""
        return self._two("broadcast_add", a, b)

    def sub(self, a: Value, b: Value | float) -> Value:
        """``broadcast_sub`` of two values, or of a value and a number."""
        return self._two("broadcast_sub", a, b)

    def mul(self, a: Value, b: Value | float) -> Value:
        """``broadcast_mul`` of two values, or of a value and a number."""
        return self._two("broadcast_mul", a, b)

    def div(self, a: Value, b: Value | float) -> Value:
        """``broadcast_div`` of two values, or of a value and a number."""
        return self._two("broadcast_div", a, b)

    def compare(self, name: str, a: Value, b: Value | float) -> Value:
        """A comparison as booleans."""
        return self.cast(self._two(name, a, b), bool)

    def where(self, condition: Value, x: Value, y: Value) -> Value:
        """Elements of x where the condition holds, else of y, all broadcast to one shape."""
        shape = np.broadcast_shapes(condition.shape, x.shape, y.shape)
        condition, x, y = (self.broadcast(v, shape) for v in (condition, x, y))
        if condition.array is not None and x.array is not None and y.array is not None:
            return derived(np.where(condition.array.astype(bool), x.array, y.array), condition, x, y)
        return self.op("where", condition, x, y)

    def _two(self, name: str, a: Value, b: Value | float) -> Value:
        return self.op(name, a, b if isinstance(b, Value) else self.like(b, a))


def _evaluate(op: Operator, p: OpParams, arrays: list[Any]) -> list[Any]:
    keywords: dict[str, Any] = {}
    if "train" in op.forward_takes:
        keywords["train"] = False
    if "rng" in op.forward_takes:
        keywords["rng"] = None  # operators that draw only when training
    # NumPy computes with bfloat16 and the like as if they were float32: so do we, and round the results
    narrow = next((a.dtype for a in arrays if is_narrow(a.dtype)), None)
    wide = [a.astype(np.float32) if is_narrow(a.dtype) else a for a in arrays]
    with np.errstate(all="ignore"):
        found = op.forward(np, p, *wide, **keywords)
    outputs = [np.asarray(a) for a in (found if isinstance(found, tuple) else (found,))[: op.visible_outputs(p)]]
    return [a.astype(narrow) if narrow is not None and a.dtype == np.float32 else a for a in outputs]


def is_float(dtype: np.dtype[Any]) -> bool:
    """Whether it is any floating-point type."""
    return dtype.kind == "f" or is_narrow(dtype)


def is_narrow(dtype: np.dtype[Any]) -> bool:
    """Whether it is a floating-point type that is not NumPy's own (bfloat16, float8)."""
    return dtype.kind == "V" or dtype.name.startswith(("bfloat", "float8", "float4"))
