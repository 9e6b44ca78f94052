"""Graphs that would cost memory or time are refused before anything is made of them, with the node at fault."""

from __future__ import annotations

import gc
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backend import hostile
from tests.backend.conftest import TestClient

PATHS = ("/api/graphs/check", "/api/graphs/plan", "/api/runs")
JSON = {"content-type": "application/json"}
SECONDS, BYTES = 20.0, 64 << 20
"""Far beyond the bars that `make check-trust` holds on a quiet machine: these only tell apart what has no bound."""


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    began, before = time.monotonic(), resident_bytes()
    yield
    gc.collect()
    assert time.monotonic() - began < SECONDS
    assert resident_bytes() - before < BYTES


@pytest.mark.parametrize("case", [*hostile.sizes(), *hostile.wirings()], ids=lambda case: case.name)
def test_the_node_at_fault_is_named(client: TestClient, case: hostile.Hostile) -> None:
    body = {"graph": case.graph, "dataset": "iris"}
    report = client.post("/api/graphs/check", json=body).json()
    assert not report["ok"]
    assert case.node in {problem["node"] for problem in report["problems"]}
    for path in PATHS[1:]:
        reply = client.post(path, json=body)
        assert reply.status_code == 422, reply.text[:500]
        assert reply.json()["error"]["where"] == case.node
        assert len(reply.content) < 4096
    assert client.get("/api/runs").json()["total"] == 0


@pytest.mark.parametrize("case", list(hostile.masses()), ids=lambda case: case.name)
def test_what_is_too_much_is_refused_unseen(client: TestClient, case: hostile.Hostile) -> None:
    body = json.dumps({"graph": case.graph, "dataset": "iris"})
    for path in PATHS:
        reply = client.post(path, content=body, headers=JSON)
        assert reply.status_code in (413, 422) or not reply.json()["ok"], reply.text[:500]
        assert len(reply.content) < 4096
    assert client.get("/api/runs").json()["total"] == 0
