"""C expressions from operators' own ``forward``: it runs on terms instead of arrays, and each call leaves a line of C.

So there is one definition of an operator for NumPy, CuPy and generated kernels. What a kernel cannot say raises
``Untraceable``, and the operator runs on the array module as ever.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ops.operator import Operator, Shape

C_TYPES = {
    "bool": "bool", "int8": "signed char", "uint8": "unsigned char", "int32": "int", "uint32": "unsigned int",
    "int64": "long long", "uint64": "unsigned long long", "float16": "float", "float32": "float", "float64": "double",
}  # fmt: skip
"""What a dtype is computed in; float16 is rounded where it is stored and where it is cast to."""

FUNCTIONS = {
    name: name
    for name in (
        *("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "sinh"),
        *("cosh", "tanh", "floor", "ceil", "trunc", "rint", "erf", "sign", "square", "reciprocal", "gammaln"),
    )
} | {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "absolute": "abs",
    "abs": "abs",
    "fabs": "abs",
    "erfinv": "erfinv",
    "gamma": "gamma",
}
"""The array module's functions of one number, and the ``nw_…`` function of common.cuh."""
PAIRS = {"maximum": "max", "minimum": "min", "power": "pow", "hypot": "hypot", "remainder": "mod"}
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "true_divide": "/", "divide": "/"}
TESTS = {"equal": "==", "not_equal": "!=", "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<="}
LOGIC = {"logical_and": "&&", "logical_or": "||", "logical_xor": "!="}


class Untraceable(Exception):
    """The operator does something that a generated kernel cannot; said in the exception's text."""


class Lines:
    """The body that grows, and the inputs it reads: (input's number, shape under which it is read) → its name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.leaves: dict[tuple[int, Shape], str] = {}

    def add(self, code: str, dtype: np.dtype[Any]) -> str:
        """A new name for the value of an expression."""
        name = f"t{len(self.lines)}"
        self.lines.append(f"const {C_TYPES[dtype.name]} {name} = {code};")
        return name

    def leaf(self, number: int, shape: Shape) -> str:
        """The name of an input's element."""
        return self.leaves.setdefault((number, shape), f"x{len(self.leaves)}")


class Term:
    """One element of an array: a name in C, the array's dtype and shape."""

    __array_ufunc__ = None  # NumPy's scalars leave arithmetic to us

    def __init__(
        self, lines: Lines, code: str, dtype: Any, shape: Shape, source: int | None = None, weak: bool = False
    ) -> None:
        self.lines, self.code, self.dtype, self.shape, self.source = lines, code, np.dtype(dtype), shape, source
        self.weak = weak
        """A number that takes the dtype of the array it meets, as Python's own do."""

    @property
    def ndim(self) -> int:
        """How many axes."""
        return len(self.shape)

    def reshape(self, *shape: Any) -> Term:
        """Inputs can be read under another shape; what was computed can not."""
        wanted = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        if self.source is None or math.prod(wanted) != math.prod(self.shape):
            if wanted == self.shape:
                return self
            raise Untraceable("the shape of a computed value is changed")
        return Term(self.lines, self.lines.leaf(self.source, wanted), self.dtype, wanted, self.source)

    def astype(self, dtype: Any, copy: bool = True) -> Term:
        """The value in another dtype; to float16 it is rounded."""
        wanted = np.dtype(dtype)
        if wanted == self.dtype:
            return self
        if wanted.name not in C_TYPES:
            raise Untraceable(f"{wanted.name} is no type of the kernels'")
        code = f"nw_round_half((float){self.code})" if wanted == np.float16 else f"({C_TYPES[wanted.name]}){self.code}"
        return Term(self.lines, self.lines.add(code, wanted), wanted, self.shape)

    def copy(self) -> Term:
        """The same value."""
        return Term(self.lines, self.code, self.dtype, self.shape)

    def become(self, value: Term) -> Term:
        """What ``out=`` means for a term."""
        value = value.astype(self.dtype)
        self.code, self.source = value.code, None
        return self

    def _with(self, name: str, other: Any, turned: bool = False) -> Term:
        function = getattr(Module(self.lines), name)
        found: Term = function(other, self) if turned else function(self, other)
        return found

    def __bool__(self) -> bool:
        raise Untraceable("a value decides what is computed")

    def __neg__(self) -> Term:
        return Module(self.lines).negative(self)

    def __abs__(self) -> Term:
        found: Term = Module(self.lines).absolute(self)
        return found

    def __invert__(self) -> Term:
        return Module(self.lines).logical_not(self)

    __hash__ = None  # type: ignore[assignment]


