"""One error body for the whole API: code, message, where, wanted, got, remedy, details."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from netwright.errors import DeviceError, NetwrightError
from netwright_studio.jsonio import StudioJSON

MAX_TEXT = 600
MAX_DETAILS = 50

_CODES = {
    400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 409: "conflict", 413: "too_large", 415: "unsupported_media_type",
    422: "invalid", 429: "too_many_requests", 503: "unavailable",
}  # fmt: skip

_REMEDIES = {
    404: "See /api/docs for what there is.",
    405: "See /api/docs for the methods this address takes.",
    413: "Send less, or raise the limit in the studio's settings.",
}


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
        return cls(
            f"There is no {kind} “{_cut(ident, 80)}”.", where=kind, remedy=f"Look at the list of {kind}s."
        )


class ConflictError(StudioError):
    """The thing is not in a state that allows this."""

    status = 409
    code = "conflict"


class InvalidError(StudioError):
    """The request can be read but not be done."""

    status = 422
    code = "invalid"


class ForbiddenError(StudioError):
    """The caller may not do this."""

    status = 403
    code = "forbidden"


class TooLargeError(StudioError):
    """The request is larger than the studio takes."""

    status = 413
    code = "too_large"


class UnavailableError(StudioError):
    """Something the request needs is not there now."""

    status = 503
    code = "unavailable"


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
    """Return the one error body; long texts are cut so that an error stays small."""
    return {
        "error": {
            "code": code,
            "message": _cut(message),
            "where": _cut(where),
            "wanted": _cut(wanted),
            "got": _cut(got),
            "remedy": _cut(remedy),
            "details": list(details)[:MAX_DETAILS],
        }
    }


def _cut(value: Any, limit: int = MAX_TEXT) -> Any:
    if isinstance(value, str) and len(value) > limit:
        return value[: limit - 1] + "…"
    return value


def describe(error: NetwrightError) -> tuple[int, dict[str, Any]]:
    """Return status and body for an error of the framework or the service."""
    if isinstance(error, StudioError):
        status, code, details = error.status, error.code, error.details
    else:
        status, code, details = (
            (409 if isinstance(error, DeviceError) else 422),
            _snake(type(error).__name__),
            [],
        )
    facts = {"where": error.where, "wanted": error.wanted, "got": error.got, "remedy": error.remedy}
    return status, error_body(code, error.message, details=details, **facts)


def _snake(name: str) -> str:
    return "".join("_" + char.lower() if char.isupper() else char for char in name).lstrip("_")


def _location(parts: Iterable[Any]) -> str:
    return ".".join(str(part) for part in parts if part not in ("body",)) or "body"


def _validation_details(error: RequestValidationError) -> list[dict[str, Any]]:
    """Return where and what of each problem, and never the input itself."""
    details = []
    for problem in error.errors()[:MAX_DETAILS]:
        context = problem.get("ctx", {})
        message = problem["msg"]
        if problem["type"] == "json_invalid":
            message = f"This is not JSON: {context.get('error', message)}"
        details.append(
            {"where": _location(problem["loc"]), "message": _cut(message, 200), "type": problem["type"]}
        )
    return details


async def _on_netwright_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, NetwrightError)
    status, body = describe(error)
    return StudioJSON(body, status)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = _validation_details(error)
    first = details[0]
    status = 400 if first["type"] == "json_invalid" else 422
    others = f" ({len(details) - 1} more)" if len(details) > 1 else ""
    body = error_body(
        "invalid_json" if status == 400 else "invalid_request",
        f"{first['where']}: {first['message']}{others}",
        where=first["where"],
        remedy="Compare the request with the API's description at /api/docs.",
        details=details,
    )
    return StudioJSON(body, status)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = error.detail if isinstance(error.detail, str) else HTTPStatus(error.status_code).phrase
    remedy = _REMEDIES.get(error.status_code)
    body = error_body(_CODES.get(error.status_code, f"http_{error.status_code}"), message, remedy=remedy)
    return StudioJSON(body, error.status_code, headers=dict(error.headers or {}))


def install(app: FastAPI) -> None:
    """Register the handlers, so that every route answers with the one error body."""
    app.add_exception_handler(NetwrightError, _on_netwright_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
