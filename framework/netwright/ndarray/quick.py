"""Eager calls in the least time: Python functions made for each operator from its definition.

A small array is computed in less time than Python takes to look up how. So what can be known beforehand is written
into a function of the operator's own: how many arrays it takes, what its gradient keeps, and NumPy's function itself
where the operator is no more than that (``Operator.direct``). Any other case (other dtypes, devices and storages,
``out``, someone who watches each call) is left to the general way, ``invoke``, which also finds the words for errors.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any

import numpy as np

from .. import watching
from ..errors import NetwrightError
from ..ops import get
from ..ops.arithmetic import BINARY, SPECIAL, Arithmetic
from ..ops.arrays import scalar_like
from ..ops.operator import FLOAT32, At, CallFacts, Operator, TensorSpec, ready_key
from ..ops.signature import COMMON
from ..tape import RECORDING, Alike, Call, mode
from .array import NDArray

Function = Callable[..., Any]
MAX_CALLS = 1024
"""Combinations of arguments remembered for one function, and numbers for one operator."""

_names = watching.names
_names.update(
    NDArray=NDArray,
    Alike=Alike,
    mode=mode,
    ndarray=np.ndarray,
    asarray=np.asarray,
    Call=Call,
    float32=FLOAT32,
    float64=np.dtype(np.float64),
    zero=np.zeros((), np.float32),
    new=tuple.__new__,
    At=At,
    TensorSpec=TensorSpec,
)


def run_ready(op: Operator, facts: CallFacts, inputs: tuple[Any, ...]) -> Any:
    """The result of a simple call that was seen before with these shapes and dtypes; None where it was not."""
    taken = _names["Taken"]
    datas: list[Any] = []
    shapes: list[Any] = []
    followed = mixed = False
    for array in inputs:
        if array.__class__ is not taken:
            return None
        data = array._data
        if data.__class__ is not np.ndarray:
            return None
        datas.append(data)
        shapes.append(data.shape)
        if data.dtype is not FLOAT32:
            mixed = True
        if array._entry is not None:
            followed = True
    # ready_key, written out
    key = ready_key(datas) if mixed else tuple(shapes) if len(shapes) > 1 else shapes[0] if shapes else None
    ready = facts.ready.get(key)  # type: ignore[arg-type]
    if ready is None:
        return None
    try:
        result = ready.run(*datas)
    except Exception:  # the general way runs it again, and says what is wrong
        return None
    if result.__class__ is not np.ndarray:
        result = np.asarray(result[0] if result.__class__ is tuple else result)
    place = inputs[0]._place
    if followed and (state := mode.state) & RECORDING:
        sources = tuple([array._entry for array in inputs])
        node = Call(op, facts, sources, datas, place, ready.inputs, ready.outputs, (result,), state > RECORDING)
        return NDArray(result, (node, 0), place)
    return NDArray(result, None, place)


# ---------------------------------------------------------------- functions by operator
def make_call(op: Operator, general: Function) -> Function:
    """``nd.X``: the short way where the arguments are the usual ones, else ``general``."""
    names = [port.name for port in op.inputs]
    if op.variadic:
        return _make_variadic(op, general)
    if not names or not all(n.isidentifier() and not iskeyword(n) for n in names):
        return general
    if _is_direct(op) and "scalar" not in op.direct:
        body = _direct_body(op, names, names, f"_p{_number(op)}")
        return _defined(f"""
def function({_optional(names)}, *args, **kwargs):
    if {" and ".join(f"{n}.__class__ is Taken" for n in names)} and not args and not kwargs:
{body}
    return general({", ".join(names)}, *args, **kwargs)
