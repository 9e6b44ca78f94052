"""A real browser, a real server, and a page that is watched for errors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright
from tests.e2e.studio import Studio

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # a camera of moving patterns, which nobody has to allow
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
# A loaded machine with two cores; nothing here waits that long when all is well.
PATIENCE_MS = 15_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail("no Chromium was found: install one (`make chromium`) or set CHROMIUM to its path")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    studio.start()
    yield studio
    studio.stop()


class Watch:
    """Collects what no page may do: errors, and requests to anybody but the studio."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.mishaps: list[str] = []
        self.forgiven: tuple[str, ...] = ()

    def follow(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.mishaps.append(f"error in the page: {error}"))
        page.on("console", self._read_console)
        page.on("request", self._read_request)

    def forgive(self, *parts: str) -> None:
        """Messages with one of these in them belong to what the test does on purpose."""
        self.forgiven += parts

    def complaints(self) -> list[str]:
        return [mishap for mishap in self.mishaps if not any(part in mishap for part in self.forgiven)]

    def _read_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.mishaps.append(f"{message.type} in the console: {message.text}")

    def _read_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != urlsplit(self.studio.url).netloc:
            self.mishaps.append(f"a request to another origin: {request.url}")


@pytest.fixture
def watch(studio: Studio) -> Watch:
    return Watch(studio)


@pytest.fixture
def context(browser: Browser, studio: Studio) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=studio.url, viewport={"width": 1280, "height": 720})
    context.set_default_timeout(PATIENCE_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=studio.url)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    page = context.new_page()
    watch.follow(page)
    yield page
    assert watch.complaints() == []


@pytest.fixture(scope="module")
def digits_model(studio: Studio) -> str:
    """A trained digits network; its name."""
    name: str = studio.train("mlp-digits", epochs=15)["model"]["name"]
    return name


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    rows = "\n".join(f"{i / 10},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(60))
    path = tmp_path / "little.csv"
    path.write_text(f"height,width,tall\n{rows}\n")
    return path
