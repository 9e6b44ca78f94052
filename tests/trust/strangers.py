"""Requests under a foreign name, from another page, without a token, and bodies beyond every limit."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tests.trust.requests import Answer, ask
from tests.trust.standing import standing
from tests.trust.table import Form, Row, count_row

TOKEN = "a-token-of-enough-characters"
HOSTS = ("evil.com", "localhost.evil.com", "127.0.0.1.evil.com", "127.0.0.1@evil.com", "0.0.0.0:8000", "[::1", "")
ORIGINS = ("http://evil.com", "null", "http://localhost.evil.com", "http://127.0.0.1:1", "file://", "")
SAFE = ("GET", "HEAD", "OPTIONS")
OPEN = ("/healthz", "/v2/health/live", "/v2/health/ready", "/v2/health")
MIB = 1 << 20
DEEP = b"[" * 100_000
NUMBERS = (b'{"name": NaN}', b'{"name": Infinity}', b'{"name": -Infinity}', b'{"name": "A", "x": 1e999}')


def check(form: Form) -> Iterator[Row]:
    with standing(form.folder / "home") as studio:
        routes = list(every_route(studio.url))
        yield from foreign_names(studio.url, routes)
        yield from foreign_pages(studio.url, routes)
        yield from large_bodies(studio.url)
        yield from bad_json(studio.url)
    with standing(form.folder / "guarded", NETWRIGHT_TOKEN=TOKEN) as studio:
        yield from without_token(studio.url, routes)


def every_route(url: str) -> Iterator[tuple[str, str]]:
    """(method, path) of all that OpenAPI names."""
    for path, operations in ask(url, "GET", "api/openapi.json").json()["paths"].items():
        for method in operations:
            yield method.upper(), re.sub(r"\{[^}]*\}", "x", path).lstrip("/")


def foreign_names(url: str, routes: list[tuple[str, str]]) -> Iterator[Row]:
    answers = [ask(url, method, path, headers={"Host": host}) for method, path in routes for host in HOSTS]
    refused = sum(answer.status in (400, 403) for answer in answers)
    yield count_row(f"foreign Host on {len(routes)} routes and methods refused", refused, len(answers))


def foreign_pages(url: str, routes: list[tuple[str, str]]) -> Iterator[Row]:
    changing = [(method, path) for method, path in routes if method not in SAFE]
    answers = [ask(url, method, path, headers={"Origin": origin}) for method, path in changing for origin in ORIGINS]
    refused = sum(answer.status == 403 for answer in answers)
    yield count_row(f"foreign Origin on {len(changing)} changing routes answered 403", refused, len(answers))
    hidden = [ask(url, method, path, headers={"Sec-Fetch-Site": "cross-site"}) for method, path in changing]
    yield count_row("pages that hide their Origin answered 403", sum(a.status == 403 for a in hidden), len(hidden))
    upgrades = [upgrade(url, origin) for origin in (*ORIGINS, None)]
    yield count_row("WebSockets of foreign or no Origin answered 403", upgrades.count(403), len(upgrades))


def upgrade(url: str, origin: str | None) -> int:
    """The status of the answer to a WebSocket's first request."""
    place = urlsplit(url)
    lines = [f"GET /api/runs/x/events HTTP/1.1\r\nHost: {place.netloc}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
    lines += [] if origin is None else [f"Origin: {origin}"]
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=10) as stream:
        stream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(stream.recv(64).split()[1])


def large_bodies(url: str) -> Iterator[Row]:
    answers: list[Answer | None] = []
    for path, limit in (("api/projects", 16 * MIB), ("api/graphs/check", 16 * MIB), ("v2/models/m/infer", 64 * MIB)):
        answers.append(cut_off(url, path, b" " * (limit + 1)))
        answers.append(cut_off(url, path, (b" " * MIB for _ in range(limit // MIB + 1))))
    refused = sum(answer is None or answer.status == 413 for answer in answers)
    yield count_row("bodies beyond the limit, with a length and chunked, answered 413", refused, len(answers))


def cut_off(url: str, path: str, body: Any) -> Answer | None:
    """The answer; None where the server hung up on what it had refused while that was still being sent."""
    try:
        return ask(url, "POST", path, body)
    except (BrokenPipeError, ConnectionResetError):
        return None


def bad_json(url: str) -> Iterator[Row]:
    bodies = (DEEP, DEEP + b"]" * len(DEEP), b'{"a":' * 100_000, b"", b"\0", b'{"name": ', *NUMBERS)
    bodies += (
        json.dumps({"name": "A", "graph": {"nodes": [{"id": "a", "op": "b", "params": {"p": [[]]}}]}})[:-3].encode(),
    )
    answers = [
        ask(url, "POST", path, body) for body in bodies for path in ("api/projects", "api/runs", "api/graphs/check")
    ]
    refused = sum(400 <= answer.status < 500 and len(answer.body) <= 4096 for answer in answers)
    yield count_row("depth 100,000, NaN, Infinity, 1e999, torn JSON answered 4xx in 4 KB", refused, len(answers))


def without_token(url: str, routes: list[tuple[str, str]]) -> Iterator[Row]:
    pages = [("GET", "api/docs"), ("GET", "runs/a"), ("GET", "docs/"), ("POST", "v2/models/m/infer")]
    closed = [(method, path) for method, path in (*routes, *pages) if f"/{path}" not in OPEN]
    answers = [ask(url, method, path) for method, path in closed]
    yield count_row(
        "routes and methods without a token answered 401", sum(a.status == 401 for a in answers), len(answers)
    )
    leaks = sum(any(name.lower() == "set-cookie" for name in answer.headers) for answer in answers)
    yield Row("cookies given with a refusal", str(leaks), "0", leaks == 0)
    health = [ask(url, "GET", path.lstrip("/")) for path in OPEN[:3]]
    yield count_row("health answers without one", sum(answer.status == 200 for answer in health), len(health))
    wrong = [ask(url, "GET", "api/system", headers={"Authorization": f"Bearer {n:024}"}) for n in range(12)]
    slowed = sum(answer.status == 429 for answer in wrong)
    yield Row("of 12 wrong tokens in a row made to wait", str(slowed), ">= 5", slowed >= 5)
