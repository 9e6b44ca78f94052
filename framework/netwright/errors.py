"""Errors that help: where it happened, what was wanted, what was got, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, Self


class NetwrightError(RuntimeError):
    """Base of every error a user can cause.

    The text reads ``where: message (wanted …, got …). remedy``; each part is also an attribute, so that the
    command line, a notebook and the studio page can show it their own way.

    >>> try:
    ...     mx.nd.ones((2, 3)).reshape((4, 2))
    ... except mx.NetwrightError as error:
    ...     print(error.where, error.wanted, error.got, sep=" | ")
    ...     print(error.remedy)
    Reshape | sizes whose product is 6 | (4, 2)
    Give -1 for one size to have it computed
    """

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        wanted: Any = None,
        got: Any = None,
        remedy: str | None = None,
        port: str | None = None,
        parameter: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.wanted = None if wanted is None else str(wanted)
        self.got = None if got is None else str(got)
        self.remedy = remedy
        self.port = port
        self.parameter = parameter

    def at(self, where: str) -> Self:
        """Say where it happened, unless something nearer already did."""
        if self.where is None:
            self.where = where
        return self

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        facts = [f"{word} {value}" for word, value in (("wanted", self.wanted), ("got", self.got)) if value]
        if facts:
            text += f" ({', '.join(facts)})"
        if self.remedy:
            text += f". {self.remedy}" if not text.endswith(".") else f" {self.remedy}"
        return text


def suggestion(name: object, known: Iterable[str], what: str = "Known") -> str:
    """A remedy for a wrong name: the names near to it, or (some of) those there are."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(str(name), names, n=2) or [n for n in names if n.lower() == str(name).lower()]
    if near:
        return f"Did you mean {' or '.join(near)}?"
    shown = ", ".join(names[:20]) or "none"
    return f"{what}: {shown}{', …' if len(names) > 20 else ''}"


class ShapeError(NetwrightError, ValueError):
    """Shapes that do not fit together."""


class IndexRangeError(NetwrightError, IndexError):
    """An index outside the array; an ``IndexError`` too, so that Python's own loops end at it."""


class DTypeError(NetwrightError, TypeError):
    """Element types that do not fit together."""


class StorageError(NetwrightError, NotImplementedError, ValueError, TypeError):
    """A storage type that is unknown, or that something cannot be done with; MXNet raises each of these kinds."""


class ParamError(NetwrightError, ValueError):
    """An operator, layer or optimizer was given a parameter it cannot take."""


class GraphError(NetwrightError, ValueError):
    """A graph that cannot be run: a cycle, a missing input, a name used twice."""


class DeviceError(NetwrightError):
    """A device that is not there, or arrays that lie on different ones."""


class AutogradError(NetwrightError):
    """Differentiation asked of something that was not recorded or cannot be differentiated."""


class NotReadyError(NetwrightError):
    """Something was asked of an object too early: before it was initialised, or before it has run."""


class DeferredInitializationError(NotReadyError):
    """A parameter was used before its shape was known."""


class MismatchError(ParamError, AssertionError):
    """What was given contradicts what is there; an AssertionError too, as MXNet's programs expect."""


class ParameterShapeError(ShapeError, AssertionError):
    """A weight was given another shape than it has; an AssertionError too, as MXNet's programs expect."""


class StaleGradientError(NetwrightError, UserWarning):
    """An update was asked for with a gradient of an earlier batch; a UserWarning too, as MXNet raises it."""


class KindError(NetwrightError, TypeError):
    """A value of another kind of object than the one that is wanted."""


class MemberError(NetwrightError, AttributeError):
    """A module or an object has no such function or attribute."""


class UnknownNameError(ParamError, KeyError):
    """A name that is not among those known."""

    __str__ = NetwrightError.__str__


class MemoryLimitError(NetwrightError, MemoryError):
    """Something would not fit in the memory that may be used; found before anything was allocated."""


class DataError(NetwrightError, ValueError):
    """Data that cannot be read or does not fit its description."""


class DiskFullError(NetwrightError):
    """There is no room on the disk for what was to be written; what was there before is as it was."""


class CheckpointError(NetwrightError):
    """A checkpoint or model file that is missing, damaged or of another network."""
