"""Sweeps over HTTP: previewed, started, paused, stopped, taken up after a crash; lists of runs without networks."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.backend.conftest import TestClient
from tests.backend.test_api import MLP

RATE = "settings.optimizer_params.learning_rate"
WIDTH = "nodes.fc1.num_hidden"
SETTINGS = {"optimizer_params": {"learning_rate": 0.01}, "epochs": 4, "look_inside": 0.0}
Json = dict[str, Any]


def rates(count: int) -> Json:
    return {"kind": "choice", "path": RATE, "values": [round(0.001 * (at + 1), 4) for at in range(count)]}


def order(*parameters: Json, slow: float = 0.0, **more: Any) -> Json:
    """A sweep of the small network on iris; the fake worker trains 20 steps, each `slow`, and tells `train_loss`."""
    settings = {**SETTINGS, "validation_split": 0.0, "optimizer_params": {"learning_rate": 0.01, "wd": slow}}
    return {"graph": MLP, "dataset": "iris", "settings": settings, "parameters": list(parameters), **more}


def post(client: TestClient, path: str, body: Json | None = None, status: int = 200) -> Json:
    reply = client.post(path, json=body)
    assert reply.status_code == status, reply.text
    answer: Json = reply.json()
    return answer


def until(client: TestClient, sweep: str, holds: Callable[[Json], bool], seconds: float = 90) -> Json:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found: Json = client.get(f"/api/sweeps/{sweep}").json()
        if holds(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"the sweep never came there: {found['state']}, {found['counts']}")


def trials_of(client: TestClient, sweep: str) -> list[Json]:
    items: list[Json] = client.get(f"/api/sweeps/{sweep}/trials").json()["items"]
    return items


def test_a_sweep_is_previewed_before_it_is_started(client: TestClient) -> None:
    body = order(
        {"kind": "integer", "path": WIDTH, "low": 4, "high": 64, "log": True, "points": 3},
        {"kind": "float", "path": RATE, "low": 1e-4, "high": 0.1, "log": True},
        method={"kind": "halving", "trials": 9, "first": 1, "keep": 3},
    )
    found = post(client, "/api/sweeps/preview", body)
    assert (found["trials"], found["checked"], found["refused"]) == (9, 9, [])
    assert found["rungs"] == [
        {"epochs": 1, "trials": 9}, {"epochs": 3, "trials": 3}, {"epochs": 4, "trials": 1}
    ]  # fmt: skip
    assert found["epochs"] == 9 + 2 * 3 + 1
    assert (found["metric"], found["goal"], found["concurrency"]) == ("train_loss", "min", 1)
    assert found["basis"] == "predicted"
    assert 9 < found["seconds"] < 600
    assert set(found["examples"][0]) == {WIDTH, RATE}
    assert client.get("/api/sweeps").json() == {"items": [], "total": 0}


def test_parameters_are_listed_with_ranges_to_begin_with(client: TestClient) -> None:
    found = post(client, "/api/sweeps/parameters", {"graph": MLP, "dataset": "iris", "settings": SETTINGS})
    knobs = {knob["path"]: knob for knob in found["knobs"]}
    assert knobs[WIDTH]["rule"]["type"] == "integer"
    assert knobs[WIDTH]["proposal"]["kind"] in ("choice", "integer")
    assert found["metrics"][:2] == ["val_accuracy", "val_loss"]


@pytest.mark.parametrize(
    ("parameter", "where"),
    [
        ({"kind": "choice", "path": "nodes.fc9.num_hidden", "values": [1]}, "nodes.fc9.num_hidden"),
        ({"kind": "integer", "path": "settings.batch_size", "low": 0, "high": 9}, "settings.batch_size"),
        ({"kind": "choice", "path": "settings.device", "values": ["cpu"]}, "sweep"),
    ],
)
def test_what_cannot_be_varied_is_refused(client: TestClient, parameter: Json, where: str) -> None:
    for path in ("/api/sweeps/preview", "/api/sweeps"):
        error = post(client, path, order(parameter), 422)["error"]
        assert error["where"] == where
        assert error["message"]
    assert client.get("/api/sweeps").json()["total"] == 0


def test_a_sweep_of_nothing_that_can_be_trained_is_refused(client: TestClient) -> None:
    body = order({"kind": "choice", "path": "nodes.fc2.num_hidden", "values": [7, 8]})
    body["graph"] = copy.deepcopy(MLP)
    body["graph"]["nodes"][0]["params"]["shape"] = [5]
    error = post(client, "/api/sweeps", body, 422)["error"]
    assert error["where"] == "parameters"
    assert error["got"]


def test_a_grid_trains_each_combination_as_a_run_of_its_own(client: TestClient) -> None:
    body = order(rates(1), {"kind": "choice", "path": WIDTH, "values": [4, 6]}, name="Widths")
    sweep = post(client, "/api/sweeps", body, 201)
    done = until(client, sweep["id"], lambda found: found["state"] == "completed")
    assert done["counts"] == {"completed": 2}
    trials = trials_of(client, sweep["id"])
    assert [trial["values"][WIDTH] for trial in trials] == [4, 6]
    assert all(trial["score"] == pytest.approx(0.05) for trial in trials)
    assert done["best"] == 0
    listed = client.get(f"/api/runs?sweep={sweep['id']}").json()
    assert listed["total"] == 2
    assert {run["sweep"]["trial"] for run in listed["items"]} == {0, 1}
    assert all("graph" not in run and run["graph_name"] == MLP.get("name", "") for run in listed["items"])
    assert client.get("/api/runs?trials=false").json()["total"] == 0
    run = client.get(f"/api/runs/{trials[1]['run']}").json()
    assert run["graph"]["nodes"][1]["params"]["num_hidden"] == 6
    assert run["settings"]["optimizer_params"]["learning_rate"] == 0.001
    assert run["name"] == "Widths / 2"
    assert run["model"] is None, "only the best makes a model"
    spec = client.get(f"/api/sweeps/{sweep['id']}/spec").json()
    assert (spec["format"], spec["name"]) == ("netwright-sweep", "Widths")


def test_runs_are_listed_page_by_page_without_their_networks(client: TestClient) -> None:
    body = {"graph": MLP, "dataset": "iris", "settings": SETTINGS}
    runs = [post(client, "/api/runs", body, 201) for _ in range(3)]
    assert runs[0]["graph"] == client.get(f"/api/runs/{runs[0]['id']}").json()["graph"]
    first = client.get("/api/runs?limit=2").json()
    second = client.get("/api/runs?limit=2&offset=2").json()
    assert [run["number"] for run in first["items"] + second["items"]] == [3, 2, 1]
    assert first["total"] == second["total"] == 3
    assert all("graph" not in run for run in first["items"])
    assert len(client.get("/api/runs").content) < 3 * 2500


def test_combinations_that_cannot_be_are_told_before(client: TestClient) -> None:
    body = order(
        {"kind": "choice", "path": "settings.optimizer", "values": ["adam", "sgd"]},
        {"kind": "choice", "path": "settings.optimizer_params.momentum", "values": [0.9]},
    )
    preview = post(client, "/api/sweeps/preview", body)
    assert [one["number"] for one in preview["refused"]] == [0]
    assert "momentum" in str(preview["refused"][0]["problem"])


def test_halving_stops_runs_at_rungs_and_takes_the_best_up_again(client: TestClient) -> None:
    method = {"kind": "halving", "trials": 2, "first": 1, "keep": 4}
    body = order({"kind": "float", "path": RATE, "low": 0.001, "high": 0.1}, method=method)
    sweep = post(client, "/api/sweeps", body, 201)["id"]
    done = until(client, sweep, lambda found: found["state"] == "completed")
    assert done["counts"] == {"early": 1, "completed": 1}
    assert [rung["epochs"] for rung in done["rungs"]] == [1, 4]
    trials = trials_of(client, sweep)
    best = trials[done["best"]]
    assert best["scores"] == {"0": 1 / 4, "1": 1 / 20}
    early = next(trial for trial in trials if trial["state"] == "early" and trial["rung"] == 0)
    run = client.get(f"/api/runs/{early['run']}").json()
    assert (run["state"], run["step"], run["sweep"]["state"], run["sweep"]["rung"]) == ("stopped", 4, "early", 0)
    assert run["state_reason"] == early["reason"]
    assert "rung 1 of 2 (epoch 1)" in run["state_reason"]
    # taken up by hand it trains to its end, and the sweep stays as it is
    post(client, f"/api/runs/{early['run']}/resume")
    deadline = time.monotonic() + 90
    while (run := client.get(f"/api/runs/{early['run']}").json())["ended_at"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert run["step"] == 20
    assert client.get(f"/api/sweeps/{sweep}").json()["counts"] == {"early": 1, "completed": 1}


def test_a_trial_is_applied_to_its_project(client: TestClient) -> None:
    project = post(client, "/api/projects", {"name": "A", "graph": MLP, "dataset": "iris"}, 201)
    body = {
        "project": project["id"], "settings": {**SETTINGS, "validation_split": 0.0},
        "parameters": [rates(1), {"kind": "choice", "path": WIDTH, "values": [6]}],
    }  # fmt: skip
    sweep = post(client, "/api/sweeps", body, 201)["id"]
    error = client.post(f"/api/sweeps/{sweep}/apply").json().get("error")
    assert error is None or error["where"] == "trial"
    until(client, sweep, lambda found: found["state"] == "completed")
    before = client.get(f"/api/projects/{project['id']}").json()["revision"]
    applied = post(client, f"/api/sweeps/{sweep}/apply?trial=0")
    assert (applied["trial"], applied["revision"]) == (0, before + 1)
    now = client.get(f"/api/projects/{project['id']}").json()
    assert now["graph"]["nodes"][1]["params"]["num_hidden"] == 6
    assert now["settings"]["optimizer_params"]["learning_rate"] == 0.001
    assert client.post(f"/api/sweeps/{sweep}/apply?trial=9").status_code == 404
    graph = now["graph"]
    graph["nodes"] = [node for node in graph["nodes"] if node["id"] == "data"]
    client.put(f"/api/projects/{project['id']}", json={"revision": now["revision"], "graph": graph})
    assert post(client, f"/api/sweeps/{sweep}/apply", status=409)["error"]["where"] == WIDTH


def test_sweeps_are_listed_and_named(client: TestClient) -> None:
    sweep = post(client, "/api/sweeps", order(rates(1)), 201)
    assert sweep["name"] == "Sweep 1"
    renamed = client.patch(f"/api/sweeps/{sweep['id']}", json={"name": "Rates"}).json()
    assert renamed["name"] == "Rates"
    listed = client.get("/api/sweeps").json()
    assert listed["total"] == 1
    assert "graph" not in listed["items"][0]
    assert client.get("/api/sweeps/none").status_code == 404
    assert client.get("/api/sweeps?project=other").json()["total"] == 0
