"""Live curves when the line is cut, and runs and sweeps when the server is killed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from tests.e2e.conftest import Watch, running
from tests.e2e.steps import download_curve, expect_state, wait_for_step
from tests.e2e.studio import Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One that may be killed."""
    with running(tmp_path_factory) as studio:
        yield studio


def start_run(studio: Studio, **settings: float) -> str:
    project = studio.create_project("mlp-digits", **settings)
    run_id: str = studio.call("POST", "api/runs", {"project": project["id"]})["id"]
    return run_id


def wait_until(page: Page, holds: Callable[[], bool], complaint: str) -> None:
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError(complaint)


def expect_whole_curves(page: Page, studio: Studio, run_id: str) -> None:
    """The chart holds every point the server has, once and in order."""
    whole = studio.call("GET", f"api/runs/{run_id}/series?points=20000")["series"]
    wait_for_step(page, whole["train_loss"]["step"][-1])
    shown = download_curve(page)
    for key in ("train_loss", "val_loss"):
        assert shown[key] == list(zip(whole[key]["step"], whole[key]["last"], strict=True))


def test_a_cut_socket_leaves_no_hole(page: Page, studio: Studio) -> None:
    sockets: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.connect_to_server()

    page.route_web_socket("**/api/runs/*/events*", pass_on)
    run_id = start_run(studio, epochs=20_000)
    page.goto(f"/runs/{run_id}")
    for cut in range(3):
        reached = wait_for_step(page, 40 * (cut + 1))
        before = len(sockets)
        sockets[-1].close(code=4408 if cut == 1 else 1001, reason="cut by the test")
        wait_until(page, lambda: len(sockets) > before, "the page did not connect again")  # noqa: B023
        wait_for_step(page, reached + 40)
    after = [int(parse_qs(urlsplit(route.url).query)["after"][0]) for route in sockets]
    assert after[0] == 0
    assert after == sorted(after)
    assert after[-1] > 0, "the page asked for everything again"
    page.get_by_role("button", name="Stop").click()
    expect_state(page, "Stopped")
    expect_whole_curves(page, studio, run_id)


def test_a_run_goes_on_after_the_server_was_killed(page: Page, studio: Studio, watch: Watch) -> None:
    watch.forgive("WebSocket connection to", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
    run_id = start_run(studio, epochs=20_000, checkpoint_every_seconds=0.5)
    page.goto(f"/runs/{run_id}")
    page.get_by_role("tab", name="Checkpoints").click()
    expect(page.get_by_role("table", name="Checkpoints").get_by_role("row").nth(1)).to_be_visible(timeout=60_000)
    reached = wait_for_step(page, 20)

    studio.kill()
    expect(page.get_by_text("Not connected; trying again")).to_be_visible()
    studio.start()
    expect_state(page, "Running")
    wait_for_step(page, reached + 200)
    page.get_by_role("button", name="Stop").click()
    expect_state(page, "Stopped")
    log = studio.call("GET", f"api/runs/{run_id}/events?limit=10000")["events"]
    assert any((one["data"].get("resumed_from_step") or 0) > 0 for one in log if one["type"] == "state")
    expect_whole_curves(page, studio, run_id)


def test_a_run_can_be_stopped_and_deleted(page: Page, studio: Studio) -> None:
    others = studio.call("GET", "api/runs")["total"]
    run_id = start_run(studio, epochs=20_000)
    name = studio.call("GET", f"api/runs/{run_id}")["name"]
    page.goto(f"/runs/{run_id}")
    wait_for_step(page, 20)
    page.get_by_role("button", name="Stop").click()
    expect_state(page, "Stopped")
    page.get_by_role("link", name="All runs").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
    expect(row).to_be_visible()
    row.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert studio.call("GET", "api/runs")["total"] == others
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    assert studio.call("GET", "api/runs")["total"] == others + 1
    row.get_by_role("button", name="Delete").click()
    page.get_by_text("Deleted", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nothing was deleted within the last 7 days.")).to_be_visible()
    assert studio.call("GET", "api/runs?deleted=true")["total"] == 0


def wait_for_sweep(studio: Studio, sweep: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found: dict[str, Any] = studio.call("GET", f"api/sweeps/{sweep}")
        if holds(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"the sweep is {found['state']} with {found['counts']}")


def test_a_killed_server_goes_on_with_the_sweep(studio: Studio) -> None:
    before = studio.call("GET", "api/runs")["total"]
    project = studio.create_project("mlp-digits", epochs=80, look_inside=0, checkpoint_every_seconds=1)
    order = {
        "project": project["id"],
        "parameters": [{"kind": "choice", "path": "settings.seed", "values": [0, 1]}],
    }
    sweep = studio.call("POST", "api/sweeps", order)["id"]
    wait_for_sweep(studio, sweep, lambda _: studio.call("GET", "api/runs")["total"] > before)
    run = studio.call("GET", "api/runs?limit=1")["items"][0]["id"]
    wait_for_sweep(studio, sweep, lambda _: studio.call("GET", f"api/runs/{run}")["epoch"] >= 1)
    studio.kill()
    studio.start()
    done = wait_for_sweep(studio, sweep, lambda found: found["state"] == "completed")
    assert done["counts"] == {"completed": 2}
    assert studio.call("GET", "api/runs")["total"] == before + 2, "a trial was begun anew"
    log = studio.call("GET", f"api/runs/{run}/events?limit=10000")["events"]
    states = [event["data"] for event in log if event["type"] == "state"]
    assert [state["state"] for state in states].count("interrupted") == 1
    assert [state.get("resumed_from_step") is not None for state in states].count(True) == 1
