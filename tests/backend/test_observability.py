"""Metrics, request ids and logs."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.backend import real_models
from tests.backend.conftest import MakeClient, TestClient, add_run

from netwright_studio.inference.stats import ModelStats
from netwright_studio.runs.state import RunState
from netwright_studio.serving.logs import set_up
from netwright_studio.serving.metrics import RequestMetrics, Snapshot
from netwright_studio.serving.requests import request_id_of


def samples(client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """What /metrics shows: value by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_prometheus_reads_requests_inferences_runs_and_memory(make_client: MakeClient, tmp_path: Path) -> None:
    real_models.publish(tmp_path)
    client = make_client()
    for _ in range(3):
        assert client.post("/v2/models/iris/infer", json=real_models.request()).status_code == 200
    client.get("/api/runs/nothing")
    store = client.app.state.studio.store  # type: ignore[attr-defined]
    store.runs.move(add_run(store).id, RunState.STOPPED)
    found = samples(client)
    infer = "/v2/models/{model}/infer"
    assert found["netwright_http_requests_total", ("POST", infer, "200")] == 3
    assert found["netwright_http_requests_total", ("GET", "/api/runs/{run_id}", "404")] == 1
    assert found["netwright_http_request_duration_seconds_count", ("POST", infer)] == 3
    assert found["netwright_inference_requests_total", ("iris", "success", "1")] == 3
    assert found["netwright_inference_rows_total", ("iris", "1")] == 3
    assert found["netwright_inference_batch_size_bucket", ("1.0", "iris", "1")] == 3
    assert found["netwright_inference_batch_size_bucket", ("+Inf", "iris", "1")] == 3
    assert found["netwright_inference_queue_requests", ("iris", "1")] == 0
    assert found["netwright_model_memory_bytes", ("iris", "1")] >= 60
    assert found["netwright_runs", ("stopped",)] == 1
    assert found["process_resident_memory_bytes", ()] > 10_000_000
    assert found["netwright_processes", ()] == 1
    seconds = found["netwright_inference_duration_seconds_sum", ("iris", "1")]
    assert 0 < seconds < 60


def test_several_processes_are_added_up() -> None:
    requests, stats = RequestMetrics(), ModelStats()
    requests.add("GET", "/x", 200, 0.2)
    stats.answered(3, queue_ns=1000, infer_ns=2000)
    stats.executed(3, 2000)
    state = {
        "requests": requests.state(),
        "evictions": 1,
        "stats": [["m", 1, stats.counts()]],
        "models": [["m", 1, 2, 100]],
    }
    snapshot = Snapshot()
    for _ in range(2):
        snapshot.add_process(json.loads(json.dumps(state)))
    assert snapshot.requests.counts == {("GET", "/x", 200): 2}
    assert snapshot.stats["m", 1].inferences == 6
    assert snapshot.stats["m", 1].batch_rows.buckets()[-1] == ("+Inf", 2.0)
    assert (snapshot.waiting["m", 1], snapshot.held["m", 1], snapshot.evictions) == (4, 200, 2)


def test_a_request_keeps_the_id_that_it_comes_with(client: TestClient) -> None:
    assert client.get("/healthz", headers={"x-request-id": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
    assert client.get("/v2", headers={"x-request-id": "t7"}).headers["x-request-id"] == "t7"
    assert re.fullmatch("[0-9a-f]{12}", client.get("/api/system").headers["x-request-id"])
    assert client.get("/api/system", headers={"host": "evil.com", "x-request-id": "r"}).headers["x-request-id"] == "r"


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 65, b"a\tb", "é".encode(), b'"}'])
def test_other_ids_are_not_taken_over(given: bytes) -> None:
    assert re.fullmatch("[0-9a-f]{12}", request_id_of({"headers": [(b"x-request-id", given)]}))


@pytest.fixture
def lines() -> Iterator[Any]:
    """What is logged as JSON."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    handler = set_up("json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.handlers[:] = before
    root.setLevel(level)


def test_every_request_can_be_logged_as_one_json_line(lines: Any, make_client: MakeClient) -> None:
    client = make_client(access_log="all")
    client.get("/api/runs/nothing?token=secret", headers={"x-request-id": "look-for-me"})
    (line,) = [line for line in lines() if line.get("request_id") == "look-for-me"]
    assert line["level"] == "info"
    assert line["logger"] == "netwright_studio.requests"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["time"])
    request = line["request"]
    assert (request["method"], request["path"], request["status"]) == ("GET", "/api/runs/nothing", 404)
    assert request["route"] == "/api/runs/{run_id}"
    assert request["ms"] > 0
    assert "secret" not in json.dumps([line for line in lines() if line["logger"] != "httpx"])


def test_a_failure_is_logged_with_its_trace_and_the_requests_id(
    lines: Any, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()
    assert client.get("/api/projects", headers={"x-request-id": "fine"}).status_code == 200
    studio = client.app.state.studio  # type: ignore[attr-defined]

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken inside")

    monkeypatch.setattr(studio.store.projects, "page", fail)
    answer = client.get("/api/projects", headers={"x-request-id": "broken"})
    assert answer.status_code == 500
    assert "broken inside" not in answer.text
    assert not [line for line in lines() if line.get("request_id") == "fine"]
    trace, request = [line for line in lines() if line.get("request_id") == "broken"]
    assert "RuntimeError: broken inside" in trace["trace"]
    assert (request["level"], request["request"]["status"]) == ("error", 500)


def test_what_is_shown_can_be_changed_through_the_protocol(lines: Any, client: TestClient) -> None:
    logger = logging.getLogger("netwright_studio.test")
    handler = next(one for one in logging.getLogger().handlers if isinstance(one.formatter, type(_json_formatter())))
    handler.addFilter(client.app.state.log_filter)  # type: ignore[attr-defined]
    logger.info("before")
    assert client.post("/v2/logging", json={"log_info": False, "log_verbose_level": 1}).status_code == 200
    logger.info("hidden")
    logger.debug("detail")
    assert client.post("/v2/logging", json={"log_info": True, "log_verbose_level": 0}).status_code == 200
    logger.debug("hidden again")
    assert [line["message"] for line in lines() if line["logger"] == logger.name] == ["before", "detail"]


def _json_formatter() -> logging.Formatter:
    from netwright_studio.serving.logs import JsonFormatter

    return JsonFormatter()


def test_a_trace_tells_when_each_stage_began(lines: Any, make_client: MakeClient, tmp_path: Path) -> None:
    real_models.publish(tmp_path)
    client = make_client()
    setting = {"trace_level": ["TIMESTAMPS"], "trace_rate": "1", "trace_count": "2"}
    assert client.post("/v2/models/iris/trace/setting", json=setting).status_code == 200
    for _ in range(3):
        client.post("/v2/models/iris/infer", json={**real_models.request(), "id": "seven"})
    traces = [line["trace"] for line in lines() if line["logger"] == "netwright_studio.traces"]
    assert len(traces) == 2
    assert traces[0]["id"] == "seven"
    assert list(traces[0]["timestamps"]) == ["REQUEST_START", "QUEUE_START", "COMPUTE_END", "REQUEST_END"]
    assert sorted(traces[0]["timestamps"].values()) == list(traces[0]["timestamps"].values())
