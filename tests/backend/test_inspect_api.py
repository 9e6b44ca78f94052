"""Looking inside over HTTP: drawn networks, runs that really trained, and their models."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netwright import templates
from netwright.inspection import Snapshot

from .conftest import ORIGIN, TestClient, create_app, make_settings
from .test_training import REAL


class Page:
    """The one client of this module, and the runs it has trained."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.runs: dict[str, dict[str, Any]] = {}

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.client.post(path, json=body, headers={"origin": ORIGIN})
        assert answer.status_code == status, answer.text
        return answer.json()

    def train(self, template: str, dataset: str | None = None, graph: Any = None, **settings: Any) -> dict[str, Any]:
        key = f"{template}-{dataset}"
        if key not in self.runs:
            chosen = templates.get(template)
            plan = {**chosen.settings, "seed": 3, **settings}
            body = {"graph": graph or chosen.graph, "dataset": dataset or chosen.dataset, "settings": plan}
            ident = self.post("/api/runs", body, 201)["id"]
            deadline = time.monotonic() + 120
            while (run := self.get(f"/api/runs/{ident}"))["state"] not in ("completed", "failed"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert run["state"] == "completed", run["state_reason"]
            self.runs[key] = run
        return self.runs[key]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    settings = make_settings(tmp_path_factory.mktemp("studio"), worker_command=REAL)
    with TestClient(create_app(settings), base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield Page(client)


def test_a_drawn_network_shows_one_sample_node_by_node(page: Page) -> None:
    graph = templates.get("cnn-digits").graph
    found = page.post("/api/graphs/probe", {"graph": graph, "dataset": "digits", "index": 5, "node": "conv2"})
    assert [node["node"] for node in found["nodes"]][:2] == ["data", "conv1"]
    assert (found["index"], found["label"]) == (5, page.get("/api/datasets/digits/samples/test/5")["label"])
    assert found["png"].startswith("data:image/png")
    assert found["detail"]["tiles"] == 32
    assert found["weights"]["conv1_weight"]["tiles"] == 16
    assert len(found["prediction"]["probabilities"]) == 10
    for node in found["nodes"]:
        size = node["picture"]["width"] * node["picture"]["height"]
        assert len(base64.b64decode(node["picture"]["data"])) == size
        assert size <= 2100


def test_what_cannot_be_probed_is_refused_with_reason(page: Page) -> None:
    graph = templates.get("mlp-digits").graph
    too_far = page.post("/api/graphs/probe", {"graph": graph, "dataset": "digits", "index": 10**6}, 422)
    assert too_far["error"]["where"] == "index"
    broken = {**graph, "nodes": [{"id": "fc", "op": "FullyConnected"}]}
    assert page.post("/api/graphs/probe", {"graph": broken, "dataset": "digits"}, 422)["error"]["where"] == "fc"
    assert page.post("/api/graphs/probe", {"graph": graph, "dataset": "nothing"}, 404)["error"]["code"] == "not_found"
    wide = {"id": "data", "op": "Input", "params": {"shape": [3, 3000, 3000]}}
    conv = {
        "id": "c",
        "op": "Convolution",
        "params": {"kernel": [9, 9], "num_filter": 64},
        "inputs": {"data": "data"},
    }
    costly = page.post("/api/graphs/probe", {"graph": {"nodes": [wide, conv]}}, 422)
    assert "too long" in costly["error"]["message"]


def test_a_run_keeps_snapshots_of_its_inside(page: Page) -> None:
    run = page.train("mlp-digits", epochs=8)
    inside = page.get(f"/api/runs/{run['id']}/inside")
    steps = [ref["step"] for ref in inside["snapshots"]]
    assert (steps[0], steps[-1]) == (0, run["step"])
    assert steps == sorted(set(steps))
    assert len(steps) >= 3
    curves = {curve["name"]: curve for curve in inside["weights"]}
    assert len(curves["fc1_weight"]["weight"]) == len(steps)
    assert any(value is not None for value in curves["fc1_weight"]["gradient"])
    assert inside["plane"]["kind"] == "components"
    snapshot = Snapshot.model_validate(page.get(f"/api/runs/{run['id']}/inside/{steps[1]}"))
    assert snapshot.boundary is not None
    history = page.get(f"/api/runs/{run['id']}/inside/history", name="relu1", kind="activation")
    assert history["steps"] == steps
    events = page.get(f"/api/runs/{run['id']}/events", limit=10_000)["events"]
    assert {event["data"]["step"] for event in events if event["type"] == "inspect"} >= set(steps)
    page.get(f"/api/runs/{run['id']}/inside/7777777", 404)
    page.get(f"/api/runs/{run['id']}/inside/history", 404, name="nothing")
    page.get("/api/runs/none/inside", 404)


def test_looking_inside_can_be_switched_off(page: Page) -> None:
    run = page.train("diabetes", epochs=5, look_inside=0)
    inside = page.get(f"/api/runs/{run['id']}/inside")
    assert (inside["share"], inside["snapshots"]) == (0, [])


def test_the_cells_of_the_confusion_matrix_open_their_samples(page: Page) -> None:
    run = page.train("mlp-digits", epochs=8)
    address = f"/api/runs/{run['id']}/evaluation"
    found = page.get(address, part="test")
    assert found["kind"] == "classes"
    assert found["classes"]["accuracy"] == pytest.approx(run["metrics"]["test_accuracy"])
    assert page.get(address)["classes"]["accuracy"] == pytest.approx(run["metrics"]["val_accuracy"])
    matrix = found["classes"]["matrix"]
    actual, predicted = max(
        ((a, p) for a in range(10) for p in range(10) if a != p), key=lambda cell: matrix[cell[0]][cell[1]]
    )
    cell = page.get(f"{address}/samples", part="test", actual=actual, predicted=predicted)
    assert cell["total"] == matrix[actual][predicted] > 0
    losses = [item["loss"] for item in cell["items"]]
    assert losses == sorted(losses, reverse=True)
    first = cell["items"][0]
    assert (first["label"], first["predicted"]) == (str(actual), str(predicted))
    assert first["png"].startswith("data:image/png")
    assert first["top"][0]["label"] == str(predicted)
    wrong = page.get(f"{address}/samples", part="test", wrong=True, limit=60)
    assert wrong["total"] == sum(map(sum, matrix)) - sum(matrix[i][i] for i in range(10))
    page.get(f"{address}/samples", 422, limit=1000)


def test_a_model_answers_the_same_questions(page: Page) -> None:
    run = page.train("mlp-digits", epochs=8)
    model = f"/api/models/{run['model']['name']}/versions/{run['model']['version']}"
    ours, theirs = page.get(f"{model}/evaluation"), page.get(f"/api/runs/{run['id']}/evaluation", part="test")
    assert ours["classes"] == theirs["classes"]
    raw = page.get("/api/datasets/digits/samples/test/3")
    by_row = page.post(f"{model}/probe", {"index": 3})
    by_value = page.post(f"{model}/probe", {"input": raw["input"]})
    assert by_row["nodes"] == by_value["nodes"]
    assert by_value["index"] is None
    predicted = page.post(f"{model}/predict", {"inputs": [raw["input"]]})["predictions"][0]
    assert by_row["prediction"]["label"] == predicted["label"]
    latent = page.get(f"{model}/latent", limit=50)
    assert (latent["node"], len(latent["points"]), latent["kind"]) == ("relu2", 50, "components")
    assert not latent["generates"]
    assert page.get(f"{model}/latent", 422, node="nowhere")["error"]["where"] == "node"
    page.get(f"/api/models/{run['model']['name']}/versions/77/evaluation", 404)


def test_values_have_residuals(page: Page) -> None:
    run = page.train("diabetes", epochs=5, look_inside=0)
    found = page.get(f"/api/runs/{run['id']}/evaluation", part="test")
    assert found["kind"] == "values"
    assert found["values"]["r2"] == pytest.approx(run["metrics"]["test_r2"], abs=1e-4)
    assert len(found["values"]["points"]) == found["count"]
    worst = page.get(f"/api/runs/{run['id']}/evaluation/samples", part="test", limit=5)["items"]
    assert all(len(item["cells"]) == 10 for item in worst)
    page.get(f"/api/runs/{run['id']}/generated", 422)


def test_an_autoencoder_can_be_walked_through(page: Page) -> None:
    run = page.train("autoencoder-digits", epochs=5)
    address = f"/api/runs/{run['id']}"
    latent = page.get(f"{address}/latent")
    assert (latent["node"], latent["generates"]) == ("code", True)
    drawn = page.get(f"{address}/generated", mode="draw", side=4, seed=1)
    assert drawn["png"] != page.get(f"{address}/generated", mode="draw", side=4, seed=2)["png"]
    assert page.get(f"{address}/generated", mode="walk", side=4)["png"].startswith("data:image/png")
    assert page.get(f"{address}/generated", 422, node="nowhere")["error"]["where"] == "node"
    worst = page.get(f"{address}/evaluation/samples", part="test", limit=3)["items"]
    assert all(item["output_png"] and item["png"] for item in worst)
    last = page.get(f"{address}/inside")["snapshots"][-1]["step"]
    assert page.get(f"{address}/inside/{last}")["generated"]["tiles"] == 36


def test_clusters_lie_on_the_map_of_what_was_clustered(page: Page) -> None:
    run = page.train("clusters-digits", epochs=2, look_inside=0)
    for subject in (f"runs/{run['id']}", f"models/{run['model']['name']}/versions/1"):
        latent = page.get(f"/api/{subject}/latent", limit=100)
        clusters, found = latent["clusters"], latent["cluster_of"]
        assert (len(clusters), len(found)) == (10, 100)
        assert {cluster["label"] for cluster in clusters} <= set(latent["classes"])
        # Each point is nearer to its centre than to the others, where the map is of all numbers; mostly so on a plane.
        places = np.array(latent["points"])[:, :2]
        centres = np.array([[cluster["x"], cluster["y"]] for cluster in clusters])
        near = ((places[:, None] - centres) ** 2).sum(-1).argmin(1)
        assert np.mean(near == np.array(found)) > 0.3
        other = next(node["node"] for node in latent["nodes"] if node["size"] != latent["dimensions"])
        assert page.get(f"/api/{subject}/latent", limit=20, node=other)["clusters"] is None


def test_a_run_without_weights_says_so(page: Page, tmp_path: Path) -> None:
    graph = templates.get("mlp-digits").graph
    body = {"graph": graph, "dataset": "digits", "settings": {"epochs": 100_000}}
    first = page.post("/api/runs", body, 201)["id"]
    waiting = page.post("/api/runs", body, 201)["id"]
    assert page.get(f"/api/runs/{waiting}/evaluation", 409)["error"]["code"] == "conflict"
    for ident in (waiting, first):
        page.post(f"/api/runs/{ident}/stop", {})


# ---------------------------------------------------------------- reasons
def test_a_picture_has_its_reasons_by_every_method(page: Page) -> None:
    run = page.train("mlp-digits", epochs=8)
    address = f"/api/runs/{run['id']}"
    methods = ["gradient", "smoothgrad", "gradient_x_input", "integrated", "occlusion"]
    found = page.post(f"{address}/saliency", {"index": 3, "methods": methods})
    said = page.post(f"{address}/probe", {"index": 3})["prediction"]
    assert (found["target"], found["name"]) == (said["index"], said["label"])
    assert found["png"].startswith("data:image/png")
    assert [one["method"] for one in found["maps"]] == methods
    for one in found["maps"]:
        assert (one["picture"]["width"], one["picture"]["height"]) == (8, 8)
        assert one["signed"] == (one["method"] in methods[2:])
    integrated = found["maps"][3]
    assert integrated["total"] == pytest.approx(found["score"] - found["nothing"], abs=0.05)
    other = page.post(f"{address}/saliency", {"index": 3, "target": (said["index"] + 1) % 10})
    assert other["score"] < found["score"]
    model = f"/api/models/{run['model']['name']}/versions/{run['model']['version']}"
    raw = page.get("/api/datasets/digits/samples/test/3")["input"]
    assert page.post(f"{model}/saliency", {"input": raw})["score"] == pytest.approx(found["score"], rel=1e-5)


def test_columns_have_their_shares(page: Page) -> None:
    run = page.train("diabetes", epochs=5, look_inside=0)
    found = page.post(f"/api/runs/{run['id']}/saliency", {"index": 0, "methods": ["integrated", "occlusion"]})
    columns = page.get("/api/datasets/diabetes")["input"]["columns"]
    for one in found["maps"]:
        assert [share["name"] for share in one["shares"]] == columns
        assert one["signed"]
        assert any(share["value"] for share in one["shares"])
    assert (found["target"], found["png"]) == (None, None)
    # in the unit of the label: beside the mean of the training data it is the prediction
    others = page.post(f"/api/runs/{run['id']}/saliency", {"index": 1})
    differs = found["prediction"]["value"] - others["prediction"]["value"]
    assert found["score"] - others["score"] == pytest.approx(differs, rel=1e-3, abs=1e-2)


def test_what_decides_nothing_has_no_reasons(page: Page) -> None:
    run = page.train("autoencoder-digits", epochs=5)
    error = page.post(f"/api/runs/{run['id']}/saliency", {"index": 0}, 409)["error"]
    assert error["got"] == "reconstruction"
    digits = page.train("mlp-digits", epochs=8)
    wrong = page.post(f"/api/runs/{digits['id']}/saliency", {"index": 0, "target": 10}, 422)["error"]
    assert wrong["wanted"] == "0 … 9"
    page.post(f"/api/runs/{digits['id']}/saliency", {"index": 0, "methods": []}, 422)


def test_a_row_lies_on_a_map_of_decisions(page: Page) -> None:
    run = page.train("diabetes", epochs=5, look_inside=0)
    address = f"/api/runs/{run['id']}/decisions"
    row = page.get("/api/datasets/diabetes/samples/test/0")["input"]
    found = page.post(address, {"row": row, "x": 2, "y": 3, "size": 16})
    columns = page.get("/api/datasets/diabetes")["input"]["columns"]
    assert found["names"] == columns[2:4]
    assert len(base64.b64decode(found["boundary"]["strength"])) == 16 * 16
    assert found["boundary"]["low"] > 20  # mg/dl and the like, not standard deviations
    assert found["x"][0] < row[2] < found["x"][1]
    assert len(found["points"]) > 100
    assert page.post(address, {"row": row, "x": 2, "y": 2}, 422)["error"]["where"] == "y"
    assert page.post(address, {"row": row, "x": 2, "y": 99}, 422)["error"]["where"] == "y"
    digits = page.train("mlp-digits", epochs=8)
    page.post(f"/api/runs/{digits['id']}/decisions", {"row": []}, 422)
