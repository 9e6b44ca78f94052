"""A short cut: addresses below a prefix go to an app of their own, past the routing, which costs more than it does."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from netwright_studio.pages import is_below


class PathSwitch:
    """Hands what lies below ``prefix`` to ``below`` and the rest to ``app``."""

    def __init__(self, app: ASGIApp, prefix: str, below: ASGIApp) -> None:
        self.app = app
        self.below = below
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = scope["type"] != "lifespan" and is_below(scope["path"], self.prefix)
        await (self.below if inside else self.app)(scope, receive, send)
