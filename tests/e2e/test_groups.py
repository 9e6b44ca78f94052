"""Blocks on the canvas: made, repeated, opened, trained, undone."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.e2e.steps import choose, edge, node
from tests.e2e.studio import Studio


def block(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=f"Group {name}", exact=True)


def open_block(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=f"Group {name}, open", exact=True)


def groups_of(page: Page, studio: Studio, project: str) -> list[dict[str, Any]]:
    """What is stored, once the page has saved."""
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    groups: list[dict[str, Any]] = studio.call("GET", f"api/projects/{project}")["graph"]["groups"]
    return groups


def test_a_selection_becomes_a_repeated_block_that_trains(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits", epochs=1)
    page.goto(f"/projects/{project['id']}")
    choose(page, "fc1, FullyConnected", "relu1, Activation")
    expect(page.get_by_text("2 nodes selected")).to_be_visible()
    page.keyboard.press("Control+g")

    expect(block(page, "block1")).to_be_visible()
    expect(node(page, "fc1, FullyConnected")).to_have_count(0)
    expect(edge(page, "From flatten to data of fc1, 32×64")).to_be_attached()
    inspector = page.get_by_role("complementary", name="Inspector")
    inspector.get_by_label("Title").fill("Hidden layer")
    made = block(page, "Hidden layer")
    expect(made).to_be_visible()
    inspector.get_by_label("Repeat").fill("3")
    inspector.get_by_label("Repeat").blur()
    expect(made.get_by_label("repeated 3 times")).to_be_visible()
    expect(inspector.get_by_label("Derived")).to_contain_text("6")

    # A parameter of a member, set on the block.
    inspector.get_by_role("button", name="Show a parameter here").click()
    page.get_by_role("menuitem", name="num hidden").first.click()
    field = inspector.get_by_label("Num hidden of", exact=False)
    field.fill("24")
    field.blur()

    expect(edge(page, "From relu1 to data of fc2, 32×24")).to_be_attached()

    # Opened by a double click, its nodes stand in a frame; closed again from there.
    made.dblclick()
    expect(open_block(page, "Hidden layer")).to_be_visible()
    expect(node(page, "fc1, FullyConnected")).to_be_visible()
    page.get_by_role("button", name="Collapse Hidden layer").click()
    expect(node(page, "fc1, FullyConnected")).to_have_count(0)

    # What is saved is the drawing; what trains has the copies.
    (stored,) = groups_of(page, studio, project["id"])
    assert (stored["repeat"], stored["collapsed"], stored["title"]) == (3, True, "Hidden layer")
    run = studio.call("POST", "api/runs", {"project": project["id"]})
    finished = studio.wait_for_run(run["id"], "completed")
    model = studio.call("GET", f"api/models/{finished['model']['name']}")
    assert model["versions"][0]["parameters"] == (64 * 24 + 24) + 2 * (24 * 24 + 24) + (24 * 64 + 64) + (64 * 10 + 10)


def test_blocks_in_blocks_move_copy_undo_and_show_what_is_wrong(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    page.goto(f"/projects/{project['id']}")
    choose(page, "fc1, FullyConnected", "relu1, Activation")
    page.keyboard.press("Control+g")
    expect(block(page, "block1")).to_be_visible()
    node(page, "fc2, FullyConnected").click(modifiers=["Shift"])
    page.keyboard.press("Control+g")
    expect(block(page, "block2")).to_be_visible()
    expect(block(page, "block1")).to_have_count(0)

    # The copy has its inner block and new names, fed as the original is.
    page.keyboard.press("Control+d")
    expect(block(page, "block4")).to_be_visible()
    stored = {group["id"]: group["members"] for group in groups_of(page, studio, project["id"])}
    assert stored == {
        "block1": ["fc1", "relu1"],
        "block2": ["block1", "fc2"],
        "block3": ["fc4", "relu3"],
        "block4": ["block3", "fc5"],
    }
    page.keyboard.press("Delete")
    expect(block(page, "block4")).to_have_count(0)

    # Dragging the block is one step, and takes its nodes along.
    before = studio.call("GET", f"api/projects/{project['id']}")["graph"]["layout"]["fc1"]
    box = block(page, "block2").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 40, steps=5)
    page.mouse.up()
    groups_of(page, studio, project["id"])
    after = studio.call("GET", f"api/projects/{project['id']}")["graph"]["layout"]["fc1"]
    assert after[0] > before[0] + 50
    page.keyboard.press("Control+z")

    # A problem deep inside opens the blocks around it.
    page.keyboard.press("Escape")
    block(page, "block2").click()
    inspector = page.get_by_role("complementary", name="Inspector")
    inspector.get_by_role("button", name="Show a parameter here").click()
    page.get_by_role("menuitem", name="Num hidden").first.click()
    field = inspector.get_by_label("Num hidden of fc1")
    field.fill("0")
    expect(block(page, "block2").get_by_role("img")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"\d+ errors?")).click()
    page.get_by_role("region", name="Problems").get_by_text("fc1", exact=True).click()
    expect(node(page, "fc1, FullyConnected")).to_be_visible()
    expect(open_block(page, "block2")).to_be_visible()
    expect(open_block(page, "block1")).to_be_visible()

    # Ungrouped from outside in, everything is as it was.
    for name in ("block2", "block1"):
        open_block(page, name).get_by_text(name).click()
        page.keyboard.press("Control+Shift+g")
        expect(open_block(page, name)).to_have_count(0)
    assert groups_of(page, studio, project["id"]) == []
