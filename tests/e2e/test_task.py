"""What a network is for, chosen in the training panel."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.e2e.studio import Studio


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
