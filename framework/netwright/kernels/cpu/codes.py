"""Elementwise operators as short programs for one kernel: an operator's ``forward`` runs on terms, not on arrays.

Each call of an array function leaves a step. So there is one definition of an operator, for NumPy and for the kernel.
What the kernel has no code for raises ``NoCode``, and the operator is called in Python as ever.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Any

import numpy as np

from ...ops.operator import Operator, Shape


class Code(IntEnum):
    """What a step computes from its operands x, y, w; after ``ADD_NUMBER`` the operand y is one number."""

    COPY = 0
    NEGATIVE = auto()
    ABSOLUTE = auto()
    SIGN = auto()
    SQUARE = auto()
    SQRT = auto()
    RECIPROCAL = auto()
    EXP = auto()
    EXPM1 = auto()
    LOG = auto()
    LOG1P = auto()
    TANH = auto()
    SIGMOID = auto()
    SOFTPLUS = auto()
    ERF = auto()
    FLOOR = auto()
    CEIL = auto()
    TRUNC = auto()
    RINT = auto()
    NOT = auto()
    IS_NAN = auto()
    IS_FINITE = auto()
    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    MAXIMUM = auto()
    MINIMUM = auto()
    EQUAL = auto()
    NOT_EQUAL = auto()
    GREATER = auto()
    GREATER_EQUAL = auto()
    AND = auto()
    OR = auto()
    XOR = auto()
    POWER = auto()
    HYPOT = auto()
    WHERE = auto()
    ADD_NUMBER = auto()
    MULTIPLY_NUMBER = auto()
    DIVIDE_NUMBER = auto()
    NUMBER_MINUS = auto()
    NUMBER_OVER = auto()
    MAXIMUM_NUMBER = auto()
    MINIMUM_NUMBER = auto()
    EQUAL_NUMBER = auto()
    NOT_EQUAL_NUMBER = auto()
    GREATER_NUMBER = auto()
    GREATER_EQUAL_NUMBER = auto()
    LESS_NUMBER = auto()
    LESS_EQUAL_NUMBER = auto()
    SPREAD_NUMBER = auto()
    """y everywhere."""
    MULTIPLY_GREATER_NUMBER = auto()
    """x · (w > y), the gradient of a rectifier."""


class NoCode(Exception):
    """The operator does something that the kernel cannot; said in the exception's text."""


UNARY = {
    "negative": Code.NEGATIVE, "absolute": Code.ABSOLUTE, "abs": Code.ABSOLUTE, "sign": Code.SIGN,
    "square": Code.SQUARE, "sqrt": Code.SQRT, "reciprocal": Code.RECIPROCAL, "exp": Code.EXP, "expm1": Code.EXPM1,
    "log": Code.LOG, "log1p": Code.LOG1P, "tanh": Code.TANH, "erf": Code.ERF, "floor": Code.FLOOR, "ceil": Code.CEIL,
    "trunc": Code.TRUNC, "rint": Code.RINT, "logical_not": Code.NOT, "isnan": Code.IS_NAN, "isfinite": Code.IS_FINITE,
}  # fmt: skip
BINARY = {
    "add": Code.ADD, "subtract": Code.SUBTRACT, "multiply": Code.MULTIPLY, "true_divide": Code.DIVIDE,
    "divide": Code.DIVIDE, "maximum": Code.MAXIMUM, "minimum": Code.MINIMUM, "equal": Code.EQUAL,
    "not_equal": Code.NOT_EQUAL, "greater": Code.GREATER, "greater_equal": Code.GREATER_EQUAL,
    "logical_and": Code.AND, "logical_or": Code.OR, "logical_xor": Code.XOR, "power": Code.POWER,
    "hypot": Code.HYPOT,
}  # fmt: skip
TURNED = {"less": "greater", "less_equal": "greater_equal"}
WHOLE = {"sigmoid": Code.SIGMOID, "_softrelu": Code.SOFTPLUS}
"""Operators that have a code of their own, which computes what their ``forward`` does in fewer passes."""
TESTS = {Code.NOT, Code.IS_NAN, Code.IS_FINITE, Code.EQUAL, Code.NOT_EQUAL, Code.GREATER, Code.GREATER_EQUAL, Code.AND,
         Code.OR, Code.XOR}  # fmt: skip
