"""A new node where it is wanted: at the pointer, at a double click, at the end of a line."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect
from tests.e2e.steps import edge, node
from tests.e2e.studio import Studio


def chooser(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Insert an operator")


def free_spot(page: Page) -> tuple[float, float]:
    box = page.get_by_label("Network", exact=True).bounding_box()
    assert box is not None
    return box["x"] + 70, box["y"] + 300


def test_nodes_are_inserted_where_one_points(page: Page, studio: Studio) -> None:
    project = studio.create_project("lenet")
    page.goto(f"/projects/{project['id']}")
    expect(edge(page, "From conv1 to data of relu1, 64×20×24×24")).to_be_attached()
    x, y = free_spot(page)

    page.mouse.dblclick(x, y)
    page.get_by_role("combobox", name="Insert an operator").fill("batch n")
    expect(chooser(page).get_by_role("option").first).to_have_text("Batch normalization")
    page.keyboard.press("Enter")
    expect(node(page, "bn1, BatchNorm")).to_be_visible()
    box = node(page, "bn1, BatchNorm").bounding_box()
    assert box is not None
    assert abs(box["x"] + box["width"] / 2 - x) < 40

    page.keyboard.press("Escape")
    page.mouse.move(x, y + 90)
    page.keyboard.press("/")
    expect(chooser(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(chooser(page)).to_have_count(0)


def test_a_line_into_the_open_offers_what_fits_there(page: Page, studio: Studio) -> None:
    project = studio.create_project("lenet")
    page.goto(f"/projects/{project['id']}")
    expect(edge(page, "From conv1 to data of relu1, 64×20×24×24")).to_be_attached()
    start = node(page, "conv1, Convolution").get_by_label("Output output", exact=True).bounding_box()
    assert start is not None
    x, y = free_spot(page)
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, y, steps=8)
    page.mouse.up()
    # An image of four axes: pooling takes it, the recurrent layer does not.
    options = chooser(page).get_by_role("option")
    expect(options.filter(has_text="Recurrent")).to_have_count(0)
    page.get_by_role("combobox", name="Insert an operator").fill("pool")
    expect(options.first).to_have_text("Pooling")
    page.keyboard.press("Enter")
    expect(edge(page, "From conv1 to data of pool3, 64×20×24×24")).to_be_attached()
    # One step of undo takes node and line away.
    page.keyboard.press("Control+z")
    expect(node(page, "pool3, Pooling")).to_have_count(0)
    expect(chooser(page)).to_have_count(0)
