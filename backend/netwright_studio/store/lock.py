"""One studio per data folder: a lock that the kernel takes back however the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from netwright_studio.errors import ConflictError


class FolderLock:
    """Holds ``studio.lock`` while the studio is open; a second studio is told who holds it."""

    def __init__(self, home: Path) -> None:
        self._path = home / "studio.lock"
        self._descriptor: int | None = None

    def __enter__(self) -> FolderLock:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise ConflictError(
                "Another studio already uses this data folder.",
                where=str(self._path.parent),
                got=f"process {owner}" if owner else None,
                remedy="Stop it, or give this one a folder of its own with NETWRIGHT_HOME.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
