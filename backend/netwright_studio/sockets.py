"""The WebSocket's side of a stalled client: noticed soon, and dropped instead of kept."""

from __future__ import annotations

import asyncio
import socket
from asyncio.transports import BaseTransport

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

UNSENT_BYTES = 64 * 1024
"""More than this is not put into the kernel's hands before it is sent: a stall has to show here."""
STALLED_MS = 15_000
"""A client that takes nothing for so long is gone, whatever it says of itself."""


class StudioSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which lets go of a client that reads nothing.

    Closing a connection waits until everything written has been read, which for such a client is never.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        """Have the kernel hold little, and give up in time."""
        super().connection_made(transport)
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)

    def keepalive_timeout(self) -> None:
        """No pong came."""
        super().keepalive_timeout()
        self._drop_if_stalled()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The application has said its last word."""
        super().on_task_complete(task)
        self._drop_if_stalled()

    def _drop_if_stalled(self) -> None:
        if not self.writable.is_set():
            self.transport.abort()
