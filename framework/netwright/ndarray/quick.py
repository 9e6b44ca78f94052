"""Eager calls in the least time: Python functions made for each operator from its definition.

A small array is computed in less time than Python takes to look up how. So what can be known beforehand is written
into a function of the operator's own: how many arrays it takes, what its gradient keeps, and NumPy's function itself
where the operator is no more than that (``Operator.direct``). Any other case (other dtypes, devices and storages,
``out``, someone who watches each call) is left to the general way, ``invoke``, which also finds the words for errors.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from functools import partial
from keyword import iskeyword
from typing import Any

import numpy as np

from .. import watching
from ..device import Device, cpu
from ..errors import NetwrightError
from ..ops.operator import FLOAT32, CallFacts, Operator, Ready, ready_key
from ..ops.signature import COMMON
from ..random import state_of
from ..tape import RECORDING, Call, mode
from .array import NDArray
from .quick_code import (
    Function,
    deferred,
    direct_body,
    keeps_of,
    key_of,
    late,
    node,
    number_of,
    optional,
    recording,
    result,
)

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
    if ready is None or ready.run is None:
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
        node = Call(facts, ready, sources, datas, place, (result,), state > RECORDING)
        return NDArray(result, (node, 0), place)
    return NDArray(result, None, place)


def make_call(op: Operator, general: Function) -> Function:
    """``nd.X``: the short way where the arguments are the usual ones, else ``general``."""
    names = [port.name for port in op.inputs]
    if op.variadic:
        return _make_variadic(op, general)
    if not names:
        return make_source(op, general)
    if not all(n.isidentifier() and not iskeyword(n) for n in names):
        return general
    if op.direct and "scalar" not in op.direct:
        return deferred(lambda: _make_direct(op, names, general))
    return make_ready(op, names, general)


def _make_direct(op: Operator, names: list[str], general: Function) -> Function:
    body = direct_body(op, names, names, f"_facts{number_of(op)}")
    return late(f"""
def function({optional(names)}, *args, **kwargs):
    if {" and ".join(f"{n}.__class__ is Taken" for n in names)} and not args and not kwargs:
{body}
    return general({", ".join(names)}, *args, **kwargs)
""", general=make_ready(op, names, general))  # fmt: skip


def make_ready(op: Operator, names: list[str], general: Function, fixed: Mapping[str, Any] | None = None) -> Function:
    """A function that goes by what is known of the inputs' shapes; ``fixed`` are parameters that are always the same.

    Where the last ports are optional there is a branch for each number of arrays.
    """
    return deferred(lambda: _make_ready(op, names, general, fixed))


def _make_ready(op: Operator, names: list[str], general: Function, fixed: Mapping[str, Any] | None) -> Function:
    known = _Arguments(op, fixed)
    needed = len(names) if op.variadic else sum(1 for port in op.inputs if not port.optional)
    branches: list[str] = []
    for number in range(len(names), max(needed, 1) - 1, -1):
        given = [f"{n}.__class__ is Taken" for n in names[:number]] + [f"{n} is None" for n in names[number:]]
        body = _ready_body(op, names[:number], number < len(names) or needed < number)
        branches.append(f"    {'el' if branches else ''}if {' and '.join(given)}:\n{body}")
    inner = "\n".join(branches)
    arrays, field = ", ".join(names), known.first_field
    # an array is no parameter: by position the general way tells what it is meant as
    by_place = f"isinstance({field}, NDArray)" if field != NO_FIELD else "True"
    asking: dict[str, Any] = {
        "find": known.find,
        "first": known.first,
        "find_first": known.find_first,
        "find_plain": known.find_plain,
    }
    return late(f"""
def function({optional(names)}, {field}=unset, *args, **kwargs):
    if args or kwargs:
        if args:
            args = ({field}, *args)
        elif {field} is not unset and not ({by_place}):
            kwargs["{field}"] = {field}
        _facts = find(args, kwargs)
    elif {field} is unset:
        try:
            _facts = first[unset]
        except KeyError:
            _facts = find_plain()
    else:
        try:
            _facts = first[{field}, {field}.__class__]
        except (KeyError, TypeError):
            _facts = find_first({field})
    if _facts is not None:
{textwrap.indent(inner, "    ")}
    if {field} is not unset and not args:
        if {by_place}:
            args = ({field},)
        else:
            kwargs["{field}"] = {field}
    return general({arrays}, *args, **kwargs)
