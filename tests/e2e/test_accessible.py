"""Every page as axe sees it, in light and dark; a run watched on a phone."""

from __future__ import annotations

import re
import time
import urllib.request
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
    "sweep form": "/projects/{project}/sweep",
    "sweeps": "/sweeps",
    "sweep": "/sweeps/{sweep}",
    "runs": "/runs",
    "run": "/runs/{run}",
    "comparison": "/runs/compare?runs={run},{other}",
    "data sets": "/data",
    "images": "/data/digits",
    "table": "/data/wine",
    "import": "/data/import/{upload}",
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
    return {
        "project": run["project"],
        "run": run["id"],
        "other": other["id"],
        "model": run["model"]["name"],
        "sweep": begin_sweep(studio, run["project"]),
        "upload": send_table(studio),
    }


def begin_sweep(studio: Studio, project: str) -> str:
    """Two short trainings, done."""
    parameters = [{"kind": "choice", "path": "settings.seed", "values": [0, 1]}]
    sweep: str = studio.call("POST", "api/sweeps", {"project": project, "parameters": parameters})["id"]
    deadline = time.monotonic() + 60
    while studio.call("GET", f"api/sweeps/{sweep}")["state"] != "completed":
        assert time.monotonic() < deadline, "the sweep does not end"
        time.sleep(0.1)
    return sweep


def send_table(studio: Studio) -> str:
    """A file that is sent and read, and not imported."""
    content = "\n".join(["width,height,kind", *(f"{i % 7},{i % 5 + 0.5},{'ab'[i % 2]}" for i in range(80))]).encode()
    upload: str = studio.call("POST", "api/uploads", {"filename": "table.csv", "size": len(content)})["id"]
    address = f"{studio.url}/api/uploads/{upload}/bytes?offset=0"
    headers = {"content-type": "application/octet-stream"}
    with urllib.request.urlopen(urllib.request.Request(address, content, headers, method="PUT"), timeout=30):
        return upload


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