WITH_RIGHT = {
    Code.ADD: Code.ADD_NUMBER, Code.MULTIPLY: Code.MULTIPLY_NUMBER, Code.DIVIDE: Code.DIVIDE_NUMBER,
    Code.MAXIMUM: Code.MAXIMUM_NUMBER, Code.MINIMUM: Code.MINIMUM_NUMBER, Code.EQUAL: Code.EQUAL_NUMBER,
    Code.NOT_EQUAL: Code.NOT_EQUAL_NUMBER, Code.GREATER: Code.GREATER_NUMBER,
    Code.GREATER_EQUAL: Code.GREATER_EQUAL_NUMBER,
}  # fmt: skip
"""Codes where the right operand is one number, and where the left one is (the operands then change places)."""
WITH_LEFT = {
    Code.ADD: Code.ADD_NUMBER, Code.SUBTRACT: Code.NUMBER_MINUS, Code.MULTIPLY: Code.MULTIPLY_NUMBER,
    Code.DIVIDE: Code.NUMBER_OVER, Code.MAXIMUM: Code.MAXIMUM_NUMBER, Code.MINIMUM: Code.MINIMUM_NUMBER,
    Code.EQUAL: Code.EQUAL_NUMBER, Code.NOT_EQUAL: Code.NOT_EQUAL_NUMBER, Code.GREATER: Code.LESS_NUMBER,
    Code.GREATER_EQUAL: Code.LESS_EQUAL_NUMBER,
}  # fmt: skip


@dataclass(frozen=True)
class Number:
    """A float32 number that is known beforehand; NaN and both zeros are told apart by the bits."""

    bits: int

    @classmethod
    def of(cls, value: Any) -> Number:
        with np.errstate(all="ignore"):
            return cls(int(np.float32(value).view(np.int32)))

    @property
    def value(self) -> np.float32:
        found: np.float32 = np.int32(self.bits).view(np.float32)
        return found


Operand = int | Number
"""A step by its number, a leaf by −1, −2, …, or a number."""


@dataclass
class Steps:
    """Steps, each (code, operands), on leaves: inputs, each seen under a shape. Equal steps are there once."""

    leaves: list[tuple[int, Shape]] = field(default_factory=list)
    rows: list[tuple[Code, tuple[Operand, ...]]] = field(default_factory=list)
    _known: dict[Any, int] = field(default_factory=dict)

    def add(self, code: Code, *operands: Operand) -> int:
        """The step's number."""
        key = (code, operands)
        if key not in self._known:
            self._known[key] = len(self.rows)
            self.rows.append(key)
        return self._known[key]

    def leaf(self, number: int, shape: Shape) -> int:
        """The operand for an input under a shape."""
        if (number, shape) not in self.leaves:
            self.leaves.append((number, shape))
        return -1 - self.leaves.index((number, shape))

    def is_number(self, operand: Operand) -> bool:
        """Whether the operand is one number for all elements."""
        return isinstance(operand, Number) or (operand < 0 and math.prod(self.leaves[-1 - operand][1]) == 1)


