"""The page in English and Chinese: no word is left in the other language, and switching loses nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.steps import node
from tests.e2e.studio import Studio
from tests.e2e.test_pages import addresses

SHOWN = """() => {
  const said = new Set();
  const walker = document.createTreeWalker(document.querySelector('#root'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const inside = walker.currentNode.parentElement;
    if (!inside.closest('script, style, code, pre, [lang=en]')) said.add(walker.currentNode.textContent.trim());
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const one of document.querySelectorAll(`#root [${name}]`))
      if (!one.closest('[lang=en]')) said.add(one.getAttribute(name).trim());
  return [...said];
}"""
# Two English words in a row, in a text without any Chinese, are a sentence that was forgotten.
SENTENCE = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
HAN = re.compile(r"[\u4e00-\u9fff]")
# Names: operators as the graph JSON calls them, classes and columns of data sets, what React Flow asks to be named by.
NAMES = re.compile(r"React Flow|^\w+, \w+$|^(num_\w+|act_type|shape|p|axis) |^grower \d|Ankle boot|[A-Z]\w+ \(")


def forgotten(page: Page) -> list[str]:
    return [
        text
        for text in page.evaluate(SHOWN)
        if SENTENCE.search(text) and not HAN.search(text) and not NAMES.search(text)
    ]


def settled(page: Page) -> Locator:
    main = page.get_by_role("main")
    expect(main.get_by_role("heading").or_(main.get_by_role("toolbar")).first).to_be_attached()
    expect(page.locator("[aria-busy=true], .mantine-Skeleton-root, .mantine-Loader-root")).to_have_count(0)
    return main


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_speaks_the_browsers_language(
    browser: Browser, studio: Studio, watch: Watch, digits_model: str, locale: str
) -> None:
    context = browser.new_context(base_url=studio.url, locale=locale)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    watch.follow(page)
    watch.forgive("404")
    for address in addresses(studio, digits_model):
        page.goto(address)
        settled(page)
        assert page.evaluate("document.documentElement.lang") == ("zh-CN" if locale == "zh-CN" else "en")
        if locale == "zh-CN":
            assert_nothing_forgotten(page, address)
        else:
            said = [text for text in page.evaluate(SHOWN) if HAN.search(text)]
            assert said == [], f"{address} says this in Chinese"
    context.close()
    assert watch.complaints() == []


def assert_nothing_forgotten(page: Page, address: str = "the page") -> None:
    """What the server tells comes a moment after the page's own words."""
    for _ in range(50):
        if not forgotten(page):
            return
        page.wait_for_timeout(100)
    assert forgotten(page) == [], f"{address} says this in English"


def switch(page: Page, menu: str, language: str) -> None:
    """By the keyboard alone."""
    page.get_by_role("button", name=menu, exact=True).focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("menuitemradio", name=language)
    expect(choice).to_be_visible()
    choice.press("Enter")


def test_a_switch_changes_all_words_and_nothing_else(page: Page, studio: Studio, digits_model: str) -> None:
    project = studio.create_project("logistic-iris")
    page.goto(f"/projects/{project['id']}")
    settled(page)
    node(page, "fc, FullyConnected").or_(node(page, "fc1, FullyConnected")).first.click()
    units = page.get_by_role("textbox", name="Num hidden")
    units.fill("-3")
    expect(page.get_by_text("Set num_hidden to at least 1").first).to_be_visible()
    switch(page, "Language", "简体中文")
    # The operator, its problem and its form are told by the server, the rest by the page; the edit is still there.
    expect(page.get_by_role("textbox", name="单元数")).to_have_value("-3")
    expect(page.get_by_text("将 num_hidden 设为至少 1").first).to_be_visible()
    expect(page.get_by_role("button", name="撤销", exact=True)).to_have_attribute("aria-disabled", "false")
    page.wait_for_function("() => !document.querySelector('[role=menu]')")
    assert_nothing_forgotten(page)
    page.reload()
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()
    switch(page, "语言", "English")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


@pytest.mark.parametrize("address", ["/", "/runs", "/data", "/models", "RUN", "MODEL"])
def test_switching_in_place_is_as_good_as_coming_anew(
    page: Page, studio: Studio, digits_model: str, address: str
) -> None:
    run = studio.call("GET", "api/runs?limit=1")["items"][0]["id"]
    page.goto({"RUN": f"/runs/{run}", "MODEL": f"/models/{digits_model}"}.get(address, address))
    settled(page)
    with page.expect_response(lambda reply: "/api/" in reply.url):
        switch(page, "Language", "简体中文")
    page.wait_for_load_state("networkidle")
    settled(page)
    page.wait_for_function("() => !document.querySelector('[role=menu]')")
    assert_nothing_forgotten(page)
