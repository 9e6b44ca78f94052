"""A network as a program, by REST."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import numpy as np
import onnx
import pytest
from tests.backend.conftest import MakeClient, TestClient
from tests.backend.test_api import MLP
from tests.framework.onnx_runtime import run

from netwright import datasets, templates
from netwright.graph import to_symbol
from netwright.inspection import Probe
from netwright.inspection.runner import Runner, outputs_of

SETTINGS: dict[str, Any] = {"epochs": 1, "batch_size": 16}


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


def test_code_of_a_network_in_three_forms(client: TestClient) -> None:
    answer = client.post("/api/graphs/code", json={"graph": MLP, "dataset": "iris", "settings": SETTINGS})
    assert answer.status_code == 200, answer.text
    code = answer.json()
    assert code["stem"] == "mlp"
    assert code["command"] == "netwright train mlp.json"
    assert "class MLP(HybridBlock):" in code["python"]
    compile(code["python"], "mlp.py", "exec")
    nbformat.validate(json.loads(code["notebook"]))
    spec = json.loads(code["spec"])
    assert (spec["dataset"], spec["settings"]["epochs"]) == ("iris", 1)
    assert [node["id"] for node in spec["graph"]["nodes"]] == [node["id"] for node in MLP["nodes"]]


def test_code_for_an_upload_loads_the_file(client: TestClient) -> None:
    table = "a,b,kind\n" + "1,2,x\n3,4,y\n" * 20
    sent = client.post(
        "/api/datasets", files={"file": ("flowers.csv", table)}, data={"name": "Flowers", "target": "kind"}
    ).json()
    graph = {**MLP, "nodes": [{**n, "params": {"num_hidden": 2}} if n["id"] == "fc2" else n for n in MLP["nodes"]]}
    code = client.post("/api/graphs/code", json={"graph": graph, "dataset": sent["id"], "settings": SETTINGS}).json()
    assert 'datasets.load_csv("flowers.csv", "kind", missing="mean")' in code["python"]
    assert code["command"] == "netwright train mlp.json --data flowers.csv --target kind"


def test_no_code_of_a_network_with_problems(client: TestClient) -> None:
    graph = {**MLP, "nodes": MLP["nodes"][1:]}
    answer = client.post("/api/graphs/code", json={"graph": graph, "dataset": "iris"})
    assert answer.status_code == 422
    assert answer.json()["error"]["where"] == "fc1"
    assert client.post("/api/graphs/code", json={"graph": MLP, "dataset": "nowhere"}).status_code == 404


@pytest.mark.parametrize("name", ["resnet-digits", "lstm-text", "autoencoder-digits"])
def test_a_drawn_network_is_exported_as_onnx_with_its_first_weights(client: TestClient, name: str) -> None:
    template = templates.get(name)
    asked = {"graph": template.graph, "dataset": template.dataset, "initializer": "xavier", "seed": 5}
    answer = client.post("/api/graphs/onnx", json=asked)
    assert answer.status_code == 200, answer.text
    assert ".onnx" in answer.headers["content-disposition"]
    model = onnx.load_from_string(answer.content)
    onnx.checker.check_model(model)
    probe = Probe.untrained(template.graph, datasets.info(template.dataset), initializer="xavier", seed=5)
    largest = 50 if name == "lstm-text" else 1  # characters are numbers
    draw = np.random.default_rng(0).integers if largest > 1 else np.random.default_rng(0).uniform
    feeds = {n: draw(0, largest, (3, *(shape or ()))).astype(np.float32) for n, shape in probe.inputs.items()}
    outputs = [head.name for head in probe.network.heads]
    ours = Runner(outputs_of(probe.network, outputs), probe.inputs)(probe.weights, *feeds.values())
    for theirs, wanted in zip(run(model, feeds), ours, strict=True):
        np.testing.assert_allclose(theirs, wanted, rtol=1e-4, atol=1e-5)
    again = client.post("/api/graphs/onnx", json=asked).content
    assert client.post("/api/graphs/onnx", json={**asked, "seed": 6}).content != answer.content == again


def test_a_network_with_problems_is_not_exported(client: TestClient) -> None:
    asked = {"graph": {**MLP, "nodes": MLP["nodes"][1:]}, "dataset": "iris"}
    refused = client.post("/api/graphs/onnx", json=asked)
    assert (refused.status_code, refused.json()["error"]["where"]) == (422, "fc1")
    assert client.post("/api/graphs/onnx", json={"graph": MLP}).status_code == 422  # no shape without data
    wide = {
        **MLP,
        "nodes": [{**n, "params": {"num_hidden": 200_000}} if n["op"] == "FullyConnected" else n for n in MLP["nodes"]],
    }
    large = client.post("/api/graphs/onnx", json={"graph": wide, "dataset": "iris"})
    assert large.status_code == 422
    assert "would take 149.0 GiB" in large.json()["error"]["message"]


def send(client: TestClient, name: str, content: bytes | str) -> Any:
    return client.post("/api/graphs/import", files={"file": (name, content)})


def test_import_reads_a_network_with_a_note_on_each_part(client: TestClient) -> None:
    symbol = to_symbol({**MLP, "nodes": [{**MLP["nodes"][0], "params": {"shape": [4]}}, *MLP["nodes"][1:]]})
    found = send(client, "mlp-symbol.json", symbol.tojson()).json()
    assert (found["kind"], found["name"], found["dataset"]) == ("symbol", "mlp", None)
    assert {note["status"] for note in found["report"]} == {"understood"}
    assert {node["id"] for node in found["graph"]["nodes"]} == {node["id"] for node in MLP["nodes"]}
    made = client.post("/api/projects", json={"name": found["name"], "graph": found["graph"]})
    assert made.status_code == 201


def test_import_of_a_training_brings_data_set_and_settings(client: TestClient) -> None:
    code = client.post("/api/graphs/code", json={"graph": MLP, "dataset": "iris", "settings": SETTINGS}).json()
    found = send(client, "mlp.json", code["spec"]).json()
    assert (found["kind"], found["dataset"], found["settings"]["batch_size"]) == ("training", "iris", 16)
    elsewhere = send(client, "mlp.json", code["spec"].replace('"iris"', '"gone"')).json()
    assert elsewhere["dataset"] is None


def test_import_refuses_what_is_no_network_or_too_large(make_client: MakeClient) -> None:
    client = make_client(max_import_bytes=100_000)
    assert send(client, "a.onnx", b"nothing").status_code == 422
    assert send(client, "a.json", '{"a": 1}').json()["error"]["wanted"].startswith("a Netwright graph")
    assert send(client, "big.onnx", b"\x08" * 300_000).status_code == 413
