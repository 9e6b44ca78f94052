"""The X-ray: a plan explained, compared under every strategy, and measured."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any, cast

import pytest
from starlette.requests import Request
from tests.backend.conftest import TestClient
from tests.backend.test_api import MLP, changed

from netwright_studio.errors import StudioError, UnavailableError
from netwright_studio.inspecting import measuring
from netwright_studio.schemas.xray import Xray, XrayRequest

ASKED: dict[str, Any] = {"graph": MLP, "dataset": "iris", "batch_size": 8}


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


def xray(client: TestClient, **more: Any) -> dict[str, Any]:
    reply = client.post("/api/graphs/xray", json={**ASKED, **more})
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def test_every_step_says_what_it_stands_for(client: TestClient) -> None:
    found = xray(client)
    steps, views = found["plan"]["steps"], found["views"]
    assert len(steps) == len(views)
    joined = next(view for view in views if view["operator"] == "_dense_block")
    assert joined["nodes"] == ["fc1", "relu1"]
    assert joined["calls"] == ["FullyConnected", "Activation"]
    backward = [view for step, view in zip(steps, views, strict=True) if step["phase"] == "backward"]
    assert {node for view in backward for node in view["nodes"]} == {"fc1", "relu1", "fc2", "softmax"}
    assert all(view["seconds"] > 0 for step, view in zip(steps, views, strict=True) if step["runs"] != "view")
    assert 0 < found["seconds"] < 1


def test_without_training_there_is_no_way_back(client: TestClient) -> None:
    assert {step["phase"] for step in xray(client, training=False)["plan"]["steps"]} == {"forward"}


def test_the_strategies_stand_side_by_side(client: TestClient) -> None:
    rows = client.post("/api/graphs/strategies", json=ASKED).json()["strategies"]
    assert [row["name"] for row in rows] == ["fast", "balanced", "low_memory", "debug"]
    by_name = {row["name"]: row for row in rows}
    assert by_name["debug"]["steps"] > by_name["balanced"]["steps"]
    assert by_name["debug"]["fused"] == 0 < by_name["balanced"]["fused"]
    assert by_name["debug"]["arena_bytes"] >= by_name["balanced"]["arena_bytes"]
    assert by_name["low_memory"]["peak_bytes"] <= by_name["fast"]["peak_bytes"]
    for name, row in by_name.items():
        assert row["steps"] == len(xray(client, strategy=name)["plan"]["steps"])


def test_steps_are_measured(client: TestClient) -> None:
    reply = client.post("/api/graphs/measure", json={**ASKED, "strategy": "debug"})
    assert reply.status_code == 200, reply.text
    found, steps = reply.json(), xray(client, strategy="debug")["plan"]["steps"]
    assert len(found["seconds"]) == len(steps)
    assert found["runs"] >= 1
    assert found["whole"] > 0
    assert all(taken > 0 for taken, step in zip(found["seconds"], steps, strict=True) if step["runs"] != "view")
    assert not found["native"]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"strategy": "hasty"}, 422), ({"dataset": "nothing"}, 404), ({"graph": {**MLP, "nodes": MLP["nodes"][1:]}}, 422)],
)
@pytest.mark.parametrize("route", ["xray", "measure"])
def test_what_cannot_be_planned_is_refused(client: TestClient, route: str, change: Any, status: int) -> None:
    reply = client.post(f"/api/graphs/{route}", json={**ASKED, **change})
    assert reply.status_code == status
    assert reply.json()["error"]["message"]


def test_a_large_network_is_not_measured(client: TestClient) -> None:
    reply = client.post(
        "/api/graphs/measure", json={**ASKED, "graph": changed("fc1", num_hidden=4096), "batch_size": 1_000_000}
    )
    error = reply.json()["error"]
    assert reply.status_code == 422, error
    assert error["where"] == "batch_size"
    assert error["remedy"]


def test_a_worker_that_fails_or_hangs_is_told_of(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = Xray.model_validate(xray(client)), XrayRequest.model_validate({**ASKED, "dataset": None})

    def run(program: str) -> Any:
        return measuring.measure(asked, None, found, (sys.executable, "-c", program))

    with pytest.raises(StudioError, match="ended unexpectedly"):
        run("raise SystemExit(3)")
    with pytest.raises(StudioError, match="could not be measured") as caught:
        run("""print('{"error": "no room"}')""")
    assert caught.value.got == "no room"
    monkeypatch.setattr(measuring, "PATIENCE_SECONDS", 0.3)
    with pytest.raises(UnavailableError, match="took too long"):
        run("import time; time.sleep(60)")


def test_a_measurement_ends_when_nobody_waits_for_it(client: TestClient) -> None:
    class Gone:
        async def is_disconnected(self) -> bool:
            return True

    found, asked = Xray.model_validate(xray(client)), XrayRequest.model_validate({**ASKED, "dataset": None})
    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    begun = time.monotonic()
    waiting = measuring.measure_while_wanted(cast("Request", Gone()), asked, None, found, sleeper)
    assert asyncio.run(waiting) is None
    assert time.monotonic() - begun < 20
