"""Every request has an id, is timed, counted and, where something went wrong or all are wanted, logged."""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextvars import ContextVar
from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netwright_studio.inference.open_inference.app import ROUTE, TICKET
from netwright_studio.serving.metrics import RequestMetrics

logger = logging.getLogger("netwright_studio.requests")

REQUEST_ID = "netwright.request_id"
OBSERVE = "netwright.observe"
"""Where in a request's scope stands what counts the requests that follow it on the lane."""
AccessLog = Literal["off", "errors", "all"]

_GIVEN = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """Return the id of the request that is being answered."""
    return _current.get()


def request_id_of(scope: Scope) -> str:
    """Return the id that a client gave with ``X-Request-ID``, if it is a plain one, else a fresh one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN.fullmatch(value):
            return str(value.decode("ascii"))
    return secrets.token_hex(6)


class RequestMiddleware:
    """The outermost of the app's shells."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, access_log: AccessLog = "errors") -> None:
        self.app = app
        self.metrics = metrics
        self.access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        ident = scope[REQUEST_ID] = request_id_of(scope)
        token = _current.set(ident)
        started, status, accepted = time.perf_counter(), 500 if scope["type"] == "http" else 101, False

        async def send_noted(message: Message) -> None:
            nonlocal status, accepted
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = ident
            elif message["type"] == "websocket.accept":
                accepted = True
            elif message["type"] == "websocket.close" and status == 101:
                status = message.get("code", 1000) if accepted else 403  # as the server answers then
            await send(message)

        if scope["type"] == "http":
            self.metrics.in_flight += 1
        try:
            await self.app(scope, receive, send_noted)
        finally:
            seconds = time.perf_counter() - started
            if scope["type"] == "http":
                self.metrics.in_flight -= 1
                self._count(scope, status, seconds)
            self._log(scope, status, seconds, refused=scope["type"] == "websocket" and 400 <= status < 500)
            _current.reset(token)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], route_of(scope)
        self.metrics.add(method, route, status, seconds)
        if self.access_log != "all":  # the lane tells nobody of single requests
            scope[OBSERVE] = self.metrics.observer(method, route)
        else:
            scope.pop(TICKET, None)

    def _log(self, scope: Scope, status: int, seconds: float, *, refused: bool) -> None:
        """Write a line where one is wanted. A page tells nobody why its WebSocket was refused, so the log does."""
        failed = 500 <= status < 1000
        if self.access_log == "off" or (self.access_log == "errors" and not (failed or refused)):
            return
        client = scope.get("client")
        facts = {
            "method": scope.get("method", "WEBSOCKET"),
            "path": scope["path"],  # never the query, which may hold a token
            "route": route_of(scope),
            "status": status,
            "ms": round(seconds * 1000, 3),
            "client": client[0] if client else None,
        }
        level = logging.ERROR if failed else logging.INFO
        logger.log(level, "%s %s %s", facts["method"], facts["path"], status, extra={"request": facts})


def route_of(scope: Scope) -> str:
    """Return which kind of address was asked for: few, so that they can be counted."""
    known = scope.get(ROUTE)
    if known is not None:
        return str(known)
    route = scope.get("route")
    path = getattr(route, "path", None)
    if path is not None:
        return str(path)
    return "page" if not scope["path"].startswith("/api") else "/api"
