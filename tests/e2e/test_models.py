"""Trying and using trained models of every kind."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.steps import ZERO, draw
from tests.e2e.studio import Studio


def test_a_drawn_digit_is_read_as_it_is_drawn(page: Page, digits_model: str) -> None:
    page.goto(f"/models/{digits_model}")
    prediction = page.get_by_role("region", name="Prediction")
    expect(prediction.get_by_text("Draw something")).to_be_visible()
    draw(page, ZERO)
    expect(prediction.get_by_role("strong")).to_have_text("0")
    page.get_by_role("button", name="Clear").click()
    expect(prediction.get_by_text("Draw something")).to_be_visible()


def test_the_python_lines_run_as_written(page: Page, digits_model: str) -> None:
    page.goto(f"/models/{digits_model}")
    page.get_by_role("tab", name="Python").click()
    page.get_by_role("button", name="Copy Python").click()
    code = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert "'probabilities'" in done.stdout


def test_the_javascript_lines_run_as_written(page: Page, digits_model: str) -> None:
    page.goto(f"/models/{digits_model}")
    page.get_by_role("tab", name="JavaScript").click()
    page.get_by_role("button", name="Copy JavaScript").click()
    code = page.evaluate("navigator.clipboard.readText()")
    # `console.log` of a page; the origin is the model's own, as the lines say.
    with page.expect_console_message(lambda message: message.type == "log") as said:
        page.evaluate(f"(async () => {{ {code} }})()")
    assert "label" in said.value.text


@pytest.mark.parametrize(
    ("export", "ending"),
    [("Weights (safetensors)", ".safetensors"), ("Graph (JSON)", ".json"), ("Symbol (MXNet JSON)", "-symbol.json")],
)
def test_a_model_can_be_taken_away(page: Page, digits_model: str, export: str, ending: str) -> None:
    page.goto(f"/models/{digits_model}")
    with page.expect_download() as download:
        page.get_by_role("link", name=export).click()
    assert download.value.suggested_filename == f"{digits_model}{ending}"
    content = download.value.path().read_bytes()
    assert content
    if ending.endswith(".json"):
        json.loads(content)


def test_a_typed_row_is_classified(page: Page, studio: Studio) -> None:
    name = studio.trained("logistic-iris")["model"]["name"]
    page.goto(f"/models/{name}")
    prediction = page.get_by_role("region", name="Prediction")
    row = page.get_by_role("form", name="Row")
    setosa = {"sepal length": "5.0", "sepal width": "3.4", "petal length": "1.5", "petal width": "0.2"}
    for label, value in setosa.items():
        row.get_by_label(label).fill(value)
    expect(prediction.get_by_role("strong")).to_have_text("setosa")
    row.get_by_label("petal length").fill("6.0")
    row.get_by_label("petal width").fill("2.3")
    expect(prediction.get_by_role("strong")).to_have_text("virginica")
    page.get_by_role("button", name="Some test sample").click()
    expect(prediction.get_by_text(re.compile("labelled"))).to_be_visible()
    row.get_by_label("petal width").fill("")
    expect(prediction.get_by_text("Fill in the row")).to_be_visible()


def test_a_value_is_predicted(page: Page, studio: Studio) -> None:
    name = studio.train("diabetes", epochs=5)["model"]["name"]
    page.goto(f"/models/{name}")
    expect(page.get_by_role("region", name="Prediction").get_by_role("strong")).to_have_text(re.compile(r"^-?\d"))


def test_an_autoencoder_gives_a_picture_back(page: Page, studio: Studio) -> None:
    name = studio.trained("autoencoder-digits", epochs=6)["model"]["name"]
    page.goto(f"/models/{name}")
    draw(page, ZERO)
    expect(page.get_by_role("img", name="Output of the network")).to_be_visible()


def test_a_model_is_listed_and_deleted_after_asking(page: Page, studio: Studio) -> None:
    name = studio.train("logistic-iris", name="short-lived", epochs=1)["model"]["name"]
    page.goto("/models")
    page.get_by_role("link", name=re.compile(name)).click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Models", level=1)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(name))).to_have_count(0)
