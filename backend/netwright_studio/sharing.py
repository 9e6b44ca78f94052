"""Share links: below ``/share/<secret>/`` lies the studio once more, with one thing in it and nothing to change.

The page works under any prefix, so it works here; what it may ask is checked against ``grants``. The link is no
cookie: it opens nothing but what is asked below it, and two links in one browser do not meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from netwright_studio.grants import link_allows
from netwright_studio.keyring import Keyring
from netwright_studio.security import Refusal, deny_websocket, refuse
from netwright_studio.store.access import has_ended
from netwright_studio.store.tables import ShareLink
from netwright_studio.throttle import Throttle

LINK = "netwright.link"
"""Where the scope of a request below a link holds it."""
_PATH = re.compile(r"/share/([^/]{1,200})(/.*)?")

ENDED = Refusal("link_ended", "This link shows nothing any more.", "Ask whoever gave it to you for another one.")
NOT_SHOWN = Refusal("not_shared", "This link does not show that.", "Open the link's own address.")
TOO_MANY = Refusal("too_many_attempts", "Too many wrong links.", "Wait a minute.")


class ShareMiddleware:
    """Lets whoever has a link in to what it shows. Belongs outside ``AccessMiddleware``, which lets it pass."""

    def __init__(
        self, app: ASGIApp, find_links: Callable[[], Keyring[ShareLink]], throttle: Throttle | None = None
    ) -> None:
        self.app, self.find_links = app, find_links
        self.throttle = throttle or Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["type"] in ("http", "websocket") else None
        if found is None:
            await self.app(scope, receive, send)
            return
        secret, rest = found[1], found[2]
        answer = await self._answer(scope, secret, rest)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, secret: str, rest: str | None) -> ASGIApp:
        client = str((scope.get("client") or ("",))[0])
        if self.throttle.wait(client) > 0:
            return _refusing(scope, 429, TOO_MANY)
        links = self.find_links()
        link = await links.find(secret)
        if link is None:
            self.throttle.fail(client)
            return _refusing(scope, 404, ENDED)
        if has_ended(link):
            return _refusing(scope, 404, ENDED)
        if rest is None:
            return RedirectResponse(f"./{secret}/", 303, headers={"cache-control": "no-store"})
        method = "GET" if scope["type"] == "websocket" else scope["method"]
        if not link_allows(link, method, rest):
            return _refusing(scope, 403, NOT_SHOWN)
        await links.mark(link)
        below = {**scope, "path": rest, "raw_path": rest.encode(), LINK: link}
        return lambda _, receive, send: self.app(below, receive, send)


def _refusing(scope: Scope, status: int, refusal: Refusal) -> ASGIApp:
    if scope["type"] == "websocket":
        return lambda scope, receive, send: deny_websocket(scope, receive, send, status, refusal)
    if "text/html" in Headers(scope=scope).get("accept", ""):
        page = _ENDED.replace("{message}", refusal.message).replace("{remedy}", refusal.remedy)
        return HTMLResponse(page, status, headers={"cache-control": "no-store"})
    return lambda scope, receive, send: refuse(scope, receive, send, status, refusal)


_ENDED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Netwright: shared link</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}</style></head><body>
<main><h1>Netwright</h1><p>{message}</p><p>{remedy}</p></main>
</body></html>
"""
