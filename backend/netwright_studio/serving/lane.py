"""Heads of requests that come again on a connection: recognised as bytes, so that nothing is parsed twice.

A head is recognised when it is the very bytes of one that has gone the long way through access control and routing on
the same connection a moment ago; only lengths and the request's id may differ, and these are digits and plain letters.
So nothing can be smuggled in: a header more, less or otherwise written, and the long way is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from netwright_studio.inference.open_inference.answers import Answer

LASTS = 1.0
"""Seconds after which the long way is taken once more: whoever has lost access notices by then."""
LONGEST_HEAD = 8192

_VARYING = {
    b"content-length": rb"(?P<length>[0-9]{1,9})",
    b"inference-header-content-length": rb"(?P<header>[0-9]{1,9})",
    b"x-request-id": rb"(?P<id>[A-Za-z0-9._-]{1,64})",
}
_PREDICT = re.compile(rb"POST /api/models/[^/?% ]{1,120}(/versions/[0-9]{1,9})?/predict HTTP/1\.1\r\n")
_EXCLUDED = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"content-encoding", b"trailer", b"te"})
_NOT_REPEATED = frozenset(
    {
        b"content-type",
        b"content-length",
        b"inference-header-content-length",
        b"content-encoding",
        b"content-language",
        b"vary",
        b"x-request-id",
        b"connection",
    }
)

RawHeaders = Iterable[tuple[bytes, bytes]]
Observe = Callable[[int, float], None]


class Ticket(Protocol):
    """The right to ask for more of the same."""

    def submit(self, body: bytes, header_length: int | None, respond: Callable[[Answer], None]) -> bool: ...


@dataclass(frozen=True, slots=True)
class Template:
    """One head, and what its answers begin with."""

    pattern: re.Pattern[bytes]
    ticket: Ticket
    until: float
    fields: bytes
    accept: bytes | None
    observe: Observe | None
    has_header: bool
    has_id: bool


def first_line(data: bytes) -> bytes | None:
    """Return the request line of what has arrived if it asks for an inference, else None."""
    end = data.find(b"\r\n", 0, 1024)
    line = data[:end] if end > 0 else b""
    return line if line.startswith(b"POST /v2/models/") and line.endswith(b"/infer HTTP/1.1") else None


def asks_model(data: bytes) -> bool:
    """Tell whether what has arrived begins with a line that asks a model: for an inference, or in the friendly way."""
    return first_line(data) is not None or _PREDICT.match(data) is not None


def head_of(data: bytes) -> bytes | None:
    """Return the head of a request, its empty line included, if it has arrived whole."""
    end = data.find(b"\r\n\r\n", 0, LONGEST_HEAD)
    return data[: end + 4] if end > 0 else None


def make_template(
    head: bytes, ticket: Ticket, answered: RawHeaders, server_headers: RawHeaders, observe: Observe | None, until: float
) -> Template | None:
    """Return how to recognise a head and answer as it was answered; None for one that must be read each time."""
    line, *fields = head[:-4].split(b"\r\n")
    patterns, seen, accept = [re.escape(line)], set(), None
    for field in fields:
        name, colon, value = field.partition(b":")
        low = name.lower()
        if not colon or low in _EXCLUDED or (low == b"connection" and value.strip().lower() != b"keep-alive"):
            return None
        if low == b"accept-encoding":
            accept = value.strip() if accept is None else accept + b"," + value.strip()
        if low in _VARYING:
            if low in seen:
                return None
            seen.add(low)
            blank = value[: len(value) - len(value.lstrip(b" \t"))]
            patterns.append(re.escape(name + b":" + blank) + _VARYING[low])
        else:
            patterns.append(re.escape(field))
    if b"content-length" not in seen:
        return None
    kept = [(name, value) for name, value in answered if name.lower() not in _NOT_REPEATED]
    out = b"".join([b"%s: %s\r\n" % pair for pair in [*server_headers, *kept]])
    return Template(
        pattern=re.compile(b"\r\n".join(patterns) + rb"\r\n\r\n"),
        ticket=ticket,
        until=until,
        fields=out,
        accept=accept,
        observe=observe,
        has_header=b"inference-header-content-length" in seen,
        has_id=b"x-request-id" in seen,
    )
