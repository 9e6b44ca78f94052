"""Share links: one thing to be looked at, nothing to be changed, and nothing else in sight."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from tests.backend.conftest import ORIGIN, MakeClient, TestClient, WebSocketDenialResponse, add_run, connect

from netwright_studio.grants import link_allows
from netwright_studio.store import Store
from netwright_studio.store.tables import ShareLink
from netwright_studio.throttle import FREE_FAILURES

TOKEN = "a-token-of-enough-characters"
OWNER = {"authorization": f"Bearer {TOKEN}", "origin": ORIGIN}
COMPUTING = re.compile(r"/(predict|generate|continue|probe|saliency|decisions)$")


@pytest.fixture
def guarded(make_client: MakeClient, tmp_path: Path) -> TestClient:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text('<html><head><base href="./" /></head><body>the page</body></html>')
    (page / "assets" / "a.js").write_text("1")
    return make_client(token=TOKEN, host="0.0.0.0", static_dir=page)


def store_of(client: TestClient) -> Store:
    store: Store = client.app.state.studio.store  # type: ignore[attr-defined]
    return store


def share(client: TestClient, kind: str, target: str, **more: Any) -> str:
    reply = client.post("/api/shares", json={"kind": kind, "target": target, **more}, headers=OWNER)
    assert reply.status_code == 201, reply.text
    return "/" + reply.json()["path"]


def project(client: TestClient, name: str = "Mine") -> str:
    ident: str = client.post("/api/projects", json={"name": name, "template": "mlp-digits"}, headers=OWNER).json()["id"]
    return ident


def test_a_link_shows_a_project_to_whoever_has_it(guarded: TestClient) -> None:
    link = share(guarded, "project", project(guarded))
    assert guarded.get("/api/projects").status_code == 401
    page = guarded.get(link)
    assert (page.status_code, "the page" in page.text) == (200, True)
    assert "set-cookie" not in page.headers
    assert '<base href="./" />' in page.text  # so that all the page asks goes below the link
    assert guarded.get(link + "assets/a.js").status_code == 200
    bare = guarded.get(link.rstrip("/"), follow_redirects=False)
    assert (bare.status_code, bare.headers["location"]) == (303, f"./{link.split('/')[2]}/")
    shown = guarded.get(link + "api/share").json()
    assert (shown["kind"], shown["title"], shown["project"]["name"]) == ("project", "Mine", "Mine")
    assert shown["report"]["ok"]
    assert shown["run"] is None
    assert guarded.get(link + "api/operators").status_code == 200


def test_nothing_can_be_changed_and_nothing_else_seen_by_a_link(guarded: TestClient) -> None:
    ident = project(guarded)
    run = add_run(store_of(guarded))
    links = [share(guarded, "project", ident), share(guarded, "run", run.id)]
    paths = guarded.app.openapi()["paths"]  # type: ignore[attr-defined]
    targets = {"project_id": ident, "run_id": run.id}
    for link in links:
        tried = 0
        for template, operations in paths.items():
            path = re.sub(r"\{(\w+)\}", lambda hole: targets.get(hole[1], "1"), template)
            for method in operations:
                if method != "get" and COMPUTING.search(path) and path.startswith(f"/api/runs/{run.id}/"):
                    continue
                reply = guarded.request(method.upper(), link.rstrip("/") + path)
                if method != "get":
                    assert reply.status_code == 403, (method, path)
                    tried += 1
                elif reply.status_code == 200 and path.startswith("/api"):
                    assert path.startswith(("/api/share", "/api/operators", f"/api/runs/{run.id}")), path
                    assert path not in ("/api/shares", "/api/keys", f"/api/runs/{run.id}/lineage")
        assert tried > 20
    for path in ("docs/", "v2", "api/keys", "api/projects", f"api/projects/{ident}", "api/datasets", "api/system"):
        assert guarded.get(links[0] + path).status_code == 403, path
    assert store_of(guarded).projects.get(ident).name == "Mine"


def test_a_link_shows_a_run_as_it_happens_and_no_other(guarded: TestClient) -> None:
    run, other = add_run(store_of(guarded)).id, add_run(store_of(guarded)).id
    link = share(guarded, "run", run)
    assert guarded.get(link + "api/share").json()["run"]["id"] == run
    assert guarded.get(f"{link}api/runs/{run}").status_code == 200
    assert guarded.get(f"{link}api/runs/{run}/events").status_code == 200
    assert guarded.get(f"{link}api/runs/{other}").status_code == 403
    assert guarded.get(f"{link}api/runs").status_code == 403
    with connect(guarded, f"{link}api/runs/{run}/events") as socket:
        assert '"queued"' in socket.receive_text()
    with pytest.raises(WebSocketDenialResponse) as denied, connect(guarded, f"{link}api/runs/{other}/events"):
        raise AssertionError("the socket was opened")
    assert denied.value.status_code == 403


def test_a_revoked_or_ended_link_shows_nothing(guarded: TestClient) -> None:
    ident = project(guarded)
    for end in ("revoke", "time"):
        link = share(guarded, "project", ident, expires_at=(datetime.now(UTC) + timedelta(days=1)).isoformat())
        assert guarded.get(link + "api/share").status_code == 200
        made = guarded.get("/api/shares", params={"kind": "project", "target": ident}, headers=OWNER).json()["items"][0]
        assert made["used_at"] is not None
        if end == "revoke":
            assert guarded.delete(f"/api/shares/{made['id']}", headers=OWNER).status_code == 204
        else:
            with store_of(guarded).database.write() as session:
                session.execute(update(ShareLink).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
            guarded.app.state.studio.links.forget()  # type: ignore[attr-defined]
        reply = guarded.get(link + "api/share")
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "link_ended")
        page = guarded.get(link, headers={"accept": "text/html"})
        assert (page.status_code, "nothing any more" in page.text) == (404, True)
    assert guarded.delete("/api/shares/none", headers=OWNER).status_code == 404


def test_links_are_kept_as_hashes_and_wrong_ones_are_slowed(guarded: TestClient) -> None:
    link = share(guarded, "project", project(guarded))
    secret = link.split("/")[2]
    with store_of(guarded).database.read() as session:
        for row in session.execute(text("SELECT * FROM share_links")):
            assert secret not in str(row)
    for _ in range(FREE_FAILURES):
        assert guarded.get("/share/guessed/api/share").status_code == 404
    assert guarded.get(link + "api/share").status_code == 429
    assert guarded.get("/api/projects", headers=OWNER).status_code == 200  # who has the token waits for nobody


def test_a_link_cannot_be_climbed_out_of(guarded: TestClient) -> None:
    ident = project(guarded)
    link = share(guarded, "project", ident)
    for path in (
        "../../api/projects",
        "..%2f..%2fapi/projects",
        "/api/projects",
        "%2e%2e/api/projects",
        "api/../api/keys",
    ):
        reply = guarded.get(ORIGIN + link + path)
        assert reply.status_code in (401, 403, 404) or "the page" in reply.text, path
    again = guarded.get(f"{link}share/{link.split('/')[2]}/api/share")
    assert "project" not in again.headers.get("content-type", "")
    assert again.status_code in (200, 403, 404)


def test_only_what_is_there_can_be_shared(guarded: TestClient) -> None:
    for body, status in (
        ({"kind": "run", "target": "none"}, 404),
        ({"kind": "model", "target": "none", "version": 1}, 404),
        ({"kind": "model", "target": "none"}, 422),
        ({"kind": "project", "target": "none", "version": 1}, 422),
        ({"kind": "dataset", "target": "iris"}, 422),
    ):
        assert guarded.post("/api/shares", json=body, headers=OWNER).status_code == status
    assert guarded.get("/api/share", headers=OWNER).status_code == 404


def test_a_model_link_may_ask_its_version_and_no_more() -> None:
    link = ShareLink(kind="model", target="m", version=2)
    root = "/api/models/m/versions/2"
    for allowed in (
        ("GET", root),
        ("GET", f"{root}/latent"),
        ("POST", f"{root}/predict"),
        ("POST", f"{root}/saliency"),
    ):
        assert link_allows(link, *allowed)
    for refused in (
        ("GET", "/api/models/m"),
        ("GET", "/api/models/m/versions/3"),
        ("GET", "/api/models/m/versions/22"),
        ("GET", f"{root}/export"),
        ("DELETE", root),
        ("POST", "/api/models/m/predict"),
        ("POST", root),
        ("GET", "/v2/models/m"),
    ):
        assert not link_allows(link, *refused), refused
