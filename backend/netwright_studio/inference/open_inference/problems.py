"""What a request can get wrong: a status and one sentence, sent as ``{"error": …}``."""

from __future__ import annotations


class ProtocolError(Exception):
    """A request that cannot be answered; ``status`` is the HTTP status."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
