"""A real server on the loopback device for an ASGI app, in a thread, with the studio's own protocol."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn

from netwright_studio.serving.protocol import LaneProtocol
from netwright_studio.sockets import StudioSocket


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve on a free port; gives the address."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        protocols: dict[str, Any] = {"http": LaneProtocol, "ws": StudioSocket}
        config = uvicorn.Config(app, **protocols, log_config=None, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])))
        thread.start()
        try:
            while not server.started:
                threading.Event().wait(0.01)
            yield f"127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Wire:
    """A connection on which bytes are written and whole answers are read."""

    def __init__(self, address: str) -> None:
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self._read = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the next answer; ConnectionError when the server has closed."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, self._read = self._read.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return int(first.split(" ")[1]), headers, body

    def _more(self) -> None:
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError("closed")
        self._read += data
