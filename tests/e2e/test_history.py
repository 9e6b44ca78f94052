"""Nothing is lost: undo after a reload, versions, and two windows on one project."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect
from tests.e2e.conftest import Watch
from tests.e2e.steps import node
from tests.e2e.studio import Studio


def saved(page: Page) -> None:
    expect(page.get_by_role("status").get_by_text("Saved", exact=True)).to_be_visible()


def set_units(page: Page, units: int) -> None:
    node(page, "fc1, FullyConnected").click()
    field = page.get_by_role("complementary", name="Inspector").get_by_label("Num hidden")
    field.fill(str(units))
    field.blur()


def units_of(studio: Studio, project: str) -> int:
    nodes = studio.call("GET", f"api/projects/{project}")["graph"]["nodes"]
    return int(next(one["params"]["num_hidden"] for one in nodes if one["id"] == "fc1"))


def test_undo_survives_a_reload(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    page.goto(f"/projects/{project['id']}")
    set_units(page, 77)
    saved(page)
    page.reload()
    toolbar = page.get_by_role("toolbar", name="Editor")
    expect(toolbar.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
    page.keyboard.press("Control+z")
    expect(node(page, "fc1, FullyConnected").get_by_label("8,320 trained parameters")).to_be_visible()
    saved(page)
    assert units_of(studio, project["id"]) == 128
    page.reload()
    expect(toolbar.get_by_role("button", name="Redo", exact=True)).to_be_enabled()
    page.keyboard.press("Control+Shift+z")
    expect(node(page, "fc1, FullyConnected").get_by_label("5,005 trained parameters")).to_be_visible()


def test_versions_are_named_looked_at_and_gone_back_to(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    page.goto(f"/projects/{project['id']}")
    set_units(page, 50)
    saved(page)
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    versions = page.get_by_role("dialog").get_by_role("list", name="Versions").get_by_role("listitem")
    expect(versions).to_have_count(2)
    versions.last.get_by_role("button", name="Name the version").click()
    page.get_by_label("Name of the version").fill("As it began")
    page.keyboard.press("Enter")
    expect(versions.last.get_by_text("As it began")).to_be_visible()
    versions.last.get_by_role("button", name="As it began").click()
    page.get_by_role("button", name="Go back to this version").click()
    expect(node(page, "fc1, FullyConnected").get_by_label("8,320 trained parameters")).to_be_visible()
    saved(page)
    assert units_of(studio, project["id"]) == 128
    # Going back is a step like any other.
    page.keyboard.press("Control+z")
    expect(node(page, "fc1, FullyConnected").get_by_label("3,250 trained parameters")).to_be_visible()


def test_two_windows_do_not_overwrite_each_other(
    page: Page, context: BrowserContext, watch: Watch, studio: Studio
) -> None:
    watch.forgive("409")
    project = studio.create_project("mlp-digits")
    other = context.new_page()
    watch.follow(other)
    for window in (page, other):
        window.goto(f"/projects/{project['id']}")
        expect(node(window, "fc1, FullyConnected")).to_be_visible()
    set_units(page, 60)
    saved(page)
    set_units(other, 70)
    expect(other.get_by_role("alert")).to_contain_text("changed in another window")
    assert units_of(studio, project["id"]) == 60

    # The conflict outlives a reload, with the edit that is not saved.
    other.reload()
    expect(other.get_by_role("alert")).to_contain_text("changed in another window")
    other.get_by_role("button", name="Keep mine").click()
    saved(other)
    assert units_of(studio, project["id"]) == 70
    # What the first window saved is still there, as a version.
    listed = studio.call("GET", f"api/projects/{project['id']}/versions")["items"]
    assert [one["revision"] for one in listed] == [3, 2, 1]

    set_units(page, 80)
    page.get_by_role("button", name="Load the other version").click()
    expect(node(page, "fc1, FullyConnected").get_by_label("4,550 trained parameters")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(node(page, "fc1, FullyConnected").get_by_label("5,200 trained parameters")).to_be_visible()
