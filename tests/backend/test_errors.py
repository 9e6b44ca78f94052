"""One error body for every endpoint."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from tests.backend.conftest import TestClient

from netwright.errors import NetwrightError, ShapeError
from netwright_studio.api.routing import StrictRoute
from netwright_studio.app import ROUTERS, create_app
from netwright_studio.errors import MAX_DETAILS, ConflictError, NotFoundError, describe, error_body
from netwright_studio.schemas.common import ErrorBody
from netwright_studio.settings import Settings

FIELDS = {"code", "message", "where", "wanted", "got", "remedy", "details"}
API_ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
IN_SCHEMA = [route for route in API_ROUTES if route.include_in_schema]
HTTP_ERRORS = [(400, "bad_request"), (404, "not_found"), (405, "method_not_allowed"), (409, "conflict")]


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


def assert_error(reply: Any, *statuses: int) -> dict[str, Any]:
    assert reply.status_code in statuses, reply.text
    assert len(reply.content) <= 4096
    body = ErrorBody.model_validate_json(reply.content).error
    assert set(reply.json()) == {"error"}
    assert set(reply.json()["error"]) == FIELDS
    assert body.message
    return dict(reply.json()["error"])


def calls() -> list[Any]:
    found = [(method, route) for route in IN_SCHEMA for method in sorted(route.methods or ())]
    return [pytest.param(method, route, id=f"{method} {route.path}") for method, route in found]


def fill(path: str) -> str:
    """The path with values that are of the right kind and name nothing."""
    known = {"split": "train", "index": "0", "version": "1", "revision": "1", "step": "1"}
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "nothing"), path)


@pytest.mark.parametrize(("method", "route"), calls())
def test_every_endpoint_answers_what_is_not_there_or_not_right_with_the_one_body(
    client: TestClient, method: str, route: APIRoute
) -> None:
    if "{" in route.path:
        reply = client.request(method, fill(route.path), json={})
        assert_error(reply, 404, 422)
    if route.body_field is not None:
        reply = client.request(method, fill(route.path), json={"unknown_secret": "hush-hush"})
        assert_error(reply, 422, 404)
        assert "hush-hush" not in reply.text
        for content in (b"{", b"[1]", b"NaN", b"\xff\xfe"):
            reply = client.request(
                method, fill(route.path), content=content, headers={"content-type": "application/json"}
            )
            assert_error(reply, 400, 404, 422)
    if any(parameter.name == "limit" for parameter in route.dependant.query_params):
        error = assert_error(client.request(method, fill(route.path) + "?limit=minus-one-secret"), 422, 404)
        assert "minus-one-secret" not in str(error)
    matching = [other for other in API_ROUTES if other.path_regex.match(fill(route.path))]
    known = {verb for other in matching for verb in other.methods or ()}
    unknown = next(verb for verb in ("PATCH", "PUT", "DELETE", "POST") if verb not in known)
    assert_error(client.request(unknown, fill(route.path), json={}), 405)


def test_every_endpoint_reads_json_strictly_and_documents_the_body() -> None:
    assert len(IN_SCHEMA) > 30
    for route in IN_SCHEMA:
        assert isinstance(route, StrictRoute), route.path
        assert route.responses["4XX"]["model"] is ErrorBody, route.path
        assert route.endpoint.__doc__, route.path


def test_operations_have_one_name_each() -> None:
    names = [route.name for route in IN_SCHEMA]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nowhere", "/api/projects/"])
def test_what_is_not_there(client: TestClient, path: str) -> None:
    assert_error(client.get(path), 404)


def test_a_foreign_origin_and_a_large_body_have_it_too(client: TestClient) -> None:
    assert assert_error(client.get("/api/system", headers={"host": "evil.com"}), 403)["code"] == "host_not_allowed"
    headers = {"content-length": str(10**12), "content-type": "application/json"}
    assert assert_error(client.post("/api/projects", content=b"{}", headers=headers), 413)["code"] == "too_large"


def test_an_unforeseen_error_names_the_request_and_nothing_else(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*_: object) -> None:
        raise RuntimeError("the password is 1234")

    store = client.app.state.studio.store  # type: ignore[attr-defined]
    monkeypatch.setattr(store.projects, "get", explode)
    reply = client.get("/api/projects/x")
    error = assert_error(reply, 500)
    assert error["code"] == "internal"
    assert reply.headers["x-request-id"] in error["message"]
    assert "1234" not in reply.text
    assert "Traceback" not in reply.text
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-request-id"] in caplog.text
    assert "the password is 1234" in caplog.text


def test_framework_errors_keep_their_parts(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ShapeError("weight does not fit", where="fc1", wanted="784", got="720", remedy="Set num_hidden")

    store = client.app.state.studio.store  # type: ignore[attr-defined]
    monkeypatch.setattr(store.projects, "get", refuse)
    error = assert_error(client.get("/api/projects/x"), 422)
    assert error == {
        "code": "shape_error",
        "message": "weight does not fit",
        "where": "fc1",
        "wanted": "784",
        "got": "720",
        "remedy": "Set num_hidden",
        "details": [],
    }


def test_errors_stay_small() -> None:
    body = error_body("x", "m" * 10_000, got="g" * 10_000, details=range(1000))
    assert len(body["error"]["message"]) <= 600
    assert len(body["error"]["details"]) == MAX_DETAILS
    assert describe(NetwrightError("plain"))[0] == 422
    assert describe(ConflictError("c"))[0] == 409
    assert len(describe(NotFoundError.of("run", "x" * 500))[1]["error"]["message"]) < 150


def test_an_app_is_made_without_touching_the_disk(settings: Settings) -> None:
    assert isinstance(create_app(settings), FastAPI)
    assert list(settings.home.iterdir()) == []


def test_the_error_body_is_what_the_schema_says() -> None:
    TypeAdapter(ErrorBody).validate_python(error_body("code", "message", where="here", details=[{"a": 1}]))
