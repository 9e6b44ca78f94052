"""Names and attributes given to symbols as they are made (MXNet's ``mx.name`` and ``mx.attribute``)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import ClassVar, Self

from .errors import KindError


class _Stack(threading.local):
    def __init__(self) -> None:
        self.managers: list[NameManager] = []
        self.scopes: list[AttrScope] = []


_stack = _Stack()


class NameManager:
    """Gives ``fullyconnected0``, ``fullyconnected1``, … to symbols without a name; a ``with`` block starts anew.

    >>> with mx.name.NameManager():
    ...     print(mx.sym.relu(mx.sym.Variable("x")).name, mx.sym.relu(mx.sym.Variable("x")).name)
    relu0 relu1
    """

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}

    def get(self, name: str | None, hint: str) -> str:
        """``name`` where given, else the hint with the next number."""
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> Self:
        _stack.managers.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stack.managers.pop()

    _default: ClassVar[threading.local] = threading.local()

    @classmethod
    def current(cls) -> NameManager:
        """The innermost ``with`` block's manager, or this thread's own."""
        if _stack.managers:
            return _stack.managers[-1]
        found: NameManager | None = getattr(cls._default, "value", None)
        if found is None:
            found = cls._default.value = NameManager()
        return found


class Prefix(NameManager):
    """Puts a prefix before every name.

    >>> with mx.name.Prefix("left_"):
    ...     print(mx.sym.relu(mx.sym.Variable("x"), name="r").name)
    left_r
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        return self._prefix + super().get(name, hint)


def _check_texts(attributes: Mapping[str, object], where: str) -> None:
    for key, value in attributes.items():
        if not isinstance(value, str):
            raise KindError("attributes are texts", where=where, wanted=f"{key}='…'", got=repr(value)[:60])


class AttrScope:
    """Attributes for every symbol made inside the ``with`` block (``lr_mult``, ``ctx_group``, …).

    >>> with mx.AttrScope(__lr_mult__="0.1"):
    ...     w = mx.sym.Variable("w")
    >>> w.attr("__lr_mult__")
    '0.1'
    """

    def __init__(self, **attributes: str) -> None:
        _check_texts(attributes, "AttrScope")
        self._attributes = attributes

    def get(self, attr: dict[str, str] | None) -> dict[str, str]:
        """The scope's attributes, overridden by those given."""
        _check_texts(attr or {}, "attr")
        return {**self._attributes, **(attr or {})}

    def __enter__(self) -> Self:
        outer = AttrScope.current()._attributes
        merged = AttrScope(**{**outer, **self._attributes})
        _stack.scopes.append(merged)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _stack.scopes.pop()

    @staticmethod
    def current() -> AttrScope:
        """The innermost ``with`` block's scope, or an empty one."""
        return _stack.scopes[-1] if _stack.scopes else AttrScope()
