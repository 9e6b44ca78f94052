"""What the routes do, one after another."""

from __future__ import annotations

import copy
import inspect
import re
import time
from typing import Any

import orjson
import pytest
from tests.backend.conftest import MakeClient, TestClient, add_run

from netwright_studio.api import deps, predictions
from netwright_studio.schemas.settings import TrainSettings

MLP: dict[str, Any] = {
    "format": "netwright-graph",
    "version": 1,
    "name": "MLP",
    "nodes": [
        {"id": "data", "op": "Input", "params": {}, "inputs": {}},
        {"id": "fc1", "op": "FullyConnected", "params": {"num_hidden": 16}, "inputs": {"data": "data"}},
        {"id": "relu1", "op": "Activation", "params": {"act_type": "relu"}, "inputs": {"data": "fc1"}},
        {"id": "fc2", "op": "FullyConnected", "params": {"num_hidden": 3}, "inputs": {"data": "relu1"}},
        {"id": "softmax", "op": "SoftmaxOutput", "params": {}, "inputs": {"data": "fc2"}},
    ],
    "outputs": ["softmax"],
    "layout": {"fc1": [240, 80]},
    "groups": [],
}


def changed(node: str, **params: Any) -> dict[str, Any]:
    graph = copy.deepcopy(MLP)
    next(n for n in graph["nodes"] if n["id"] == node)["params"].update(params)
    return graph


def test_system(client: TestClient) -> None:
    system = client.get("/api/system").json()
    assert system["device"] in {device["name"] for device in system["devices"] if device["available"]}
    assert 0 < system["memory_free_bytes"] <= system["memory_bytes"]
    assert system["cpu_count"] >= 1


