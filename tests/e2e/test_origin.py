"""Nothing comes from another origin: pages, fonts, workers, sockets, the documentation and the API's own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, expect
from tests.e2e.studio import Studio
from tests.e2e.test_pages import addresses


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

    def abroad(self) -> list[str]:
        return [
            url
            for url in self.asked
            if (parts := urlsplit(url)).scheme in ("http", "https", "ws", "wss") and parts.netloc != self.home
        ]


@pytest.fixture
def traffic(context: BrowserContext, studio: Studio) -> Traffic:
    return Traffic(context, studio.url)


def test_no_page_asks_anybody_else(
    context: BrowserContext, studio: Studio, traffic: Traffic, digits_model: str
) -> None:
    page = context.new_page()
    for address in [*addresses(studio, digits_model), "/docs/", "/api/docs"]:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        for place in page.evaluate("[...document.querySelectorAll('[src], link[href]')].map((e) => e.src || e.href)"):
            assert urlsplit(place).netloc in ("", traffic.home), f"{address} points to {place}"
    assert any(url.endswith(".woff2") for url in traffic.asked)
    assert any(url.startswith("ws:") for url in traffic.asked)
    assert traffic.abroad() == []


def test_the_policy_stops_what_tries(context: BrowserContext, traffic: Traffic) -> None:
    """The check above can fail: a request abroad is seen, and the content policy refuses it."""
    page = context.new_page()
    page.goto("/data")
    expect(page.get_by_role("heading").first).to_be_visible()
    refused = page.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.blockedURI), { once: true });
          const image = document.createElement('img');
          image.src = 'http://elsewhere.invalid/dot.png';
          document.body.append(image);
        })"""
    )
    assert refused.startswith("http://elsewhere.invalid")
    assert traffic.abroad() == ["http://elsewhere.invalid/dot.png"]
