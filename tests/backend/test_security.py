from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.backend.conftest import (
    ORIGIN,
    MakeClient,
    TestClient,
    WebSocketDenialResponse,
    add_run,
    connect,
    every_route,
)

FOREIGN_HOSTS = [
    "evil.com",
    "localhost.evil.com",
    "127.0.0.1.evil.com",
    "127.0.0.1@evil.com",
    "evil.com:8000",
    "0.0.0.0:8000",
    "localhost:port",
    "[::1",
    "",
    "192.168.1.7:8000",
]
OWN_HOSTS = ["127.0.0.1", "127.0.0.1:8000", "localhost:3000", "LOCALHOST", "[::1]:8000", "127.0.0.2"]
FOREIGN_ORIGINS = [
    "http://evil.com",
    "null",
    "http://localhost.evil.com:8000",
    "http://127.0.0.1:8001",
    "https://127.0.0.1:8000.evil.com",
    "http://127.0.0.1:8000@evil.com",
    "file://",
    "",
    "chrome-extension://abc",
]


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/", "/api/system", "/api/docs", "/v2/health/live", "/nowhere"])
def test_a_foreign_host_is_refused_everywhere(client: TestClient, host: str, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert client.request(method, path, headers={"host": host}).status_code == 403


def test_every_route_and_method_looks_at_host_and_origin(client: TestClient) -> None:
    """Nothing is answered under a foreign name, and nothing is changed for a page of another origin."""
    routes = list(every_route(client))
    assert len(routes) > 60
    for method, path in routes:
        assert client.request(method, path, headers={"host": "localhost.evil.com"}).status_code == 403, (method, path)
        if method not in ("GET", "HEAD", "OPTIONS"):
            for origin in ("http://localhost.evil.com", "null", "http://127.0.0.1:8001"):
                reply = client.request(method, path, headers={"origin": origin})
                assert reply.status_code == 403, (method, path, origin)


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_loopback_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/system", headers={"host": host}).status_code == 200


def test_named_hosts_are_answered(make_client: MakeClient) -> None:
    client = make_client(allowed_hosts=("studio.example",))
    assert client.get("/api/system", headers={"host": "Studio.Example:8000"}).status_code == 200
    assert client.get("/api/system", headers={"host": "x.studio.example"}).status_code == 403


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_origin_changes_nothing(client: TestClient, origin: str) -> None:
    before = client.get("/api/projects").json()
    for method, path in (("POST", "/api/projects"), ("DELETE", "/api/projects/x"), ("POST", "/v2/models/m/infer")):
        reply = client.request(method, path, headers={"origin": origin}, json={"name": "A"})
        assert reply.status_code == 403
    assert client.get("/api/projects").json() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_hides_its_origin_is_refused(client: TestClient, site: str) -> None:
    reply = client.post("/api/projects", json={"name": "A"}, headers={"sec-fetch-site": site})
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "origin_not_allowed"


@pytest.mark.parametrize(
    "headers", [{}, {"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}]
)
def test_the_page_itself_and_programs_may_change_things(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/api/projects", json={"name": "A"}, headers=headers).status_code == 201


def test_named_origins_may_change_things(make_client: MakeClient) -> None:
    client = make_client(allowed_origins=("http://127.0.0.1:5173",))
    headers = {"origin": "http://127.0.0.1:5173"}
    assert client.post("/api/projects", json={"name": "A"}, headers=headers).status_code == 201


@pytest.mark.parametrize("origin", [*FOREIGN_ORIGINS, None])
def test_a_socket_needs_our_own_origin(client: TestClient, origin: str | None) -> None:
    run = add_run(client.app.state.studio.store).id  # type: ignore[attr-defined]
    with pytest.raises(WebSocketDenialResponse) as denied, connect(client, f"/api/runs/{run}/events", origin):
        raise AssertionError("the socket was opened")
    assert denied.value.status_code == 403
    assert denied.value.json()["error"]["code"] == "origin_not_allowed"


def test_a_socket_with_our_own_origin_is_let_in_but_not_under_a_foreign_host(client: TestClient) -> None:
    run = add_run(client.app.state.studio.store).id  # type: ignore[attr-defined]
    with connect(client, f"/api/runs/{run}/events") as socket:
        assert '"queued"' in socket.receive_text()
    foreign = {"host": "evil.com", "origin": "http://evil.com"}
    with (
        pytest.raises(WebSocketDenialResponse),
        client.websocket_connect(f"ws://evil.com/api/runs/{run}/events", headers=foreign),
    ):
        raise AssertionError("the socket was opened")


@pytest.mark.parametrize("path", ["/", "/api/system", "/api/nowhere", "/api/docs", "/v2", "/v2/nowhere"])
def test_every_answer_has_the_safe_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-request-id"]


def too_much(size: int) -> Iterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize("path", ["/api/projects", "/api/graphs/check", "/v2/models/m/infer", "/api/nowhere"])
def test_a_body_beyond_the_limit_is_refused_whole_or_chunked(make_client: MakeClient, path: str) -> None:
    client = make_client(max_body_bytes=4096, max_inference_bytes=4096)
    headers = {"content-type": "application/json"}
    whole = client.post(path, content=b" " * 5000, headers=headers)
    assert whole.status_code == 413
    if path != "/api/nowhere":  # nobody reads that one, so a chunked body is never counted
        assert client.post(path, content=too_much(8192), headers=headers).status_code == 413


def test_uploads_may_be_larger_than_the_rest(make_client: MakeClient) -> None:
    client = make_client(max_body_bytes=4096, max_upload_bytes=64 * 1024)
    rows = "a,b\n" + "1,2\n" * 5000
    reply = client.post("/api/datasets", data={"name": "t"}, files={"file": ("t.csv", rows)})
    assert reply.status_code == 201
    rows = "a,b\n" + "1,2\n" * 20000
    reply = client.post("/api/datasets", data={"name": "t"}, files={"file": ("t.csv", rows)})
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        '{"name": NaN}',
        '{"name": "A", "settings": {"optimizer_params": {"learning_rate": Infinity}}}',
        '{"name": "A", "settings": {"optimizer_params": {"learning_rate": -Infinity}}}',
        '{"name": "A", "settings": {"optimizer_params": {"learning_rate": 1e999}}}',
        '{"name": ',
        "",
        "\x00",
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 65 + "1" + "}" * 65,
        json.dumps({"name": "A", "graph": {"nodes": [{"id": "a", "op": "b", "params": {"p": "[" * 99}}]}})[:-3],
    ],
)
def test_what_is_not_plain_json_is_refused(client: TestClient, body: str) -> None:
    reply = client.post("/api/projects", content=body, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    assert len(reply.content) < 4096


def test_brackets_in_texts_are_not_depth(client: TestClient) -> None:
    name = "[{" * 40 + '\\"['
    assert client.post("/api/projects", json={"name": name}).json()["name"] == name
