"""Errors by name (MXNet's ``mx.error``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .errors import NetwrightError, ParamError

E = TypeVar("E", bound=type[BaseException])
MXNetError = NetwrightError
error_types: dict[str, type[BaseException]] = {
    "MXNetError": NetwrightError,
    **{kind.__name__: kind for kind in (ValueError, TypeError, AttributeError, IndexError, NotImplementedError)},
}


def register(func_name: Any = None, cls: Any = None) -> Any:
    """Register an error class, under its own name or another: ``@register``, ``@register("Name")``, or a call."""
    if isinstance(func_name, type):
        cls, func_name = func_name, func_name.__name__

    def add(found: E) -> E:
        if not (isinstance(found, type) and issubclass(found, BaseException)):
            raise ParamError("only a class of errors can be registered", where="error.register", got=repr(found))
        error_types[func_name or found.__name__] = found
        return found

    return add if cls is None else add(cls)


register_error: Callable[..., Any] = register


@register
class InternalError(NetwrightError):
    """A fault of the framework itself."""

    def __init__(self, message: str, **facts: Any) -> None:
        facts.setdefault("remedy", "This is a fault of Netwright: please report it with the program that shows it")
        super().__init__(message, **facts)
