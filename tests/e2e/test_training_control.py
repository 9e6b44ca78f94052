"""Steering a run from its page: batch by batch, live changes, advice, forks, rewinds and where a run comes from."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.steps import chart, expect_state, last_step, wait_for_step
from tests.e2e.studio import Studio


@pytest.fixture(scope="module")
def paused_run(studio: Studio) -> dict[str, Any]:
    """A long run that holds before its first batch."""
    project = studio.create_project("mlp-digits", epochs=5000, batch_size=16)
    run = studio.call("POST", "api/runs", {"project": project["id"], "paused": True})
    return studio.wait_for_run(run["id"], "paused")


def progress(page: Page) -> Any:
    return page.get_by_role("region", name="Progress of the run")


def test_a_run_is_trained_batch_by_batch_and_changed_while_it_trains(
    page: Page, studio: Studio, paused_run: dict[str, Any]
) -> None:
    page.goto(f"/runs/{paused_run['id']}")
    expect_state(page, "Paused")
    step = page.get_by_role("button", name="One batch")
    step.click()
    expect(chart(page, "Loss")).to_be_visible()
    assert wait_for_step(page, 1) == 1
    page.keyboard.press("Alt+n")
    assert wait_for_step(page, 2) == 2
    expect(progress(page)).to_contain_text(re.compile("Runs on cpu.*: "))
    expect(progress(page)).to_contain_text("of training")
    expect(progress(page)).to_contain_text(re.compile(r"Memory\d+"))

    page.get_by_role("button", name="Change settings").click()
    form = page.get_by_role("form", name="Change settings")
    form.get_by_label("Batch size").fill("0")
    expect(form).to_contain_text("A whole number from 1 is wanted.")
    expect(form.get_by_role("button", name="Change", exact=True)).to_be_disabled()
    form.get_by_label("Batch size").fill("64")
    form.get_by_label("Learning rate").fill("0.01")
    page.keyboard.press("Enter")
    expect(form).to_be_hidden()
    changes = page.get_by_role("list", name="Changed while training")
    expect(changes).to_contain_text("Learning rate 0.001 → 0.01 · step 2")
    expect(changes).to_contain_text("Batch size 16 → 64 · step 2")

    page.keyboard.press("Alt+p")
    expect_state(page, "Running")
    wait_for_step(page, 60)
    expect(progress(page)).to_contain_text("samples/s")
    page.keyboard.press("Alt+p")
    expect_state(page, "Paused")
    run = studio.call("GET", f"api/runs/{paused_run['id']}")
    assert run["metrics"]["lr"] == pytest.approx(0.01)
    assert {change["step"] for change in run["changes"]} == {2}
    page.reload()
    expect(changes).to_contain_text("Learning rate 0.001 → 0.01 · step 2")
    page.get_by_role("button", name="Stop").click()
    expect_state(page, "Stopped")


def test_a_stopped_run_is_forked_and_the_family_is_seen(page: Page, studio: Studio, paused_run: dict[str, Any]) -> None:
    studio.wait_for_run(paused_run["id"], "stopped")
    name, number = paused_run["name"], paused_run["number"]
    page.goto(f"/runs/{paused_run['id']}")
    page.get_by_role("tab", name="Checkpoints").click()
    table = page.get_by_role("table", name="Checkpoints")
    at = int((table.get_by_role("row").nth(1).get_by_role("cell").first.inner_text()).strip().replace(",", ""))
    table.get_by_role("button", name="Fork from step").first.click()
    dialog = page.get_by_role("dialog", name=f"Fork {name}")
    expect(dialog.get_by_label("Learning rate")).to_have_value("0.01")
    dialog.get_by_label("Learning rate").fill("0.002")
    dialog.get_by_label("Name").fill("Slower")
    dialog.get_by_label("Hold before the first batch").check(force=True)
    dialog.get_by_role("button", name="Start the fork").click()
    expect(page.get_by_role("heading", name=f"#{number + 1} Slower")).to_be_visible()
    expect(progress(page)).to_contain_text(f"Forked from {name}. Goes on from step {at:,}: ")
    expect_state(page, "Paused")
    page.get_by_role("button", name="One batch").click()
    assert wait_for_step(page, at + 1) == at + 1
    behind = page.get_by_role("switch", name=f"{name} behind")
    expect(behind).to_be_checked()
    loss = page.get_by_role("region", name="Loss chart")
    expect(loss.get_by_role("button", name=f"{name}, Training")).to_be_visible()
    behind.press("Space")
    expect(loss.get_by_role("button", name=f"{name}, Training")).to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect_state(page, "Stopped")

    page.get_by_role("button", name="Fork this run").click()
    dialog = page.get_by_role("dialog", name=f"Fork #{number + 1} Slower")
    dialog.get_by_role("combobox", name="Begin with").click()
    page.get_by_role("option", name="The first weights (rewind)").click()
    dialog.get_by_label("Hold before the first batch").check(force=True)
    dialog.get_by_role("button", name="Start the fork").click()
    expect(page.get_by_role("heading", name=f"Run {number + 2}")).to_be_visible()
    expect_state(page, "Paused")
    page.get_by_role("tab", name="Lineage").click()
    family = page.get_by_role("list", name="Lineage")
    expect(family.get_by_role("listitem")).to_have_count(3)
    expect(family).to_contain_text(f"Run {number + 2} (this one)")
    family.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    for run in studio.call("GET", "api/runs?state=paused")["items"]:
        studio.call("POST", f"api/runs/{run['id']}/stop")


def diverging(studio: Studio) -> dict[str, Any]:
    """A project whose training loses all bounds, with the layers to blame in it."""
    project = studio.create_project("diabetes")
    graph = copy.deepcopy(project["graph"])
    settings = {**project["settings"], "optimizer": "sgd", "optimizer_params": {"learning_rate": 20.0}, "epochs": 400}
    body = {"revision": project["revision"], "graph": graph, "settings": settings}
    changed: dict[str, Any] = studio.call("PUT", f"api/projects/{project['id']}", body)
    return changed


def test_a_lost_training_is_explained_and_begun_again_with_a_smaller_rate(page: Page, studio: Studio) -> None:
    project = diverging(studio)
    run_id = studio.call("POST", "api/runs", {"project": project["id"]})["id"]
    page.goto(f"/runs/{run_id}")
    expect_state(page, "Failed")
    advice = page.get_by_role("region", name="Advice")
    expect(advice).to_contain_text("The gradients explode")
    expect(advice).to_contain_text("The loss is no longer a number")
    expect(advice).to_contain_text("Norm of the gradient")
    assert last_step(page) >= 1
    advice.get_by_role("button", name="Fork: Learning rate 2").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Learning rate")).to_have_value("2")
    dialog.get_by_label("Learning rate").fill("0.02")
    dialog.get_by_label("Epochs").fill("3")
    dialog.get_by_role("button", name="Start the fork").click()
    expect(progress(page)).to_contain_text("With the same first weights: Learning rate 20 → 0.02")
    expect_state(page, "Completed")
    expect(page.get_by_role("region", name="Advice")).to_have_count(0)

    page.get_by_role("link", name=re.compile(r"#?\d+|Run \d+")).filter(has_text="Run").first.click()
    page.get_by_role("region", name="Advice").get_by_role(
        "link", name=re.compile("^Show .* in the network$")
    ).first.click()
    expect(page.get_by_role("region", name="About this operator")).to_be_visible()


def test_a_task_is_chosen_and_kept(page: Page, studio: Studio) -> None:
    project = studio.create_project("autoencoder-digits")
    page.goto(f"/projects/{project['id']}/train")
    settings = page.get_by_role("form", name="Settings")
    kind = settings.get_by_role("combobox", name="It learns to")
    expect(kind).to_have_value("Give its input back")
    for name in ("Tell labels or values", "Find clusters"):
        kind.click()
        page.get_by_role("option", name=name).click()
    expect(settings.get_by_role("status")).to_contain_text("marked with a star")
    settings.get_by_role("combobox", name="Latent node").click()
    page.get_by_role("option", name="code", exact=True).click()
    expect(settings.get_by_role("status")).to_have_count(0)
    settings.get_by_role("textbox", name="Clusters").fill("7")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    task = studio.call("GET", f"api/projects/{project['id']}")["settings"]["task"]
    assert (task["kind"], task["latent"], task["clusters"]) == ("clustering", "code", 7)


def test_turns_are_shown_and_can_be_changed(page: Page, studio: Studio) -> None:
    project = studio.create_project("gan-digits")
    page.goto(f"/projects/{project['id']}/train")
    turn = page.get_by_role("group", name="Turn generator")
    turn.get_by_label("Rate ×").fill("0.5")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    turns = studio.call("GET", f"api/projects/{project['id']}")["settings"]["task"]["turns"]
    assert [(one["name"], one["rate"]) for one in turns] == [("critic", 1.0), ("generator", 0.5)]
