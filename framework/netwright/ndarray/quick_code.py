"""The code of quick calls: from an operator's expression to a Python function's lines, and its gradient's."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import watching
from ..ops import get
from ..ops.operator import FLOAT32, At, Operator, TensorSpec
from ..tape import Alike, Call, mode
from .array import NDArray

Function = Callable[..., Any]

names = watching.names
names.update(
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


@functools.cache
def number_of(op: Operator) -> int:
    """The number in the names that belong to an operator; its parameters and gradient get theirs."""
    number = sum(1 for n in names if n.startswith("_op"))
    names[f"_op{number}"] = op
    names[f"_p{number}"] = op.default_params
    names[f"_gradient{number}"] = _make_gradient(op)
    for name in re.findall(r"(\w+)\(", op.direct):
        if hasattr(np, name):
            names[name] = getattr(np, name)
    return number


def direct_body(op: Operator, arrays: list[str], ports: list[str], p: str) -> str:
    """Lines that compute ``direct`` and return, where the arrays are fit for it; ``p`` names the parameters."""
    number = number_of(op)
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
    return defined(f"""
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


def optional(names: list[str]) -> str:
    """Code for arguments that may be left out."""
    return ", ".join(f"{n}=None" for n in names)


def defined(source: str, name: str = "function", **constants: Any) -> Function:
    """The function that the source defines; its constants stand beside it."""
    return _maker(source, name, tuple(constants))(**constants)  # type: ignore[no-any-return]


@functools.cache
def _maker(source: str, name: str, constants: tuple[str, ...]) -> Function:
    """What makes the function for given constants: operators with the same ports share their code."""
    inner = source.strip("\n").replace("\n", "\n    ")
    outer = f"def make({', '.join(constants)}):\n    {inner}\n    return {name}\n"
    found: dict[str, Any] = {}
    exec(compile(outer, "<netwright operator calls>", "exec"), names, found)
    return found["make"]  # type: ignore[no-any-return]
