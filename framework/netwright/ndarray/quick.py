"""Eager calls in the least time: Python functions made for each operator from its definition.

A small array is computed in less time than Python takes to look up how. So what can be known beforehand is written
into a function of the operator's own: how many arrays it takes, what its gradient keeps, and NumPy's function itself
where the operator is no more than that (``Operator.direct``). Any other case (other dtypes, devices and storages,
``out``, someone who watches each call) is left to the general way, ``invoke``, which also finds the words for errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

import numpy as np

from .. import watching
from ..errors import NetwrightError
from ..ops.operator import FLOAT32, CallFacts, Operator, ready_key
from ..ops.signature import COMMON
from ..tape import RECORDING, Call, mode
from .array import NDArray
from .quick_code import Function, defined, direct_body, number_of, optional

MAX_CALLS = 1024
"""Combinations of arguments remembered for one function, and numbers for one operator."""


def run_ready(op: Operator, facts: CallFacts, inputs: tuple[Any, ...]) -> Any:
    """The result of a simple call that was seen before with these shapes and dtypes; None where it was not."""
    taken = watching.names["Taken"]
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


def make_call(op: Operator, general: Function) -> Function:
    """``nd.X``: the short way where the arguments are the usual ones, else ``general``."""
    names = [port.name for port in op.inputs]
    if op.variadic:
        return _make_variadic(op, general)
    if not names or not all(n.isidentifier() and not iskeyword(n) for n in names):
        return general
    if op.direct and "scalar" not in op.direct:
        body = direct_body(op, names, names, f"_p{number_of(op)}")
        return defined(f"""
def function({optional(names)}, *args, **kwargs):
    if {" and ".join(f"{n}.__class__ is Taken" for n in names)} and not args and not kwargs:
{body}
    return general({", ".join(names)}, *args, **kwargs)
""", general=make_ready(op, names, general))  # fmt: skip
    return make_ready(op, names, general)


def make_ready(op: Operator, names: list[str], general: Function) -> Function:
    """A function that goes by what is known of the inputs' shapes."""
    known = _Arguments(op)
    if any(port.optional for port in op.inputs):
        return defined(f"""
def function({optional(names)}, *args, **kwargs):
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
    return defined(f"""
def function({optional(names)}, *args, **kwargs):
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
