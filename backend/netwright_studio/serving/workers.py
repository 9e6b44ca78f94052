"""The studio's side of its workers: started, told, asked, started again where one dies, and ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from netwright_studio.inference.others import Message
from netwright_studio.serving.channel import Channel, Packet, pair
from netwright_studio.settings import Settings

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
ANSWER_SECONDS = 10.0
STOP_SECONDS = 25.0
LASTING = frozenset({"unload", "offer", "administration"})
"""What a worker that starts later has to be told too."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0

Adopt = Callable[[socket.socket, bytes], Awaitable[None]]


class _Worker:
    """One of the processes; its listening socket outlives it."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.process: asyncio.subprocess.Process | None = None
        self.channel: Channel | None = None
        self.ready = asyncio.Event()
        self.answers: dict[int, asyncio.Future[bytes]] = {}


class Workers:
    """As many workers as there are listening sockets. ``adopt`` takes over a connection that one hands back."""

    def __init__(self, settings: Settings, listeners: list[socket.socket], session: str | None, adopt: Adopt) -> None:
        values = settings.model_dump(mode="json")
        if settings.token is not None:
            values["token"] = settings.token.get_secret_value()
        self._given = orjson.dumps({"settings": values, "session": session})
        self._workers = [_Worker(listener) for listener in listeners]
        self._adopt = adopt
        self._ids = itertools.count(1)
        self._keepers: list[asyncio.Task[None]] = []
        self._adoptions: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._log: list[Message] = []

    async def start(self) -> None:
        """Start all; returns when they accept connections."""
        self._keepers = [asyncio.create_task(self._keep(worker), name="worker") for worker in self._workers]
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*(worker.ready.wait() for worker in self._workers))

    async def stop(self) -> None:
        """Let each answer what it has begun, and end."""
        self._stopping = True
        for worker in self._workers:
            worker.listener.close()  # or connections would be taken that nobody accepts
            if worker.channel is not None:
                worker.channel.send({"type": "stop"})
        if self._keepers:
            _, late = await asyncio.wait(self._keepers, timeout=STOP_SECONDS)
            if late:
                for worker in self._workers:
                    if worker.process is not None and worker.process.returncode is None:
                        worker.process.kill()
                await asyncio.wait(late)
        for task in list(self._adoptions):
            await asyncio.wait({task})

    async def tell(self, message: Message) -> None:
        """Have all do something, those too that start later; returns when they have."""
        if message["type"] in LASTING:
            self._log.append(message)
        await self._ask_all(message)

    async def states(self) -> list[dict[str, Any]]:
        """Return what each worker has counted; one that does not answer is left out."""
        return [orjson.loads(content) for content in await self._ask_all({"type": "states"}) if content]

    async def _ask_all(self, message: Message) -> list[bytes]:
        return await asyncio.gather(*(self._ask(worker, message) for worker in self._workers))

    async def _ask(self, worker: _Worker, message: Message) -> bytes:
        if worker.channel is None or not worker.ready.is_set():
            return b""
        number = next(self._ids)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        worker.answers[number] = answer
        worker.channel.send({**message, "id": number})
        try:
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except (TimeoutError, ConnectionError):
            logger.warning("a worker does not answer")
            return b""
        finally:
            worker.answers.pop(number, None)

    async def _keep(self, worker: _Worker) -> None:
        """Run a worker, and another in its place when it dies."""
        pause = FIRST_PAUSE
        while not self._stopping:
            began = asyncio.get_running_loop().time()
            status = await self._run(worker)
            if self._stopping:
                return
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            logger.error("a worker ended with status %s; another one takes its place in %.1f s", status, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run(self, worker: _Worker) -> int:
        ours, theirs = pair()
        worker.ready.clear()
        with theirs:
            descriptors = (worker.listener.fileno(), theirs.fileno())
            worker.process = process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "netwright_studio.serving.worker",
                *map(str, descriptors),
                stdin=asyncio.subprocess.PIPE,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl+C is for the studio, which ends its workers in order
            )
        worker.channel = Channel(ours, lambda packet: self._receive(worker, packet))
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(self._given)
            await process.stdin.drain()
            process.stdin.close()
        status = await process.wait()
        worker.ready.clear()
        if worker.channel is not None:
            worker.channel.close()
            worker.channel = None
        self._fail_answers(worker)
        return status

    def _receive(self, worker: _Worker, packet: Packet | None) -> None:
        if packet is None:
            worker.channel = None
            self._fail_answers(worker)
            return
        match packet.message["type"]:
            case "ready":
                for number, message in enumerate(self._log):
                    if worker.channel is not None:
                        worker.channel.send({**message, "id": -number - 1})
                worker.ready.set()
            case "done":
                answer = worker.answers.get(packet.message["id"])
                if answer is not None and not answer.done():
                    answer.set_result(packet.content)
            case "connection" if packet.connection is not None:
                task = asyncio.ensure_future(self._adopt(packet.connection, packet.content))
                self._adoptions.add(task)
                task.add_done_callback(self._adoptions.discard)

    @staticmethod
    def _fail_answers(worker: _Worker) -> None:
        for answer in worker.answers.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the worker is gone"))
