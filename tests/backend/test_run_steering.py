"""Runs that are steered: single batches, live changes, advice, forks and lineage; with a fake worker and real ones."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
from tests.backend.conftest import ORIGIN, Bench, MakeClient, TestClient, create_app, make_settings
from tests.backend.test_api import MLP
from tests.backend.test_run_manager import events_of
from tests.backend.test_training import OVER, REAL, network, queue, weights_of

from netwright import datasets
from netwright.inspection import Probe
from netwright.serialization import parse_arrays
from netwright_studio.errors import ConflictError, InvalidError
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.store import Store


# ---------------------------------------------------------------- the manager, with a worker of its own
async def test_a_paused_run_goes_batch_by_batch(bench: Bench) -> None:
    run = bench.add(steps=500, pause=0.002)
    await bench.until_step(run, 2)
    held = (await bench.manager.pause(run)).step
    held = bench.store.runs.get(run).step
    for more in (1, 2, 3):
        row = await bench.manager.step(run)
        assert (row.step, row.state) == (held + more, "paused")
    await bench.manager.resume(run)
    with pytest.raises(ConflictError, match="cannot go on batch by batch"):
        await bench.manager.step(run)
    await bench.manager.stop(run)
    await bench.until(run, *OVER)
    with pytest.raises(ConflictError, match="stopped"):
        await bench.manager.change(run, {"learning_rate": 0.1})


async def test_a_run_that_starts_paused_waits_before_its_first_batch(bench: Bench) -> None:
    settings = TrainSettings(optimizer_params={"steps": 9}).model_dump()
    run = bench.store.runs.create(
        name=None, project=None, graph={"name": "Fake"}, dataset="iris", settings=settings, epochs=1, start_paused=True
    ).id
    bench.manager.wake()
    assert (await bench.until(run, RunState.PAUSED)).step == 0
    assert (await bench.manager.step(run)).step == 1
    await bench.manager.resume(run)
    assert (await bench.until(run, *OVER)).state == "completed"


async def test_changes_are_answered_recorded_and_refused(bench: Bench) -> None:
    run = bench.add(steps=5000, pause=0.002)
    await bench.until_step(run, 2)
    row = await bench.manager.change(run, {"learning_rate": 0.5})
    (change,) = row.changes
    assert (change["name"], change["before"], change["after"]) == ("learning_rate", 0.1, 0.5)
    assert change["step"] >= 2
    with pytest.raises(InvalidError, match="seven is refused") as refusal:
        await bench.manager.change(run, {"learning_rate": 7})
    assert (refusal.value.where, refusal.value.wanted) == ("fake", "another")
    assert events_of(bench.store, run, "change") == row.changes
    await bench.manager.stop(run)
    await bench.until(run, *OVER)


# ---------------------------------------------------------------- real networks
@pytest.fixture
async def studio(store: Store) -> Any:
    bench = Bench(store, worker_command=REAL)
    await bench.manager.start()
    yield bench
    await bench.manager.close()


async def test_a_real_run_is_changed_killed_and_resumed_with_its_changes(studio: Bench) -> None:
    run = queue(studio, network(32, 10), "digits", epochs=2000, batch_size=16)
    await studio.until_step(run, 20)
    held = (await studio.manager.pause(run)).step
    row = await studio.manager.change(run, {"learning_rate": 0.01, "weight_decay": 0.001, "batch_size": 64})
    assert {change["name"]: change["after"] for change in row.changes} == {
        "learning_rate": 0.01,
        "weight_decay": 0.001,
        "batch_size": 64,
    }
    with pytest.raises(InvalidError, match="cannot be set"):
        await studio.manager.change(run, {"learning_rate": -1})
    await asyncio.sleep(0.3)
    assert studio.store.runs.get(run).step == held
    stepped = await studio.manager.step(run)
    assert stepped.metrics["lr"] == pytest.approx(0.01)
    assert stepped.memory_bytes is not None
    assert stepped.memory_bytes > 1 << 20
    worker = studio.manager._live[run]._worker
    assert worker is not None
    worker.kill()
    row = await studio.until(run, *OVER)
    assert row.resumable
    await studio.manager.resume(run)
    row = await studio.until_step(run, stepped.step + 5)
    assert row.metrics["lr"] == pytest.approx(0.01)
    assert len(row.changes) == 3
    assert row.steps_total is not None
    assert row.steps_total < 2000 * 41
    await studio.manager.stop(run)
    row = await studio.until(run, *OVER)
    assert (row.state, row.resumable) == ("stopped", True)


async def test_a_training_that_is_lost_fails_with_its_advice(studio: Bench) -> None:
    graph = network(32, 1)
    graph["nodes"][-1]["op"] = "LinearRegressionOutput"
    params = {"learning_rate": 30.0}
    run = queue(studio, graph, "diabetes", epochs=50, optimizer="sgd", optimizer_params=params)
    row = await studio.until(run, *OVER, seconds=60)
    assert row.state == "failed"
    assert "Nothing can be learned from there on" in (row.state_reason or "")
    assert row.advice[-1]["kind"] == "nan"
    told = [orjson.loads(event.data) for event in studio.store.events.of_types(run, ["advice"])]
    assert told == row.advice
    from netwright_studio.runs.log import read_log

    assert "The loss is no longer a number (step" in read_log(studio.store.events, run)


# ---------------------------------------------------------------- forks, over HTTP
def wait_for(client: TestClient, run: str, *states: str) -> dict[str, Any]:
    for _ in range(1500):
        found: dict[str, Any] = client.get(f"/api/runs/{run}").json()
        if found["state"] in (states or OVER):
            return found
        time.sleep(0.02)
    raise AssertionError(f"the run stayed {found['state']}")


def start(client: TestClient, **settings: Any) -> str:
    body = {"graph": MLP, "dataset": "iris", "settings": {"batch_size": 16, "epochs": 4, "seed": 3, **settings}}
    reply = client.post("/api/runs", json=body)
    assert reply.status_code == 201, reply.text
    run: str = reply.json()["id"]
    return run


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, Any]]]:
    """A studio with real workers, and the run that is forked in it."""
    settings = make_settings(tmp_path_factory.mktemp("studio"), worker_command=REAL)
    with TestClient(create_app(settings), base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client, wait_for(client, start(client), "completed")


def test_forks_go_on_from_a_checkpoint_or_begin_with_its_weights(house: tuple[TestClient, dict[str, Any]]) -> None:
    client, done = house
    first = done["id"]
    found = client.get(f"/api/runs/{first}/checkpoints").json()
    assert [point["step"] for point in found["items"]] == [28, 21, 14, 7]
    assert found["items"][0]["metrics"]["val_loss"] == done["metrics"]["val_loss"]

    same = client.post(f"/api/runs/{first}/fork", json={"step": 14}).json()
    parent = {"run": first, "number": done["number"], "name": done["name"]}
    place = {"kind": "checkpoint", "step": 14, "epoch": None, "differences": []}
    assert same["origin"] | {"epoch": None} == parent | place
    again = wait_for(client, same["id"], "completed")
    for key in ("val_loss", "test_loss"):
        assert again["metrics"][key] == done["metrics"][key]
    assert [p["kept"] for p in client.get(f"/api/runs/{first}/checkpoints").json()["items"]] == [
        False,
        False,
        True,
        False,
    ]

    settings = {**done["settings"], "optimizer_params": {"learning_rate": 0.5}, "epochs": 6}
    changed = client.post(f"/api/runs/{first}/fork", json={"step": 14, "settings": settings, "name": "Faster"}).json()
    assert (changed["name"], changed["origin"]["kind"]) == ("Faster", "checkpoint")
    assert {d["name"]: d["after"] for d in changed["origin"]["differences"]} == {
        "optimizer_params.learning_rate": 0.5,
        "epochs": 6,
    }
    assert wait_for(client, changed["id"], "completed")["metrics"]["lr"] == 0.5

    graph = {**MLP, "nodes": [dict(node) for node in MLP["nodes"]]}
    graph["nodes"][1] = {**graph["nodes"][1], "params": {"num_hidden": 8}}
    other = client.post(f"/api/runs/{same['id']}/fork", json={"step": 21, "graph": graph}).json()
    assert (other["origin"]["kind"], other["origin"]["differences"][0]["name"]) == ("weights", "fc1.num_hidden")
    wait_for(client, other["id"], "completed")
    log = client.get(f"/api/runs/{other['id']}/log").text
    assert f"weights and states are those of {same['name']} at step 21" in log
    assert "begin anew: fc1_weight" in log

    family = client.get(f"/api/runs/{other['id']}/lineage").json()["runs"]
    parents = {run["id"]: run["parent"] for run in family}
    assert parents.items() >= {
        (first, None), (same["id"], first), (changed["id"], first), (other["id"], same["id"])
    }  # fmt: skip
    client.delete(f"/api/runs/{first}")
    without = client.get(f"/api/runs/{other['id']}/lineage").json()["runs"]
    assert (without[0]["number"], without[0]["state"]) == (done["number"], None)
    assert len(without) == len(family)
    client.post(f"/api/runs/{first}/restore")


def test_rewinding_begins_with_the_same_weights_whatever_the_seed(house: tuple[TestClient, dict[str, Any]]) -> None:
    """Two rewinds, one of the other, that learn nothing: both end with the weights that the first run began with."""
    client, done = house
    still = {**done["settings"], "optimizer": "sgd", "optimizer_params": {"learning_rate": 0.0}, "epochs": 1}
    again = client.post(f"/api/runs/{done['id']}/fork", json={"settings": {**still, "seed": 99}}).json()
    assert (again["origin"]["kind"], again["origin"]["step"]) == ("initial", None)
    wait_for(client, again["id"], "completed")
    third = client.post(f"/api/runs/{again['id']}/fork", json={"settings": {**still, "seed": 7}}).json()
    wait_for(client, third["id"], "completed")
    settings = client.app.state.studio.settings  # type: ignore[attr-defined]
    assert weights_of(settings, third["id"]) == weights_of(settings, again["id"])
    began = Probe.untrained(MLP, datasets.info("iris"), seed=done["settings"]["seed"]).weights
    found = parse_arrays(weights_of(settings, again["id"]), "weights")
    assert began.keys() == found.keys()
    for name, weight in began.items():
        np.testing.assert_array_equal(found[name], weight)


REFUSED = [
    ({"step": 5}, 409, "no such checkpoint"),
    ({"step": 14, "settings": {"epochs": 1}}, 422, "nothing left"),
    ({"settings": {"optimizer": "magic"}}, 422, "magic"),
    ({"settings": {"optimizer_params": {"learning_rate": -1}}}, 422, "learning_rate"),
    ({"graph": {"nodes": []}}, 422, "trained"),
    ({"step": -1}, 422, "step"),
    ({"speed": 1}, 422, "speed"),
]


def test_what_cannot_be_forked_or_changed_is_refused_and_leaves_nothing(
    house: tuple[TestClient, dict[str, Any]],
) -> None:
    client, done = house
    run = done["id"]
    runs_dir = client.app.state.studio.settings.runs_dir  # type: ignore[attr-defined]
    before = client.get("/api/runs").json()["total"], {folder.name for folder in runs_dir.iterdir()}
    for body, status, text in REFUSED:
        if "settings" in body:
            body = {**body, "settings": {**done["settings"], **body["settings"]}}
        reply = client.post(f"/api/runs/{run}/fork", json=body)
        assert (reply.status_code, text in reply.text) == (status, True), reply.text
    assert (client.get("/api/runs").json()["total"], {folder.name for folder in runs_dir.iterdir()}) == before
    for address in ("step", "changes", "fork"):
        body = {"learning_rate": 0.1} if address == "changes" else {}
        assert client.post(f"/api/runs/nothing/{address}", json=body).status_code == 404
    for body in ({}, {"learning_rate": -1}, {"batch_size": 0}, {"batch_size": 10**6}, {"momentum": 1}):
        assert client.post(f"/api/runs/{run}/changes", json=body).status_code == 422
    assert client.post(f"/api/runs/{run}/changes", json={"learning_rate": 0.1}).status_code == 409
    assert client.post(f"/api/runs/{run}/step").status_code == 409


def test_lists_leave_out_evidence(make_client: MakeClient) -> None:
    client = make_client()
    store: Store = client.app.state.studio.store  # type: ignore[attr-defined]
    from netwright.train.advice import Evidence, words

    given = words.PLATEAU_START.say((5, 0.1), Evidence(measure="Loss", curves={"train_loss": [(1, 2.0)]}), {"now": 1.0})
    run = store.runs.create(
        name=None, project=None, graph=MLP, dataset="iris", settings=TrainSettings().model_dump(), epochs=1,
        advice=[given.model_dump()], state=RunState.COMPLETED.value,
    ).id  # fmt: skip
    assert client.get(f"/api/runs/{run}").json()["advice"][0]["evidence"]["curves"] == {"train_loss": [[1, 2.0]]}
    assert client.get("/api/runs").json()["items"][0]["advice"][0]["evidence"]["curves"] == {}
