"""Named things made from a name and parameters: optimizers, initializers, metrics, schedules.

Each kind has one table; names are found without regard to case, as in MXNet, and a wrong one suggests its neighbours.
"""

from __future__ import annotations

import difflib
import inspect
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
            parameter = _unexpected(error)
            if parameter is None:
                raise ParamError(f"the {self.kind} cannot be made: {error}", where=name) from None
            raise ParamError(
                f"there is no parameter {parameter!r}",
                where=f"{self.kind} {name}",
                parameter=parameter,
                remedy=f"The parameters are: {', '.join(sorted(parameter_names(cls)))}",
            ) from None

    def names(self) -> dict[str, type[T]]:
        """All names."""
        return dict(self._classes)


def parameter_names(cls: type[Any]) -> set[str]:
    """Names that a class or its bases can be made with."""
    inits = [vars(base)["__init__"] for base in cls.__mro__[:-1] if "__init__" in vars(base)]
    return {name for init in inits for name in inspect.signature(init).parameters} - {"self", "args", "kwargs"}


def _unexpected(error: TypeError) -> str | None:
    """The name in Python's "got an unexpected keyword argument 'x'"."""
    _, found, rest = str(error).partition("unexpected keyword argument '")
    return rest.partition("'")[0] if found else None
