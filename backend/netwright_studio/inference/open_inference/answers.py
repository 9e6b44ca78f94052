"""Answers as they go out: a status, a body, headers, packed where the client can unpack."""

from __future__ import annotations

import logging
from typing import Any

from netwright.errors import NetwrightError
from netwright_studio import jsonio
from netwright_studio.errors import StudioError, cut
from netwright_studio.inference.open_inference.compression import pack
from netwright_studio.inference.open_inference.problems import ProtocolError

logger = logging.getLogger(__name__)

JSON = b"application/json"
BINARY = b"application/octet-stream"
MOST_ERROR = 1000
"""Characters of an error's text."""

RawHeaders = list[tuple[bytes, bytes]]


class Answer:
    """A status, a body and, when raw tensors follow the JSON part, the length of that."""

    __slots__ = ("body", "head_length", "status")

    def __init__(self, body: bytes = b"", status: int = 200, head_length: int | None = None) -> None:
        self.body = body
        self.status = status
        self.head_length = head_length

    @classmethod
    def json(cls, content: Any, status: int = 200) -> Answer:
        """Encode ``content``."""
        return cls(jsonio.dumps(content), status)

    def packed(self, accept: bytes | None) -> tuple[RawHeaders, bytes]:
        """Return the headers that belong to the body, and the body, packed if the client wants that."""
        body = self.body
        headers: RawHeaders = [(b"content-type", JSON if self.head_length is None else BINARY)]
        if self.head_length is not None:
            headers.append((b"inference-header-content-length", b"%d" % self.head_length))
        if accept is not None and body:
            body, encoding = pack(body, accept.decode("latin-1"))
            headers.append((b"vary", b"accept-encoding"))
            if encoding is not None:
                headers.append((b"content-encoding", encoding.encode()))
        headers.append((b"content-length", b"%d" % len(body)))
        return headers, body


def answer_to(error: Exception) -> Answer:
    """Return what a failure is told as: ``{"error": …}`` with the right status, never a trace."""
    if isinstance(error, ProtocolError):
        return _tell(str(error), error.status)
    if isinstance(error, StudioError):
        return _tell(str(error), error.status)
    if isinstance(error, NetwrightError):
        return _tell(str(error), 400)
    logger.error("a request for an inference failed", exc_info=error)
    return Answer.json({"error": "the model failed; the studio's terminal says why"}, 500)


def _tell(text: str, status: int) -> Answer:
    return Answer.json({"error": cut(text, MOST_ERROR)}, status)
