"""A run watched and held on a phone."""

from __future__ import annotations

from playwright.sync_api import Browser, expect
from tests.e2e.conftest import PHONE, Watch, new_context
from tests.e2e.steps import chart, expect_accessible, expect_state
from tests.e2e.studio import Studio


def test_a_run_is_watched_and_held_on_a_phone(browser: Browser, studio: Studio, watch: Watch) -> None:
    context = new_context(browser, studio, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    watch.follow(page)
    project = studio.create_project("mlp-digits", epochs=400)
    run = studio.call("POST", "api/runs", {"project": project["id"]})["id"]
    page.goto(f"/runs/{run}")
    expect(chart(page, "Loss")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    progress = page.get_by_role("region", name="Progress of the run")
    for name in ("Pause", "Stop"):
        box = progress.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    progress.get_by_role("button", name="Pause").tap()
    expect_state(page, "Paused")
    box = chart(page, "Loss").bounding_box()
    assert box is not None
    assert box["width"] <= 390
    for tab in page.get_by_role("tab").all():
        tab.tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect_accessible(page)
    progress.get_by_role("button", name="Stop").tap()
    expect_state(page, "Stopped")
    context.close()
    assert watch.complaints() == []
