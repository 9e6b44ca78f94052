"""The studio on its sockets: one process, or one with workers that take the inferences from it."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from netwright_studio.app import create_app
from netwright_studio.serving.logs import set_up
from netwright_studio.serving.uvicorn_settings import options
from netwright_studio.serving.workers import Workers
from netwright_studio.settings import Settings


class StudioServer(uvicorn.Server):
    """Tells when the studio is ready; with workers it listens to nothing itself and gets from them what is its own."""

    def __init__(self, settings: Settings, listeners: list[socket.socket], tell: Callable[[], None]) -> None:
        session = secrets.token_urlsafe(32)
        self.app: FastAPI = create_app(settings, session)
        super().__init__(uvicorn.Config(self.app, **options(settings)))
        set_up(settings.log_format, also=self.app.state.log_filter)
        self._listeners = listeners
        self._tell = tell
        self._workers = Workers(settings, listeners, session, self.adopt) if settings.workers > 1 else None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal ends it."""
        super().run(sockets=(sockets or self._listeners) if self._workers is None else [])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where."""
        await super().startup(sockets)
        if not self.started:
            return
        if self._workers is not None:
            self.app.state.studio.models.others = self._workers
            await self._workers.start()
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the workers, who may still hand connections over, then the studio."""
        if self._workers is not None:
            await self._workers.stop()
        await super().shutdown(sockets)

    async def adopt(self, connection: socket.socket, data: bytes) -> None:
        """Go on with a connection on which a worker has read ``data``."""
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        _, protocol = await loop.connect_accepted_socket(self._new_protocol, connection)
        protocol.data_received(data)

    def _new_protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
