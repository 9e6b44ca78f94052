"""The list of operators. A family's module defines classes and decorates each with ``@register``."""

from __future__ import annotations

import difflib
from typing import TypeVar

from ..errors import GraphError
from .operator import Operator, prepare

T = TypeVar("T", bound=type[Operator])

_by_name: dict[str, Operator] = {}
_operators: list[Operator] = []
_listed: set[Operator] = set()


def register(cls: T) -> T:
    """Class decorator: makes the operator known under its name and aliases.

    A name can be given once; a second registration is a mistake and raises.
    """
    if "name" not in cls.__dict__:
        cls.name = cls.__name__
    prepare(cls)
    operator = cls()
    for name in (cls.name, *cls.aliases):
        if name in _by_name:
            raise ValueError(f"operator {name!r} is already registered by {type(_by_name[name]).__module__}")
        _by_name[name] = operator
    _operators.append(operator)
    _listed.add(operator)
    return cls


def add_name(new: str, known: str) -> None:
    """Make an operator known under one more name."""
    if new in _by_name:
        raise ValueError(f"operator {new!r} is already registered by {type(_by_name[new]).__module__}")
    _by_name[new] = get(known)


def reserve(cls: T) -> T:
    """Class decorator: known by name only: its work is the user's and cannot be sampled, or only plans use it."""
    prepare(cls)
    _by_name[cls.name] = cls()
    return cls


def get(name: str) -> Operator:
    """The operator of that name or alias; raises GraphError that suggests near names."""
    try:
        return _by_name[name]
    except KeyError:
        near = difflib.get_close_matches(name, _by_name, n=3)
        raise GraphError(
            f"there is no operator {name!r}",
            remedy=f"Did you mean {' or '.join(near)}?" if near else "netwright.ops lists them all",
        ) from None


def find(name: str) -> Operator | None:
    """The operator of that name or alias, or None."""
    return _by_name.get(name)


def all_operators() -> tuple[Operator, ...]:
    """Every operator once, in the order of registration."""
    return tuple(_operators)


def is_ours(op: Operator) -> bool:
    """Whether its work is known: that of a reserved operator is the user's, and runs when it is meant to only."""
    return op in _listed


def names() -> dict[str, Operator]:
    """Every name and alias."""
    return dict(_by_name)
