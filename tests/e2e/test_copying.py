"""Nodes are copied within a network and between two as text, duplicated, and put into line."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect
from tests.e2e.steps import choose, edge, node
from tests.e2e.studio import Studio


def stored_graph(page: Page, studio: Studio, project: str) -> dict[str, Any]:
    """The graph once the page has saved it."""
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    graph: dict[str, Any] = studio.call("GET", f"api/projects/{project}")["graph"]
    return graph


def test_nodes_are_copied_into_another_project_as_text(page: Page, studio: Studio) -> None:
    source, target = studio.create_project("mlp-digits"), studio.create_project("lenet")
    page.goto(f"/projects/{source['id']}")
    choose(page, "fc1, FullyConnected", "relu1, Activation")
    page.keyboard.press("Control+c")
    clip = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert [(one["id"], one["op"]) for one in clip["nodes"]] == [("fc1", "FullyConnected"), ("relu1", "Activation")]

    page.goto(f"/projects/{target['id']}")
    before = {one["id"] for one in target["graph"]["nodes"]}
    expect(node(page, "fc1, FullyConnected")).to_be_visible()
    page.keyboard.press("Control+v")
    expect(page.get_by_text("2 nodes selected")).to_be_visible()
    graph = stored_graph(page, studio, target["id"])
    came = {one["id"]: one for one in graph["nodes"] if one["id"] not in before}
    fc, relu = sorted(came, key=lambda name: came[name]["op"] != "FullyConnected")
    # Fresh names, the same parameters; the line between the two came along, the one from outside did not.
    assert came[fc] == {**came[fc], "params": clip["nodes"][0]["params"], "inputs": {}}
    assert came[relu]["inputs"] == {"data": fc}
    page.keyboard.press("Control+z")
    expect(node(page, f"{fc}, FullyConnected")).to_have_count(0)


def test_nodes_are_duplicated_cut_and_pasted(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    page.goto(f"/projects/{project['id']}")
    choose(page, "fc2, FullyConnected", "relu1, Activation")
    # A duplicate is fed by what feeds the original.
    page.keyboard.press("Control+d")
    expect(node(page, "fc4, FullyConnected")).to_be_visible()
    expect(edge(page, "From fc1 to data of relu3, 32×128")).to_be_attached()
    page.keyboard.press("Control+x")
    expect(node(page, "fc4, FullyConnected")).to_have_count(0)
    page.keyboard.press("Control+v")
    expect(node(page, "fc4, FullyConnected")).to_be_visible()
    expect(edge(page, "From relu3 to data of fc4")).to_be_attached()


def test_chosen_nodes_are_put_into_line(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    layout = project["graph"]["layout"]
    page.goto(f"/projects/{project['id']}")
    choose(page, "fc1, FullyConnected", "fc2, FullyConnected", "relu1, Activation")
    inspector = page.get_by_role("complementary", name="Inspector")
    names = ("fc1", "fc2", "relu1")
    axis = 0 if len({layout[name][0] for name in names}) > 1 else 1
    inspector.get_by_role("button", name=("Align left", "Align top")[axis]).click()
    lined = stored_graph(page, studio, project["id"])["layout"]
    assert {lined[name][axis] for name in names} == {min(layout[name][axis] for name in names)}
    page.keyboard.press("Control+z")
    assert stored_graph(page, studio, project["id"])["layout"] == layout
