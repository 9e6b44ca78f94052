"""Every route answers with the one error body, whatever was raised."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from netwright.errors import NetwrightError
from netwright_studio.errors import (
    MAX_DETAILS,
    InvalidError,
    UnavailableError,
    cut,
    describe,
    disk_full,
    error_body,
)
from netwright_studio.responses import StudioJSON
from netwright_studio.store.fullness import is_away, is_full

logger = logging.getLogger(__name__)

_CODES = {
    400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 409: "conflict", 413: "too_large", 415: "unsupported_media_type",
    422: "invalid", 429: "too_many_requests", 503: "unavailable", 507: "disk_full",
}  # fmt: skip

_REMEDIES = {
    404: "See /api/docs for what there is.",
    405: "See /api/docs for the methods this address takes.",
    413: "Send less, or raise the limit in the studio's settings.",
}


MAX_NAME, MAX_DEPTH = 40, 8


def _location(parts: Iterable[Any]) -> str:
    """Return where a problem is. The names in it may be the sender's own, so only their beginnings are told."""
    names = [cut(str(part), MAX_NAME) for part in parts if part not in ("body",)]
    return ".".join(names[:MAX_DEPTH]) or "body"


def _validation_details(error: RequestValidationError) -> list[dict[str, Any]]:
    """Return where and what of each problem, and never the input itself."""
    details = []
    for problem in error.errors()[:MAX_DETAILS]:
        context = problem.get("ctx", {})
        message = problem["msg"]
        if problem["type"] == "json_invalid":
            message = f"This is not JSON: {context.get('error', message)}"
        details.append({"where": _location(problem["loc"]), "message": cut(message, 200), "type": problem["type"]})
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


async def _on_database_error(request: Request, error: Exception) -> Response:
    """A full disk, a database that is away, or text it cannot hold; any other mistake is ours."""
    assert isinstance(error, DBAPIError)
    if is_full(error):
        return await _on_netwright_error(request, disk_full())
    if is_away(error):
        logger.warning("the database does not answer: %s", error.orig)
        away = UnavailableError("The database does not answer.", remedy="Try again in a moment.")
        return await _on_netwright_error(request, away)
    if isinstance(error, DataError):
        return await _on_netwright_error(request, InvalidError("The database cannot hold a text of this request."))
    raise error


async def _on_system_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    if is_full(error):
        return await _on_netwright_error(request, disk_full())
    raise error


def install(app: FastAPI) -> None:
    """Register the handlers, so that every route answers with the one error body."""
    app.add_exception_handler(NetwrightError, _on_netwright_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(OSError, _on_system_error)
