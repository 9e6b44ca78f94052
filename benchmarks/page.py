"""How quick the studio's page is: ``python -m benchmarks.page [--write]``; needs Chromium and the built page.

First load (compressed bytes, time until it can be used), from an edit to the new shapes on the canvas, the frames of a
drag, a run of a million points from the click to its curves, and
the redraw of a chart with four curves of 100,000 points each, of which the page holds envelopes.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from . import machine, results
from .environment import enter

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.e2e.studio import Studio

ORDER = ("first load", "edit", "drag", "a run", "redraw")
"""How the page's table is ordered."""
PARTS = ("load", "edit", "drag", "open", "redraw")
CURVES = ("train_loss", "val_loss", "test_loss", "loss")
LONG, MILLION = 100_000, 250_000
"""Steps of the two runs; with four curves these are 400,000 and a million points."""
REDRAWS = 12
SIZES, DRAGGED = (50, 200, 1000), (500, 1000)
"""Nodes of the networks that are edited, and of those in which a node is dragged."""
PATIENCE_MS = 60_000
"""A network of 1,000 nodes takes a while to open on a busy machine."""
EDITS = 8
EDIT_GOAL_MS, FRAME_GOAL_MS, OPEN_GOAL_S = 100, 50, 1
SHAPES = """(text) => { window.shapesAfter = new Promise((done) => {
  let begun = 0;
  addEventListener('input', () => { begun = performance.now(); }, { capture: true, once: true });
  const isThere = () => [...document.querySelectorAll('.react-flow__edge text')]
    .some((one) => one.textContent.includes(text));
  const look = () => {
    if (begun > 0 && isThere()) done(performance.now() - begun);
    else requestAnimationFrame(look);
  };
  look();
}); }"""
FRAMES = """() => { window.frameTimes = []; let last = performance.now();
  const note = (now) => { window.frameTimes.push(now - last); last = now; requestAnimationFrame(note); };
  requestAnimationFrame(note); }"""
REDRAW = """(chart) => new Promise((done) => {
  const input = document.querySelector(`section[aria-label="${chart}"] button[aria-pressed]`);
  const begun = performance.now();
  input.click();
  requestAnimationFrame(() => { const after = new MessageChannel();
    after.port1.onmessage = () => done(performance.now() - begun); after.port2.postMessage(null); });
})"""


class Figure(NamedTuple):
    """One thing that was measured; ``goal`` is the most it should be."""

    what: str
    value: float
    unit: str
    goal: float | None = None
    worst: float | None = None

    def shown(self) -> str:
        """The value with its unit, and the worst where there were several."""
        digits = 2 if self.unit == "s" else 0
        worst = f", worst {self.worst:.{digits}f}" if self.worst is not None else ""
        return f"{self.value:.{digits}f} {self.unit}{worst}"


def main() -> None:
    """Measure, print, and with ``--write`` keep the figures and make docs/benchmarks.md anew."""
    parser = argparse.ArgumentParser(description="How quick the studio's page is.")
    parser.add_argument("--write", action="store_true", help="keep the figures for docs/benchmarks.md")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    parser.add_argument("--home", type=Path, help="a data folder that is kept: what is made and prepared there is once")
    chosen = parser.parse_args()
    figures = []
    for figure in measure(chosen.parts, chosen.home):
        goal = "" if figure.goal is None else f" (goal: at most {figure.goal:g} {figure.unit})"
        print(f"{figure.what}: {figure.shown()}{goal}", flush=True)
        figures.append(figure)
    if chosen.write:
        _keep(figures)


def _keep(figures: Sequence[Figure]) -> None:
    """Put figures in the place of earlier ones of the same thing; those of other parts stay."""
    rows = {**results.read().get("page", {}).get("all", {}).get("rows", {}), **{one.what: _row(one) for one in figures}}

    def place(what: str) -> tuple[int, int, str]:
        return next(n for n, begin in enumerate(ORDER) if what.startswith(begin)), len(what), what

    ordered = sorted(rows, key=place)
    text = "\n".join(["| what | measured | goal | |", "| --- | ---: | ---: | --- |", *(rows[what] for what in ordered)])
    described = f"{machine.describe()}; Chromium without a GPU."
    results.write("page", {"all": {"machine": machine.describe(), "rows": rows, "text": f"{described}\n\n{text}"}})


def _row(figure: Figure) -> str:
    goal = "" if figure.goal is None else f"≤ {figure.goal:g} {figure.unit}"
    reached = "✓" if figure.goal is not None and figure.value <= figure.goal else ""
    return f"| {figure.what} | {figure.shown()} | {goal} | {reached} |"


