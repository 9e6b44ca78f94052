from __future__ import annotations

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

from netwright.errors import NetwrightError
from netwright_studio.access import OPEN_PATHS
from netwright_studio.app import create_app
from netwright_studio.settings import Settings
from netwright_studio.throttle import FREE_FAILURES, LONGEST_WAIT, MOST_CLIENTS, Throttle, network_of

TOKEN = "a-token-of-enough-characters"
WRONG = "a-token-of-enough-characterS"
BEARER = {"authorization": f"Bearer {TOKEN}"}
HTML = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def guarded(make_client: MakeClient) -> TestClient:
    return make_client(token=TOKEN, host="0.0.0.0")


def test_every_route_and_method_asks_for_the_token(guarded: TestClient) -> None:
    asked = [(method, path) for method, path in every_route(guarded) if path not in OPEN_PATHS]
    assert len(asked) > 30
    others = [
        "/",
        "/api/docs",
        "/api/openapi.json",
        "/runs/a",
        "/assets/x.js",
        "/v2",
        "/v2/models/m",
        "/v2/health",
        "/v2/health/live/x",
        "//healthz",
    ]
    for method, path in [*asked, *((method, path) for path in others for method in ("GET", "POST", "DELETE"))]:
        reply = guarded.request(method, path)
        assert (reply.status_code, reply.headers["www-authenticate"]) == (401, 'Bearer realm="netwright"'), path
        assert "set-cookie" not in reply.headers
    assert guarded.get("/api/system").json()["error"]["code"] == "token_required"
    assert set(guarded.get("/v2").json()) == {"error"}


def test_health_is_open_to_reading_only(guarded: TestClient) -> None:
    assert guarded.get("/healthz").json() == {"status": "ok"}
    assert guarded.get("/v2/health/live").status_code == 200
    assert guarded.get("/v2/health/ready").status_code == 200
    assert guarded.post("/v2/health/live").status_code == 401


def test_the_header_lets_in(guarded: TestClient) -> None:
    assert guarded.get("/api/system", headers=BEARER).status_code == 200
    assert guarded.get("/v2", headers=BEARER).status_code == 200
    assert guarded.post("/api/projects", json={"name": "A"}, headers=BEARER).status_code == 201
    for header in (f"Bearer {WRONG}", "Bearer ", f"Basic {TOKEN}", TOKEN):
        assert guarded.get("/api/system", headers={"authorization": header}).status_code == 401


def test_the_address_lets_in_once_and_gives_a_cookie(guarded: TestClient) -> None:
    reply = guarded.get(f"/runs/a?x=1&token={TOKEN}&y=b%20c", follow_redirects=False)
    assert reply.status_code == 303
    assert reply.headers["location"] == "./a?x=1&y=b+c"
    cookie = reply.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    assert TOKEN not in cookie
    assert guarded.get("/api/system").status_code == 200
    again = guarded.get(f"/?token={TOKEN}", follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "./")
    guarded.cookies.clear()
    assert guarded.get("/api/system", headers={"cookie": "netwright_8000=guessed"}).status_code == 401


@pytest.mark.parametrize("path", ["//evil.com", "//evil.com/..", "/\\evil.com", "/https:evil.com", "/%0d%0aa:x"])
def test_logging_in_leads_nowhere_else(guarded: TestClient, path: str) -> None:
    reply = guarded.get(f"{ORIGIN}{path}?token={TOKEN}", follow_redirects=False)
    location = reply.headers["location"]
    assert location.startswith("./")
    assert not set(location.removeprefix("./")) & set("/\\:\r\n")


def test_a_browser_gets_a_page_that_logs_in(guarded: TestClient) -> None:
    page = guarded.get("/runs/a", headers=HTML)
    assert page.status_code == 401
    assert "<script" not in page.text
    assert '<form method="post">' in page.text
    assert page.headers["referrer-policy"] == "same-origin"  # else the form comes with “Origin: null”
    wrong = guarded.post("/runs/a", data={"token": WRONG}, headers={**HTML, "origin": ORIGIN})
    assert wrong.status_code == 401
    assert WRONG not in wrong.text
    assert 'role="alert"' in wrong.text
    foreign = guarded.post("/runs/a", data={"token": TOKEN}, headers={**HTML, "origin": "http://evil.com"})
    assert foreign.status_code == 403
    large = guarded.post("/", data={"token": TOKEN, "more": "x" * 5000}, headers=HTML)
    assert large.status_code == 401
    right = guarded.post("/runs/a", data={"token": TOKEN}, headers={"origin": ORIGIN}, follow_redirects=False)
    assert (right.status_code, right.headers["location"]) == (303, "./a")
    assert guarded.get("/api/system").status_code == 200


def test_a_socket_asks_too(guarded: TestClient) -> None:
    run = add_run(guarded.app.state.studio.store).id  # type: ignore[attr-defined]
    for query in ("", f"?token={TOKEN}"):
        with (
            pytest.raises(WebSocketDenialResponse) as denied,
            connect(guarded, f"/api/runs/{run}/events{query}"),
        ):
            raise AssertionError("the socket was opened")
        assert denied.value.status_code == 401
    guarded.get(f"/?token={TOKEN}", follow_redirects=False)
    with connect(guarded, f"/api/runs/{run}/events") as socket:
        assert '"queued"' in socket.receive_text()


def test_who_is_wrong_too_often_has_to_wait(guarded: TestClient) -> None:
    for _ in range(FREE_FAILURES):
        assert guarded.get("/api/system", headers={"authorization": f"Bearer {WRONG}"}).status_code == 401
    reply = guarded.get("/api/system", headers=BEARER)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "1")
    assert guarded.get("/healthz").status_code == 200


def test_addresses_are_answered_and_unknown_names_are_not(guarded: TestClient) -> None:
    for host, status in (("192.168.1.7:8000", 200), ("[fe80::1]", 200), ("0.0.0.0", 403), ("evil.com", 403)):
        assert guarded.get("/api/system", headers={**BEARER, "host": host}).status_code == status


def test_a_studio_others_can_reach_is_not_made_without_a_token(settings: Settings) -> None:
    with pytest.raises(NetwrightError, match="token"):
        create_app(settings.model_copy(update={"host": "0.0.0.0"}))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_waits_double_up_to_a_minute_and_are_forgotten() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(14):
        throttle.fail("10.0.0.1")
        waits.append(throttle.wait("10.0.0.1"))
        clock.now += waits[-1]
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, *[LONGEST_WAIT] * 4]
    assert throttle.wait("10.0.0.2") == 0
    clock.now += 1000
    throttle.fail("10.0.0.1")
    assert throttle.wait("10.0.0.1") == 0


def test_the_throttle_is_forgiving_and_bounded() -> None:
    throttle = Throttle(Clock())
    for _ in range(FREE_FAILURES):
        throttle.fail("::1")
    assert throttle.wait("::2") > 0
    assert network_of("2001:db8::1%eth0") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    throttle.forget("::1")
    assert throttle.wait("::1") == 0
    for number in range(MOST_CLIENTS + 10):
        throttle.fail(str(number))
    assert len(throttle._failures) == MOST_CLIENTS
