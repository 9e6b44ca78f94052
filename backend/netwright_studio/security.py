"""Who may talk to the studio: a pure ASGI shell that checks Host and Origin and sets the safe headers."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netwright_studio.errors import error_body
from netwright_studio.responses import StudioJSON

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SAFE_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Refusal:
    """Why a request is turned away."""

    code: str
    message: str
    remedy: str


def split_authority(authority: str) -> tuple[str, str] | None:
    """Return (host, port) of a Host header in lower case, port "" when absent; None when it is malformed."""
    if not authority or any(char in authority for char in "/\\@?#, \t"):
        return None
    try:
        parts = urlsplit("//" + authority)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    return (host, "" if port is None else str(port)) if host else None


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_address(host: str) -> bool:
    """Tell whether a host is a usable IP address; 0.0.0.0 and :: are none."""
    try:
        return not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


class Gatekeeper:
    """Decides from the headers whether a request is let in."""

    def __init__(
        self, allowed_hosts: Iterable[str] = (), allowed_origins: Iterable[str] = (), *, exposed: bool = False
    ) -> None:
        """``exposed``: others may reach the studio, so it answers to every address, though to no unknown name."""
        self._exposed = exposed
        self._hosts = frozenset(host.lower() for host in allowed_hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    def refuse_host(self, headers: Headers) -> Refusal | None:
        """Return why the Host header is refused; it stops DNS rebinding."""
        hosts = headers.getlist("host")
        authority = split_authority(hosts[0]) if len(hosts) == 1 else None
        if authority and (is_loopback(authority[0]) or authority[0] in self._hosts):
            return None
        # DNS rebinding needs a name; whoever writes an address means it.
        if authority and self._exposed and is_address(authority[0]):
            return None
        return Refusal(
            "host_not_allowed",
            "The studio does not answer to this host name.",
            "Use http://127.0.0.1 or add the name to NETWRIGHT_ALLOWED_HOSTS.",
        )

    def refuse_origin(self, headers: Headers, *, required: bool) -> Refusal | None:
        """Return why the Origin is refused. Browsers send one; a program need not unless ``required``."""
        origin = headers.get("origin")
        if origin is None:
            site = headers.get("sec-fetch-site", "none")
            if not required and site in ("none", "same-origin"):
                return None
        elif self._is_own(origin, headers.get("host", "")):
            return None
        return Refusal(
            "origin_not_allowed",
            "The request comes from another site.",
            "Open the studio at its own address, or add the origin to NETWRIGHT_ALLOWED_ORIGINS.",
        )

    def _is_own(self, origin: str, host: str) -> bool:
        if origin.lower() in self._origins:
            return True
        scheme, separator, authority = origin.partition("://")
        if not separator or scheme not in ("http", "https"):
            return False
        default = {"http": "80", "https": "443"}[scheme]
        ours, theirs = split_authority(host), split_authority(authority)
        if ours is None or theirs is None:
            return False
        return (theirs[0], theirs[1] or default) == (ours[0], ours[1] or default)


class SecurityMiddleware:
    """Checks Host and Origin before anything is read, numbers the request and sets the safe headers."""

    def __init__(self, app: ASGIApp, gatekeeper: Gatekeeper) -> None:
        self.app = app
        self.gatekeeper = gatekeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = scope.setdefault("netwright.request_id", secrets.token_hex(6))
        headers = Headers(scope=scope)
        refusal = self.gatekeeper.refuse_host(headers)
        if scope["type"] == "websocket":
            refusal = refusal or self.gatekeeper.refuse_origin(headers, required=True)
            if refusal:
                await deny_websocket(scope, receive, send, 403, refusal)
                return
            await self.app(scope, receive, send)
            return
        if scope["method"] not in SAFE_METHODS:
            refusal = refusal or self.gatekeeper.refuse_origin(headers, required=False)

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                outgoing = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    outgoing.setdefault(name, value)
                outgoing["x-request-id"] = request_id
            await send(message)

        if refusal:
            await refuse(scope, receive, send_safely, 403, refusal)
            return
        await self.app(scope, receive, send_safely)


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    refusal: Refusal,
    headers: dict[str, str] | None = None,
) -> None:
    """Answer with the error body of the path's protocol: ``{"error": "…"}`` under /v2, else the studio's."""
    if scope["path"].startswith("/v2"):
        response = StudioJSON({"error": f"{refusal.message} {refusal.remedy}"}, status, headers)
    else:
        response = StudioJSON(error_body(refusal.code, refusal.message, remedy=refusal.remedy), status, headers)
    await response(scope, receive, send)


async def deny_websocket(scope: Scope, receive: Receive, send: Send, status: int, refusal: Refusal) -> None:
    """Refuse a handshake with the status and the error body, or close where the server cannot say them."""
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        response = StudioJSON(error_body(refusal.code, refusal.message, remedy=refusal.remedy), status)
        # The denial extension takes the same messages under the websocket.http prefix.
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 4000 + status, "reason": refusal.code})