""", general=_make_ready(op, names, general))  # fmt: skip
    return _make_ready(op, names, general)


def _make_ready(op: Operator, names: list[str], general: Function) -> Function:
    """A function that goes by what is known of the inputs' shapes."""
    known = _Arguments(op)
    if any(port.optional for port in op.inputs):
        return _defined(f"""
def function({_optional(names)}, *args, **kwargs):
    facts = find(args, kwargs) if args or kwargs else found.get(()) or plain()
    if facts is not None:
        inputs = tuple([array for array in ({", ".join(names)},) if array is not None])
        if len(inputs) == len(facts.kept):
            result = run_ready(op, facts, inputs)
            if result is not None:
                return result
    return general({", ".join(names)}, *args, **kwargs)
""", **known.names(), run_ready=run_ready, op=op, general=general)  # fmt: skip
    raw = [f"_{i}" for i in range(len(names))]
    # ready_key, written out
    single = "_0.shape" if len(raw) == 1 else f"({', '.join(f'{one}.shape' for one in raw)})"
    floats = " and ".join(f"{one}.dtype is float32" for one in raw)
    numbers = ", ".join(f"{one}.shape, {one}.dtype.num" for one in raw)
    return _defined(f"""
def function({_optional(names)}, *args, **kwargs):
    if {" and ".join(f"{n}.__class__ is Taken" for n in names)}:
        {"; ".join(f"{one} = {n}._data" for one, n in zip(raw, names, strict=True))}
        if {" and ".join(f"{one}.__class__ is ndarray" for one in raw)}:
            facts = find(args, kwargs) if args or kwargs else found.get(()) or plain()
            if facts is not None:
                ready = facts.ready.get({single} if {floats} else ({numbers}))
                if ready is not None:
                    try:
                        _y = ready.run({", ".join(raw)})
                    except Exception:  # the general way runs it again, and says what is wrong
                        return general({", ".join(names)}, *args, **kwargs)
                    if _y.__class__ is not ndarray:
                        _y = asarray(_y[0] if _y.__class__ is tuple else _y)
                    place = {names[0]}._place
                    {"; ".join(f"_e{i} = {n}._entry" for i, n in enumerate(names))}
                    if ({" or ".join(f"_e{i} is not None" for i in range(len(names)))}) and (_state := mode.state) & 1:
                        node = Call(op, facts, ({", ".join(f"_e{i}" for i in range(len(names)))},), ({", ".join(raw)},),
                                    place, ready.inputs, ready.outputs, (_y,), _state > 1)
                        return NDArray(_y, (node, 0), place)
                    return NDArray(_y, None, place)
    return general({", ".join(names)}, *args, **kwargs)
""", **known.names(), op=op, general=general)  # fmt: skip


def _make_variadic(op: Operator, general: Function) -> Function:
    """A function of any number of arrays by position."""
    known: dict[int, _Arguments] = {}

    def function(*data: Any, **kwargs: Any) -> Any:
        count = len(data)
        found = known.get(count)
        if found is None:
            found = known[count] = _Arguments(op, {op.variadic: count})
        facts = found.find((), kwargs)
        if facts is not None and len(facts.kept) == count:
            result = run_ready(op, facts, data)
            if result is not None:
                return result
        return general(*data, **kwargs)

    return function


