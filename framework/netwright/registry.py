"""Named things made from a name and parameters: optimizers, initializers, metrics, schedules.

Each kind has one table; names are found without regard to case, as in MXNet, and a wrong one suggests its neighbours.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .errors import KindError, ParamError, suggestion

T = TypeVar("T")


class Table(Generic[T]):
    """Classes of one kind by name."""

    def __init__(self, kind: str, base: type[T] | None = None) -> None:
        self.kind, self.base = kind, base
        self._classes: dict[str, type[T]] = {}

    def register(self, *names: Any, klass: Any = None, name: str | None = None) -> Any:
        """Class decorator, with or without parentheses: known under its own name, and under further ones.

        ``register(klass, name)`` is MXNet's form: under that name only.
        """
        if klass is None and names and isinstance(names[0], type):
            klass, *names = names  # type: ignore[assignment]
            name = names[0] if names else name
        if klass is not None:
            return self._add(klass, [name or klass.__name__])
        return lambda cls: self._add(cls, [cls.__name__, *names])

    def alias(self, *names: str) -> Callable[[type[T]], type[T]]:
        """Class decorator: known under further names."""
        return lambda cls: self._add(cls, list(names))

    def _add(self, cls: type[T], names: list[str]) -> type[T]:
        if self.base is not None and not issubclass(cls, self.base):
            raise ParamError(
                f"this is no {self.kind}", where="register", wanted=f"a {self.base.__name__}", got=cls.__name__
            )
        for name in names:
            self._classes[name.lower()] = cls
        return cls

    def get(self, name: str) -> type[T]:
        """The class of that name; raises ParamError with near names."""
        found = self._classes.get(str(name).lower())
        if found is None:
            raise ParamError(
                f"there is no {self.kind} {name!r}",
                remedy=suggestion(str(name).lower(), sorted(self._classes)),
            )
        return found

    def create(self, *args: Any, **kwargs: Any) -> T:
        """An instance of the class of that name; what is an instance already is given back.

        The name may be MXNet's JSON: ``["name", {parameters}]`` or ``{"<kind>": "name", parameters}``.
        """
        # the first argument is the name; a parameter may be called so, too
        name, *args = args or (kwargs.pop(self.kind if self.kind in kwargs else "name", ""),)  # type: ignore[assignment]
        if not isinstance(name, str):
            if isinstance(name, dict):
                return self._configured(name)
            if isinstance(name, (int, float, complex, bytes, type(None))):
                raise KindError(
                    f"this is neither the name of {self.kind} nor one",
                    where=f"{self.kind}.create",
                    wanted=f"a text, or an instance of {self.kind}",
                    got=repr(name)[:60],
                    remedy=f"Give a name such as {next(iter(self._classes))!r}",
                )
            if args or kwargs:
                raise ParamError(f"the {self.kind} is made already: it takes no more parameters", where=repr(name))
            return name  # type: ignore[no-any-return]
        if name.startswith(("[", "{")):
            given = json.loads(name)
            if isinstance(given, dict):
                return self._configured(given)
            return self.create(given[0], **given[1])
        cls = self.get(name)
        try:
            return cls(*args, **kwargs)
        except TypeError as error:
            parameter = _unexpected(error)
            if parameter is None:
                raise ParamError(
                    f"the {self.kind} cannot be made: {error}",
                    where=name,
                    got=", ".join(f"{k}={v!r:.30}" for k, v in kwargs.items() if k != "param_dict"),
                    remedy=f"The parameters are: {', '.join(parameter_names(cls))}",
                ) from None
            raise ParamError(
                f"there is no parameter {parameter!r}",
                where=f"{self.kind} {name}",
                parameter=parameter,
                remedy=suggestion(parameter, parameter_names(cls), "The parameters are"),
            ) from None

    def _configured(self, given: dict[str, Any]) -> T:
        parameters = dict(given)
        name = parameters.pop(self.kind, None)
        if name is None:
            raise ParamError("the configuration does not say which", where=self.kind, wanted=f"the key {self.kind!r}")
        return self.create(name, **parameters)

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


_tables: dict[type[Any], Table[Any]] = {}


def _table_of(base_class: type[T], nickname: str) -> Table[T]:
    found = _tables.get(base_class)
    if found is None:
        found = _tables[base_class] = Table(nickname, base_class)
    return found


def get_registry(base_class: type[T]) -> dict[str, type[T]]:
    """What is registered for a base class, by name."""
    return _table_of(base_class, base_class.__name__).names()


def get_register_func(base_class: type[T], nickname: str) -> Callable[..., Any]:
    """``register(klass, name=None)`` for subclasses of a base class of one's own."""
    return _table_of(base_class, nickname).register


def get_alias_func(base_class: type[T], nickname: str) -> Callable[..., Any]:
    """``@alias("name", …)`` for subclasses of a base class of one's own."""
    return _table_of(base_class, nickname).alias


def get_create_func(base_class: type[T], nickname: str) -> Callable[..., T]:
    """``create(name, …)``: an instance from a name, from JSON, from a dict with the nickname as key, or as it is."""
    table = _table_of(base_class, nickname)

    def create(*args: Any, **kwargs: Any) -> T:
        if args:
            return table.create(*args, **kwargs)
        return table._configured(kwargs)

    return create
