"""How quick the studio's page is: ``python -m benchmarks.page``; needs Chromium and the built page.

First load (compressed bytes, time until it can be used), a run of a million points from the click to its curves, and
the redraw of a chart with four curves of 100,000 points each, of which the page holds envelopes.
"""

from __future__ import annotations

import math
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .environment import enter

if TYPE_CHECKING:
    from playwright.sync_api import Page

CURVES = ("train_loss", "val_loss", "test_loss", "loss")
LONG, MILLION = 100_000, 250_000
"""Steps of the two runs; with four curves these are 400,000 and a million points."""
REDRAWS = 12
REDRAW = """(chart) => new Promise((done) => {
  const input = document.querySelector(`section[aria-label="${chart}"] button[aria-pressed]`);
  const begun = performance.now();
  input.click();
  requestAnimationFrame(() => { const after = new MessageChannel();
    after.port1.onmessage = () => done(performance.now() - begun); after.port2.postMessage(null); });
})"""


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright
    from tests.e2e.conftest import BROWSERS, FLAGS
    from tests.e2e.studio import Studio

    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        raise SystemExit("no Chromium was found: install one (`make chromium`) or set CHROMIUM to its path")
    with tempfile.TemporaryDirectory(prefix="netwright-page-") as folder:
        home = Path(folder)
        long, million = (_make_run(home, steps) for steps in (LONG, MILLION))
        studio = Studio(home)
        studio.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
                page = browser.new_page(base_url=studio.url, viewport={"width": 1280, "height": 720})
                _first_load(page)
                _open_run(page, million)
                _redraw(page, long)
                browser.close()
        finally:
            studio.stop()


def _make_run(home: Path, steps: int) -> str:
    """A completed run whose curves are there as if it had been trained; its id."""
    from netwright_studio.runs.series import SeriesCache
    from netwright_studio.runs.state import RunState
    from netwright_studio.settings import Settings
    from netwright_studio.store import open_store
    from netwright_studio.store.events import Draft

    settings = Settings(home=home)
    store = open_store(settings)
    graph = {"format": "netwright-graph", "version": 1, "nodes": [], "outputs": []}
    run = store.runs.create(
        name=f"{steps} steps", project=None, graph=graph, dataset="digits", settings={}, epochs=1
    ).id  # fmt: skip
    for begin in range(1, steps + 1, 10_000):
        drafts = [
            Draft("metrics", {"step": step, "epoch": 0.0, "values": _values(step)}, "2026-01-01T00:00:00.000Z")
            for step in range(begin, begin + 10_000)
        ]
        store.events.append(run, drafts, {"step": begin + 9_999, "metrics": _values(steps)})
    for state in (RunState.STARTING, RunState.RUNNING, RunState.COMPLETED):
        store.runs.move(run, state)
    (settings.runs_dir / run).mkdir(parents=True, exist_ok=True)
    SeriesCache(store.events, runs_dir=settings.runs_dir).settle(run)
    return run


def _values(step: int) -> dict[str, float]:
    noise = math.sin(step * 12.9898) * 43758.5453 % 1
    return {name: (1 + place) / (1 + step / 5000) + 0.2 * noise for place, name in enumerate(CURVES)}


def _first_load(page: Page) -> None:
    """Bytes that travel, and the time until the first button can be pressed."""
    begun = time.perf_counter()
    page.goto("/")
    page.get_by_role("button").first.wait_for()
    ready = time.perf_counter() - begun
    sizes = page.evaluate("performance.getEntriesByType('resource').map((one) => [one.name, one.encodedBodySize])")
    assets = sum(size for name, size in sizes if "/assets/" in name)
    print(f"first load: {assets / 1024:.0f} KiB of compressed assets, to be used after {ready:.2f} s", flush=True)


def _open_run(page: Page, run: str) -> None:
    """From the click on a run in the list to its drawn curves."""
    page.goto("/runs")
    link = page.locator(f"a[href='/runs/{run}']")
    link.wait_for()
    begun = time.perf_counter()
    link.click()
    page.locator(".u-over").first.wait_for(state="attached")
    seconds = time.perf_counter() - begun
    print(f"a run of {len(CURVES) * MILLION:,} points: open after {seconds:.2f} s", flush=True)


def _redraw(page: Page, run: str) -> None:
    """Hide and show one of the curves, and wait for the picture each time: handling, React and drawing together."""
    page.goto(f"/runs/{run}")
    page.locator(".u-over").first.wait_for(state="attached")
    times = sorted(page.evaluate(REDRAW, "Loss chart") for _ in range(REDRAWS))
    middle = statistics.median(times)
    print(f"redraw at {len(CURVES)} × {LONG:,} points: median {middle:.0f} ms, worst {times[-1]:.0f} ms", flush=True)


if __name__ == "__main__":
    enter("benchmarks.page")
    main()
