"""Sweeps in a project's file: they open elsewhere with their trials and runs, and can go on there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.backend.conftest import MakeClient, TestClient
from tests.backend.test_api import MLP
from tests.backend.test_archive import edited, later, rezip, send, unzip

from netwright.train.sweep import Choice, Grid, SweepSpec, require_settings
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store

RATE = "settings.optimizer_params.learning_rate"
OWN = {"id", "number", "project", "run", "run_number", "created_at"}


def add_sweep(store: Store, project: str) -> tuple[str, list[str]]:
    """A paused sweep of three trials: one completed, one refused, one waiting; its id and those of its runs."""
    settings = require_settings({"optimizer_params": {"learning_rate": 0.1}, "epochs": 2}).model_dump(mode="json")
    spec = SweepSpec(
        dataset="iris", graph=MLP, settings=settings, metric="train_loss", method=Grid(),
        parameters=(Choice(path=RATE, values=(0.1, 0.2, 0.3)),),
    )  # fmt: skip
    sweep = store.sweeps.create(
        name="Rates", trials=spec.trials(), project_id=project, dataset="iris", metric="train_loss", concurrency=2,
        spec=spec.model_dump(mode="json"),
    )  # fmt: skip
    run = store.runs.create(
        name="Rates / 1", project=project, graph=MLP, dataset="iris", settings=settings, epochs=2, sweep_id=sweep.id,
        trial=0, trial_state="running", rung=0,
    )  # fmt: skip
    store.runs.move(run.id, RunState.FAILED, reason="It was enough.")
    store.sweeps.set_trial(sweep.id, 0, state="completed", run_id=run.id, scores={"0": 0.25}, seconds=2.5)
    problem = {"message": "no", "where": "fc1", "wanted": None, "got": None, "remedy": None}
    store.sweeps.set_trial(sweep.id, 1, state="refused", problem=problem)
    store.sweeps.move(sweep.id, "paused")
    return sweep.id, [run.id]


@pytest.fixture
def there(make_client: MakeClient) -> TestClient:
    return make_client()


@pytest.fixture
def project(there: TestClient) -> str:
    made = there.post("/api/projects", json={"name": "Varied", "graph": MLP, "dataset": "iris"}).json()
    return str(made["id"])


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def plain(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in OWN}


def test_a_sweep_opens_elsewhere_with_its_trials_and_goes_on(there: TestClient, project: str) -> None:
    store: Store = there.app.state.studio.store  # type: ignore[attr-defined]
    ident, (run,) = add_sweep(store, project)
    parts = there.get(f"/api/projects/{project}/archive/parts").json()
    assert parts["sweeps"] == [{"id": ident, "number": 1, "name": "Rates", "packable": True, "runs": [run]}]
    opened = send(there, there.get(f"/api/projects/{project}/archive").content)
    assert opened.status_code == 201, opened.text
    assert (opened.json()["sweeps"], opened.json()["runs"]) == (1, 1)
    here = opened.json()["project"]["id"]

    (brief,) = there.get(f"/api/sweeps?project={here}").json()["items"]
    assert brief["number"] == 2
    sweeps = [there.get(f"/api/sweeps/{one}").json() for one in (brief["id"], ident)]
    assert plain(sweeps[0]) == plain(sweeps[1])
    trials = [there.get(f"/api/sweeps/{one}/trials").json()["items"] for one in (brief["id"], ident)]
    assert [plain(trial) for trial in trials[0]] == [plain(trial) for trial in trials[1]]
    (row,) = there.get(f"/api/runs?project={here}").json()["items"]
    assert trials[0][0]["run"] == row["id"] != run
    assert store.runs.get(row["id"]).sweep_id == brief["id"]
    assert store.runs.get(row["id"]).trial_state == "completed"

    assert there.post(f"/api/sweeps/{brief['id']}/resume").status_code == 200
    until(lambda: store.sweeps.get(brief["id"]).state == "completed")
    last = store.sweeps.trial_of(brief["id"], 2)
    assert last.run_id is not None
    assert store.runs.get(last.run_id).project_id == here


def test_a_sweep_comes_with_its_runs_and_only_at_rest(there: TestClient, project: str) -> None:
    store: Store = there.app.state.studio.store  # type: ignore[attr-defined]
    ident, (run,) = add_sweep(store, project)

    def packed(**query: str) -> dict[str, bytes]:
        return unzip(there.get(f"/api/projects/{project}/archive", params=query).content)

    assert "sweeps/1/sweep.json" in packed(runs=run)
    assert "sweeps/1/sweep.json" not in packed(runs="none")
    store.sweeps.set_trial(ident, 2, state="running")
    assert there.get(f"/api/projects/{project}/archive/parts").json()["sweeps"][0]["packable"] is False
    files = packed()
    assert "sweeps/1/sweep.json" not in files
    alone = json.loads(files["runs/1/run.json"])
    assert [alone[name] for name in ("sweep", "trial", "trial_state", "rung")] == [None] * 4
    assert send(there, rezip(files)).json()["sweeps"] == 0


def trial(at: int, **changes: Any) -> Callable[[Any], Any]:
    def change(sweep: Any) -> Any:
        sweep["trials"][at].update(changes)
        return sweep

    return change


BAD: dict[str, Callable[[Any], Any]] = {
    "at work": lambda sweep: later(sweep, state="running"),
    "a trial at work": trial(1, state="running"),
    "out of order": trial(1, number=2),
    "other values": trial(1, values={"settings.epochs": 3}),
    "too far": trial(1, rung=7),
    "no graph": lambda sweep: later(sweep, spec=later(sweep["spec"], graph={"nodes": "all"})),
    "no settings": lambda sweep: later(sweep, spec=later(sweep["spec"], settings={"epochs": -1})),
    "no ranges": lambda sweep: later(sweep, spec=later(sweep["spec"], parameters=[])),
    "a score that is none": trial(0, scores={"0": "high"}),
}


def test_sweeps_that_are_not_what_they_seem_leave_nothing(there: TestClient, project: str) -> None:
    add_sweep(there.app.state.studio.store, project)  # type: ignore[attr-defined]
    content = there.get(f"/api/projects/{project}/archive").content
    for what, change in BAD.items():
        reply = send(there, rezip(edited("sweeps/1/sweep.json", change)(unzip(content))))  # type: ignore[arg-type]
        assert reply.status_code == 422, (what, reply.text)
        assert "sweeps/1/sweep.json" in reply.text, what
    assert there.get("/api/sweeps").json()["total"] == there.get("/api/projects").json()["total"] == 1
