"""Whose turn it is to write to a SQLite file."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """A queue for writers, of this process and of others, in which the kernel wakes them in order.

    SQLite lets those who wait try again after a while: with several writers some never get in, and fail in the end. The
    kernel takes the turn back from a process that dies.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._descriptor: int | None = None

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn, and have it for the block."""
        with self._lock:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the queue for good."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None