@pytest.mark.parametrize("path", ["/api/operators", "/api/optimizers"])
def test_what_does_not_change_is_encoded_once_for_each_language(client: TestClient, path: str) -> None:
    first = client.get(path, headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert first.json() == plain.json()
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    chinese = client.get(path, headers={"if-none-match": first.headers["etag"], "accept-language": "zh-CN"})
    assert chinese.status_code == 200
    assert chinese.json() != first.json()
    assert {"accept-encoding", "accept-language"} <= set(re.split(r",\s*", first.headers["vary"].lower()))


def test_the_palette_and_the_choices_of_training(client: TestClient) -> None:
    palette = client.get("/api/operators").json()
    operators = {operator["name"]: operator for operator in palette["operators"]}
    assert {"Input", "FullyConnected", "Convolution", "SoftmaxOutput"} <= set(operators)
    assert operators["SoftmaxOutput"]["is_loss"]
    assert "num_hidden" in operators["FullyConnected"]["params_schema"]["properties"]
    assert {operator["category"] for operator in operators.values()} == {c["name"] for c in palette["categories"]}
    choices = client.get("/api/optimizers").json()
    assert {"sgd", "adam"} <= {choice["name"] for choice in choices["optimizers"]}
    assert choices["schedulers"]
    assert choices["initializers"]


def test_every_template_is_sound_and_makes_a_project(client: TestClient) -> None:
    templates = client.get("/api/templates").json()
    assert templates["total"] >= 6
    for template in templates["items"]:
        assert client.get(f"/api/templates/{template['id']}").json() == template
        report = client.post(
            "/api/graphs/check", json={"graph": template["graph"], "dataset": template["dataset"]}
        ).json()
        assert report["ok"], (template["id"], report["problems"])
        assert report["problems"] == []
        project = client.post("/api/projects", json={"name": "Mine", "template": template["id"]}).json()
        assert project["graph"] == template["graph"]
        assert (project["dataset"], project["settings"]) == (template["dataset"], template["settings"])


def test_versions_of_a_project(client: TestClient) -> None:
    project = client.post("/api/projects", json={"name": "A", "graph": MLP, "dataset": "iris"}).json()
    place = f"/api/projects/{project['id']}"
    client.put(place, json={"revision": 1, "graph": {**MLP, "nodes": []}})
    listed = client.get(f"{place}/versions").json()
    assert [(one["revision"], one["nodes"], one["label"]) for one in listed["items"]] == [
        (2, 0, None),
        (1, len(MLP["nodes"]), None),
    ]
    first = client.get(f"{place}/versions/1").json()
    assert (first["graph"], first["dataset"], first["settings"]) == (project["graph"], "iris", project["settings"])
    assert client.put(f"{place}/versions/1", json={"label": " good "}).json()["label"] == "good"
    assert client.put(f"{place}/versions/1", json={"label": None}).json()["label"] is None
    assert client.put(f"{place}/versions/1", json={"label": ""}).status_code == 422
    for missing in (f"{place}/versions/9", "/api/projects/none/versions", "/api/projects/none/versions/1"):
        assert client.get(missing).status_code == 404


def test_projects_live_and_die(client: TestClient) -> None:
    made = client.post("/api/projects", json={"name": "  A  ", "graph": MLP, "dataset": "iris"})
    assert made.status_code == 201
    project = made.json()
    assert (project["name"], project["graph"], project["dataset"], project["revision"]) == ("A", MLP, "iris", 1)
    assert project["settings"] == TrainSettings().model_dump()
    place = f"/api/projects/{project['id']}"
    assert client.get(place).json() == project
    again = client.put(place, json={"revision": 1, "graph": changed("fc1", num_hidden=8), "dataset": None}).json()
    assert (again["revision"], again["dataset"], again["name"]) == (2, None, "A")
    assert again["graph"]["nodes"][1]["params"] == {"num_hidden": 8}
    assert again["graph"]["layout"] == MLP["layout"]
    stale = client.put(place, json={"revision": 1, "name": "B"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "conflict")
    assert client.get("/api/projects").json() == {"items": [again], "total": 1}
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_lists_are_served_in_pages(client: TestClient) -> None:
    for number in range(5):
        client.post("/api/projects", json={"name": str(number)})
    page = client.get("/api/projects?limit=2&offset=1").json()
    assert ([project["name"] for project in page["items"]], page["total"]) == (["3", "2"], 5)


def test_a_sound_graph_is_measured(client: TestClient) -> None:
    report = client.post("/api/graphs/check", json={"graph": MLP, "dataset": "iris", "batch_size": 8}).json()
    assert report["ok"]
    assert report["nodes"]["fc1"]["outputs"] == [{"name": "output", "shape": [8, 16], "dtype": "float32"}]
    assert report["nodes"]["fc1"]["weights"][0] == {"name": "fc1_weight", "shape": [16, 4]}
    assert report["totals"]["parameters"] == 16 * 5 + 3 * 17


@pytest.mark.parametrize("value", [1e9, 10**12, 2**32, "abc", 0, -1, True, None, [], {}, "x" * 10_000])
def test_a_wrong_size_is_told_at_its_node_at_once(client: TestClient, value: Any) -> None:
    client.post("/api/graphs/check", json={"graph": MLP, "dataset": "iris"})
    began = time.perf_counter()
    reply = client.post("/api/graphs/check", json={"graph": changed("fc1", num_hidden=value), "dataset": "iris"})
    assert time.perf_counter() - began < 1.0
    assert reply.status_code == 200
    report = reply.json()
    problems = [problem for problem in report["problems"] if problem["node"] == "fc1"]
    assert problems
    assert problems[0]["message"]
    if value != 1e9:  # that many units fit into the memory of a large machine
        assert not report["ok"]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"id": "fc1", "inputs": {"data": "relu1"}}, "cycle"),
        ({"id": "fc1", "inputs": {"data": "nobody"}}, "dangling_input"),
        ({"id": "fc1", "inputs": {}}, "missing_input"),
        ({"id": "fc1", "op": "Nothing"}, "unknown_operator"),
        ({"id": "fc1", "inputs": {"data": "data", "nowhere": "data"}}, "unknown_port"),
    ],
)
def test_wrong_wiring_is_told_at_its_node(client: TestClient, edit: dict[str, Any], code: str) -> None:
    graph = copy.deepcopy(MLP)
    graph["nodes"][1].update(edit)
    report = client.post("/api/graphs/check", json={"graph": graph, "dataset": "iris"}).json()
    assert not report["ok"]
    assert code in {problem["code"] for problem in report["problems"] if problem["node"] in ("fc1", "relu1")}