""", unset=_UNSET, general=general, **asking)  # fmt: skip


NO_FIELD = "_nothing"
_UNSET = object()
"""An argument that was not given."""


def _ready_body(op: Operator, names: list[str], counted: bool) -> str:
    """Lines that run what is ready for these arrays; ``counted``: parameters say how many there are."""
    raw, entries = ([f"{letter}{i}" for i in range(len(names))] for letter in ("_", "_e"))
    ports = [f"arg{i}" for i in range(len(names))] if op.variadic else names
    kept, results = keeps_of(op, ports, raw)
    place = f"{names[0]}._place"
    fit = [f"{one}.__class__ is ndarray" for one in raw]
    if counted:
        fit.append(f"len(_facts.kept) == {len(names)}")
    floats = " and ".join(f"{one}.dtype is float32" for one in raw)
    lines = [
        *(f"{one} = {n}._data" for one, n in zip(raw, names, strict=True)),
        f"if {' and '.join(fit)}:",
        f"    _ready = _facts.ready.get({key_of(raw, False)} if {floats} else {key_of(raw, True)})",
        "    if _ready is not None:",
        "        try:",
        f"            _y = _ready.run({', '.join(raw)})",
        "        except Exception:  # the general way runs it again, and says what is wrong",
        "            _y = None",
        "        if _y.__class__ is not ndarray and _y is not None:",
        "            _y = asarray(_y[0] if _y.__class__ is tuple else _y)",
        "        if _y is not None:",
        *(f"            {entry} = {n}._entry" for entry, n in zip(entries, names, strict=True)),
        f"            if {recording(entries)}:",
        f"                {node('Call', '_facts', entries, kept, results, place, '_n.ready = _ready')}",
        f"                {result('(_n, 0)', place)}",
        f"            {result('None', place)}",
    ]
    return "\n".join(" " * 8 + line for line in lines)


SMALL = 1024
"""Elements up to which a copy takes less time than making them anew."""


def make_source(op: Operator, general: Function) -> Function:
    """A function without arrays: for parameters that were seen before it copies what was made, or draws again."""
    if not op.forward_takes <= {"out", "rng"} or op.dynamic or len(op.outputs) > 1:
        return general
    known = _Arguments(op)

    def function(*args: Any, **kwargs: Any) -> Any:
        if watching.names["Taken"] is None or Device._current.value is not None:
            return general(*args, **kwargs)
        facts = known.find(args, kwargs)
        if facts is None:
            return general(*args, **kwargs)
        ready = facts.ready.get(())
        if ready is not None and ready.run is not None:
            return NDArray(ready.run(), None, None)
        made = general(*args, **kwargs)
        if made.__class__ is NDArray and made._data.__class__ is np.ndarray:
            facts.ready[()] = Ready(_source(op, facts.p, made._data), (), ())
        return made

    return function


def _source(op: Operator, p: Any, made: np.ndarray[Any, Any]) -> Callable[[], Any]:
    if "rng" in op.forward_takes:
        state, forward = state_of(cpu()), op.forward
        return lambda: forward(np, p, rng=state.generator)
    return made.copy().copy if made.size <= SMALL else partial(op.forward, np, p)


FEW = 8
"""Up to so many arrays an operator of any number has a function of its own for each number."""


def _make_variadic(op: Operator, general: Function) -> Function:
    """A function of any number of arrays by position."""
    made: dict[int, Function] = {}
    known: dict[int, _Arguments] = {}

    def many(*data: Any, **kwargs: Any) -> Any:
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

    def function(*data: Any, **kwargs: Any) -> Any:
        count = len(data)
        one = made.get(count)
        if one is None:
            names = [f"a{i}" for i in range(count)]
            few = 0 < count <= FEW
            one = made[count] = make_ready(op, names, general, {op.variadic: count}) if few else many
        return one(*data, **kwargs)

    return function


class _Arguments:
    """What follows from the parameters of a call; remembered, since most calls are given the same again and again."""

    def __init__(self, op: Operator, fixed: Mapping[str, Any] | None = None) -> None:
        self._op, self._fixed = op, fixed or {}
        self._fields = [n for n in op.Params.model_fields if n not in COMMON and n not in self._fixed]
        self.found: dict[Any, CallFacts | None] = {}
        self.first: dict[Any, CallFacts | None] = {}
        """By the first parameter, where no other is given."""
        fit = bool(self._fields) and self._fields[0].isidentifier() and not iskeyword(self._fields[0])
        self.first_field = self._fields[0] if fit else NO_FIELD

    def find_plain(self) -> CallFacts | None:
        """Of a call without parameters; sought when it is first wanted, for there are many operators."""
        try:
            found = self._keep((), self._op.make_params(dict(self._fixed)))
        except NetwrightError:  # the general way says it
            found = None
        self.first[_UNSET] = found
        return found

    def find_first(self, value: Any) -> CallFacts | None:
        """Of a call with the first parameter alone."""
        if isinstance(value, NDArray):
            return None
        found = self.find((), {self.first_field: value})
        try:
            if len(self.first) >= MAX_CALLS:
                self.first.clear()
            self.first[value, value.__class__] = found
        except TypeError:  # a list
            pass
        return found

    def find(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> CallFacts | None:
        """Of parameters by position and name; None where the general way must look at them."""
        try:
            # types too, since True == 1 == 1.0
            if kwargs or not args:
                key: Any = (args, *kwargs.items(), *map(type, args), *map(type, kwargs.values()))
                if len(kwargs) == 1 and not args:
                    key = (*key[1], key[2])
            else:
                key = (args, *map(type, args))
            return self.found[key]
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
        if any(isinstance(v, (NDArray, np.ndarray)) for v in values.values()):
            return None
        # 0.0 == -0.0, which draws do not tell apart
        if "rng" not in self._op.forward_takes and any(v == 0.0 and type(v) is float for v in values.values()):
            return None
        try:
            return self._keep(key, self._op.make_params({**values, **self._fixed}))
        except NetwrightError:  # the general way says it
            return None

    def _keep(self, key: Any, p: Any) -> CallFacts | None:
        facts = None if p is None else self._op.facts(p)
        simple = facts is not None and (facts.simple or not self._op.inputs)
        if len(self.found) >= MAX_CALLS:
            self.found.clear()
        self.found[key] = found = facts if simple else None
        return found
