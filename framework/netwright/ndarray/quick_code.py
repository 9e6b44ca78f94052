"""The code of quick calls: from an operator's expression to a Python function's lines."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import watching
from ..ops.operator import FLOAT32, Operator
from ..tape import Alike, Call, mode, next_number
from .array import NDArray

Function = Callable[..., Any]

names = watching.names
names.update(
    NDArray=NDArray,
    Alike=Alike,
    Call=Call,
    _mode=mode,
    ndarray=np.ndarray,
    asarray=np.asarray,
    float32=FLOAT32,
    float64=np.dtype(np.float64),
    zero=np.zeros((), np.float32),
    blank=object.__new__,
    count=next_number,
)


@functools.cache
def number_of(op: Operator) -> int:
    """The number in the names that belong to an operator: itself, and what follows from its default parameters."""
    number = sum(1 for n in names if n.startswith("_op"))
    names[f"_op{number}"] = op
    if op.default_params is not None:
        names[f"_facts{number}"] = op.facts(op.default_params)
    for name in re.findall(r"(?<!\.)\b(\w+)\(", op.direct):
        names[name] = getattr(np, name)
    return number


def result(entry: str, place: str) -> str:
    """Code that returns ``_y`` as an NDArray. A call of the class, whose ``__init__`` is Python, would take longer."""
    return f"_r = blank(NDArray); _r._data = _y; _r._entry = {entry}; _r._place = {place}; return _r"


def node(kind: str, facts: str, entries: list[str], kept: list[str], results: str, place: str, more: str) -> str:
    """Code that makes ``_n``, a node of the tape with all its slots."""
    keeps = f"({', '.join(kept)},)" if any(one != "None" for one in kept) else "()"
    return (
        f"_n = blank({kind}); _n.number = count(); _n.released = False; _n.facts = {facts}; _n.train = _state > 1; "
        f"_n.sources = ({', '.join(entries)},); _n.kept = {keeps}; _n.results = {results}; _n.place = {place}; {more}"
    )


def keeps_of(op: Operator, ports: list[str], raw: list[str]) -> tuple[list[str], str]:
    """Code for what a node keeps of its inputs, and of its one result."""
    takes = op.gradient_takes or ()
    kept = [one if port in takes or "xs" in takes else "None" for port, one in zip(ports, raw, strict=True)]
    return kept, "(_y,)" if "y" in takes or "ys" in takes else "()"


def recording(entries: list[str]) -> str:
    """Code that says whether the tape takes note, and finds ``_state``."""
    return f"({' or '.join(f'{e} is not None' for e in entries)}) and (_state := _mode.state) & 1"


def key_of(raw: list[str], mixed: bool) -> str:
    """``ready_key``, written out."""
    if mixed:
        return f"({', '.join(f'{one}.shape, {one}.dtype.num' for one in raw)})"
    return f"{raw[0]}.shape" if len(raw) == 1 else f"({', '.join(f'{one}.shape' for one in raw)})"


def direct_body(op: Operator, arrays: list[str], ports: list[str], facts: str) -> str:
    """Lines that compute ``direct`` and return, where the arrays are fit for it; ``facts`` names the call's."""
    number_of(op)
    raw = [f"_{i}" for i in range(len(arrays))]
    expression, where = op.direct, op.direct_where
    for port, one in zip(ports, raw, strict=True):
        expression, where = (re.sub(rf"\b{port}\b", one, text) for text in (expression, where))
    kept, results = keeps_of(op, ports, raw)
    entries = [f"_e{i}" for i in range(len(arrays))]
    place = f"{arrays[0]}._place"
    # a scalar is there in float32
    wide = "" if "scalar" in op.direct else " or _dtype is float64"
    fit = [f"{one}.__class__ is ndarray" for one in raw] + [f"((_dtype := _0.dtype) is float32{wide})"]
    fit += [f"{one}.dtype is _dtype" for one in raw[1:]]
    same = " == ".join(["(_shape := _0.shape)", *(f"{one}.shape" for one in raw[1:])])
    if len(raw) > 1 and not where:
        fit.append(same)
    elif where not in ("", "True"):
        fit.append(f"({where})")
    alike = node("Alike", facts, entries, kept, results, place, "_n.shape = _shape; _n.dtype = _dtype")
    lines = [
        *(f"{one} = {array}._data" for one, array in zip(raw, arrays, strict=True)),
        f"if {' and '.join(fit)}:",
        "    try:",
        f"        _y = {expression}",
        "    except Exception:  # the general way runs it again, and says what is wrong",
        "        _y = None",
        "    if _y.__class__ is ndarray:",
        *(f"        {entry} = {array}._entry" for entry, array in zip(entries, arrays, strict=True)),
        f"        if not ({recording(entries)}):",
        f"            {result('None', place)}",
    ]
    inner = [alike, result("(_n, 0)", place)]
    if not where:
        lines += [f"        {line}" for line in (["_shape = _y.shape"] if len(raw) == 1 else []) + inner]
    elif where == "True":
        lines += [f"        if {same}:", *(f"            {line}" for line in inner)]
    if where:
        lines += [
            f"        _ready = {facts}.ready.get({key_of(raw, False)} if _dtype is float32 else {key_of(raw, True)})",
            "        if _ready is not None:",
            f"            {node('Call', facts, entries, kept, results, place, '_n.ready = _ready')}",
            f"            {result('(_n, 0)', place)}",
        ]
    return "\n".join(" " * 8 + line for line in lines)


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


CELLS = ("become", "find", "find_first", "find_plain", "first", "general", "unset")
"""The constants of every function that is made late."""
_ALL_CELLS = f"({', '.join(CELLS)})"
_making = threading.RLock()


def late(source: str, **constants: Any) -> Function:
    """``defined`` for ``deferred``: the function holds each of ``CELLS``, whether it needs it or not."""
    # what follows a return is never run, but makes each name one of the function's own
    return defined(f"{source.rstrip()}\n    {_ALL_CELLS}", **{**dict.fromkeys(CELLS), **constants})


def deferred(make: Callable[[], Function]) -> Function:
    """The function that ``make`` gives by ``late``, made when it is first called: there are hundreds of operators, of
    which a program uses few, and to write the code of them all took a sixth of the time of the import.

    It becomes that function, so that later calls take no longer.
    """
    function = late("def function(*args, **kwargs):\n    return become()(*args, **kwargs)")
    waiting = function.__code__

    def become() -> Function:
        with _making:
            if function.__code__ is waiting:
                made = make()
                for name, own, cell in zip(CELLS, function.__closure__ or (), made.__closure__ or (), strict=True):
                    if name != "become":  # another thread may be about to look for it
                        own.cell_contents = cell.cell_contents
                function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
                function.__code__ = made.__code__
        return function

    (function.__closure__ or ())[CELLS.index("become")].cell_contents = become
    return function
