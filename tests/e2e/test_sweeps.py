"""Sweeps: from the form to the best trial in the project."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.steps import expect_accessible
from tests.e2e.studio import Studio

RATE = "settings.optimizer_params.learning_rate"
WIDTH = "nodes.fc1.num_hidden"


@pytest.fixture(scope="module")
def project(studio: Studio) -> dict[str, Any]:
    return studio.create_project("mlp-digits", epochs=4, look_inside=0)


def test_a_sweep_goes_from_the_form_to_the_project(page: Page, studio: Studio, project: dict[str, Any]) -> None:
    page.goto(f"/projects/{project['id']}")
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Sweep").click()
    page.get_by_label("Name", exact=True).fill("Narrow or wide")
    page.get_by_role("button", name="Learning rate", exact=True).click()
    rate = page.get_by_role("group", name="adam: Learning rate")
    rate.get_by_label("From", exact=True).fill("1e-9")
    rate.get_by_label("To", exact=True).fill("1e-10")
    expect(rate.get_by_role("alert")).to_have_text("The least value is above the greatest.")
    rate.get_by_label("To", exact=True).fill("0.01")
    find = page.get_by_role("combobox", name="Vary a parameter")
    find.fill("fc1: num hidden")
    page.get_by_role("option", name="fc1: Num hidden").click()
    together = page.get_by_role("combobox", name="What changes together with fc1: Num hidden")
    together.click()
    page.get_by_role("option", name="fc2: Num hidden").click()
    page.keyboard.press("Escape")
    page.get_by_text("Halving", exact=True).click()
    page.get_by_label("Trials", exact=True).fill("3")
    page.get_by_label("One goes on of").fill("4")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("list", name="Rungs").get_by_role("listitem")).to_have_text(
        ["3 until epoch 1", "1 until epoch 4"]
    )
    expect(preview).to_contain_text(re.compile(r"About\d+ (ms|s|min)"))
    expect_accessible(page)
    page.get_by_role("button", name="Start the sweep").click()

    # The page follows until the end.
    progress = page.get_by_role("region", name="Progress of the sweep")
    expect(progress.get_by_text("Completed", exact=True)).to_be_visible(timeout=90_000)
    sweep = studio.call("GET", "api/sweeps")["items"][0]["id"]
    done = studio.call("GET", f"api/sweeps/{sweep}")
    assert done["counts"] == {"early": 2, "completed": 1}
    trials = studio.call("GET", f"api/sweeps/{sweep}/trials")["items"]
    rows = page.get_by_role("table", name="Trials").get_by_role("row")
    expect(rows).to_have_count(4)
    assert all(trial["values"][WIDTH] == trial["values"]["nodes.fc2.num_hidden"] for trial in trials)
    expect(page.get_by_role("list", name="What is varied")).to_contain_text("fc1 num_hidden = fc2 num_hidden")
    best = trials[done["best"]]
    expect(rows.nth(1)).to_contain_text(f"Trial {best['number'] + 1}")
    expect(rows.filter(has_text="Stopped early at rung 1")).to_have_count(2)
    expect(page.get_by_role("img", name=re.compile("^Best Validation accuracy so far: 0"))).to_be_visible()
    expect(page.get_by_role("region", name="What matters")).to_contain_text("known after five trials")

    # An axis is brushed, by the keyboard and by dragging; the table shows what passes.
    score = page.get_by_role("slider", name="Part of Validation accuracy")
    score.focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(rows).not_to_have_count(4)
    page.keyboard.press("Escape")
    expect(rows).to_have_count(4)
    box = score.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8, steps=4)
    page.mouse.up()
    expect(rows).not_to_have_count(4)
    page.get_by_role("button", name="Show all trials").click()
    expect(rows).to_have_count(4)
    expect_accessible(page)

    # Its values become the project's.
    page.get_by_role("region", name="Best trial").get_by_role("button", name="Apply to the project").click()
    expect(page.get_by_role("complementary", name="Training settings")).to_be_visible()
    now = studio.call("GET", f"api/projects/{project['id']}")
    assert now["settings"]["optimizer_params"]["learning_rate"] == best["values"][RATE]
    width = next(node for node in now["graph"]["nodes"] if node["id"] == "fc1")["params"]["num_hidden"]
    assert width == best["values"][WIDTH]

    # The list of runs shows them under their sweep.
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs").click()
    table = page.get_by_role("table", name="Runs")
    folded = table.get_by_role("row").filter(has_text="3 runs")
    expect(folded).to_contain_text("Narrow or wide")
    page.get_by_role("button", name="Unfold the runs of Narrow or wide").click()
    expect(table.get_by_text("Stopped early at rung 1")).to_have_count(2)
    expect_accessible(page)
    page.get_by_role("combobox", name="Only of a sweep").click()
    page.get_by_role("option", name="Narrow or wide").click()
    expect(page).to_have_url(re.compile(f"sweep={sweep}"))
    expect(table.get_by_role("row")).to_have_count(4)
    table.get_by_role("link").first.click()
    page.get_by_role("link", name="Trial 3 of a sweep").click()
    expect(page.get_by_role("heading", name="Narrow or wide")).to_be_visible()
