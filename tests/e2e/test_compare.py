"""Comparing runs: chosen columns, curves laid over each other, what differs; tags and notes; charts that are saved."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.steps import chart
from tests.e2e.studio import Studio


@pytest.fixture(scope="module")
def pair(studio: Studio) -> list[dict[str, Any]]:
    """Two runs of the same network, the second wider, with dropout and another learning rate."""
    project = studio.create_project("mlp-digits", epochs=2)
    graph = {**project["graph"], "name": "Twins"}
    studio.call("PUT", f"api/projects/{project['id']}", {"revision": project["revision"], "graph": graph})
    first = studio.wait_for_run(studio.call("POST", "api/runs", {"project": project["id"]})["id"], "completed")
    dense = next(node for node in graph["nodes"] if node["op"] == "FullyConnected")
    dense["params"]["num_hidden"] = 96
    reader = next(node for node in graph["nodes"] if node["inputs"].get("data") == dense["id"])
    drop = {"id": "drop", "op": "Dropout", "params": {"p": 0.2}, "inputs": {"data": dense["id"]}}
    reader["inputs"]["data"] = "drop"
    graph["nodes"].append(drop)
    settings = {**project["settings"], "optimizer_params": {"learning_rate": 0.02}}
    order = {"graph": graph, "dataset": project["dataset"], "settings": settings, "name": "Wider"}
    second = studio.wait_for_run(studio.call("POST", "api/runs", order)["id"], "completed")
    return [first, second]


def test_runs_are_compared(page: Page, studio: Studio, pair: list[dict[str, Any]]) -> None:
    page.goto("/runs")
    page.get_by_role("textbox", name="Find runs").fill("twins")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Validation accuracy, greatest").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Validation accuracy, greatest").click()
    rows = page.get_by_role("table", name="Runs").get_by_role("row")
    greatest = [f"{run['ranges']['val_accuracy'][1]:.4g}" for run in pair]
    for text in greatest:
        expect(rows.filter(has_text=text).first).to_be_visible()

    page.get_by_role("checkbox", name="Choose all runs shown").check()
    page.get_by_role("link", name="Compare").click()
    loss = chart(page, "Loss")
    wider = f"#{pair[1]['number']} Wider"
    lines = f"{pair[0]['name']}, Training .*{wider}, Training .*{wider}, Validation"
    expect(loss).to_have_attribute("aria-label", re.compile(lines))

    settings = page.get_by_role("table", name="Settings")
    expect(settings.get_by_role("row").filter(has_text="Learning rate")).to_contain_text("0.02")
    expect(settings.get_by_role("row").filter(has_text="Seed")).to_have_count(0)
    page.get_by_role("switch", name="Also what is the same").check()
    expect(settings.get_by_role("row").filter(has_text="Seed")).to_have_count(1)

    networks = page.get_by_role("table", name="Networks")
    expect(networks.get_by_role("row").filter(has_text="num_hidden")).to_contain_text("96")
    expect(networks.get_by_role("row").filter(has_text="Dropout")).to_contain_text("added")
    numbers = page.get_by_role("table", name="Numbers").get_by_role("row").filter(has_text="Validation accuracy")
    for text in greatest:
        expect(numbers).to_contain_text(text)
    page.get_by_role("button", name=f"Leave out {wider}").click()
    expect(page.get_by_text("The networks are the same.")).to_be_visible()


def test_tags_and_notes_stay_with_a_run(page: Page, studio: Studio, pair: list[dict[str, Any]]) -> None:
    page.goto(f"/runs/{pair[0]['id']}")
    page.get_by_role("tab", name="Notes").click()
    page.get_by_role("combobox", name="Tags").fill("baseline")
    page.keyboard.press("Enter")
    page.get_by_label("Notes", exact=True).and_(page.get_by_role("textbox")).fill("The one to beat.")
    page.get_by_role("button", name="Save notes").click()
    expect(page.get_by_role("button", name="Save notes")).to_have_count(0)
    kept = studio.call("GET", f"api/runs/{pair[0]['id']}")
    assert (kept["tags"], kept["notes"], kept["name"]) == (["baseline"], "The one to beat.", pair[0]["name"])
    page.get_by_role("link", name="All runs").click()
    page.get_by_role("textbox", name="Find runs").fill("baseline")
    rows = page.get_by_role("table", name="Runs").get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text(pair[0]["name"])


def test_a_chart_is_logarithmic_both_ways_and_saved_as_a_drawing(
    page: Page, studio: Studio, pair: list[dict[str, Any]]
) -> None:
    page.goto(f"/runs/{pair[0]['id']}")
    expect(chart(page, "Loss")).to_be_visible()
    page.get_by_role("switch", name="Logarithmic steps").check()
    page.get_by_role("switch", name="Logarithmic values").check()
    page.get_by_role("button", name="Save the Loss chart").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Drawing (SVG)").click()
    drawing = ET.parse(download.value.path()).getroot()
    space = "{http://www.w3.org/2000/svg}"
    words = [text.text for text in drawing.iter(f"{space}text")]
    assert {"Loss", "Training", "Validation", "1", "10"} <= set(words)
    steps = studio.call("GET", f"api/runs/{pair[0]['id']}/series")["series"]["train_loss"]["step"]
    longest = max(len(path.get("d", "").split("L")) for path in drawing.iter(f"{space}path"))
    assert longest >= min(len(steps), 20)
