"""Messages, and open connections, between the studio and its workers: packets on a Unix socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from netwright_studio.inference.others import Message

MOST_INLINE = 32 << 10
"""Longer contents travel in memory that is passed along, for a packet holds only so much."""
_PACKET = 64 << 10


@dataclass(frozen=True, slots=True)
class Packet:
    """What has arrived: a message and, with it, bytes and an open connection."""

    message: Message
    content: bytes
    connection: socket.socket | None


class Channel:
    """One end. ``receive`` is called with each packet, and with None once the other end is gone."""

    def __init__(self, end: socket.socket, receive: Callable[[Packet | None], None]) -> None:
        end.setblocking(False)
        self._socket = end
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[bytes, list[int]]] = deque()
        self._loop.add_reader(end.fileno(), self._read)

    def send(self, message: Message, content: bytes = b"", connection: int | None = None) -> None:
        """Queue a packet; the descriptor of ``connection`` is duplicated, so that the caller may close its own."""
        descriptors = [] if connection is None else [os.dup(connection)]
        head = {**message, "connection": connection is not None, "outside": len(content) > MOST_INLINE}
        if head["outside"]:
            descriptors.append(_memory_of(content))
            content = b""
        text = orjson.dumps(head)
        self._waiting.append((len(text).to_bytes(4, "little") + text + content, descriptors))
        self._write()

    def close(self) -> None:
        """Close this end; the other one notices."""
        if self._socket.fileno() < 0:
            return
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for _, descriptors in self._waiting:
            _close_all(descriptors)
        self._waiting.clear()

    def _write(self) -> None:
        while self._waiting and self._socket.fileno() >= 0:
            packet, descriptors = self._waiting[0]
            try:
                socket.send_fds(self._socket, [packet], descriptors)
            except BlockingIOError:
                self._loop.add_writer(self._socket.fileno(), self._write)
                return
            except OSError:  # the other end is gone, which the reader tells
                self._waiting.clear()
                return
            self._waiting.popleft()
            _close_all(descriptors)
        if self._socket.fileno() >= 0:
            self._loop.remove_writer(self._socket.fileno())

    def _read(self) -> None:
        while self._socket.fileno() >= 0:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._socket, _PACKET, 2)
            except BlockingIOError:
                return
            except OSError:
                data, descriptors = b"", []
            if not data:
                _close_all(descriptors)
                self.close()
                self._receive(None)
                return
            self._receive(_unpack(data, list(descriptors)))


def pair() -> tuple[socket.socket, socket.socket]:
    """Return two ends; packets keep their borders, and the death of one end shows at the other."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _unpack(data: bytes, descriptors: list[int]) -> Packet:
    length = int.from_bytes(data[:4], "little")
    message = orjson.loads(data[4 : 4 + length])
    content = data[4 + length :]
    connection = socket.socket(fileno=descriptors.pop(0)) if message.pop("connection") and descriptors else None
    if message.pop("outside") and descriptors:
        with open(descriptors.pop(0), "rb") as file:
            file.seek(0)
            content = file.read()
    _close_all(descriptors)
    return Packet(message, content, connection)


def _memory_of(content: bytes) -> int:
    descriptor = os.memfd_create("netwright", os.MFD_CLOEXEC)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    return descriptor


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
