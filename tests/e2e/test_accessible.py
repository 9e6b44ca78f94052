"""Every page as axe sees it, in light and dark; a run watched on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.e2e.conftest import PATIENCE_MS, Watch
from tests.e2e.steps import chart, expect_accessible, expect_state, node
from tests.e2e.studio import Studio

ROUTES = Path(__file__).resolve().parents[2] / "frontend" / "src" / "app" / "Routes.tsx"
Scheme = Literal["light", "dark"]

PAGES = {
    "home": "/",
    "editor": "/projects/{project}",
    "training": "/projects/{project}/train",
    "x-ray": "/projects/{project}/xray",
    "runs": "/runs",
    "run": "/runs/{run}",
    "comparison": "/runs/compare?runs={run},{other}",
    "data sets": "/data",
    "images": "/data/digits",
    "table": "/data/wine",
    "models": "/models",
    "model": "/models/{model}",
    "access": "/access",
    "nowhere": "/nowhere",
}


@pytest.fixture(scope="module")
def places(studio: Studio) -> dict[str, Any]:
    """What the addresses name: a trained network, its run, and another run of it."""
    run = studio.train("mlp-digits", epochs=3)
    other = studio.train("mlp-digits", epochs=1)
    return {"project": run["project"], "run": run["id"], "other": other["id"], "model": run["model"]["name"]}


@pytest.fixture(scope="module", params=["light", "dark"])
def scheme(browser: Browser, studio: Studio, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    wanted: Scheme = request.param
    context = browser.new_context(base_url=studio.url, viewport={"width": 1280, "height": 720}, color_scheme=wanted)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(scheme: BrowserContext, places: dict[str, Any], name: str) -> None:
    page = scheme.new_page()
    page.goto(PAGES[name].format(**places))
    main = page.get_by_role("main")
    expect(main.get_by_role("heading").or_(main.get_by_role("toolbar")).first).to_be_visible()
    # A plan takes its time on a busy machine.
    expect(page.locator("[aria-busy=true], [aria-label=Loading]")).to_have_count(0, timeout=4 * PATIENCE_MS)
    if name == "editor":
        expect(node(page, "fc1, FullyConnected")).to_be_visible()
    expect_accessible(page)
    page.close()


def test_every_route_is_looked_at() -> None:
    paths = re.findall(r'path="([^"]+)"', ROUTES.read_text())
    patterns = [re.sub(r"/:\w+\?", "(/[^/]+)?", re.sub(r":\w+(?!\?)\b", "[^/]+", path)) for path in paths]
    addresses = [re.sub(r"\?.*", "", address).replace("{", "").replace("}", "") for address in PAGES.values()]
    met = [pattern for pattern in patterns if any(re.fullmatch(pattern, address) for address in addresses)]
    assert len(met) == len(paths) > 0


def test_a_run_is_watched_and_held_on_a_phone(browser: Browser, studio: Studio, watch: Watch) -> None:
    context = browser.new_context(
        base_url=studio.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(PATIENCE_MS)
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