def test_a_graph_with_another_outline_is_refused(client: TestClient) -> None:
    for graph in ({"nodes": [{"id": 1, "op": "Input"}]}, {"version": 2}, {"nodes": {}}, [], "graph", None):
        assert client.post("/api/graphs/check", json={"graph": graph}).status_code == 422
    assert client.post("/api/graphs/check", json={"graph": MLP, "dataset": "nothing"}).status_code == 404


def test_a_plan_can_be_looked_at(client: TestClient) -> None:
    plan = client.post("/api/graphs/plan", json={"graph": MLP, "dataset": "iris", "batch_size": 8}).json()
    assert plan["totals"]["arena_bytes"] > 0
    assert {"forward"} < {step["phase"] for step in plan["steps"]}
    assert "FullyConnected" in plan["text"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"graph": MLP, "dataset": "iris", "settings": {"optimizer": "adamm"}}, None),
        ({"graph": MLP, "dataset": "iris", "settings": {"optimizer_params": {"lr": 1}}}, "optimizer Adam"),
        ({"graph": MLP, "dataset": "iris", "settings": {"initializer": "nothing"}}, "settings.initializer"),
        ({"graph": MLP, "dataset": "iris", "settings": {"scheduler": {"name": "nothing"}}}, None),
        ({"graph": MLP, "dataset": "iris", "settings": {"batch_size": 0}}, "settings.batch_size"),
        ({"graph": MLP, "dataset": "iris", "settings": {"device": "gpu(77)"}}, "settings.device"),
        ({"graph": MLP, "dataset": "iris", "settings": {"device": "abacus"}}, "settings.device"),
        ({"graph": MLP, "dataset": "diabetes"}, "softmax"),
        ({"graph": changed("fc1", num_hidden=0), "dataset": "iris"}, "fc1"),
        ({"graph": changed("fc2", num_hidden=4), "dataset": "iris"}, "softmax"),
        ({"graph": {**MLP, "nodes": MLP["nodes"][:4], "outputs": ["fc2"]}, "dataset": "iris"}, "fc2"),
        ({"graph": {"nodes": []}, "dataset": "iris"}, None),
        ({"graph": MLP}, "body"),
        ({}, "body"),
    ],
)
def test_a_run_that_cannot_be_is_refused_before_it_is_queued(client: TestClient, body: Any, where: str | None) -> None:
    reply = client.post("/api/runs", json=body)
    assert reply.status_code == 422, reply.text
    assert reply.json()["error"]["where"] == where
    assert client.get("/api/runs").json()["total"] == 0


