"""uvicorn's WebSocket, mended: a stalled client is dropped instead of kept, a refused one is no error."""

from __future__ import annotations

import asyncio
import socket
from asyncio.transports import BaseTransport

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

UNSENT_BYTES = 64 * 1024
"""More than this is not put into the kernel's hands before it is sent: a stall has to show here."""
STALLED_MS = 15_000
"""A client that takes nothing for so long is gone, whatever it says of itself."""


class StudioSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which lets go of a client that reads nothing, and knows a denial for an end.

    Closing a connection waits until everything written has been read, which for such a client is never. A handshake
    that is answered by the denial extension is complete; uvicorn takes it for forgotten and logs an error.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        """Have the kernel hold little, and give up in time."""
        super().connection_made(transport)
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_MS)

    async def send(self, message: ASGISendEvent) -> None:
        """What the application says; after the whole of a denial there is no handshake to wait for."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

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