class Term:
    """An array of the program: an operand, the dtype NumPy would give it, its shape."""

    __array_ufunc__ = None  # NumPy's scalars leave arithmetic to us

    def __init__(self, module: Module, operand: Operand, dtype: Any, shape: Shape, own: bool = True) -> None:
        self.module, self.operand, self.dtype, self.shape, self.own = module, operand, np.dtype(dtype), shape, own

    def __setitem__(self, place: Any, value: Any) -> None:
        if place is not Ellipsis:
            raise NoCode("a part of an array is written to")
        value = self.module.asarray(value, self.dtype)
        self.operand = value.operand

    def reshape(self, *shape: Any) -> Term:
        """Inputs can be seen under another shape; what was computed can not."""
        given = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        known = math.prod(n for n in given if n != -1)
        wanted = tuple(self.size // known if n == -1 else int(n) for n in given)
        if wanted == self.shape or isinstance(self.operand, Number):
            return Term(self.module, self.operand, self.dtype, wanted, self.own)
        if self.operand >= 0 or math.prod(wanted) != self.size:
            raise NoCode("the shape of a computed value is changed")
        number, _ = self.module.steps.leaves[-1 - self.operand]
        return Term(self.module, self.module.steps.leaf(number, wanted), self.dtype, wanted, own=False)

    @property
    def ndim(self) -> int:
        """How many axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many elements."""
        return math.prod(self.shape)

    def astype(self, dtype: Any, copy: bool = True) -> Term:
        """The value in another dtype: answers of tests are 0 and 1 already."""
        wanted = np.dtype(dtype)
        if wanted == self.dtype:
            return self
        if wanted == np.float32 and self.dtype == np.bool_:
            return Term(self.module, self.operand, wanted, self.shape)
        raise NoCode(f"a cast from {self.dtype.name} to {wanted.name}")

    def copy(self) -> Term:
        """The same value."""
        return Term(self.module, self.operand, self.dtype, self.shape)

    def become(self, value: Term) -> Term:
        """What ``out=`` means for a term."""
        value = value.astype(self.dtype)
        if not self.own or value.shape != self.shape:
            raise NoCode("an input is written to")
        self.operand = value.operand
        return self

    def __bool__(self) -> bool:
        raise NoCode("a value decides what is computed")

    def __neg__(self) -> Any:
        return self.module.negative(self)

    def __abs__(self) -> Any:
        return self.module.absolute(self)

    def __invert__(self) -> Any:
        return self.module.logical_not(self)

    __hash__ = None  # type: ignore[assignment]


def _give(method: str, name: str, turned: bool = False) -> None:
    def call(self: Term, other: Any) -> Any:
        function = getattr(self.module, name)
        return function(other, self) if turned else function(self, other)

    setattr(Term, f"__{'r' if turned else ''}{method}__", call)


for _method, _name in (("add", "add"), ("sub", "subtract"), ("mul", "multiply"), ("truediv", "divide"),
                       ("pow", "power"), ("and", "logical_and"), ("or", "logical_or")):  # fmt: skip
    _give(_method, _name)
    _give(_method, _name, turned=True)
for _method, _name in (("eq", "equal"), ("ne", "not_equal"), ("gt", "greater"), ("ge", "greater_equal"),
                       ("lt", "less"), ("le", "less_equal")):  # fmt: skip
    _give(_method, _name)


class Module:
    """The array module whose arrays are terms; ``special`` is itself."""

    inf, nan, pi = math.inf, math.nan, math.pi
    float32, bool_ = np.float32, np.bool_

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    @property
    def special(self) -> Module:
        """Special functions are found here too."""
        return self

    def __getattr__(self, name: str) -> Callable[..., Term]:
        if name in UNARY:
            return lambda x, out=None: self._call(UNARY[name], [x], out)
        if name in BINARY:
            return lambda x, y, out=None: self._call(BINARY[name], [x, y], out)
        if name in TURNED:
            return lambda x, y, out=None: self._call(BINARY[TURNED[name]], [y, x], out)
        raise NoCode(f"{name} has no code")

    def isinf(self, x: Term, out: Term | None = None) -> Term:
        """Where x is ∞ or −∞."""
        return self._call(Code.EQUAL, [self._call(Code.ABSOLUTE, [x], None), math.inf], out)

    def where(self, condition: Term, x: Any, y: Any) -> Term:
        """x where the condition holds, else y."""
        return self._call(Code.WHERE, [condition, x, y], None)

    def asarray(self, x: Any, dtype: Any = None) -> Any:
        """A scalar as a term; terms as they are."""
        if not isinstance(x, Term):
            x = Term(self, Number.of(x), np.float32 if isinstance(x, float) else np.asarray(x).dtype, ())
        return x if dtype is None else x.astype(dtype)

    def copyto(self, out: Term, value: Any, casting: str = "same_kind", where: Term | None = None) -> None:
        """Put a value into a term."""
        value = self.asarray(value, out.dtype)
        out.become(value if where is None else self.where(where, value, out.copy()))

    def empty(self, shape: Shape, dtype: Any = np.float32) -> Term:
        """An array to be filled."""
        return self.zeros(shape, dtype)

    def zeros(self, shape: Shape, dtype: Any = np.float32) -> Term:
        """0."""
        return Term(self, Number.of(0), dtype, tuple(shape))

    def ones(self, shape: Shape, dtype: Any = np.float32) -> Term:
        """1."""
        return Term(self, Number.of(1), dtype, tuple(shape))

    def full(self, shape: Shape, value: Any, dtype: Any = np.float32) -> Term:
        """The value."""
        return Term(self, Number.of(value), dtype, tuple(shape))

    def zeros_like(self, x: Term) -> Term:
        """0."""
        return self.zeros(x.shape, x.dtype)

    def ones_like(self, x: Term) -> Term:
        """1."""
        return self.ones(x.shape, x.dtype)

    def _call(self, code: Code, values: Sequence[Any], out: Term | None) -> Term:
        for value in values:
            dtype = value.dtype if isinstance(value, Term) else np.result_type(np.float32, value)
            if dtype != np.float32 and dtype != np.bool_:
                raise NoCode(f"{code.name.lower()} of {dtype.name}")
        if any(isinstance(v, Term) and v.dtype == np.bool_ for v in values) and code in _OF_FLOATS:
            raise NoCode(f"{code.name.lower()} of bool")
        operands = [v.operand if isinstance(v, Term) else Number.of(v) for v in values]
        shape = np.broadcast_shapes(*(v.shape for v in values if isinstance(v, Term)))
        term = Term(self, combine(self.steps, code, operands), np.bool_ if code in TESTS else np.float32, shape)
        return term if out is None else out.become(term)


_OF_FLOATS = set(UNARY.values()) - {Code.NOT} | {
    Code.ADD, Code.SUBTRACT, Code.MULTIPLY, Code.DIVIDE, Code.MAXIMUM, Code.MINIMUM, Code.POWER, Code.HYPOT,
}  # fmt: skip
"""Codes for which NumPy has another rule where an operand is bool; only what casts first is taken."""


def combine(steps: Steps, code: Code, operands: Sequence[Operand]) -> Operand:
    """The step for a call, in the form for single numbers where there is one; numbers alone are computed at once."""
    if all(isinstance(o, Number) for o in operands):
        return _computed(code, [o.value for o in operands if isinstance(o, Number)])
    if len(operands) == 2:
        x, y = operands
        if code is Code.POWER and isinstance(y, Number) and (found := _power(steps, x, float(y.value))) is not None:
            return found
        if code is Code.SUBTRACT and isinstance(y, Number):
            return combine(steps, Code.ADD, [x, Number.of(-y.value)])
        if steps.is_number(y) and not steps.is_number(x) and code in WITH_RIGHT:
            return steps.add(WITH_RIGHT[code], x, y)
        if steps.is_number(x) and not steps.is_number(y) and code in WITH_LEFT:
            return steps.add(WITH_LEFT[code], y, x)
        if code is Code.MULTIPLY and x == y:
            return steps.add(Code.SQUARE, _spread(steps, x))
    return steps.add(code, *(_spread(steps, o) for o in operands))


def _spread(steps: Steps, operand: Operand) -> int:
    """A single number as an array."""
    if isinstance(operand, Number) or steps.is_number(operand):
        return steps.add(Code.SPREAD_NUMBER, operand, operand)
    return operand


def _power(steps: Steps, x: Operand, exponent: float) -> Operand | None:
    """Whole exponents that few products give."""
    if exponent == 1.0:
        return x
    if exponent == 2.0:
        return combine(steps, Code.MULTIPLY, [x, x])
    if exponent == -1.0:
        return combine(steps, Code.RECIPROCAL, [x])
    if exponent == 0.0:
        return Number.of(1.0)
    return None


def _computed(code: Code, values: Sequence[Any]) -> Number:
    names = {code: name for name, code in (*UNARY.items(), *BINARY.items())}
    if code is Code.WHERE:
        return Number.of(np.where(*values))
    if code not in names or code is Code.ERF:
        raise NoCode(f"{code.name.lower()} of numbers alone")
    with np.errstate(all="ignore"):
        return Number.of(getattr(np, names[code])(*values))


def trace(steps: Steps, op: Operator, p: Any, inputs: Sequence[tuple[Operand, Shape]], train: bool) -> list[Operand]:
    """The operands that hold a call's outputs, for float32 inputs; raises NoCode."""
    module = Module(steps)
    own = op._function(p) if op.name == "Activation" else op  # type: ignore[attr-defined]
    if own.name in WHOLE:
        return [combine(steps, WHOLE[own.name], [inputs[0][0]])]
    known = {"train": train, "rng": None}
    fixed = {name: known[name] for name in op.forward_takes if name in known}
    terms = [Term(module, operand, np.float32, shape, own=False) for operand, shape in inputs]
    try:
        found = op.forward(module, p, *terms, **fixed)
    except (AttributeError, TypeError, ValueError, KeyError, NotImplementedError) as error:
        raise NoCode(f"{op.name}: {error}") from None
    outputs = found if isinstance(found, tuple) else (found,)
    if not all(isinstance(t, Term) and t.dtype == np.float32 for t in outputs):
        raise NoCode(f"{op.name} gives no float32 elements")
    return [t.operand for t in outputs]
