"""The page in another language: switching changes all words and loses nothing."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.e2e.steps import node
from tests.e2e.studio import Studio
from tests.e2e.words import expect_translated, switch_language


def test_a_switch_changes_all_words_and_nothing_else(page: Page, studio: Studio) -> None:
    project = studio.create_project("logistic-iris")
    page.goto(f"/projects/{project['id']}")
    node(page, "fc, FullyConnected").or_(node(page, "fc1, FullyConnected")).first.click()
    units = page.get_by_role("textbox", name="Num hidden")
    units.fill("-3")
    expect(page.get_by_text("Set num_hidden to at least 1").first).to_be_visible()
    switch_language(page, "Language", "简体中文")
    # The operator, its problem and its form are told by the server, the rest by the page; the edit is still there.
    expect(page.get_by_role("textbox", name="单元数")).to_have_value("-3")
    expect(page.get_by_text("将 num_hidden 设为至少 1").first).to_be_visible()
    expect(page.get_by_role("button", name="撤销", exact=True)).to_have_attribute("aria-disabled", "false")
    page.wait_for_function("() => !document.querySelector('[role=menu]')")
    expect_translated(page)
    page.reload()
    expect(page.get_by_role("navigation", name="主导航")).to_be_visible()
    switch_language(page, "语言", "English")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
