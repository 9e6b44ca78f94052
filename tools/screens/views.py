"""What is done on a page before its picture is taken; things are found by role and name, in the page's language."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page
from tests.e2e.steps import THREE

PAGE_WORDS = Path(__file__).resolve().parents[2] / "frontend" / "src"
WAIT_MS = 500
COMPLETE = """() => document.querySelector('.mantine-Skeleton-root, .mantine-Loader-root') === null
  && [...document.images].every((one) => one.getBoundingClientRect().top > innerHeight || one.complete)"""
"""No grey places, no wheels, and every picture in sight there."""


@functools.cache
def chinese() -> dict[str, str]:
    """The page's own dictionaries."""
    found: dict[str, str] = {}
    for file in PAGE_WORDS.rglob("zh.json"):
        found.update(json.loads(file.read_text("utf-8")))
    return found


def words(text: str) -> re.Pattern[str]:
    """A text of the page in either language, alone or as the beginning of more."""
    return re.compile("|".join(f"^{re.escape(said)}" for said in (text, chinese().get(text, text))))


def named(place: Page | Locator, role: Any, name: str) -> Locator:
    """The first thing with that role and name."""
    return place.get_by_role(role, name=words(name)).first


def settle(page: Page) -> None:
    """Wait until what the page asked for has come and been drawn: nothing stands for what is still awaited."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(COMPLETE)
    page.wait_for_timeout(WAIT_MS)


def choose_a_node(page: Page) -> None:
    """Show a node's parameters beside the network."""
    page.locator('[data-id="conv1"]').first.click()
    settle(page)


def look_inside(page: Page) -> None:
    """One sample through the drawn network."""
    named(page, "button", "Look inside").click()
    page.get_by_role("img", name=re.compile("^Activation of conv1")).wait_for()
    page.mouse.move(640, 20)
    settle(page)


def show_code(page: Page) -> None:
    """The network as a program."""
    named(page.get_by_role("toolbar"), "button", "Code").click()
    page.get_by_label(words("Python program")).first.wait_for()
    settle(page)


def save_as_file(page: Page) -> None:
    """What goes into a project's file."""
    named(page, "button", "Save the project as a file").click()
    page.get_by_role("dialog").get_by_role("checkbox").first.wait_for()
    settle(page)


def point_at_a_step(page: Page) -> None:
    """A step of the plan, its gradient steps lit up, its story beside it."""
    named(page, "list", "Steps, each with its gradient steps").get_by_role("button").nth(2).click()
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement?.blur()")
    page.evaluate("for (const one of document.querySelectorAll('main, main *')) one.scrollTop = 0")
    settle(page)


def inside(view: str) -> Callable[[Page], None]:
    """A view of what is inside a run."""

    def look(page: Page) -> None:
        named(page, "tab", "Inside").click()
        group = named(page, "radiogroup", "What to look at")
        group.get_by_text(words(view)).first.click()
        settle(page)
        group.evaluate("element => element.scrollIntoView({ block: 'start' })")
        settle(page)

    return look


def see_samples(page: Page) -> None:
    """The pictures of a data set: reading a large one for the first time takes seconds."""
    named(page, "list", "Images").get_by_role("img").first.wait_for()
    settle(page)


def correct(page: Page) -> None:
    """A table that was sent, with what its columns were taken for; gaps are filled."""
    named(page, "table", "Columns of the file").wait_for()
    settle(page)


def vary(page: Page) -> None:
    """Choose a rate and the units of two layers for a sweep, and wait for what that would be."""
    page.get_by_role("button", name="Learning rate", exact=True).click()
    page.get_by_role("combobox", name="Vary a parameter").fill("fc1: num hidden")
    page.get_by_role("option", name="fc1: Num hidden", exact=True).click()
    page.get_by_role("combobox", name="What changes together with fc1: Num hidden").click()
    page.get_by_role("option", name="fc2: Num hidden").click()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement?.blur()")
    page.get_by_role("region", name="Preview").filter(has_text="fc2").wait_for()
    settle(page)


def draw_a_digit(page: Page) -> None:
    """Draw a three and wait for the answer."""
    pad = named(page, "img", "Drawing pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    for stroke in THREE:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()
    named(page, "list", "Probabilities").wait_for()
    page.evaluate("document.querySelector('main')?.scrollTo(0, 0)")
    settle(page)


def pick_a_sample(page: Page) -> None:
    """A made picture with its latent numbers as sliders."""
    named(page, "region", "New samples").get_by_role("button", name=re.compile("^Sample 1$")).click()
    settle(page)
