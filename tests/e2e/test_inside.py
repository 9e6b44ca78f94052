"""Looking inside: a drawn network, the film of a run, its mistakes, its latent space; by mouse and by keyboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.studio import Studio

SPIRAL: dict[str, Any] = {
    "format": "netwright-graph",
    "version": 1,
    "name": "Points",
    "nodes": [
        {"id": "data", "op": "Input"},
        {"id": "fc1", "op": "FullyConnected", "params": {"num_hidden": 16}, "inputs": {"data": "data"}},
        {"id": "tanh1", "op": "Activation", "params": {"act_type": "tanh"}, "inputs": {"data": "fc1"}},
        {"id": "fc2", "op": "FullyConnected", "params": {"num_hidden": 2}, "inputs": {"data": "tanh1"}},
        {"id": "softmax", "op": "SoftmaxOutput", "inputs": {"data": "fc2"}},
    ],
}


@pytest.fixture(scope="module")
def digits(studio: Studio) -> dict[str, Any]:
    """A convolutional network that was trained on digits, briefly: it makes mistakes."""
    return studio.trained("cnn-digits", epochs=1)


@pytest.fixture(scope="module")
def code(studio: Studio) -> dict[str, Any]:
    """An autoencoder that was trained a little."""
    return studio.trained("autoencoder-digits", epochs=6)


def open_inside(page: Page, run: dict[str, Any], view: str) -> None:
    page.goto(f"/runs/{run['id']}")
    page.get_by_role("tab", name="Inside").click()
    choose(page, view)


def choose(page: Page, view: str) -> None:
    page.get_by_role("radiogroup", name="What to look at").get_by_text(view, exact=True).click()


def image(page: Page, name: str) -> Locator:
    return page.get_by_role("img", name=re.compile(name))


def is_painted(canvas: Locator) -> bool:
    """Whether a canvas holds pixels of more than one colour."""
    painted: bool = canvas.evaluate(
        """(canvas) => {
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const colours = new Set();
            for (let at = 0; at < data.length; at += 4) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
            return colours.size > 1;
        }"""
    )
    return painted


def test_a_sample_runs_through_the_drawn_network(studio: Studio, page: Page) -> None:
    project = studio.create_project("cnn-digits")
    page.goto(f"/projects/{project['id']}")
    switch = page.get_by_role("button", name="Look inside")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    conv = image(page, "^Activation of conv1, from")
    expect(conv).to_be_visible()
    assert is_painted(conv)
    before = conv.get_attribute("aria-label")
    page.get_by_role("button", name="Next sample").click()
    expect(page.get_by_text("Test sample 2")).to_be_visible()
    expect(conv).not_to_have_attribute("aria-label", before or "")
    expect(page.get_by_text(re.compile(r"^is \d, taken for \d"))).to_be_visible()
    page.get_by_role("button", name="Activation of conv1 in detail").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("16 of 16 channels")).to_be_visible()
    expect(dialog.get_by_role("img", name=re.compile("^conv1_weight"))).to_be_visible()
    page.keyboard.press("Escape")
    switch.click()
    expect(conv).to_have_count(0)


def test_a_live_run_draws_its_decisions(studio: Studio, page: Page) -> None:
    settings = {"epochs": 100_000, "batch_size": 32, "optimizer_params": {"learning_rate": 0.01}}
    run = studio.call("POST", "api/runs", {"graph": SPIRAL, "dataset": "xor", "settings": settings})
    open_inside(page, run, "Decisions")
    drawn = image(page, "samples with the network's decisions")
    expect(drawn).to_be_visible()
    share = re.compile(r"(9\d|100) % lie on ground of their own class")
    expect(drawn).to_have_attribute("aria-label", share, timeout=30_000)  # it has learned, and we saw it
    assert is_painted(drawn)
    thumb = page.get_by_role("slider", name="Snapshot")
    expect(page.get_by_text("newest")).to_be_visible()
    thumb.focus()
    page.keyboard.press("Home")
    expect(thumb).to_have_attribute("aria-valuetext", "step 0, epoch 0.0")
    expect(drawn).not_to_have_attribute("aria-label", share)
    page.keyboard.press("ArrowRight")
    expect(thumb).not_to_have_attribute("aria-valuetext", "step 0, epoch 0.0")
    studio.call("POST", f"api/runs/{run['id']}/stop", {})
    studio.wait_for_run(run["id"], "stopped")


def test_the_film_shows_activations_weights_and_gradients(digits: dict[str, Any], page: Page) -> None:
    open_inside(page, digits, "Activations")
    page.get_by_role("button", name=re.compile("^relu1, 16×8×8")).click()
    expect(image(page, "^Histograms of relu1 over")).to_be_visible()
    choose(page, "Weights")
    table = page.get_by_role("table", name="Weights")
    expect(table.get_by_role("img", name=re.compile("^conv1_weight"))).to_be_visible()
    expect(table.get_by_role("img", name=re.compile("^Gradient of conv1_weight"))).to_be_visible()
    table.get_by_role("button", name="conv1_weight").click()
    history = page.get_by_role("region", name="conv1_weight over time")
    history.get_by_text("Gradient", exact=True).click()
    expect(history.get_by_role("img", name=re.compile("^Histograms of conv1_weight"))).to_be_visible()
    choose(page, "Gradient flow")
    flow = image(page, "^Norm of the gradient by layer")
    expect(flow).to_have_attribute("aria-label", re.compile(r"conv1_weight [\d.]+.*fc2_weight [\d.]+"))
    page.get_by_role("button", name="Play the film").click()
    expect(page.get_by_role("slider", name="Snapshot")).to_have_attribute("aria-valuetext", re.compile("^step"))


def test_a_cell_of_the_confusion_matrix_opens_its_samples(studio: Studio, digits: dict[str, Any], page: Page) -> None:
    found = studio.call("GET", f"api/runs/{digits['id']}/evaluation?part=test")["classes"]["matrix"]
    cells = [(found[a][p], a, p) for a in range(10) for p in range(10) if a != p]
    count, actual, predicted = max(cells)
    assert count > 0
    open_inside(page, digits, "Mistakes")
    page.get_by_role("button", name=f"{actual} taken for {predicted}: {count}", exact=True).press("Enter")
    samples = page.get_by_role("region", name=f"{actual} taken for {predicted}")
    cards = samples.get_by_role("listitem")
    expect(cards).to_have_count(min(count, 24))
    losses = [float(text) for text in re.findall(r"loss ([\d.]+)", samples.inner_text())]
    assert losses == sorted(losses, reverse=True)
    expect(cards.first).to_contain_text(f"is {actual}, taken for {predicted}")
    expect(cards.first.get_by_role("img")).to_be_visible()
    expect(page.get_by_role("table", name="Precision and recall by class").get_by_role("row")).to_have_count(11)
    page.get_by_text("Validation samples").click()
    expect(page.get_by_text(re.compile(r"% right · loss"))).to_be_visible()


def test_a_model_shows_its_mistakes_layers_and_latent_space(code: dict[str, Any], page: Page) -> None:
    page.goto(f"/models/{code['model']['name']}")
    inside = page.get_by_role("region", name="Look inside")
    expect(inside.get_by_role("img", name="What the network makes of it").first).to_be_visible()
    choose(page, "Activations")
    inside.get_by_role("button", name=re.compile("^code, 12")).click()
    expect(page.get_by_role("dialog").get_by_role("img", name=re.compile("^code_weight"))).to_be_visible()
    page.keyboard.press("Escape")
    choose(page, "Latent space")
    expect(inside.get_by_role("img", name=re.compile("samples at code, which has 12 numbers"))).to_be_visible()
    drawn = inside.get_by_role("img", name="New pictures from numbers drawn like those of real samples")
    before = drawn.get_attribute("src")
    inside.get_by_role("button", name="Others").click()
    expect(drawn).not_to_have_attribute("src", before or "")
    inside.get_by_text("Walk through").click()
    expect(inside.get_by_role("img", name=re.compile("^A walk over the plane"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_inside_too(digits: dict[str, Any], page: Page, scheme: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    open_inside(page, digits, "Mistakes")
    expect(page.get_by_role("table", name="Precision and recall by class")).to_be_visible()
    for view, shown in (("Weights", "^Gradient of"), ("Decisions", "samples with the"), ("Latent space", "samples at")):
        choose(page, view)
        expect(image(page, shown).first).to_be_visible()
        spare = page.evaluate("document.querySelector('main').scrollWidth - document.querySelector('main').clientWidth")
        assert spare <= 0, f"{view} is {spare} px wider than a phone"
