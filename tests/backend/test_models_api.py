"""Models over HTTP, with a model that the framework has really trained."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from netwright import datasets, model_store, templates
from netwright.datasets.pictures import encode_png
from netwright.graph import load_predictor
from netwright.model_store import SavedModel
from netwright.train import GraphTask, TrainSettings, evaluate, fit

from .conftest import MakeClient, studio


def train(root: Path, name: str, **changes: Any) -> SavedModel:
    template = templates.get(name)
    data = datasets.get(template.dataset)
    task = GraphTask(template.graph, data.info)
    settings = TrainSettings.model_validate({**template.settings, **changes})
    fit(task, data.arrays("train"), settings=settings)
    tested = evaluate(task, data.arrays("test"))
    info = model_store.describe_model(data, name=name, metrics={f"test_{k}": v for k, v in tested.items()}, seed=0)
    return model_store.publish_model(root, name, template.graph, task.arrays(), info)[1]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models that were trained once, as the command line leaves them."""
    root = tmp_path_factory.mktemp("shelf")
    train(root, "mlp-digits", epochs=6)
    train(root, "diabetes", epochs=10)
    train(root, "autoencoder-digits", epochs=20)
    return root


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, shelf: Path) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("studio")
    (home / "models").symlink_to(shelf)
    with studio(home) as client:
        yield client


def post(client: Any, path: str, body: Any) -> Any:
    return client.post(path, json=body, headers={"origin": str(client.base_url)})


def test_models_of_the_command_line_appear(client: Any) -> None:
    answer = client.get("/api/models").json()
    assert answer["total"] == 3
    digits = client.get("/api/models/mlp-digits").json()
    assert digits in answer["items"]
    version = digits["versions"][0]
    assert version["version"] == 1
    assert version["dataset"] == "digits"
    assert version["parameters"] == 17_226
    assert version["metrics"]["test_accuracy"] > 0.9
    assert version["graph"]["nodes"][0]["op"] == "Input"
    assert version["label"]["classes"] == list("0123456789")
    assert np.array(version["sample"]).shape == (1, 8, 8)
    assert version["provenance"]["data_sha256"] == datasets.get("digits").sha256
    assert client.get("/api/models/mlp-digits/versions/1").json() == version
    assert client.get("/api/models/mlp-digits/versions/2").status_code == 404
    assert client.get("/api/models/nothing").status_code == 404