def measure(parts: Sequence[str] = PARTS, kept: Path | None = None) -> Iterator[Figure]:
    """All figures, one after another, in one browser against one server."""
    sys.path.append(str(Path(__file__).resolve().parent.parent / "tools"))
    from playwright.sync_api import sync_playwright
    from tests.e2e.conftest import FLAGS
    from tests.e2e.studio import Studio

    import chromium

    browser_path = chromium.find()
    if browser_path is None:
        raise SystemExit(f"no Chromium was found: {chromium.REMEDY}")
    with tempfile.TemporaryDirectory(prefix="netwright-page-") as folder:
        home = kept or Path(folder)
        long, million = (_make_run(home, steps) for steps in (LONG, MILLION))
        studio = Studio(home)
        studio.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=browser_path, args=list(FLAGS))
                page = browser.new_page(base_url=studio.url, viewport={"width": 1280, "height": 720})
                page.set_default_timeout(PATIENCE_MS)
                if "load" in parts:
                    yield from _first_load(page)
                for nodes in SIZES if "edit" in parts else ():
                    yield _edit(page, studio, nodes)
                for nodes in DRAGGED if "drag" in parts else ():
                    yield _drag(page, studio, nodes)
                if "open" in parts:
                    yield _open_run(page, million)
                if "redraw" in parts:
                    yield _redraw(page, long)
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
    name = f"{steps} steps"
    if known := [run.id for run, *_ in store.runs.page(50, 0)[0] if run.name == name]:
        return str(known[0])
    graph = {"format": "netwright-graph", "version": 1, "nodes": [], "outputs": []}
    run = store.runs.create(
        name=name, project=None, graph=graph, dataset="digits", settings={}, epochs=1
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


def _first_load(page: Page) -> Iterator[Figure]:
    """Bytes that travel, and the time until the first button can be pressed."""
    begun = time.perf_counter()
    page.goto("/")
    page.get_by_role("button").first.wait_for()
    ready = time.perf_counter() - begun
    sizes = page.evaluate("performance.getEntriesByType('resource').map((one) => [one.name, one.encodedBodySize])")
    assets = sum(size for name, size in sizes if "/assets/" in name)
    yield Figure("first load, compressed assets", assets / 1024, "KiB")
    yield Figure("first load, until it can be used", ready, "s")


def _open_chain(page: Page, studio: Studio, nodes: int) -> None:
    """Open a project of so many nodes: the digits network with a chain of activations behind its first layer."""
    project = studio.create_project("mlp-digits")
    graph = project["graph"]
    relu = next(node for node in graph["nodes"] if node["id"] == "relu1")
    last = "fc1"
    for number in range(nodes - len(graph["nodes"])):
        name = f"more{number}"
        graph["nodes"].append(
            {"id": name, "op": "Activation", "params": {"act_type": "relu"}, "inputs": {"data": last}}
        )
        x, y = 260 * (number // 40 + 2), 90 * (number % 40)
        graph["layout"][name] = [x, y]
        last = name
    relu["inputs"]["data"] = last
    studio.call("PUT", f"api/projects/{project['id']}", {"revision": project["revision"], "graph": graph})
    page.goto(f"/projects/{project['id']}")
    page.get_by_role("group", name="fc1, FullyConnected", exact=True).wait_for(state="attached")


def _edit(page: Page, studio: Studio, nodes: int) -> Figure:
    """From a number in a field of the inspector to the shapes that follow from it on the canvas."""
    _open_chain(page, studio, nodes)
    page.get_by_role("group", name="fc1, FullyConnected", exact=True).focus()
    page.keyboard.press("Enter")
    units = page.get_by_role("complementary", name="Inspector").get_by_label("Num hidden")
    times = []
    for turn in range(EDITS):
        page.evaluate(SHAPES, f"×{201 + turn}")
        units.fill(str(201 + turn))
        times.append(page.evaluate("window.shapesAfter"))
    goal = EDIT_GOAL_MS if nodes <= 200 else None
    return Figure(f"edit to shapes at {nodes:,} nodes, median", statistics.median(times), "ms", goal, max(times))


def _drag(page: Page, studio: Studio, nodes: int) -> Figure:
    """The time between frames while a node is dragged."""
    _open_chain(page, studio, nodes)
    node = page.get_by_role("group", name="fc1, FullyConnected", exact=True)
    box = node.bounding_box()
    if box is None:
        raise SystemExit("the node is not in sight")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.evaluate(FRAMES)
    for turn in range(60):
        page.mouse.move(box["x"] + 4 * turn, box["y"] + 20 + 2 * turn)
    page.mouse.up()
    if node.bounding_box() == box:
        raise SystemExit("the node did not move")
    frames = sorted(page.evaluate("window.frameTimes"))
    goal = FRAME_GOAL_MS if nodes <= 500 else None
    what, late = f"drag at {nodes:,} nodes, p95 between frames", frames[int(0.95 * len(frames))]
    return Figure(what, late, "ms", goal, frames[-1])


def _open_run(page: Page, run: str) -> Figure:
    """From the click on a run in the list to its drawn curves."""
    page.goto("/runs")
    link = page.locator(f"a[href='/runs/{run}']")
    link.wait_for()
    begun = time.perf_counter()
    link.click()
    page.locator(".u-over").first.wait_for(state="attached")
    seconds = time.perf_counter() - begun
    return Figure(f"a run of {len(CURVES) * MILLION:,} points, from the click to its curves", seconds, "s", OPEN_GOAL_S)


def _redraw(page: Page, run: str) -> Figure:
    """Hide and show one of the curves, and wait for the picture each time: handling, React and drawing together."""
    page.goto(f"/runs/{run}")
    page.locator(".u-over").first.wait_for(state="attached")
    times = sorted(page.evaluate(REDRAW, "Loss chart") for _ in range(REDRAWS))
    what = f"redraw at {len(CURVES)} × {LONG:,} points, median"
    return Figure(what, statistics.median(times), "ms", FRAME_GOAL_MS, times[-1])


if __name__ == "__main__":
    enter("benchmarks.page")
    main()
