"""A WebSocket that is refused: answered with its status, and told in the log by one plain line."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from starlette.websockets import WebSocket
from tests.backend.serving_tools import serving
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from netwright_studio.responses import StudioJSON
from netwright_studio.security import Gatekeeper, SecurityMiddleware
from netwright_studio.serving.metrics import RequestMetrics
from netwright_studio.serving.requests import RequestMiddleware


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    """An app that denies, closes, or greets, as the address says."""
    socket = WebSocket(scope, receive, send)
    if scope["path"] == "/deny":
        await socket.send_denial_response(StudioJSON({"error": "gone"}, 404))
    elif scope["path"] == "/close":
        await socket.close()
    else:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()


@pytest.mark.parametrize(
    ("path", "foreign", "status", "body"),
    [("/greet", True, 403, b"origin_not_allowed"), ("/deny", False, 404, b"gone"), ("/close", False, 403, b"")],
)
def test_a_refusal_is_one_line_and_no_error(
    path: str, foreign: bool, status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app = RequestMiddleware(SecurityMiddleware(refusing, Gatekeeper()), RequestMetrics())
    with caplog.at_level(logging.INFO), serving(app) as address:
        origin = Origin("http://evil.com" if foreign else f"http://{address}")
        with pytest.raises(InvalidStatus) as refused, connect(f"ws://{address}{path}", origin=origin):
            raise AssertionError("let in")
    assert refused.value.response.status_code == status
    assert body in refused.value.response.body
    assert lines(caplog) == [("INFO", f"WEBSOCKET {path} {status}")]


def test_one_that_is_let_in_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    app = RequestMiddleware(SecurityMiddleware(refusing, Gatekeeper()), RequestMetrics())
    with (
        caplog.at_level(logging.INFO),
        serving(app) as address,
        connect(f"ws://{address}/greet", origin=Origin(f"http://{address}")) as socket,
    ):
        assert socket.recv(10) == "hello"
    assert lines(caplog) == []


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What the server and the studio have logged."""
    ours = [one for one in caplog.records if one.name.startswith(("netwright_studio", "uvicorn"))]
    return [(one.levelname, one.getMessage()) for one in ours]