def test_lists_and_pictures_are_predicted_alike(client: Any) -> None:
    x, y = datasets.get("digits").test
    info = datasets.info("digits").input
    raws = [image.tolist() for image in x[:50]]
    answer = post(client, "/api/models/mlp-digits/predict", {"inputs": raws}).json()
    labels = [item["label"] for item in answer["predictions"]]
    assert np.mean([int(label) == truth for label, truth in zip(labels, y[:50], strict=True)]) > 0.9
    first = answer["predictions"][0]
    assert first["label"] == first["probabilities"][first["index"]]["label"]
    assert sum(item["p"] for item in first["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert (answer["model"], answer["version"]) == ("mlp-digits", 1)
    assert answer["ms"] > 0
    pictures = [{"png": encode_png(image, info)} for image in x[:50]]
    again = post(client, "/api/models/mlp-digits/versions/1/predict", {"inputs": pictures}).json()
    assert [item["label"] for item in again["predictions"]] == labels


def test_a_row_may_be_a_list_texts_or_a_record(client: Any) -> None:
    data = datasets.get("diabetes")
    row = data.rows("test", 0, 1)[0]
    columns = data.info.input.columns or ()
    record = dict(zip(columns, row, strict=True))
    line = ",".join(map(str, row))
    inputs = [row, [str(cell) for cell in row], record, line]
    answer = post(client, "/api/models/diabetes/predict", {"inputs": inputs}).json()
    values = [item["value"] for item in answer["predictions"]]
    assert values == pytest.approx([values[0]] * 4, rel=1e-5)
    assert 25 < values[0] < 346


def test_a_csv_file_with_or_without_a_head(client: Any) -> None:
    data = datasets.get("diabetes")
    rows = data.rows("test", 0, 3)
    columns = data.info.input.columns or ()
    wanted = post(client, "/api/models/diabetes/predict", {"inputs": rows}).json()["predictions"]
    plain = "\n".join(",".join(map(str, row)) for row in rows)
    # the columns in another order, and the label's among them
    turned = "\r\n".join(",".join(map(str, [*reversed(row), 7])) for row in [columns, *rows])
    for text in (plain, turned.replace(",7\r", ",target\r", 1)):
        answer = client.post(
            "/api/models/diabetes/predict",
            content=text.encode(),
            headers={"content-type": "text/csv; charset=utf-8", "origin": str(client.base_url)},
        )
        assert answer.status_code == 200, answer.text
        found = answer.json()["predictions"]
        # kernels may become ready in between, and native code rounds differently
        assert [one["value"] for one in found] == pytest.approx([one["value"] for one in wanted], rel=1e-5)


def test_a_picture_as_a_file_and_raw_things_through_the_protocol(client: Any) -> None:
    x, _ = datasets.get("digits").test
    png = base64.b64decode(encode_png(x[0], datasets.info("digits").input).partition(",")[2])
    wanted = post(client, "/api/models/mlp-digits/predict", {"inputs": [x[0].tolist()]}).json()["predictions"][0]
    headers = {"content-type": "image/png", "origin": str(client.base_url)}
    answer = client.post("/api/models/mlp-digits/predict", content=png, headers=headers).json()
    assert answer["predictions"][0]["label"] == wanted["label"]
    name = client.get("/v2/models/mlp-digits").json()["inputs"][0]["name"]
    sizes = {"binary_data_size": 2 * (4 + len(png))}
    tensor = {"name": name, "shape": [2], "datatype": "BYTES", "parameters": sizes}
    best = {"name": "softmax", "parameters": {"classification": 1}}
    head = json.dumps({"inputs": [tensor], "outputs": [best]}).encode()
    headers = {"inference-header-content-length": str(len(head)), "origin": str(client.base_url)}
    body = head + 2 * (len(png).to_bytes(4, "little") + png)
    output = client.post("/v2/models/mlp-digits/infer", content=body, headers=headers).json()["outputs"][0]
    assert [text.split(":")[2] for text in output["data"]] == [wanted["label"]] * 2
    config = client.get("/v2/models/mlp-digits/config").json()
    assert json.loads(config["parameters"]["labels"]["string_value"]) == list("0123456789")


@pytest.mark.parametrize("form", ["line", "list", "record"])
def test_rows_of_a_table_through_the_protocol(client: Any, form: str) -> None:
    data = datasets.get("diabetes")
    row = data.rows("test", 0, 1)[0]
    columns = data.info.input.columns or ()
    forms = {
        "line": ",".join(map(str, row)),
        "list": json.dumps(row),
        "record": json.dumps(dict(zip(columns, row, strict=True))),
    }
    name = client.get("/v2/models/diabetes").json()["inputs"][0]["name"]
    tensor = {"name": name, "shape": [1, 1], "datatype": "BYTES", "data": [forms[form]]}
    answer = post(client, "/v2/models/diabetes/infer", {"inputs": [tensor]})
    assert answer.status_code == 200, answer.text
    wrong = {**tensor, "data": ["1,2"]}
    refused = post(client, "/v2/models/diabetes/infer", {"inputs": [wrong]})
    assert (refused.status_code, refused.json().keys()) == (400, {"error"})


def test_other_kinds_of_bodies_are_refused(client: Any) -> None:
    for kind, content, status in (
        ("application/x-www-form-urlencoded", b"a=b", 415),
        ("text/csv", b"", 422),
        ("text/csv", b"\xff\xfe", 422),
        ("text/plain", b"text", 422),
        ("image/png", b"no picture", 422),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 422),
    ):
        headers = {"content-type": kind, "origin": str(client.base_url)}
        answer = client.post("/api/models/diabetes/predict", content=content, headers=headers)
        assert answer.status_code == status, (kind, answer.text)
        assert answer.json()["error"]["message"]


def test_an_autoencoder_answers_with_a_picture(client: Any) -> None:
    x, _ = datasets.get("digits").test
    answer = post(client, "/api/models/autoencoder-digits/predict", {"inputs": [x[0].tolist()]}).json()
    drawn = np.array(answer["predictions"][0]["output"])
    assert drawn.shape == (1, 8, 8)
    assert np.mean((drawn - x[0]) ** 2) < 0.06
    assert answer["predictions"][0]["png"].startswith("data:image/png;base64,")
    assert "label" not in answer["predictions"][0]


@pytest.mark.parametrize(
    ("model", "body", "status", "message"),
    [
        ("mlp-digits", {"inputs": []}, 422, "inputs"),
        ("mlp-digits", {"inputs": [[1, 2]]}, 422, "an image of another size"),
        ("mlp-digits", {"inputs": [["a"] * 64]}, 422, "not an image"),
        ("mlp-digits", {"inputs": [None]}, 422, "an image"),
        ("mlp-digits", {"inputs": [{"png": "?"}]}, 422, "not base64"),
        ("mlp-digits", {"inputs": [{"jpg": "?"}]}, 422, "not an image"),
        ("diabetes", {"inputs": [[1, 2]]}, 422, "another number of columns"),
        ("diabetes", {"inputs": [["x"] * 10]}, 422, "not a number"),
        ("diabetes", {"inputs": [{"age": 3}]}, 422, "a record with other columns"),
        ("diabetes", {"inputs": [7]}, 422, "not a table row"),
        ("diabetes", {"inputs": [[1e300] * 10]}, 422, "not a finite number"),
        ("diabetes", {"inputs": [[1] * 10] * 1025}, 422, "inputs"),
        ("nothing", {"inputs": [1]}, 404, "There is no model"),
    ],
)
def test_wrong_inputs_are_told(client: Any, model: str, body: Any, status: int, message: str) -> None:
    answer = post(client, f"/api/models/{model}/predict", body)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_the_protocol_serves_the_same_network(client: Any) -> None:
    data = datasets.get("digits")
    x, _ = data.arrays("test")
    metadata = client.get("/v2/models/mlp-digits").json()
    name = metadata["inputs"][0]["name"]
    assert metadata["inputs"][0]["shape"] == [-1, 1, 8, 8]
    assert metadata["outputs"][0]["shape"] == [-1, 10]
    tensor = {"name": name, "shape": [3, 1, 8, 8], "datatype": "FP32", "data": x[:3].ravel().tolist()}
    output = post(client, "/v2/models/mlp-digits/infer", {"inputs": [tensor]}).json()["outputs"][0]
    raws = [image.tolist() for image in data.test[0][:3]]
    friendly = post(client, "/api/models/mlp-digits/predict", {"inputs": raws}).json()["predictions"]
    wanted = [[item["p"] for item in prediction["probabilities"]] for prediction in friendly]
    np.testing.assert_allclose(np.array(output["data"]).reshape(3, 10), wanted, atol=1e-5)


def test_exports(client: Any, shelf: Path) -> None:
    folder = shelf / "mlp-digits" / "1"
    weights = client.get("/api/models/mlp-digits/export")
    assert weights.content == (folder / "weights.safetensors").read_bytes()
    assert 'filename="mlp-digits.safetensors"' in weights.headers["content-disposition"]
    graph = client.get("/api/models/mlp-digits/export?format=graph")
    assert graph.json() == json.loads((folder / "graph.json").read_text())
    symbol = client.get("/api/models/mlp-digits/versions/1/export?format=symbol").json()
    assert {"fc1_weight", "softmax"} <= {node["name"] for node in symbol["nodes"]}
    assert client.get("/api/models/mlp-digits/export?format=pickle").status_code == 422


def test_onnx_of_a_model_gives_its_numbers_in_onnxruntime(client: Any, shelf: Path) -> None:
    sent = client.get("/api/models/mlp-digits/export?format=onnx")
    assert "mlp-digits.onnx" in sent.headers["content-disposition"]
    saved = model_store.load_model(shelf / "mlp-digits" / "1")
    x = np.random.default_rng(0).normal(size=(5, 1, 8, 8)).astype("float32")
    session = onnxruntime.InferenceSession(sent.content, providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: x})[0]
    wanted = load_predictor(saved.graph, saved.weights(), input_shape=(1, 8, 8))(x)[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_deleting(make_client: MakeClient, tmp_path: Path, shelf: Path) -> None:
    root = tmp_path / "models"
    for _ in range(2):
        model_store.publish_folder(shelf / "diabetes" / "1", root, "diabetes")
    client = make_client()
    origin = {"origin": str(client.base_url)}
    row = datasets.get("diabetes").rows("test", 0, 1)[0]
    assert post(client, "/api/models/diabetes/predict", {"inputs": [row]}).json()["version"] == 2
    assert client.delete("/api/models/diabetes/versions/2", headers=origin).status_code == 204
    assert post(client, "/api/models/diabetes/predict", {"inputs": [row]}).json()["version"] == 1
    assert client.delete("/api/models/diabetes", headers=origin).status_code == 204
    assert post(client, "/api/models/diabetes/predict", {"inputs": [row]}).status_code == 404
    assert client.get("/api/models").json() == {"items": [], "total": 0}
    assert [path for path in root.rglob("*") if path.is_file()] == []
