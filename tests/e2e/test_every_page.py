"""Every page, looked at twice: in English and light, as it opens on a laptop; in Chinese and dark, as on a phone."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from playwright.sync_api import TimeoutError as TooLate
from tests.e2e.conftest import LAPTOP, PATIENCE_MS, PHONE, Watch, new_context, running
from tests.e2e.steps import expect_accessible, node
from tests.e2e.studio import Studio
from tests.e2e.traffic import Traffic
from tests.e2e.words import CHINESE, expect_translated, shown, switch_language

ROUTES = Path(__file__).resolve().parents[2] / "frontend" / "src" / "app" / "Routes.tsx"
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
    "comparison": "/runs/compare?runs={run},{trial}",
    "data sets": "/data",
    "images": "/data/digits",
    "table": "/data/wine",
    "import": "/data/import/{upload}",
    "models": "/models",
    "model": "/models/{model}",
    "access": "/access",
    "nowhere": "/nowhere",
}
UNNAMED = """() => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), img')].filter((e) =>
  !e.closest('[aria-hidden=true]') && e.getClientRects().length && e.getAttribute('alt') !== ''
  && !(e.getAttribute('aria-label') || e.textContent.trim() || e.title || e.alt || e.placeholder
  || e.labels?.length || e.getAttribute('aria-labelledby'))).map((e) => e.outerHTML.slice(0, 150))"""
TOO_WIDE = "document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth"
LINKS = "[...document.querySelectorAll('[src], link[href]')].map((e) => e.src || e.href)"


@dataclass
class Visitor:
    """Somebody with a browser of their own, who goes from page to page."""

    page: Page
    traffic: Traffic
    watch: Watch
    language: Literal["en", "zh-CN"]
    scheme: Literal["light", "dark"]
    sizes: tuple[ViewportSize, ViewportSize]
    """What the page opens on, and what it is then brought to."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """One where nobody has given anything an English name."""
    with running(tmp_path_factory) as studio:
        yield studio


@pytest.fixture(scope="module")
def places(studio: Studio) -> dict[str, Any]:
    """What the addresses name: a trained network, its run, and a sweep over it."""
    run = studio.trained("mlp-digits", epochs=3)
    sweep = begin_sweep(studio, run["project"])
    trial = studio.call("GET", f"api/runs?sweep={sweep}&limit=1")["items"][0]["id"]
    names = {"project": run["project"], "run": run["id"], "model": run["model"]["name"]}
    return {**names, "sweep": sweep, "trial": trial, "upload": send_table(studio)}


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


@pytest.fixture(scope="module", params=["light, in English", "dark, in Chinese"])
def visitor(browser: Browser, studio: Studio, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    english = request.param.startswith("light")
    scheme: Literal["light", "dark"] = "light" if english else "dark"
    locale = "en-GB" if english else "zh-CN"
    context = new_context(browser, studio, locale=locale, color_scheme=scheme, reduced_motion="reduce")
    traffic, watch = Traffic(context, studio.url), Watch(studio)
    page = context.new_page()
    watch.follow(page)
    sizes = (LAPTOP, PHONE) if english else (PHONE, LAPTOP)
    yield Visitor(page, traffic, watch, "en" if english else "zh-CN", scheme, sizes)
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_in_order(visitor: Visitor, places: dict[str, Any], name: str) -> None:
    page = visitor.page
    page.set_viewport_size(visitor.sizes[0])
    page.goto(PAGES[name].format(**places))
    settle(page)
    if name == "editor":
        expect(node(page, "fc1, FullyConnected")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == visitor.scheme
    expect_language(page, visitor.language)
    for size in visitor.sizes:
        page.set_viewport_size(size)
        expect_fitting(page, f"{name}, {size['width']} px wide")
        assert page.evaluate(UNNAMED) == [], f"controls without a name at {size}"
        if size is LAPTOP:
            expect_accessible(page)
    expect_from_here(page, visitor.traffic, name)
    assert visitor.watch.complaints() == []


def settle(page: Page) -> None:
    """Until nothing is on its way any more."""
    main = page.get_by_role("main")
    # The editor on a phone is all canvas, without a heading.
    expect(main.get_by_role("heading").or_(main.get_by_role("toolbar")).first).to_be_attached()
    busy = "[aria-busy=true], [aria-label=Loading], .mantine-Skeleton-root, .mantine-Loader-root"
    # A plan takes its time on a busy machine.
    expect(page.locator(busy)).to_have_count(0, timeout=4 * PATIENCE_MS)


def expect_language(page: Page, language: str) -> None:
    assert page.evaluate("document.documentElement.lang") == language
    if language == "en":
        assert [text for text in shown(page) if CHINESE.search(text)] == [], "the page says this in Chinese"
    else:
        expect_translated(page)


def expect_fitting(page: Page, where: str) -> None:
    """No wider than the window, once it has been drawn for it."""
    try:
        page.wait_for_function(f"() => {TOO_WIDE} <= 0", timeout=PATIENCE_MS)
    except TooLate:
        pytest.fail(f"{where}: {page.evaluate(TOO_WIDE)} px too wide")


def expect_from_here(page: Page, traffic: Traffic, name: str) -> None:
    """Nothing comes from another origin; what would be seen if it did is seen."""
    for place in page.evaluate(LINKS):
        assert traffic.is_home(place), f"the page points to {place}"
    assert traffic.abroad() == []
    if name == "home":
        assert any(url.endswith(".woff2") for url in traffic.asked)
    if name == "run":
        assert any(url.startswith("ws:") for url in traffic.asked)


def test_every_route_is_looked_at() -> None:
    paths = re.findall(r'path="([^"]+)"', ROUTES.read_text())
    patterns = [re.sub(r"/:\w+\?", "(/[^/]+)?", re.sub(r":\w+(?!\?)\b", "[^/]+", path)) for path in paths]
    addresses = [re.sub(r"\?.*", "", address).replace("{", "").replace("}", "") for address in PAGES.values()]
    met = [pattern for pattern in patterns if any(re.fullmatch(pattern, address) for address in addresses)]
    assert len(met) == len(paths) > 0


@pytest.mark.parametrize("name", ["home", "runs", "data sets", "models", "run", "model"])
def test_switching_in_place_is_as_good_as_coming_anew(page: Page, places: dict[str, Any], name: str) -> None:
    page.goto(PAGES[name].format(**places))
    settle(page)
    with page.expect_response(lambda reply: "/api/" in reply.url):
        switch_language(page, "Language", "简体中文")
    settle(page)
    page.wait_for_function("() => !document.querySelector('[role=menu]')")
    expect_translated(page)
