"""The documentation that the studio serves: from the page to it, through it, and in it by search."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.e2e.conftest import Watch


def test_the_page_leads_to_the_documentation(page: Page, context: BrowserContext, watch: Watch) -> None:
    page.goto("/runs")
    with context.expect_page() as opened:
        page.get_by_role("link", name="Documentation").click()
    docs = opened.value
    watch.follow(docs)
    expect(docs.get_by_role("heading", name="Netwright", exact=False).first).to_be_visible()
    docs.get_by_role("link", name="How it works").click()
    docs.get_by_role("link", name="3. Tape").first.click()
    expect(docs.get_by_role("heading", name="3. Tape")).to_be_visible()
    docs.get_by_role("link", name="简体中文").click()
    expect(docs.get_by_role("heading", name="3. 磁带")).to_be_visible()
    assert docs.evaluate("document.documentElement.lang") == "zh-CN"


@pytest.mark.parametrize(
    ("words", "found"),
    [("fullyconnected", "FullyConnected"), ("cosine scheduler", "CosineScheduler"), ("优化器", "9. 优化器")],
)
def test_search_finds_it_first(page: Page, words: str, found: str) -> None:
    page.goto("/docs/")
    page.keyboard.press("/")
    page.keyboard.type(words)
    first = page.get_by_role("region", name="Results").get_by_role("link").first
    expect(first).to_contain_text(found)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=found).first).to_be_visible()


def test_its_colours_are_the_studios(page: Page) -> None:
    page.goto("/docs/api/operators/relu.html")
    before = page.evaluate("document.documentElement.dataset.mantineColorScheme")
    page.get_by_role("button", name="Light or dark").click()
    after = page.evaluate("document.documentElement.dataset.mantineColorScheme")
    assert {before, after} == {"light", "dark"}
    page.goto("/runs")
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == after


@pytest.mark.parametrize("address", ["", "tour/zh/05-inference.html", "api/operators/Convolution.html", "api/nd.html"])
def test_pages_fit_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/docs/{address}")
    expect(page.get_by_role("heading").first).to_be_visible()
    spare = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert spare <= 0, f"{address} is {spare} px wider than a phone"
