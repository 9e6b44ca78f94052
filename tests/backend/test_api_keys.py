"""API keys: told once, hashed in the store, and letting in to no more than their scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from tests.backend.conftest import ORIGIN, MakeClient, TestClient, WebSocketDenialResponse, add_run, connect

from netwright_studio.grants import key_allows
from netwright_studio.keyring import Keyring
from netwright_studio.store import Store, access
from netwright_studio.store.tables import ApiKey
from netwright_studio.throttle import FREE_FAILURES

TOKEN = "a-token-of-enough-characters"
OWNER = {"authorization": f"Bearer {TOKEN}", "origin": ORIGIN}


@pytest.fixture
def guarded(make_client: MakeClient) -> TestClient:
    return make_client(token=TOKEN, host="0.0.0.0")


def make(client: TestClient, **body: Any) -> dict[str, Any]:
    reply = client.post("/api/keys", json={"name": "notebook", **body}, headers=OWNER)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


def by(key: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {key['secret']}"}


def store_of(client: TestClient) -> Store:
    store: Store = client.app.state.studio.store  # type: ignore[attr-defined]
    return store


def test_a_key_is_told_once_and_kept_as_a_hash(guarded: TestClient) -> None:
    key = make(guarded)
    assert key["secret"].startswith("nwk_")
    assert key["secret"].startswith(key["hint"])
    assert len(key["hint"]) < len(key["secret"]) / 2
    listed = guarded.get("/api/keys", headers=OWNER).json()
    assert [item["name"] for item in listed["items"]] == ["notebook"]
    assert "secret" not in listed["items"][0]
    with store_of(guarded).database.read() as session:
        for row in session.execute(text("SELECT * FROM api_keys")):
            assert key["secret"] not in str(row)
        kept = session.scalar(select(ApiKey))
    assert kept is not None
    assert kept.digest == access.digest_of(key["secret"])


def test_a_key_opens_what_its_scope_says(guarded: TestClient) -> None:
    keys = {scope: make(guarded, scope=scope) for scope in ("predict", "read", "full")}
    asked = {
        ("GET", "/api/models"): "predict",
        ("GET", "/v2"): "predict",
        ("GET", "/api/projects"): "read",
        ("GET", "/api/system"): "read",
        ("POST", "/api/projects"): "full",
        ("DELETE", "/api/runs/none"): "full",
        ("GET", "/api/keys"): "nobody",
        ("POST", "/api/keys"): "nobody",
        ("POST", "/api/shares"): "nobody",
    }
    order = ["predict", "read", "full", "nobody"]
    for (method, path), least in asked.items():
        for scope, key in keys.items():
            body = {"json": {"name": "A"}} if method == "POST" else {}
            reply = guarded.request(method, path, headers=by(key), **body)
            allowed = order.index(scope) >= order.index(least)
            assert (reply.status_code not in (401, 403)) == allowed, (method, path, scope, reply.text)
    refused = guarded.post("/api/projects", json={"name": "A"}, headers=by(keys["read"]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_by_this_key")


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("POST", "/api/models/m/predict", "predict read full"),
        ("POST", "/api/models/m/versions/3/generate", "predict read full"),
        ("POST", "/api/models/m/versions/3/saliency", "predict read full"),
        ("POST", "/v2/models/m/infer", "predict read full"),
        ("POST", "/v2/repository/index", "predict read full"),
        ("POST", "/v2/repository/models/m/unload", "full"),
        ("POST", "/api/models/m/predict/more", "full"),
        ("POST", "/api/models/m/versions/x/predict", "full"),
        ("GET", "/api/models/m/export", "read full"),
        ("GET", "/api/models/m/versions/1/export", "read full"),
        ("DELETE", "/api/models/m", "full"),
        ("POST", "/api/runs/r/probe", "read full"),
        ("POST", "/api/runs/r/stop", "full"),
        ("PATCH", "/api/runs/r", "full"),
        ("HEAD", "/api/runs/r", "read full"),
        ("GET", "/api/modelsx", "read full"),
        ("DELETE", "/api/keys/k", ""),
        ("GET", "/api/shares", ""),
    ],
)
def test_scopes_are_a_table(method: str, path: str, scopes: str) -> None:
    assert [scope for scope in ("predict", "read", "full") if key_allows(scope, method, path)] == scopes.split()


def test_a_revoked_key_opens_nothing_from_the_next_request_on(guarded: TestClient) -> None:
    key = make(guarded, scope="full")
    assert guarded.get("/api/projects", headers=by(key)).status_code == 200
    used = guarded.get("/api/keys", headers=OWNER).json()["items"][0]["used_at"]
    assert datetime.fromisoformat(used) > datetime.now(UTC) - timedelta(minutes=1)
    assert guarded.delete(f"/api/keys/{key['id']}", headers=OWNER).status_code == 204
    reply = guarded.get("/api/projects", headers=by(key))
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "key_ended")
    assert not guarded.get("/api/keys", headers=OWNER).json()["items"][0]["active"]
    assert guarded.delete(f"/api/keys/{key['id']}", headers=OWNER).status_code == 204  # and off the list
    assert guarded.get("/api/keys", headers=OWNER).json()["total"] == 0
    assert guarded.delete(f"/api/keys/{key['id']}", headers=OWNER).status_code == 404


def test_a_key_ends_when_its_time_is_over(guarded: TestClient) -> None:
    key = make(guarded, expires_at=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    assert guarded.get("/api/models", headers=by(key)).status_code == 200
    with store_of(guarded).database.write() as session:
        session.execute(update(ApiKey).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    guarded.app.state.studio.keys.forget()  # type: ignore[attr-defined]
    assert guarded.get("/api/models", headers=by(key)).json()["error"]["code"] == "key_ended"


def test_wrong_keys_are_refused_and_slowed(guarded: TestClient) -> None:
    key = make(guarded)
    wrong = {"authorization": "Bearer nwk_" + "0" * 40}
    for _ in range(FREE_FAILURES):
        assert guarded.get("/api/models", headers=wrong).json()["error"]["code"] == "key_wrong"
    reply = guarded.get("/api/models", headers=by(key))
    assert (reply.status_code, "retry-after" in reply.headers) == (429, True)


def test_where_all_are_let_in_a_key_still_has_to_open(client: TestClient) -> None:
    assert client.get("/api/models").status_code == 200
    assert client.get("/api/models", headers={"authorization": "Bearer nwk_nothing"}).status_code == 401
    assert client.get("/api/models", headers={"authorization": "Bearer of a proxy"}).status_code == 200
    made = client.post("/api/keys", json={"name": "a", "scope": "predict"}, headers={"origin": ORIGIN}).json()
    assert client.get("/api/projects", headers=by(made)).status_code == 403


def test_a_key_follows_runs_only_where_it_may_read(guarded: TestClient) -> None:
    run = add_run(store_of(guarded)).id
    for scope, opens in (("predict", False), ("read", True)):
        headers = {"origin": ORIGIN, **by(make(guarded, scope=scope))}
        address = f"ws://127.0.0.1:8000/api/runs/{run}/events"
        if opens:
            with guarded.websocket_connect(address, headers=headers) as socket:
                assert '"queued"' in socket.receive_text()
        else:
            with pytest.raises(WebSocketDenialResponse) as denied, guarded.websocket_connect(address, headers=headers):
                raise AssertionError("the socket was opened")
            assert denied.value.status_code == 403
    with pytest.raises(WebSocketDenialResponse), connect(guarded, f"/api/runs/{run}/events"):
        raise AssertionError("the socket was opened without a key")


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "a", "scope": "everything"},
        {"name": "a", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "a", "expires_at": "2099-01-01T00:00:00"},
        {"name": "a", "secret": "mine"},
    ],
)
def test_bad_keys_are_refused(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/api/keys", json=body, headers={"origin": ORIGIN}).status_code == 422


def test_there_are_not_endlessly_many(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MOST", 1)
    assert client.post("/api/keys", json={"name": "a"}, headers={"origin": ORIGIN}).status_code == 201
    assert client.post("/api/keys", json={"name": "b"}, headers={"origin": ORIGIN}).status_code == 409


async def test_a_keyring_asks_the_store_seldom_and_marks_once_a_minute(store: Store) -> None:
    row, secret = store.keys.create(name="a", scope="read", expires_at=None)
    clock = [0.0]
    ring: Keyring[ApiKey] = Keyring(store.keys, lambda: clock[0])
    assert await ring.find("nwk_other") is None
    first = await ring.find(secret)
    assert first is not None
    assert first.id == row.id
    assert await ring.find(secret) is first
    clock[0] += 3
    assert await ring.find(secret) is not first
    await ring.mark(first)
    marked = store.keys.find(secret)
    assert marked is not None
    assert marked.used_at is not None
    await ring.mark(first)
    again = store.keys.find(secret)
    assert again is not None
    assert again.used_at == marked.used_at
