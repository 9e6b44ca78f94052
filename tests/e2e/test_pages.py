"""Every page in light and dark, on a laptop and on a phone."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser, expect
from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.studio import Studio

SIZES = {"laptop": (1280, 720), "phone": (390, 844)}


def addresses(studio: Studio, model: str) -> list[str]:
    project = studio.call("GET", "api/projects?limit=1")["items"][0]["id"]
    run = studio.call("GET", "api/runs?limit=1")["items"][0]["id"]
    return [
        "/",
        f"/projects/{project}",
        f"/projects/{project}/train",
        f"/projects/{project}/sweep",
        f"/projects/{project}/xray",
        "/runs",
        "/sweeps",
        f"/runs/{run}",
        "/data",
        "/data/digits",
        "/data/wine",
        "/models",
        f"/models/{model}",
        "/access",
        "/nowhere",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_holds(
    browser: Browser, studio: Studio, watch: Watch, digits_model: str, size: str, scheme: Literal["light", "dark"]
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(base_url=studio.url, viewport={"width": width, "height": height}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    watch.follow(page)
    for address in addresses(studio, digits_model):
        page.goto(address)
        main = page.get_by_role("main")
        # The editor on a phone is all canvas, without a heading.
        expect(main.get_by_role("heading").or_(main.get_by_role("toolbar")).first).to_be_attached()
        expect(main.get_by_label("Loading", exact=True)).to_have_count(0)
        assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme
        spare = page.evaluate("document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth")
        assert spare <= 0, f"{address} is {spare} px wider than a {size}"
        unnamed = page.evaluate(
            "[...document.querySelectorAll('button, a[href], input:not([type=hidden]), img')].filter((e) =>"
            " !e.closest('[aria-hidden=true]') && e.getClientRects().length && e.getAttribute('alt') !== ''"
            " && !(e.getAttribute('aria-label') || e.textContent.trim() || e.title || e.alt || e.placeholder"
            " || e.labels?.length || e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML.slice(0, 150))"
        )
        assert unnamed == [], f"{address} has controls without a name"
    context.close()
    assert watch.complaints() == []
