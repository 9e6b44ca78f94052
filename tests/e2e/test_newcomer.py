"""The way of somebody who opens the studio for the first time, from the gallery to a curl line that answers."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.e2e.conftest import new_context
from tests.e2e.steps import (
    THREE,
    chart,
    connect,
    download_curve,
    draw,
    edge,
    expect_state,
    last_step,
    node,
    wait_for_step,
)
from tests.e2e.studio import Studio


@pytest.fixture
def context(browser: Browser, studio: Studio) -> Iterator[BrowserContext]:
    """A browser that has never been here, and in which things move."""
    context = new_context(browser, studio, permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


def test_draw_train_and_use_a_network(page: Page, studio: Studio) -> None:
    open_template(page)
    put_dropout_into_the_network(page)
    see_shapes_follow_an_edit(page)
    see_what_is_wrong(page)
    run_id = train_with_a_pause_and_a_reload(page, studio)
    find_the_curves_whole(page, studio, run_id)
    use_the_model(page)


def open_template(page: Page) -> None:
    page.goto("/")
    gallery = page.get_by_role("region", name="Templates").get_by_role("button")
    expect(gallery.first).to_be_visible()
    assert gallery.count() >= 6
    page.get_by_role("button", name="Start from Dense network on digits").click()
    expect(node(page, "fc1, FullyConnected")).to_be_visible()
    expect(edge(page, "From fc1 to data of relu1, 32×128")).to_be_attached()
    page.get_by_role("toolbar", name="Editor").get_by_role("button", name="Fit to view").click()


def put_dropout_into_the_network(page: Page) -> None:
    page.get_by_label("Find an operator").fill("drop")
    entry = page.get_by_role("complementary", name="Palette").get_by_role("button", name="Dropout", exact=True)
    entry.drag_to(page.get_by_label("Network", exact=True), target_position={"x": 60, "y": 330})
    expect(node(page, "dropout1, Dropout")).to_be_visible()
    connect(page, "relu2, Activation", "dropout1, Dropout")
    expect(edge(page, "From relu2 to data of dropout1, 32×64")).to_be_attached()
    connect(page, "dropout1, Dropout", "fc3, FullyConnected")
    expect(edge(page, "From dropout1 to data of fc3, 32×64")).to_be_attached()
    expect(edge(page, "From relu2 to data of fc3, 32×64")).to_have_count(0)


def see_shapes_follow_an_edit(page: Page) -> None:
    node(page, "fc1, FullyConnected").click()
    inspector = page.get_by_role("complementary", name="Inspector")
    units = inspector.get_by_label("Num hidden")
    expect(units).to_have_value("128")
    units.fill("200")
    begun = time.monotonic()
    edge(page, "From fc1 to data of relu1, 32×200").wait_for(state="attached")
    took = time.monotonic() - begun
    # 100 ms on a quiet machine; the tests do not have it for themselves.
    assert took < 1.0, f"shapes came {took:.3f} s after the edit"
    expect(node(page, "fc1, FullyConnected").get_by_label("13,000 trained parameters")).to_be_visible()


def see_what_is_wrong(page: Page) -> None:
    inspector = page.get_by_role("complementary", name="Inspector")
    units = inspector.get_by_label("Num hidden")
    units.fill("0")
    mark = node(page, "fc1, FullyConnected").get_by_role("img")
    expect(mark).to_be_visible()
    expect(units).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name=re.compile(r"\d+ errors?")).click()
    problems = page.get_by_role("region", name="Problems")
    expect(problems.get_by_text("fc1", exact=True)).to_be_visible()
    expect(problems.get_by_text("wanted").first).to_be_visible()
    page.get_by_role("button", name="Close problems").click()
    units.fill("128")
    expect(mark).to_have_count(0)
    expect(edge(page, "From fc1 to data of relu1, 32×128")).to_be_attached()


def train_with_a_pause_and_a_reload(page: Page, studio: Studio) -> str:
    page.get_by_role("navigation", name="Project").get_by_role("link", name="Train").click()
    settings = page.get_by_role("form", name="Settings")
    expect(settings.get_by_role("combobox", name="Data set")).to_have_value("Handwritten digits")
    settings.get_by_label("Epochs").fill("200")
    settings.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Train", exact=True).click()

    expect_state(page, "Running")
    reached = wait_for_step(page, 100)
    assert wait_for_step(page, reached + 50) > reached, "the curve stands still"
    expect(chart(page, "Accuracy")).to_be_visible()

    page.get_by_role("button", name="Pause").click()
    expect_state(page, "Paused")
    newest = studio.call("GET", "api/runs?limit=1")["items"][0]["id"]
    paused_at: int = studio.call("GET", f"api/runs/{newest}/series")["series"]["train_loss"]["step"][-1]
    assert wait_for_step(page, paused_at) == paused_at
    page.wait_for_timeout(500)  # time enough for hundreds of steps
    assert last_step(page) == paused_at, "a paused run goes on"
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)

    page.get_by_role("button", name="Resume").click()
    expect_state(page, "Running")
    wait_for_step(page, paused_at + 50)

    page.reload()
    assert wait_for_step(page, paused_at) >= paused_at
    expect_state(page, "Completed", seconds=100)
    run = studio.call("GET", f"api/runs/{newest}")
    assert (run["settings"]["epochs"], run["settings"]["seed"]) == (200, 7)
    assert any(one["op"] == "Dropout" for one in run["graph"]["nodes"])
    return str(newest)


def find_the_curves_whole(page: Page, studio: Studio, run_id: str) -> None:
    page.reload()
    expect_state(page, "Completed")
    whole = studio.call("GET", f"api/runs/{run_id}/series?points=20000")["series"]
    wait_for_step(page, whole["train_loss"]["step"][-1])
    shown = download_curve(page)
    for key in ("train_loss", "val_loss"):
        assert [step for step, _ in shown[key]] == whole[key]["step"]
        assert [value for _, value in shown[key]] == whole[key]["last"]


def use_the_model(page: Page) -> None:
    page.get_by_role("link", name="Open the model").click()
    prediction = page.get_by_role("region", name="Prediction")
    draw(page, THREE)
    expect(page.get_by_role("img", name="What the network sees")).to_be_visible()
    expect(prediction.get_by_role("list", name="Probabilities").get_by_role("listitem")).to_have_count(10)

    page.get_by_role("radiogroup", name="Kind of input").get_by_text("Test sample").click()
    page.get_by_role("group", name="Test samples").get_by_role("button").nth(4).click()
    expect(prediction.get_by_text(re.compile("^as labelled|^labelled"))).to_be_visible()
    said = prediction.get_by_role("strong").inner_text()

    page.get_by_role("button", name="Copy curl").click()
    line = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20, check=True)
    answer = json.loads(done.stdout)["predictions"][0]
    assert answer["label"] == said
    assert abs(sum(one["p"] for one in answer["probabilities"]) - 1) < 1e-4