def _give(cls: type[Term], method: str, name: str) -> None:
    setattr(cls, f"__{method}__", lambda self, other: self._with(name, other))
    setattr(cls, f"__r{method}__", lambda self, other: self._with(name, other, True))


for _method, _name in {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide"}.items():
    _give(Term, _method, _name)
for _method, _name in {"pow": "power", "and": "logical_and", "or": "logical_or"}.items():
    _give(Term, _method, _name)
_METHODS = {"eq": "equal", "ne": "not_equal", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal"}
for _method, _name in _METHODS.items():
    setattr(Term, f"__{_method}__", lambda self, other, _name=_name: self._with(_name, other))


class Module:
    """The array module whose arrays are terms; ``special`` is itself."""

    inf, nan, pi = math.inf, math.nan, math.pi
    float16, float32, float64, bool_, int32, int64 = (
        np.float16, np.float32, np.float64, np.bool_, np.int32, np.int64,
    )  # fmt: skip

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    @property
    def special(self) -> Module:
        """Special functions are found here too."""
        return self

    def __getattr__(self, name: str) -> Callable[..., Term]:
        if name in FUNCTIONS:
            return lambda x, out=None: self._call(FUNCTIONS[name], [x], out)
        if name in PAIRS:
            return lambda x, y, out=None: self._call(PAIRS[name], [x, y], out)
        if name in SIGNS:
            return lambda x, y, out=None: self._sign(SIGNS[name], x, y, out)
        if name in TESTS:
            return lambda x, y, out=None: self._test(TESTS[name], x, y, out)
        if name in LOGIC:
            return lambda x, y, out=None: self._logic(LOGIC[name], x, y, out)
        raise Untraceable(f"{name} is no function of the kernels'")

    # ---------------------------------------------------------------- functions that are not in the tables
    def negative(self, x: Term, out: Term | None = None) -> Term:
        """−x."""
        return self._new(f"-{x.code}", x.dtype, x.shape, out, x.weak)

    def logical_not(self, x: Term, out: Term | None = None) -> Term:
        """1 where x is 0."""
        return self._new(f"{x.code} == 0", np.bool_, x.shape, out)

    def isnan(self, x: Term, out: Term | None = None) -> Term:
        """Where x is not itself."""
        return self._new(f"{x.code} != {x.code}", np.bool_, x.shape, out)

    def isfinite(self, x: Term, out: Term | None = None) -> Term:
        """Where x − x is 0."""
        return self._new(f"{x.code} - {x.code} == 0", np.bool_, x.shape, out)

    def isinf(self, x: Term, out: Term | None = None) -> Term:
        """Where x is itself and x − x is not 0."""
        return self._new(f"{x.code} == {x.code} && {x.code} - {x.code} != 0", np.bool_, x.shape, out)

    def where(self, condition: Term, x: Any, y: Any) -> Term:
        """x where the condition holds, else y."""
        (a, b), dtype, shape = self._meet([x, y])
        shape = np.broadcast_shapes(shape, condition.shape)
        return self._new(f"{condition.code} ? {a} : {b}", dtype, shape, None)

    def asarray(self, x: Any, dtype: Any = None) -> Any:
        """A scalar as a term; terms as they are."""
        if not isinstance(x, Term):
            x = self._constant(x, np.asarray(x).dtype)
        return x if dtype is None else x.astype(dtype)

    def copyto(self, out: Term, value: Any, casting: str = "same_kind", where: Term | None = None) -> None:
        """Put a value into a term."""
        value = self.asarray(value).astype(out.dtype)
        out.become(value if where is None else self.where(where, value, out.copy()))

    def zeros(self, shape: Shape, dtype: Any = np.float32) -> Term:
        """0."""
        return self._constant(0, np.dtype(dtype), tuple(shape))

    def ones(self, shape: Shape, dtype: Any = np.float32) -> Term:
        """1."""
        return self._constant(1, np.dtype(dtype), tuple(shape))

    def clip(self, x: Term, low: Any, high: Any) -> Term:
        """Between two limits."""
        limits = [v if isinstance(v, Term) else x.dtype.type(v) for v in (low, high)]
        found: Term = self.minimum(self.maximum(x, limits[0]), limits[1])
        return found

    # ---------------------------------------------------------------- inside
    def _new(self, code: str, dtype: Any, shape: Shape, out: Term | None, weak: bool = False) -> Term:
        dtype = np.dtype(dtype)
        term = Term(self._lines, self._lines.add(code, dtype), dtype, shape, weak=weak)
        return term if out is None else out.become(term)

    def _constant(self, value: Any, dtype: np.dtype[Any], shape: Shape = ()) -> Term:
        if dtype.name not in C_TYPES:
            raise Untraceable(f"{dtype.name} is no type of the kernels'")
        return Term(self._lines, constant(value, dtype), dtype, shape)

    def _meet(self, values: Sequence[Any]) -> tuple[list[str], np.dtype[Any], Shape]:
        """(codes, common dtype, common shape): NumPy's rules, by which Python's own numbers are weak."""
        dtype = np.result_type(*(1.0 if _is_weak(v) else v.dtype if isinstance(v, Term) else v for v in values))
        if dtype.name not in C_TYPES:
            raise Untraceable(f"{dtype.name} is no type of the kernels'")
        codes = [v.astype(dtype).code if isinstance(v, Term) else constant(v, dtype) for v in values]
        return codes, dtype, np.broadcast_shapes(*(v.shape for v in values if isinstance(v, Term)))

    def _call(self, name: str, values: Sequence[Any], out: Term | None) -> Term:
        codes, dtype, shape = self._meet(values)
        if dtype.kind != "f" and name not in ("abs", "square", "max", "min", "sign"):
            raise Untraceable(f"{name} of {dtype.name}")
        return self._new(f"nw_{name}({', '.join(codes)})", dtype, shape, out, _all_weak(values))

    def _sign(self, sign: str, x: Any, y: Any, out: Term | None) -> Term:
        (a, b), dtype, shape = self._meet([x, y])
        if dtype.kind == "b" or (sign == "/" and dtype.kind != "f"):
            raise Untraceable(f"{sign} of {dtype.name}")
        return self._new(f"{a} {sign} {b}", dtype, shape, out, _all_weak([x, y]))

    def _test(self, sign: str, x: Any, y: Any, out: Term | None) -> Term:
        (a, b), _, shape = self._meet([x, y])
        return self._new(f"{a} {sign} {b}", np.bool_, shape, out)

    def _logic(self, sign: str, x: Any, y: Any, out: Term | None) -> Term:
        (a, b), _, shape = self._meet([x, y])
        return self._new(f"({a} != 0) {sign} ({b} != 0)", np.bool_, shape, out)


def _is_weak(value: Any) -> bool:
    return isinstance(value, Term) and value.weak


def _all_weak(values: Sequence[Any]) -> bool:
    return all(v.weak if isinstance(v, Term) else isinstance(v, (int, float)) for v in values)


def constant(value: Any, dtype: np.dtype[Any]) -> str:
    """A number in C, exact to the last bit."""
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind != "f":
        return f"(({C_TYPES[dtype.name]}){int(value)}LL)"
    number = float(dtype.type(value))
    if not math.isfinite(number):
        text = "NW_NAN" if math.isnan(number) else "NW_INF" if number > 0 else "-NW_INF"
        return f"(({C_TYPES[dtype.name]}){text})"
    return f"({number.hex()}{'' if dtype == np.float64 else 'f'})"


def trace(op: Operator, p: Any, inputs: Sequence[Term], train: bool = False) -> tuple[Term, ...]:
    """The outputs' terms of one call; raises Untraceable."""
    lines = inputs[0].lines
    fixed = {name: value for name, value in (("train", train), ("rng", None)) if name in op.forward_takes}
    try:
        found = op.forward(Module(lines), p, *inputs, **fixed)
    except (AttributeError, TypeError, ValueError) as error:
        raise Untraceable(f"{op.name}: {error}") from None
    terms = found if isinstance(found, tuple) else (found,)
    if not all(isinstance(t, Term) for t in terms):
        raise Untraceable(f"{op.name} gives no element for each of its inputs'")
    return terms
