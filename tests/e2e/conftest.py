"""A real browser, a real server, and a page that is watched for errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)
from tests.e2e.studio import Studio

import chromium

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
LAPTOP: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 390, "height": 844}
# All that a page can keep in a browser; what the browser keeps of the page itself is no business of the page.
STORED = "cookies,file_systems,indexeddb,local_storage,shader_cache,websql,service_workers,cache_storage"


# Two workers take modules in this order: were a long one the last, one of them would end alone.
LONG_FIRST = (
    "every_page", "use", "live_runs", "training_control", "models", "data", "inside", "templates", "newcomer", "sweeps",
    "groups", "compare", "xray", "history",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the long modules come first."""
    order = {f"test_{name}": place for place, name in enumerate(LONG_FIRST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: order.get(item.path.stem, len(order)) if item.path.parent == here else -1)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        pytest.fail("no Chromium was found: install one (`make chromium`) or set CHROMIUM to its path")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with running(tmp_path_factory) as studio:
        yield studio


@contextmanager
def running(folders: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with a data folder of its own."""
    studio = Studio(folders.mktemp("studio"))
    studio.start()
    try:
        yield studio
    finally:
        studio.stop()


@pytest.fixture(scope="module")
def studio(shared_studio: Studio) -> Iterator[Studio]:
    """The studio of all modules, one after the other; one that kills it, or wants it empty, has its own."""
    yield shared_studio
    shared_studio.clear_away()


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


def new_context(browser: Browser, studio: Studio, **options: Any) -> BrowserContext:
    """A context of one's own, empty."""
    context = browser.new_context(**{"base_url": studio.url, "viewport": LAPTOP, **options})
    context.set_default_timeout(PATIENCE_MS)
    return context


@pytest.fixture(scope="session")
def contexts() -> Iterator[dict[str, BrowserContext]]:
    """One for each studio's address: what it has loaded of the page it need not load again for the next test."""
    made: dict[str, BrowserContext] = {}
    yield made
    for context in made.values():
        context.close()


@pytest.fixture
def context(browser: Browser, studio: Studio, contexts: dict[str, BrowserContext]) -> Iterator[BrowserContext]:
    if studio.url not in contexts:
        clipboard = ["clipboard-read", "clipboard-write"]
        contexts[studio.url] = new_context(browser, studio, permissions=clipboard, reduced_motion="reduce")
    context = contexts[studio.url]
    yield context
    for page in context.pages:
        page.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """A page in a browser where no page has stored anything yet."""
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": watch.studio.url, "storageTypes": STORED})
    session.detach()
    watch.follow(page)
    yield page
    assert watch.complaints() == []


@pytest.fixture(scope="module")
def digits_model(studio: Studio) -> str:
    """A trained digits network; its name."""
    name: str = studio.trained("mlp-digits", epochs=15)["model"]["name"]
    return name


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    rows = "\n".join(f"{i / 10},{i % 7},{'yes' if i % 2 else 'no'}" for i in range(60))
    path = tmp_path / "little.csv"
    path.write_text(f"height,width,tall\n{rows}\n")
    return path
