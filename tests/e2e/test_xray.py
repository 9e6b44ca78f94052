"""The X-ray: steps, memory, times and strategies of a network, linked with each other."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.steps import expect_accessible
from tests.e2e.studio import Studio

PEAK = re.compile(r"the peak: .+ at step \d+ \(.+\)")


@pytest.fixture(scope="module")
def project(studio: Studio) -> str:
    return str(studio.create_project("lenet")["id"])


def open_xray(page: Page, project: str) -> None:
    page.goto(f"/projects/{project}")
    page.get_by_role("navigation", name="Project").get_by_role("link", name="X-ray").click()
    expect(page.get_by_role("list", name="Steps, each with its gradient steps")).to_be_visible()


def test_the_plan_is_seen_and_its_steps_are_linked(page: Page, project: str) -> None:
    open_xray(page, project)
    expect(page.get_by_text(PEAK)).to_be_visible()
    memory = page.get_by_role("slider", name="Memory of the arena, step by step")
    assert memory.locator("canvas").evaluate(
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
    )

    expect_accessible(page)

    # A layer took in its activation; its gradient steps light up with it, and the story says so.
    pairs = page.get_by_role("list", name="Steps, each with its gradient steps").get_by_role("listitem")
    row = pairs.filter(has_text="FullyConnected").first
    joined = row.get_by_role("button").first
    joined.click()
    expect(joined).to_have_attribute("aria-pressed", "true")
    page.mouse.move(5, 5)
    gradients = row.get_by_role("button").nth(1)
    expect(gradients).to_have_attribute("data-light", "partner")
    story = page.get_by_role("complementary", name="What happens at this step")
    expect(story).to_contain_text("became one step")
    expect(story.get_by_role("link", name="Chapter 6: the plan").first).to_have_attribute(
        "href", "docs/tour/en/06-plan.html"
    )
    expect(story.get_by_role("link", name="FullyConnected", exact=True)).to_have_attribute(
        "href", "docs/api/operators/FullyConnected.html"
    )
    with page.context.expect_page() as opened:
        story.get_by_role("link", name="Source of FullyConnected").click()
    source = opened.value
    expect(source.get_by_role("heading", name="Source")).to_be_in_viewport()
    expect(source.locator("code", has_text="class FullyConnected(")).to_be_visible()
    source.close()

    # The pictures follow the arrow keys, and so does the story.
    memory.focus()
    page.keyboard.press("End")
    last = int(memory.get_attribute("aria-valuemax") or 0)
    expect(memory).to_have_attribute("aria-valuenow", str(last))
    expect(story.get_by_role("heading", name=f"Step {last} Backward")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(memory).to_have_attribute("aria-valuetext", re.compile(rf"Step {last - 1}, .+ in use"))

    # From a step to the network.
    joined.click()
    story.get_by_role("button", name=re.compile("Show .+ in the network")).first.click()
    expect(page.get_by_role("complementary", name="Inspector")).to_be_visible()


def test_strategies_stand_side_by_side_and_steps_are_measured(page: Page, project: str) -> None:
    open_xray(page, project)
    table = page.get_by_role("table", name="The network under every strategy")
    expect(table.get_by_role("row")).to_have_count(5)
    for name in ("fast", "balanced", "low_memory", "debug"):
        expect(table.get_by_role("button", name=name)).to_be_visible()
    steps = page.get_by_role("list", name="Steps, each with its gradient steps").get_by_role("button")
    before = steps.count()
    table.get_by_role("button", name="debug").click()
    wanted = int(table.get_by_role("row").nth(4).get_by_role("cell").nth(4).inner_text())
    expect(steps).to_have_count(wanted)
    assert wanted > before

    measure = page.get_by_role("button", name="Measure the steps")
    measure.click()
    page.get_by_role("button", name="Stop measuring").click()
    expect(page.get_by_role("button", name="Stop measuring")).to_have_count(0)
    measure.click()
    expect(page.get_by_role("slider", name="Measured time")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("status").filter(has_text="Measured on cpu(0)")).to_contain_text("interpreted")

    page.get_by_text("Tables", exact=True).click()
    rows = page.get_by_role("table", name="Steps of the plan").get_by_role("row")
    expect(rows).to_have_count(wanted + 1)
    expect(rows.nth(1).get_by_role("cell").last).to_contain_text("s")
    expect(page.get_by_role("table", name="Tensors in the arena").get_by_role("row").nth(1)).to_be_visible()
    expect_accessible(page)


def test_what_does_not_fit_has_no_plan(page: Page, studio: Studio) -> None:
    project = studio.create_project("mlp-digits")
    graph = project["graph"]
    next(node for node in graph["nodes"] if node["id"] == "fc1")["params"]["num_hidden"] = 0
    studio.call("PUT", f"api/projects/{project['id']}", {"revision": project["revision"], "graph": graph})
    page.goto(f"/projects/{project['id']}/xray")
    expect(page.get_by_role("heading", name="There is no plan yet")).to_be_visible()
    page.get_by_role("button", name="Show the network").click()
    expect(page.get_by_role("toolbar").first).to_be_visible()
