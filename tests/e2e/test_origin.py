"""Nothing comes from another origin: the documentation, the API's own pages, and what a page is kept from asking."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import new_context
from tests.e2e.studio import Studio
from tests.e2e.traffic import Traffic


@pytest.fixture
def newcomer(browser: Browser, studio: Studio) -> Iterator[tuple[Page, Traffic]]:
    """Somebody who has loaded nothing yet."""
    context = new_context(browser, studio)
    traffic = Traffic(context, studio.url)
    yield context.new_page(), traffic
    context.close()


@pytest.mark.parametrize("address", ["/docs/", "/api/docs"])
def test_no_page_asks_anybody_else(newcomer: tuple[Page, Traffic], address: str) -> None:
    page, traffic = newcomer
    page.goto(address, wait_until="networkidle")
    places = page.evaluate("[...document.querySelectorAll('[src], link[href]')].map((e) => e.src || e.href)")
    assert [place for place in places if not traffic.is_home(place)] == []
    assert len(traffic.asked) > 1
    assert traffic.abroad() == []


def test_the_policy_stops_what_tries(newcomer: tuple[Page, Traffic]) -> None:
    """The check above can fail: a request abroad is seen, and the content policy refuses it."""
    page, traffic = newcomer
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
