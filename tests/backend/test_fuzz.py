"""Whatever our OpenAPI document allows, and what it forbids, sent to every route: no failure, no echo, short errors.

A moderate number of cases by default, the same each time; NETWRIGHT_FUZZ_CASES=2000 (`make fuzz`) sends as many, others
each time.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis.errors import FlakyFailure, Unsatisfiable
from schemathesis import GenerationMode
from tests.backend import real_models
from tests.backend.conftest import ORIGIN, TestClient, make_settings

from netwright_studio.app import create_app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = json.loads((ROOT / "frontend" / "openapi.json").read_text())
OPERATIONS = {one.ok().label: one.ok() for one in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()}
CASES = int(os.environ.get("NETWRIGHT_FUZZ_CASES", "0"))
EACH = max(1, -(-CASES // (2 * len(OPERATIONS)))) if CASES else 1
MOST_ERROR = 4096
SHORT = 200
"""Names and values of up to so many characters may be told, shortened."""
NOT_TOLD = re.compile(r'Traceback|File "|site-packages|\.py\b|/home/|/root|/tmp|/usr|/work')
SLOW = {"POST /api/runs"}
"""What starts a process: asked once."""


NOT_GENERATED: set[str] = set()
"""What schemathesis finds no request for that the document allows."""


class Studio:
    """A studio with something of everything in it, so that not all questions end at a 404."""

    def __init__(self, home: Path) -> None:
        real_models.publish(home)
        self.client = TestClient(create_app(make_settings(home)), base_url=ORIGIN, raise_server_exceptions=False)
        self.client.__enter__()
        project = self._made("/api/projects", {"name": "One", "graph": real_models.GRAPH, "dataset": "iris"})
        run = self._made("/api/runs", {"graph": real_models.GRAPH, "dataset": "iris"})
        self.known = {"project_id": project, "run_id": run, "name": "iris", "model": "iris", "dataset_id": "iris"}
        self.known |= {"version": "1", "template_id": "mlp-digits", "operator": "FullyConnected", "split": "train"}
        self.sent = 0

    def _made(self, path: str, body: dict[str, Any]) -> str:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def send(self, case: Any) -> None:
        """Send one case, every second one with names of what is there, and judge the answer."""
        self.sent += 1
        if self.sent % 2:
            case.path_parameters = {
                name: self.known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        request = case.as_transport_kwargs(base_url=ORIGIN)
        headers = {name: value for name, value in request["headers"].items() if name.lower() not in ("user-agent",)}
        body = {name: request[name] for name in ("json", "data", "files") if request.get(name) is not None}
        if isinstance(body.get("data"), bytes | str):
            body["content"] = body.pop("data")
        try:
            answer = self.client.request(
                request["method"], request["url"], params=request.get("params"), headers=_sendable(headers), **body
            )
        except httpx.InvalidURL:  # longer than a client sends
            reject()
        judge(case, request, answer)


def _sendable(headers: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in headers.items() if str(value).isascii() and str(value).isprintable()}


def judge(case: Any, request: dict[str, Any], answer: Any) -> None:
    """No 5xx but 503 with a reason; errors are short, name no file and repeat nothing long."""
    told = f"{request['method']} {request['url']} → {answer.status_code}: {answer.text[:500]}"
    assert answer.status_code < 500 or answer.status_code == 503, told
    if answer.status_code < 400:
        return
    assert len(answer.content) <= MOST_ERROR, told
    body = answer.json()
    assert isinstance(body["error"], str if "/v2" in request["url"] else dict), told
    assert not NOT_TOLD.search(answer.text.replace(ORIGIN, "")), told
    for text in long_texts(request.get("json")):
        assert text[: SHORT + 50] not in answer.text, f"{told} repeats what was sent"


def long_texts(value: Any) -> Iterator[str]:
    """All texts of more than ``SHORT`` characters in a JSON value."""
    if isinstance(value, str) and len(value) > SHORT:
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from long_texts(key)
            yield from long_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from long_texts(item)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    yield studio
    studio.client.__exit__(None, None, None)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_breaks_a_route(studio: Studio, label: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[label]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=1 if label in SLOW else EACH,
        deadline=None,
        database=None,
        derandomize=not CASES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        studio.send(case)

    try:
        try:
            ask()
        except FlakyFailure as failure:
            # Python 3.11's parser counts its depth for all threads at once: hypothesis's reading of a lambda and the
            # studio's own threads disturb each other, once in some ten thousand cases.
            if failure.split(SystemError)[1] is not None:
                raise
            ask()
    except Unsatisfiable:  # an address that takes nothing, with which nothing can be wrong
        assert mode is GenerationMode.NEGATIVE or label in NOT_GENERATED


CANARY = "canary-" + "x" * 2000


@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_that_is_sent_comes_back_in_an_error(studio: Studio, label: str) -> None:
    """The same to every route: long texts where something else, or nothing, is wanted."""
    method, path = label.split(" ")
    address = re.sub(r"\{[^}]*\}", "canary", path)
    for content in (json.dumps({CANARY: CANARY}), json.dumps([CANARY]), f'{{"a": "{CANARY}'):
        answer = studio.client.request(
            method, address, content=content, headers={"content-type": "application/json", "origin": ORIGIN}
        )
        assert answer.status_code < 500 or answer.status_code == 503, answer.text[:300]
        if answer.status_code >= 400:
            assert len(answer.content) <= MOST_ERROR
            assert CANARY[:60] not in answer.text, answer.text[:600]
