"""Connections: refused with the reason and a mend, made by keys and by two taps; how much of the input a node sees."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.conftest import PHONE, Watch, new_context
from tests.e2e.steps import connect, edge, expect_accessible, node
from tests.e2e.studio import Studio

NODES = [
    {"id": "data", "op": "Input", "params": {}, "inputs": {}},
    {"id": "fc1", "op": "FullyConnected", "params": {"num_hidden": 64}, "inputs": {"data": "data"}},
    {"id": "relu1", "op": "relu", "params": {}, "inputs": {}},
    {"id": "conv1", "op": "Convolution", "params": {"kernel": [3, 3], "num_filter": 8}, "inputs": {}},
]
PLACES = {"data": [0, 0], "fc1": [0, 120], "relu1": [0, 240], "conv1": [0, 360]}


@pytest.fixture
def project(studio: Studio) -> str:
    """Rows of 64 numbers, and a convolution that nothing leads to yet."""
    made = studio.create_project("mlp-digits")
    graph: dict[str, Any] = {**made["graph"], "nodes": NODES, "outputs": [], "layout": PLACES, "groups": []}
    studio.call("PUT", f"api/projects/{made['id']}", {"revision": made["revision"], "graph": graph})
    return str(made["id"])


def open_project(page: Page, project: str) -> None:
    page.goto(f"/projects/{project}")
    expect(edge(page, "From data to data of fc1, 32×1×8×8")).to_be_attached()


def refusal(page: Page) -> Locator:
    return page.get_by_role("alertdialog", name="These do not connect")


def test_what_cannot_work_is_refused_where_it_was_tried_and_mended_by_one_click(page: Page, project: str) -> None:
    open_project(page, project)
    connect(page, "fc1, FullyConnected", "conv1, Convolution")
    expect(refusal(page)).to_contain_text("(N, C, H, W)")
    end = node(page, "conv1, Convolution").get_by_label("Input data", exact=True).bounding_box()
    box = refusal(page).bounding_box()
    assert end is not None
    assert box is not None
    assert abs(box["x"] - end["x"]) < 60
    expect(edge(page, "From fc1 to data of conv1")).to_have_count(0)
    expect_accessible(page)

    refusal(page).get_by_role("button", name="Insert Reshape to 1×8×8").click()
    expect(edge(page, "From fc1 to data of reshape, 32×64")).to_be_attached()
    expect(edge(page, "From reshape to data of conv1, 32×1×8×8")).to_be_attached()
    expect(node(page, "conv1, Convolution").get_by_role("img", name="kernel")).to_have_count(0)

    # The mend and the connection are one step.
    page.get_by_role("toolbar", name="Editor").get_by_role("button", name="Undo").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Insert Reshape to 1×8×8, Connect fc1 to data of conv1")
    page.keyboard.press("Control+z")
    expect(node(page, "reshape, Reshape")).to_have_count(0)
    expect(edge(page, "From reshape to data of conv1, 32×1×8×8")).to_have_count(0)

    # The last word is the person's.
    connect(page, "fc1, FullyConnected", "conv1, Convolution")
    refusal(page).get_by_role("button", name="Connect anyway").click()
    expect(edge(page, "From fc1 to data of conv1, 32×64")).to_be_attached()


def test_a_loop_is_refused_with_the_reason_alone(page: Page, project: str) -> None:
    open_project(page, project)
    connect(page, "fc1, FullyConnected", "relu1, relu")
    expect(edge(page, "From fc1 to data of relu1, 32×64")).to_be_attached()
    connect(page, "relu1, relu", "fc1, FullyConnected")
    expect(refusal(page)).to_contain_text("this would close a cycle")
    expect(refusal(page).get_by_role("button")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(refusal(page)).to_have_count(0)


def test_everything_about_connections_by_keys(page: Page, project: str) -> None:
    open_project(page, project)
    node(page, "fc1, FullyConnected").focus()
    page.keyboard.press("j")
    panel = page.get_by_role("dialog", name="Connections of fc1")
    output = panel.get_by_role("option", name="Output output not connected")
    expect(output).to_have_attribute("aria-selected", "true")
    marked = node(page, "fc1, FullyConnected").get_by_label("Output output", exact=True)
    expect(marked).to_have_attribute("data-marked", "true")
    expect_accessible(page)

    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Find a port")).to_be_focused()
    page.keyboard.type("relu")
    page.keyboard.press("Enter")
    expect(edge(page, "From fc1 to data of relu1, 32×64")).to_be_attached()
    expect(panel.get_by_role("listbox", name="Ports")).to_be_focused()
    # Along the line to the other node, where the line is taken away.
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="Connections of relu1")).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Delete")
    expect(edge(page, "From fc1 to data of relu1, 32×64")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(node(page, "relu1, relu")).to_be_focused()

    node(page, "data, Input").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(node(page, "fc1, FullyConnected")).to_be_focused()
    page.keyboard.press("Alt+ArrowUp")
    expect(node(page, "data, Input")).to_be_focused()
    line = edge(page, "From data to data of fc1, 32×1×8×8")
    line.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    expect(line).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard and pointer")).to_contain_text("Connections of the node")


def test_two_taps_connect_on_a_phone(browser: Browser, studio: Studio, watch: Watch, project: str) -> None:
    phone = new_context(browser, studio, viewport=PHONE, has_touch=True, is_mobile=True)
    page = phone.new_page()
    watch.follow(page)
    page.goto(f"/projects/{project}")
    node(page, "fc1, FullyConnected").get_by_label("Output output", exact=True).tap()
    expect(page.get_by_role("status").filter(has_text="Now tap what shall read it")).to_be_visible()
    node(page, "relu1, relu").tap()
    expect(edge(page, "From fc1 to data of relu1, 32×64")).to_be_attached()
    # A tap on what does not fit says why, and offers the mend.
    node(page, "relu1, relu").get_by_label("Output output", exact=True).tap()
    node(page, "conv1, Convolution").get_by_label("Input data", exact=True).tap()
    refusal(page).get_by_role("button", name="Insert Reshape to 1×8×8").tap()
    expect(edge(page, "From reshape to data of conv1, 32×1×8×8")).to_be_attached()
    phone.close()
    assert watch.complaints() == []


def test_the_inspector_says_how_much_of_the_input_a_node_sees(page: Page, studio: Studio) -> None:
    made = studio.create_project("lenet")
    page.goto(f"/projects/{made['id']}")
    inspector = page.get_by_role("complementary", name="Inspector")
    for label, seen in (
        ("conv1, Convolution", "1×5×5 of 1×28×28"),
        ("conv2, Convolution", "1×14×14 of 1×28×28"),
        ("fc1, FullyConnected", "all of 1×28×28"),
    ):
        node(page, label).focus()
        page.keyboard.press("Enter")
        derived = inspector.get_by_role("region", name="Derived")
        expect(derived.get_by_text(seen, exact=True)).to_be_visible()
        expect(derived.get_by_text("Operations", exact=True)).to_be_visible()
        expect(derived.get_by_text("Memory", exact=True)).to_be_visible()
