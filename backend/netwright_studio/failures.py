"""What nobody foresaw: logged with its trace under the request's id, answered without it."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netwright_studio.security import Refusal, refuse

logger = logging.getLogger(__name__)


class FailureMiddleware:
    """Turns an unexpected exception into a 500 that names the request and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception:
            ident = scope.get("netwright.request_id", "unknown")
            logger.exception("request %s %s %s failed", ident, scope["method"], scope["path"])
            if started:
                raise
            await refuse(scope, receive, send, 500, _describe(ident))


def _describe(ident: str) -> Refusal:
    return Refusal(
        "internal",
        f"Something went wrong inside the studio (request {ident}).",
        "Look for this request id in the studio's terminal and report it.",
    )
