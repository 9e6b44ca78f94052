"""What a person does on the pages, in terms of roles and labels."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

# It comes with the linter for accessible pages.
AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FAULTS = (
    "axe.run(document, {resultTypes: ['violations']}).then(({violations}) =>"
    " violations.map((one) => [one.id, one.help, ...one.nodes.slice(0, 3).map((node) => node.html.slice(0, 300))]))"
)
LAST_STEP = re.compile(r"\(to step (\d+)\)")


def node(page: Page, label: str) -> Locator:
    """A node of the network, such as "fc1, FullyConnected"."""
    return page.get_by_role("group", name=label, exact=True)


def choose(page: Page, *labels: str) -> None:
    """Select these nodes and nothing else."""
    page.keyboard.press("Escape")
    for label in labels:
        node(page, label).click(modifiers=["Shift"])


def edge(page: Page, label: str) -> Locator:
    """A connection, such as "From fc1 to data of relu1, 32×128"."""
    return page.get_by_role("group", name=label, exact=True)


def expect_accessible(page: Page) -> None:
    """What axe finds nothing wrong with: names, roles, contrast, order."""
    page.evaluate(AXE.read_text())
    found: list[Any] = page.evaluate(FAULTS)
    assert not found, f"{page.url}: {found}"


def connect(page: Page, source: str, target: str) -> None:
    """Drag from the first node's output to the second node's data input."""
    start = node(page, source).get_by_label("Output output", exact=True).bounding_box()
    end = node(page, target).get_by_label("Input data", exact=True).bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=10)
    page.mouse.up()


def chart(page: Page, title: str) -> Locator:
    return page.get_by_role("img", name=re.compile(f"^{title}:"))


def last_step(page: Page, title: str = "Loss") -> int:
    """How far the training curve of a chart reaches."""
    found = LAST_STEP.search(chart(page, title).get_attribute("aria-label") or "")
    assert found is not None
    return int(found[1])


def wait_for_step(page: Page, step: int, title: str = "Loss") -> int:
    """Wait until the training curve has come to `step`."""
    for _ in range(300):
        if chart(page, title).count() and last_step(page, title) >= step:
            return last_step(page, title)
        page.wait_for_timeout(100)
    raise AssertionError(f"the curve never came to step {step}")


def expect_state(page: Page, state: str, *, seconds: float = 60) -> None:
    progress = page.get_by_role("region", name="Progress of the run")
    expect(progress.get_by_text(state, exact=True)).to_be_visible(timeout=seconds * 1000)


def download_curve(page: Page, title: str = "Loss") -> dict[str, list[tuple[int, float]]]:
    """Save a chart as CSV; its points by column."""
    page.get_by_role("button", name=f"Save the {title} chart").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Values (CSV)").click()
    with download.value.path().open() as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in rows[0] if name != "step"]
    return {name: [(int(row["step"]), float(row[name])) for row in rows if row[name] != ""] for name in columns}


def draw(page: Page, strokes: Sequence[Sequence[tuple[float, float]]]) -> None:
    """Draw on the pad; points are parts of its width and height."""
    pad = page.get_by_role("img", name="Drawing pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()


ZERO = [
    [(0.5, 0.12), (0.34, 0.2), (0.28, 0.5), (0.34, 0.8), (0.5, 0.88), (0.66, 0.8), (0.72, 0.5), (0.66, 0.2)],
    [(0.66, 0.2), (0.5, 0.12)],
]
THREE = [
    [(0.3, 0.25), (0.45, 0.15), (0.6, 0.2), (0.65, 0.35), (0.5, 0.48)],
    [(0.5, 0.48), (0.65, 0.6), (0.66, 0.75), (0.5, 0.87), (0.3, 0.8)],
]
