"""What a page says, and whether all of it is in the chosen language."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

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
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Names: operators as the graph JSON calls them, classes and columns of data sets, what React Flow asks to be named by.
NAMES = re.compile(r"React Flow|^\w+, \w+$|^(num_\w+|act_type|shape|p|axis) |^grower \d|Ankle boot|[A-Z]\w+ \(")


def shown(page: Page) -> list[str]:
    """Every text and every name of a control."""
    texts: list[str] = page.evaluate(SHOWN)
    return texts


def forgotten(page: Page) -> list[str]:
    return [
        text for text in shown(page) if SENTENCE.search(text) and not CHINESE.search(text) and not NAMES.search(text)
    ]


def expect_translated(page: Page) -> None:
    """No sentence is left in English; what the server tells comes a moment after the page's own words."""
    for _ in range(100):
        if not forgotten(page):
            return
        page.wait_for_timeout(50)
    assert forgotten(page) == [], f"{page.url} says this in English"


def switch_language(page: Page, menu: str, language: str) -> None:
    """By the keyboard alone."""
    page.get_by_role("button", name=menu, exact=True).focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("menuitemradio", name=language)
    expect(choice).to_be_visible()
    choice.press("Enter")
