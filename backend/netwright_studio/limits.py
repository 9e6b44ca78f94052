"""How much a request may send: a pure ASGI guard that counts the body while it arrives, chunked or not.

Inference counts for itself: it must also count what a packed body unpacks to.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netwright_studio.heap import LARGE, Heap
from netwright_studio.security import Refusal, refuse
from netwright_studio.settings import Settings

FORM_BYTES = 64 << 10
"""What a form may add to the file in it."""


class BodyTooLarge(HTTPException):
    """More bytes arrived than the limit; an HTTPException so that the frameworks above pass it through."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"The request is larger than {limit} bytes.")
        self.limit = limit


class BodyLimitMiddleware:
    """Answers 413 as soon as a body is known to be too large, and reads no more of it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.heap = Heap()

    def limit_of(self, path: str) -> int:
        """Return the limit in bytes for a path: an upload may send more than the rest."""
        if path.rstrip("/") in ("/api/datasets", "/api/projects/import"):
            return self.settings.max_upload_bytes
        if path.rstrip("/") == "/api/graphs/import":
            return self.settings.max_import_bytes + FORM_BYTES
        return self.settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limit_of(scope["path"])
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await refuse(scope, receive, send, 413, _refusal(limit))
            return
        received = 0
        started = False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise BodyTooLarge(limit)
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive_counted, send_noted)
        except BodyTooLarge:
            if started:
                raise
            await refuse(scope, receive, send, 413, _refusal(limit))
        finally:
            if received >= LARGE and headers.get("content-type", "").startswith("application/json"):
                self.heap.release_soon()


def _refusal(limit: int) -> Refusal:
    return Refusal(
        "too_large",
        f"The request is larger than {limit} bytes.",
        "Send less, or raise the limit in the studio's settings.",
    )