class _Arguments:
    """What follows from the parameters of a call; remembered, since most calls are given the same again and again."""

    def __init__(self, op: Operator, fixed: Mapping[str, Any] | None = None) -> None:
        self._op, self._fixed = op, fixed or {}
        self._fields = [n for n in op.Params.model_fields if n not in COMMON and n not in self._fixed]
        self._found: dict[Any, CallFacts | None] = {}

    def names(self) -> dict[str, Any]:
        """What a function that asks needs."""
        return {"found": self._found, "plain": self.plain, "find": self.find}

    def plain(self) -> CallFacts | None:
        """Of a call without parameters."""
        return self._keep((), self._op.default_params)

    def find(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> CallFacts | None:
        """Of parameters by position and name; None where the general way must look at them."""
        try:
            # types too, since True == 1 == 1.0
            if len(kwargs) == 1 and not args:
                for name, value in kwargs.items():
                    return self._found[name, value, value.__class__]
            key = (args, *kwargs.items(), *map(type, args), *map(type, kwargs.values()))
            return self._found[key]
        except TypeError:  # a list or an array among the values
            return None
        except KeyError as missing:
            key = missing.args[0]
        values = {**dict(zip(self._fields, args, strict=False)), **kwargs}
        if "name" not in self._op.Params.model_fields and isinstance(values.get("name", ""), str):
            kwargs = {n: v for n, v in kwargs.items() if n != "name"}  # means something to symbols only
            values.pop("name", None)
        if len(values) < len(args) + len(kwargs) or not values.keys() <= set(self._fields):
            return None
        if any(isinstance(v, (NDArray, np.ndarray)) or (v == 0.0 and type(v) is float) for v in values.values()):
            return None  # 0.0 == -0.0
        try:
            return self._keep(key, self._op.make_params({**values, **self._fixed}))
        except NetwrightError:  # the general way says it
            return None

    def _keep(self, key: Any, p: Any) -> CallFacts | None:
        facts = None if p is None else self._op.facts(p)
        if len(self._found) >= MAX_CALLS:
            self._found.clear()
        self._found[key] = found = facts if facts is not None and facts.simple else None
        return found


# ---------------------------------------------------------------- Python's operators
def make_operator(name: str, reverse: bool, general: Function) -> Function:
    """The method behind ``x + y``, or ``1 + x`` where ``reverse``, for a name of BINARY."""
    both, right, left = BINARY[name]
    scalar, pair = get(left if reverse else right), ""
    if get(both).direct and not reverse:
        pair = f"""
    if other.__class__ is Taken and self.__class__ is Taken:
{_direct_body(get(both), ["self", "other"], ["lhs", "rhs"], f"_p{_number(get(both))}")}
        return broadcast(self, other)"""
    if not scalar.direct:
        return general
    broadcast = _make_ready(get(both), ["lhs", "rhs"], general)
    return _defined(f"""
def method(self, other):{pair}
    kind = other.__class__
    if (kind is float or kind is int) and self.__class__ is Taken:
        _p, scalar = scalars[other]
{_direct_body(scalar, ["self"], ["data"], "_p")}
    return general(self, other)
""", name="method", general=general, broadcast=broadcast, scalars=_Scalars(scalar))  # fmt: skip


IN_PLACE = {"__iadd__": "add", "__isub__": "subtract", "__imul__": "multiply", "__itruediv__": "true_divide"}
"""Python's operators in place, and NumPy's functions for floating-point numbers behind them."""


def make_in_place(name: str, general: Function) -> Function:
    """The method behind ``x += y``: of two arrays that are not recorded NumPy writes straight into the first."""
    return _defined(f"""
def method(self, other):
    if other.__class__ is Taken and self.__class__ is Taken and not mode.state & 1:
        _0 = self._data; _1 = other._data
        if (_0.__class__ is ndarray and _1.__class__ is ndarray and ((dtype := _0.dtype) is float32 or dtype is float64)
                and _1.dtype is dtype and _0.shape == _1.shape and _0.flags.writeable):
            {name}(_0, _1, _0)
            return self
    return general(self, other)
""", name="method", general=general, **{name: getattr(np, name)})  # fmt: skip


def make_negative(special: str, operator: str) -> Function:
    """The method behind ``-x`` and ``abs(x)``."""
    op = get(operator)
    return _defined(f"""
def method(self):
    if self.__class__ is Taken:
{_direct_body(op, ["self"], ["data"], f"_p{_number(op)}")}
    return general(self)
""", name="method", general=getattr(Arithmetic, special))  # fmt: skip


def make_pair(name: str, general: Function) -> Function:
    """``nd.add(a, b)``: of two arrays by the short way, else ``general``."""
    op = get(BINARY[name][0])
    if not op.direct:
        return general
    return _defined(f"""
def function(lhs=None, rhs=None, **named):
    if lhs.__class__ is Taken and rhs.__class__ is Taken and not named:
{_direct_body(op, ["lhs", "rhs"], ["lhs", "rhs"], f"_p{_number(op)}")}
    return general(lhs, rhs, **named)
""", general=_make_ready(op, ["lhs", "rhs"], general))  # fmt: skip


class _Scalars(dict[Any, tuple[Any, Any]]):
    """By number: the parameters of an operator with a scalar, and the number as an array without axes."""

    def __init__(self, op: Operator) -> None:
        super().__init__()
        self._op = op
        self._zeros: dict[float, tuple[Any, Any]] = {}

    def __missing__(self, number: float) -> tuple[Any, Any]:
        if number == 0:  # 0.0 == -0.0, so that the number does not tell them apart
            sign = math.copysign(1.0, number)
            found = self._zeros.get(sign)
            if found is None:
                found = self._zeros[sign] = self._made(float(number))
            return found
        if len(self) >= MAX_CALLS:
            self.clear()
        found = self[number] = self._made(float(number))
        return found

    def _made(self, number: float) -> tuple[Any, Any]:
        value = np.asarray(scalar_like(_names["zero"], number))
        return self._op.make_params({"scalar": number}), value


def install() -> None:
    """Give NDArray its quick operators, and begin."""
    for special, general in vars(Arithmetic).items():
        if general.__hash__ is not None and (found := SPECIAL.get(general)):
            setattr(NDArray, special, make_operator(*found, general))
    for special, operator in IN_PLACE.items():
        setattr(NDArray, special, make_in_place(operator, getattr(NDArray, special)))
    NDArray.__neg__ = make_negative("__neg__", "negative")  # type: ignore[method-assign]
    NDArray.__abs__ = make_negative("__abs__", "abs")  # type: ignore[method-assign]
    watching.begin(NDArray)


# ---------------------------------------------------------------- code
def _is_direct(op: Operator) -> bool:
    return bool(op.direct) and not op.facts(op.default_params or op.make_params({})).states


@functools.cache
def _number(op: Operator) -> int:
    """The number in the names that belong to an operator; its parameters and gradient get theirs."""
    number = sum(1 for n in _names if n.startswith("_op"))
    _names[f"_op{number}"] = op
    _names[f"_p{number}"] = op.default_params
    _names[f"_gradient{number}"] = _make_gradient(op)
    for name in re.findall(r"(\w+)\(", op.direct):
        if hasattr(np, name):
            _names[name] = getattr(np, name)
    return number


def _direct_body(op: Operator, arrays: list[str], ports: list[str], p: str) -> str:
    """Lines that compute ``direct`` and return, where the arrays are fit for it; ``p`` names the parameters."""
    number = _number(op)
    raw = [f"_{i}" for i in range(len(arrays))]
    expression = op.direct
    for port, one in zip(ports, raw, strict=True):
        expression = re.sub(rf"\b{port}\b", one, expression)
    takes = op.gradient_takes or ()
    kept = ", ".join(one if port in takes else "None" for port, one in zip(ports, raw, strict=True))
    entries = [f"_e{i}" for i in range(len(arrays))]
    lines = [f"{one} = {array}._data" for one, array in zip(raw, arrays, strict=True)]
    fit = [f"{one}.__class__ is ndarray" for one in raw]
    # a scalar is there in float32
    wide = "" if "scalar" in op.direct else " or _dtype is float64"
    fit.append(f"((_dtype := _0.dtype) is float32{wide})")
    shape = "_y.shape"
    if len(raw) > 1:
        fit.append(f"{raw[1]}.dtype is _dtype and (_shape := _0.shape) == {raw[1]}.shape")
        shape = "_shape"
    lines += [
        f"if {' and '.join(fit)}:",
        "    try:",
        f"        _y = {expression}",
        "    except Exception:  # the general way runs it again, and says what is wrong",
        "        _y = None",
        "    if _y.__class__ is ndarray:",
        *(f"        {entry} = {array}._entry" for entry, array in zip(entries, arrays, strict=True)),
        f"        if ({' or '.join(f'{e} is not None' for e in entries)}) and (_state := mode.state) & 1:",
        f"            return NDArray(_y, (Alike(_op{number}, {p}, _gradient{number}, _state, ({', '.join(entries)},), "
        f"({kept},), ({'_y,' if 'y' in takes else ''}), {shape}, _dtype, {arrays[0]}._place), 0), {arrays[0]}._place)",
        f"        return NDArray(_y, None, {arrays[0]}._place)",
    ]
    return "\n".join(" " * 8 + line for line in lines)


class RawF:
    """``F`` on NumPy arrays themselves: every operator's ``forward`` by its name."""

    def __getattr__(self, name: str) -> Function:
        op = get(name)

        def call(*datas: Any, **params: Any) -> Any:
            return op.forward(np, op.make_params(params), *datas)

        setattr(self, name, call)
        return call


_RAW = RawF()


def _make_gradient(op: Operator) -> Function:
    """``gradient(node, F, dy)`` of a node ``Alike``: the operator's gradient on what was kept.

    Those of our own operators that are one NumPy expression are arithmetic, right on NumPy arrays as well: so they are
    computed, unless the walk back is recorded or watched.
    """
    count = len(op.inputs)
    if op.gradient_takes is None:
        return lambda node, F, dy: (None,) * count
    rule: Any = op.gradient  # type: ignore[attr-defined]
    arguments = _gradient_arguments(op, "dy", "NDArray(node.results[0], (node, 0), place)", "NDArray({}, {}, place)")
    bare = ""
    if rule.__func__.__module__.startswith(Operator.__module__.rpartition(".")[0]):
        bare = f"""
    raw = dy._data
    if dy.__class__ is Taken and raw.__class__ is ndarray and raw.dtype is node.dtype and not mode.state & 1:
        found = rule(bare, node.p, at{_gradient_arguments(op, "raw", "node.results[0]", "{}")})
        if found.__class__ is tuple:
            return [None if one is None else dy if one is raw else NDArray(one, None, place) for one in found]
        return (dy if found is raw else NDArray(found, None, place),)"""
    wanted = ", ".join(f"sources[{i}] is not None" for i in range(count))
    return _defined(f"""
def gradient(node, F, dy):
    sources = node.sources
    place = node.place
    spec = new(TensorSpec, (node.shape, node.dtype))
    at = new(At, (({"spec, " * count}), (spec,), node.train, ({wanted},))){bare}
    found = rule(F, node.p, at{arguments})
    return found if found.__class__ is tuple else (found,)
""", name="gradient", rule=rule, bare=_RAW)  # fmt: skip


def _gradient_arguments(op: Operator, dy: str, y: str, port: str) -> str:
    """Code for what the gradient takes, each behind a comma; ``port`` is filled with an input and its source."""
    places = {p.name: i for i, p in enumerate(op.inputs)}
    words = {"dy": dy, "y": y} | {n: port.format(f"node.kept[{i}]", f"sources[{i}]") for n, i in places.items()}
    return "".join(f", {words[name]}" for name in op.gradient_takes or ())


def _optional(names: list[str]) -> str:
    return ", ".join(f"{n}=None" for n in names)


def _defined(source: str, name: str = "function", **constants: Any) -> Function:
    """The function that the source defines; its constants stand beside it."""
    return _maker(source, name, tuple(constants))(**constants)  # type: ignore[no-any-return]


@functools.cache
def _maker(source: str, name: str, constants: tuple[str, ...]) -> Function:
    """What makes the function for given constants: operators with the same ports share their code."""
    inner = source.strip("\n").replace("\n", "\n    ")
    outer = f"def make({', '.join(constants)}):\n    {inner}\n    return {name}\n"
    found: dict[str, Any] = {}
    exec(compile(outer, "<netwright operator calls>", "exec"), _names, found)
    return found["make"]  # type: ignore[no-any-return]
