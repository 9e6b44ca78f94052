"""The gallery of templates, what generators show while they train, and models that make things."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.studio import Studio

from netwright import templates


@pytest.fixture(scope="module")
def runs(studio: Studio) -> dict[str, str]:
    """Short trainings of three templates; project and model are named after the template."""
    wanted = {"vae-digits": 6, "clusters-digits": 4, "lstm-text": 1}
    started = {name: studio.begin(name, epochs=epochs) for name, epochs in wanted.items()}
    for run in started.values():
        studio.wait_for_run(run, "completed")
    return started


def test_a_template_is_found_and_started(page: Page) -> None:
    page.goto("/")
    gallery = page.get_by_role("region", name="Templates")
    cards = gallery.get_by_role("button", name=re.compile("^Start from "))
    expect(cards).to_have_count(len(templates.all()))
    pictures = gallery.locator("img")
    assert all(
        pictures.nth(i).evaluate("image => image.decode().then(() => image.naturalWidth > 20)") for i in range(12)
    )
    gallery.locator("label", has_text="Generation").click()
    expect(cards).to_have_count(2)
    gallery.get_by_label("Search the templates").fill("random numbers slider")
    expect(cards).to_have_count(1)
    expect(gallery).to_contain_text("Fréchet distance below 0.35")
    gallery.get_by_label("Search the templates").fill("nothing of the kind")
    gallery.get_by_role("button", name="Show all templates").click()
    gallery.get_by_label("Search the templates").fill("austen lstm")
    cards.click()
    expect(page.get_by_text("lstm", exact=True).first).to_be_visible()


def test_a_run_shows_what_it_makes_through_time(page: Page, runs: dict[str, str]) -> None:
    page.goto(f"/runs/{runs['vae-digits']}")
    made = page.get_by_role("region", name="What it makes")
    sheet = made.get_by_role("img")
    expect(sheet).to_be_visible()
    last = sheet.get_attribute("src")
    slider = made.get_by_role("slider", name="Moment of the training")
    slider.focus()
    slider.press("Home")
    expect(made.get_by_text("step 0, epoch 0.0")).to_be_visible()
    assert sheet.get_attribute("src") != last
    slider.press("End")
    expect(sheet).to_have_attribute("src", last or "")
    page.goto(f"/runs/{runs['lstm-text']}")
    expect(page.get_by_role("region", name="What it writes").locator("blockquote")).to_have_text(
        re.compile(".{150}", re.S)
    )
    page.goto(f"/runs/{runs['clusters-digits']}")
    expect(page.get_by_role("region", name="The middle of each cluster").get_by_role("img")).to_be_visible()


def test_clusters_colour_the_latent_space(page: Page, runs: dict[str, str]) -> None:
    page.goto(f"/runs/{runs['clusters-digits']}")
    page.get_by_role("tab", name="Inside").click()
    page.get_by_role("radiogroup", name="What to look at").get_by_text("Latent space", exact=True).click()
    colours = page.get_by_role("radiogroup", name="Coloured by")
    expect(colours.get_by_role("radio", name="Clusters")).to_be_checked()
    shown = page.get_by_role("tabpanel", name="Inside")
    expect(shown.get_by_text(re.compile(r"^10: \d \(\d+ %\)$"))).to_be_visible()
    colours.get_by_text("Classes").click()
    expect(shown.get_by_text(re.compile(r"^10: \d \(\d+ %\)$"))).to_have_count(0)


def test_samples_are_drawn_and_changed(page: Page, runs: dict[str, str]) -> None:
    page.goto("/models/vae-digits")
    box = page.get_by_role("region", name="New samples")
    first = box.get_by_role("button", name="Sample 1", exact=True)
    before = first.get_by_role("presentation").or_(first.locator("img")).first.get_attribute("src")
    box.get_by_role("button", name="Draw others").click()
    expect(first.locator("img")).not_to_have_attribute("src", before or "")
    first.click()
    picked = box.get_by_alt_text("The sample of these numbers")
    expect(picked).to_be_visible()
    source = picked.get_attribute("src")
    knob = box.get_by_role("slider", name="Latent number 1", exact=True)
    knob.focus()
    knob.press("End")
    expect(picked).not_to_have_attribute("src", source or "")
    assert len(box.get_by_role("slider").all()) == 12


def test_a_text_is_continued(page: Page, runs: dict[str, str]) -> None:
    page.goto("/models/lstm-text")
    box = page.get_by_role("region", name="Go on with a text")
    box.get_by_label("Beginning").fill("It is a truth ")
    box.get_by_label("Characters").fill("30")
    box.get_by_role("button", name="Write on").click()
    expect(box.locator("blockquote")).to_have_text(re.compile("^It is a truth .", re.S))
    box.get_by_role("button", name="Take it as the beginning").click()
    assert len(box.get_by_label("Beginning").input_value()) == len("It is a truth ") + 30


def test_an_input_is_put_into_a_cluster(page: Page, runs: dict[str, str]) -> None:
    page.goto("/models/clusters-digits")
    page.get_by_text("Test sample", exact=True).click()
    page.get_by_role("group", name="Test samples").get_by_role("button").first.click()
    expect(page.get_by_role("region", name="Prediction")).to_have_text(
        re.compile(r"Cluster \d+.*training samples lie in it", re.S)
    )
