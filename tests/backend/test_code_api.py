"""A network as a program, by REST."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from tests.backend.conftest import MakeClient, TestClient
from tests.backend.test_api import MLP

from netwright.graph import to_symbol

SETTINGS: dict[str, Any] = {"epochs": 1, "batch_size": 16}


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
