"""Named things made from a name and parameters: optimizers, initializers, metrics, schedules.

Each kind has one table; names are found without regard to case, as in MXNet, and a wrong one suggests its neighbours.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .errors import ParamError

T = TypeVar("T")


class Table(Generic[T]):
    """Classes of one kind by name."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._classes: dict[str, type[T]] = {}

    def register(self, *aliases: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: known under its own name and the aliases."""

        def add(cls: type[T]) -> type[T]:
            for name in (cls.__name__, *aliases):
                self._classes[name.lower()] = cls
            return cls

        return add

    def get(self, name: str) -> type[T]:
        """The class of that name; raises ParamError with near names."""
        found = self._classes.get(str(name).lower())
        if found is None:
            near = difflib.get_close_matches(str(name).lower(), self._classes, n=2)
            raise ParamError(
                f"there is no {self.kind} {name!r}",
                remedy=f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(self._classes))}",
            )
        return found

    def create(self, name: Any, *args: Any, **kwargs: Any) -> T:
        """An instance of the class of that name; what is an instance already is given back."""
        if not isinstance(name, str):
            return name  # type: ignore[no-any-return]
        cls = self.get(name)
        try:
            return cls(*args, **kwargs)
        except TypeError as error:
            raise ParamError(f"{self.kind} {name!r} cannot be made: {error}", parameter=_named_in(error)) from None

    def names(self) -> dict[str, type[T]]:
        """All names."""
        return dict(self._classes)


def _named_in(error: TypeError) -> str | None:
    parts = str(error).split("'")
    return parts[1] if len(parts) >= 3 else None
