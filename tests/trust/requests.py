"""One request over a socket of its own, as it is: no retries, no redirections, any header."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back, and after how long."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """The body as JSON; an empty mapping where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


def ask(
    url: str,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> Answer:
    """Send it; bytes and iterables of bytes (chunked, without a length) go as they are, all else as JSON."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    sent = body if body is None or isinstance(body, bytes) or _streams(body) else json.dumps(body).encode()
    began = time.perf_counter()
    try:
        connection.request(
            method,
            "/" + path,
            body=sent,  # type: ignore[arg-type]
            headers={"Content-Type": "application/json", **(headers or {})},
            encode_chunked=_streams(body),
        )
        reply = connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read(), time.perf_counter() - began)
    finally:
        connection.close()


def _streams(body: object) -> bool:
    return isinstance(body, Iterable) and not isinstance(body, (bytes, str, Mapping, list, tuple))
