"""A process that asks models beside the studio: started by it, told by it, gone with it.

It accepts connections on a socket of its own. One whose next request asks no model is handed to the studio, bytes
and all, and stays there. The settings come on standard input, so that no secret stands in a command line.
"""

from __future__ import annotations

import asyncio
import functools
import os
import socket
import sys
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send

from netwright_studio import error_handlers
from netwright_studio.api import predictions
from netwright_studio.inference import ModelServer
from netwright_studio.inference.folders import ModelFolders
from netwright_studio.inference.open_inference import OpenInferenceApp
from netwright_studio.keyring import Keyring
from netwright_studio.limits import BodyLimitMiddleware
from netwright_studio.path_switch import PathSwitch
from netwright_studio.responses import StudioJSON
from netwright_studio.serving.channel import Channel, Packet
from netwright_studio.serving.lane import asks_model
from netwright_studio.serving.logs import set_up
from netwright_studio.serving.metrics import RequestMetrics, process_state
from netwright_studio.serving.protocol import LaneProtocol
from netwright_studio.serving.shells import shells
from netwright_studio.serving.uvicorn_settings import options
from netwright_studio.settings import Settings
from netwright_studio.store.access import KEY_PREFIX, SecretStore
from netwright_studio.store.database import Database
from netwright_studio.store.tables import ApiKey, ShareLink

LONGEST_LINE = 8192


class WorkerProtocol(LaneProtocol):
    """A connection that is given away as soon as something else than a model is asked on it."""

    def __init__(self, worker: Worker, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._worker = worker
        self._early = b""
        self._given = False

    def data_received(self, data: bytes) -> None:
        """Look at the first line of each request."""
        if self._given:
            return
        if self._is_idle():
            data = self._early + data
            if b"\r\n" not in data and len(data) < LONGEST_LINE:
                self._early = data
                return
            self._early = b""
            if not asks_model(data) and not self._draining:
                self._given = True
                self._worker.give_away(self.transport, data)
                return
        super().data_received(data)


class Worker:
    """The process: its models, its app, and its channel to the studio."""

    def __init__(self, settings: Settings, session: str | None) -> None:
        self.settings = settings
        self.models = ModelServer(ModelFolders(settings.home / "models"), budget=settings.model_memory_bytes)
        self.requests = RequestMetrics()
        self.inference = OpenInferenceApp(
            self.models, max_bytes=settings.max_inference_bytes, local=not settings.exposed
        )
        database = Database(settings.effective_database_url)
        self.keys = Keyring(SecretStore(database, ApiKey, "API key", KEY_PREFIX))
        self.links = Keyring(SecretStore(database, ShareLink, "share link", ""))
        self.app = self._make_app(session)
        self._channel: Channel | None = None
        self._server: uvicorn.Server | None = None
        self._orders: set[asyncio.Task[None]] = set()

    async def serve(self, listener: socket.socket, end: socket.socket) -> None:
        """Answer until the studio says stop or is gone."""
        config = uvicorn.Config(
            self.app,
            **{**options(self.settings), "http": functools.partial(WorkerProtocol, self), "lifespan": "off"},
        )
        self._server = uvicorn.Server(config)
        self._channel = Channel(end, self._receive)
        self._channel.send({"type": "ready", "process": os.getpid()})
        await self._server.serve(sockets=[listener])
        await self.models.close()
        self._channel.close()

    def give_away(self, transport: Any, data: bytes) -> None:
        """Hand a connection to the studio, with what has been read of it."""
        if self._channel is not None:
            self._channel.send({"type": "connection"}, data, transport.get_extra_info("socket").fileno())
        transport.close()

    def _make_app(self, session: str | None) -> FastAPI:
        """The studio's app, as far as it asks models: the same shells, limits, errors and routes."""
        app = FastAPI(
            default_response_class=StudioJSON,
            openapi_url=None,
            redirect_slashes=False,
            middleware=[
                *shells(self.settings, self.requests, session, lambda: self.keys, lambda: self.links),
                Middleware(PathSwitch, prefix="/v2", below=self.inference),
                Middleware(BodyLimitMiddleware, settings=self.settings),
            ],
        )
        error_handlers.install(app)
        app.include_router(predictions.router)
        app.router.default = _elsewhere
        app.state.studio = self
        return app

    def _receive(self, packet: Packet | None) -> None:
        if packet is None or packet.message["type"] == "stop":
            if self._server is not None:
                self._server.should_exit = True
            return
        task = asyncio.ensure_future(self._do(packet.message))
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    async def _do(self, message: dict[str, Any]) -> None:
        """Carry out what the studio says, and say when it is done."""
        content = b""
        match message["type"]:
            case "states":
                content = orjson.dumps(process_state(self.requests, self.models))
            case "forget":
                await self.models.forget(message["model"], message["version"])
            case "unload":
                await self.models.unload(message["model"], tell=False)
            case "offer":
                self.models.offer(message["model"], message["max_batch"])
            case "revoked":
                self.keys.forget()
                self.links.forget()
                self.models.changes += 1
            case "administration":
                self.inference.administration.apply(message)
        if self._channel is not None:
            self._channel.send({"type": "done", "id": message["id"]}, content)


async def _elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Whoever asks for something else in one breath with a model is asked to come again."""
    headers = {"connection": "close", "retry-after": "0"}
    await StudioJSON({"error": "ask for this on a connection of its own"}, 503, headers)(scope, receive, send)


def main() -> None:
    """Run with two descriptors as arguments, the listening socket and the channel, and the settings on stdin."""
    listener, end = (socket.socket(fileno=int(text)) for text in sys.argv[1:3])
    given = orjson.loads(sys.stdin.buffer.read())
    settings = Settings(**given["settings"])
    worker = Worker(settings, given["session"])
    set_up(settings.log_format, also=worker.inference.administration.logs)
    config = uvicorn.Config(worker.app, **options(settings))
    factory = config.get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(worker.serve(listener, end))


if __name__ == "__main__":
    main()