def wait_until_over(client: TestClient, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        row: dict[str, Any] = client.get(f"/api/runs/{run}").json()
        if row["state"] in ("completed", "stopped", "failed", "interrupted"):
            return row
        time.sleep(0.02)
    raise AssertionError(f"the run is still {row['state']}")


def test_a_run_through_the_api(make_client: MakeClient) -> None:
    client = make_client()
    studio = client.app.state.studio  # type: ignore[attr-defined]
    run = add_run(studio.store, steps=5000, pause=0.005).id
    assert client.portal is not None
    client.portal.call(studio.manager.wake)
    place = f"/api/runs/{run}"
    while client.get(place).json()["step"] < 3:
        time.sleep(0.02)
    assert client.post(f"{place}/pause").json()["state"] == "paused"
    refused = client.post(f"{place}/pause").json()["error"]
    assert (refused["code"], refused["wanted"], refused["got"]) == ("conflict", "running", "paused")
    assert client.delete(place).status_code == 409
    assert client.post(f"{place}/resume").json()["state"] == "running"
    while client.get(place).json()["step"] < 12:
        time.sleep(0.02)
    assert client.post(f"{place}/stop").json()["state"] in ("stopping", "stopped")
    row = wait_until_over(client, run)
    assert (row["state"], row["resumable"], row["project"], row["number"]) == ("stopped", True, None, 1)
    series = client.get(f"{place}/series?keys=train_loss&points=5").json()["series"]["train_loss"]
    assert len(series["step"]) == 5
    assert series["count"] == row["step"]
    whole = client.get(f"{place}/series?from=4&to=6").json()["series"]["train_loss"]
    assert (whole["step"], whole["last"]) == ([4, 5, 6], [0.25, "NaN", 1 / 6])
    log = client.get(f"{place}/log")
    assert log.headers["content-type"].startswith("text/plain")
    assert "paused" in log.text
    assert "Checkpoint at step 10" in log.text
    assert client.get("/api/runs?state=stopped").json()["total"] == 1
    assert client.get("/api/runs?state=completed").json()["total"] == 0
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404
    assert client.get(f"{place}/series").status_code == 404
    assert client.get("/api/runs").json()["total"] == 0
    assert [gone["id"] for gone in client.get("/api/runs?deleted=true").json()["items"]] == [run]
    assert client.post(f"{place}/restore").json()["deleted_at"] is None
    assert client.get(f"{place}/series?keys=train_loss").json()["series"]["train_loss"]["count"] == row["step"]
    assert client.delete(f"{place}?permanently=true").status_code == 204
    assert client.post(f"{place}/restore").status_code == 404


def test_a_run_takes_names_tags_and_notes(client: TestClient) -> None:
    store = client.app.state.studio.store  # type: ignore[attr-defined]
    place = f"/api/runs/{add_run(store).id}"
    edited = client.patch(place, json={"name": "Wide", "tags": ["wide", " wide ", "try"], "notes": "Better."}).json()
    assert (edited["name"], edited["tags"], edited["notes"]) == ("Wide", ["wide", "try"], "Better.")
    assert client.patch(place, json={"tags": []}).json()["notes"] == "Better."
    assert client.get(place).json()["tags"] == []
    for wrong in ({"tags": ["x" * 41]}, {"tags": [""]}, {"tags": ["a"] * 21}, {"state": "completed"}):
        assert client.patch(place, json=wrong).status_code == 422
    assert client.patch("/api/runs/none", json={"notes": ""}).status_code == 404


def test_nan_in_a_run_is_valid_json(client: TestClient) -> None:
    store = client.app.state.studio.store  # type: ignore[attr-defined]
    run = add_run(store).id
    store.runs.set(
        run, metrics={"train_loss": float("nan"), "val_loss": float("-inf")}, samples_per_second=float("inf")
    )
    reply = client.get(f"/api/runs/{run}")
    body = orjson.loads(reply.content)
    assert body["metrics"] == {"train_loss": "NaN", "val_loss": "-Infinity"}
    assert body["samples_per_second"] == "Infinity"


def test_the_settings_are_those_of_the_framework() -> None:
    from netwright.train import TrainSettings as Framework

    ours, theirs = TrainSettings.model_json_schema(), Framework.model_json_schema()
    assert ours["properties"].keys() == theirs["properties"].keys()
    assert TrainSettings().model_dump() == Framework().model_dump()
    limits = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "default")
    for name, field in theirs["properties"].items():
        assert {key: ours["properties"][name].get(key) for key in limits} == {key: field.get(key) for key in limits}


def test_looking_for_what_a_route_asks_for_takes_no_thread() -> None:
    """FastAPI hands what is no coroutine to a thread, which takes longer than these do."""
    found = [
        function for module in (deps, predictions) for name, function in vars(module).items() if name[:4] == "get_"
    ]
    assert len(found) > 8
    assert [function.__name__ for function in found if not inspect.iscoroutinefunction(function)] == []
