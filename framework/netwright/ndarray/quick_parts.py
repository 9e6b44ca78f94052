"""``x[3:9]``, ``x[2]``, ``x[:] = y`` and ``x.reshape((4, 8))`` in the least time: the usual keys and shapes.

Whatever is unusual goes by the methods of the class.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from ..ops import get
from ..ops.operator import CallFacts
from .array import NDArray
from .indexing import plain_key
from .quick import MAX_CALLS
from .quick_code import Function, defined, keeps_of, key_of, node, result

_INDEX, _RESHAPE = get("_basic_index"), get("Reshape")


class _Parts(dict[Any, CallFacts]):
    """What the operator of ``x[place]`` or ``x[start:stop:step]`` knows, by place or bounds."""

    def __missing__(self, bounds: Any) -> CallFacts:
        if len(self) >= MAX_CALLS:
            self.clear()
        key = slice(*bounds) if isinstance(bounds, tuple) else bounds
        found = self[bounds] = _INDEX.facts(_INDEX.make_params(plain_key(None, key)[2]))
        return found


class _Shapes(dict[Any, tuple[CallFacts, int]]):
    """By a shape of whole numbers: what the operator knows, and the number of elements; 0 where there are codes."""

    def __missing__(self, shape: Any) -> tuple[CallFacts, int]:
        if len(self) >= MAX_CALLS:
            self.clear()
        size = math.prod(shape) if shape and min(shape) > 0 else 0
        found = self[shape] = _RESHAPE.facts(_RESHAPE.make_params({"shape": shape})), size
        return found


def _recorded(op: Any, indent: int) -> str:
    """Lines that run what is ready for ``_0`` under ``_facts``, recorded, where it is ready."""
    kept, results = keeps_of(op, ["data"], ["_0"])
    lines = [
        f"_ready = _facts.ready.get({key_of(['_0'], False)} if _0.dtype is float32 else ({key_of(['_0'], True)}))",
        "if _ready is not None:",
        "    _y = _ready.run(_0); _e0 = self._entry",
        f"    {node('Call', '_facts', ['_e0'], kept, results, 'self._place', '_n.ready = _ready')}",
        f"    {result('(_n, 0)', 'self._place')}",
        "return invoke(_facts.op, _facts.p, (self,))",
    ]
    return "\n".join(" " * indent + line for line in lines)


def _make_getitem(general: Function, invoke: Function) -> Function:
    return defined(f"""
def method(self, key):
    kind = key.__class__
    if (kind is slice or kind is int) and self.__class__ is Taken:
        _0 = self._data
        if self._entry is not None and (_state := _mode.state) & 1:
            if _0.__class__ is not ndarray:
                return general(self, key)
            if kind is int:
                _facts = parts[key]
            else:
                start = key.start; stop = key.stop; step = key.step
                if ((start is not None and start.__class__ is not int)
                        or (stop is not None and stop.__class__ is not int)
                        or (step is not None and step.__class__ is not int)):
                    return general(self, key)
                _facts = parts[start, stop, step]
{_recorded(_INDEX, 12)}
        if kind is slice or (_0.ndim > 1 and 0 <= key < len(_0)):
            try:
                _y = _0[key]
            except Exception:  # the general way says what is wrong
                return general(self, key)
            if _y.flags.c_contiguous:
                {result('None', 'self._place')}
    return general(self, key)
""", name="method", general=general, parts=_Parts(), invoke=invoke)  # fmt: skip


def _make_setitem(general: Function, invoke: Function) -> Function:
    """Only arrays that nothing is recorded of, and values that NumPy casts without a word."""
    return defined("""
def method(self, key, value):
    kind = key.__class__
    if (kind is slice or kind is int) and self.__class__ is Taken and not _mode.state & 1:
        _0 = self._data
        if _0.__class__ is ndarray and ((dtype := _0.dtype) is float32 or dtype is float64):
            other = value.__class__
            raw = value
            if other is Taken:
                raw = value._data
                fits = raw.__class__ is ndarray and raw.dtype is dtype
            else:
                fits = (other is float or other is int) and -1e38 < value < 1e38
            if fits:
                try:
                    _0[key] = raw
                    return
                except (ValueError, IndexError, TypeError):  # the general way says what is wrong
                    pass
    general(self, key, value)
""", name="method", general=general)  # fmt: skip


def _make_reshape(general: Function, invoke: Function) -> Function:
    return defined(f"""
def method(self, *shape, **kwargs):
    if self.__class__ is Taken and not kwargs:
        target = shape[0] if len(shape) == 1 and (shape[0].__class__ is tuple or shape[0].__class__ is list) else shape
        if target.__class__ is list:
            target = tuple(target)
        try:
            _facts, size = shapes[target]
        except Exception:  # the general way says what is wrong
            return general(self, *shape)
        _0 = self._data
        if self._entry is not None and (_state := _mode.state) & 1:
            if _0.__class__ is not ndarray:
                return general(self, *shape)
{_recorded(_RESHAPE, 12)}
        if size and _0.size == size:
            try:
                _y = _0.reshape(target)
            except TypeError:  # 2.0 for 2
                return general(self, *shape)
            {result('None', 'self._place')}
    return general(self, *shape, **kwargs)
""", name="method", general=general, shapes=_Shapes(), invoke=invoke)  # fmt: skip


def install_parts(invoke: Function) -> None:
    """Give NDArray its quick ways to parts of it."""
    for name, make in (("__getitem__", _make_getitem), ("__setitem__", _make_setitem), ("reshape", _make_reshape)):
        general = getattr(NDArray, name)
        setattr(NDArray, name, functools.wraps(general)(make(general, invoke)))
