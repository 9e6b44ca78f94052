"""One error body for the whole API: code, message, where, wanted, got, remedy, details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import orjson

from netwright.errors import DiskFullError as FrameworkDiskFullError
from netwright.errors import NetwrightError

MAX_TEXT = 600
MAX_FACT = 300
MAX_DETAILS = 50
MAX_BYTES = 4000
"""Of a whole body: details that do not fit any more are left out."""


class StudioError(NetwrightError):
    """An error of the service: a framework error that also knows its HTTP status and code."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str, *, details: Iterable[Any] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.details = list(details)


class NotFoundError(StudioError):
    """There is nothing under this id."""

    status = 404
    code = "not_found"

    @classmethod
    def of(cls, kind: str, ident: str) -> NotFoundError:
        """Return the error for a missing ``kind`` with the id ``ident``."""
        return cls(f"There is no {kind} “{cut(ident, 80)}”.", where=kind, remedy=f"Look at the list of {kind}s.")


class ConflictError(StudioError):
    """The thing is not in a state that allows this."""

    status = 409
    code = "conflict"


class InvalidError(StudioError):
    """The request can be read but not be done."""

    status = 422
    code = "invalid"


class TooLargeError(StudioError):
    """More than the studio takes."""

    status = 413
    code = "too_large"


class ForbiddenError(StudioError):
    """The caller may not do this."""

    status = 403
    code = "forbidden"


class UnavailableError(StudioError):
    """Something the request needs is not there now."""

    status = 503
    code = "unavailable"


class DiskFullError(StudioError):
    """There is no room for what is to be stored."""

    status = 507
    code = "disk_full"


def disk_full() -> DiskFullError:
    """The error for people."""
    return DiskFullError(
        "There is no room left on the studio's disk.",
        where="data folder",
        remedy="Delete runs, models or data sets that are not needed, or make room outside, then try again.",
    )


def error_body(
    code: str,
    message: str,
    *,
    where: str | None = None,
    wanted: Any = None,
    got: Any = None,
    remedy: str | None = None,
    details: Iterable[Any] = (),
) -> dict[str, Any]:
    """Return the one error body; long texts are cut, and details left out, so that an error stays small."""
    facts = {"where": where, "wanted": wanted, "got": got, "remedy": remedy}
    body = {"code": code, "message": cut(message), **{name: cut(fact, MAX_FACT) for name, fact in facts.items()}}
    return {"error": {**body, "details": _fitting(details, MAX_BYTES - _size(body))}}


def _fitting(details: Iterable[Any], room: int) -> list[Any]:
    """Return the first details, with their texts cut, as far as the room in bytes goes."""
    found: list[Any] = []
    for detail in list(details)[:MAX_DETAILS]:
        short = (
            {name: cut(text, MAX_FACT) for name, text in detail.items()} if isinstance(detail, dict) else cut(detail)
        )
        room -= _size(short) + 1
        if room < 0:
            break
        found.append(short)
    return found


def _size(value: Any) -> int:
    return len(orjson.dumps(value, default=str))


def cut(value: Any, limit: int = MAX_TEXT) -> Any:
    """Return a text shortened to ``limit`` characters; anything else as it is."""
    if isinstance(value, str) and len(value) > limit:
        return value[: limit - 1] + "…"
    return value


def describe(error: NetwrightError) -> tuple[int, dict[str, Any]]:
    """Return status and body for an error of the framework or the service."""
    if isinstance(error, StudioError):
        status, code, details = error.status, error.code, error.details
    elif isinstance(error, FrameworkDiskFullError):
        status, code, details = DiskFullError.status, DiskFullError.code, []
    else:
        status, code, details = (
            422,
            _snake(type(error).__name__),
            [],
        )
    facts = {"where": error.where, "wanted": error.wanted, "got": error.got, "remedy": error.remedy}
    return status, error_body(code, error.message, details=details, **facts)


def _snake(name: str) -> str:
    return "".join("_" + char.lower() if char.isupper() else char for char in name).lstrip("_")
