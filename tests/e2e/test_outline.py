"""The network as a list that can be edited, and layouts: stopped, remembered, with a map."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.e2e.steps import edge, expect_accessible, node
from tests.e2e.studio import Studio


def item(page: Page, name: str) -> Locator:
    """The row whose name begins so."""
    return page.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)}"))


def test_a_network_is_edited_in_the_outline_by_keys_alone(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    page.goto(f"/projects/{project['id']}")
    expect(edge(page, "From fc1 to data of relu1, 32×128")).to_be_attached()
    page.keyboard.press("o")
    fc1 = item(page, "fc1 32×128, Dense, reads flatten")
    expect(fc1).to_be_visible()
    expect_accessible(page)

    # Parameters: Enter leads to the details, Escape back.
    page.get_by_role("textbox", name="Find a node").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem").first).to_be_focused()
    while not fc1.evaluate("row => row === document.activeElement"):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type("first")
    page.keyboard.press("Enter")
    inspector.get_by_label("Num hidden").fill("99")
    page.keyboard.press("Escape")
    first = item(page, "first 32×99, Dense, reads flatten")
    expect(first).to_be_focused()

    # A new node reads the selected one; what feeds another is chosen among its inputs; one is deleted.
    adding = page.get_by_role("combobox", name="Add an operator after first")
    adding.focus()
    page.keyboard.type("Dropout")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    dropout = item(page, "dropout1 32×99, Dropout, reads first")
    expect(dropout).to_be_focused()
    item(page, "relu1").click()
    inspector.get_by_role("combobox", name="data").fill("dropout1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(item(page, "relu1 32×99, Activation, reads dropout1")).to_be_visible()
    item(page, "relu1").focus()
    page.keyboard.press("Delete")
    expect(item(page, "relu1")).to_have_count(0)
    expect(node(page, "relu1, Activation")).to_have_count(0)
    expect(page.get_by_role("treeitem").and_(page.locator(":focus"))).to_have_count(1)


def wide(project: dict[str, Any], nodes: int) -> dict[str, Any]:
    """A network of many branches side by side, which takes some time to lay out well."""
    rows = [{"id": "data", "op": "Input", "params": {}, "inputs": {}}]
    for number in range(nodes - 1):
        source = "data" if number < 12 else f"n{number - 12}"
        inputs = {"lhs": source, "rhs": f"n{number - 7}" if number >= 12 else source}
        rows.append({"id": f"n{number}", "op": "elemwise_add", "params": {}, "inputs": inputs})
    layout = {row["id"]: [260 * (place % 12), 100 * (place // 12)] for place, row in enumerate(rows)}
    return {**project["graph"], "nodes": rows, "outputs": [], "layout": layout, "groups": []}


def test_a_layout_is_worked_out_aside_and_can_be_stopped(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    graph = wide(project, 1000)
    studio.call("PUT", f"api/projects/{project['id']}", {"revision": project["revision"], "graph": graph})
    page.goto(f"/projects/{project['id']}")
    expect(node(page, "data, Input")).to_be_visible()
    expect(page.get_by_role("img", name="Map of the network")).to_be_visible()
    tools = page.get_by_role("toolbar", name="Editor")
    tools.get_by_role("button", name="Arrange").click()
    notice = page.get_by_role("status").filter(has_text="Arranging 1000 nodes")
    expect(notice).to_be_visible()
    # The page stays usable meanwhile.
    node(page, "data, Input").click()
    inspector = page.get_by_role("complementary", name="Inspector")
    expect(inspector.get_by_role("textbox", name="Name")).to_have_value("data")
    notice.get_by_role("button", name="Cancel").click()
    expect(notice).to_have_count(0)
    expect(tools.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")


def test_a_layout_is_one_step_and_remembered(page: Page, studio: Studio) -> None:
    project = studio.create_project("lenet")
    graph = {**project["graph"], "layout": {row["id"]: [30, 30] for row in project["graph"]["nodes"]}}
    studio.call("PUT", f"api/projects/{project['id']}", {"revision": project["revision"], "graph": graph})
    page.goto(f"/projects/{project['id']}")
    expect(node(page, "conv1, Convolution")).to_be_visible()
    tools = page.get_by_role("toolbar", name="Editor")
    with page.expect_response(lambda reply: reply.request.method == "PUT" and reply.ok):
        tools.get_by_role("button", name="Arrange").click()
    kept = studio.call("GET", f"api/projects/{project['id']}")["graph"]["layout"]
    assert kept["conv1"][1] < kept["pool1"][1] < kept["conv2"][1] < kept["fc1"][1]
    page.reload()
    places = [node(page, name).bounding_box() for name in ("conv1, Convolution", "conv2, Convolution")]
    assert places[0] is not None
    assert places[1] is not None
    assert places[0]["y"] < places[1]["y"]
    tools.get_by_role("button", name="Undo").click()
    expect(tools.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")
