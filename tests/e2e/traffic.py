"""Every address that a browser asks for."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, WebSocket


class Traffic:
    """Every address that a browser context asked for, its workers and sockets included."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.home = urlsplit(home).netloc
        self.asked: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("page", self._follow)

    def _follow(self, page: Page) -> None:
        def note(socket: WebSocket) -> None:
            self.asked.append(socket.url)

        page.on("websocket", note)

    def is_home(self, url: str) -> bool:
        """Whether an address is the studio's own, or none of the network."""
        return urlsplit(url).netloc in ("", self.home)

    def abroad(self) -> list[str]:
        """What was asked of somebody else."""
        asked = ((url, urlsplit(url).scheme) for url in self.asked)
        return [url for url, scheme in asked if scheme in ("http", "https", "ws", "wss") and not self.is_home(url)]
