"""A full disk: how it shows, and room set aside so that the studio can still write down how its runs ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError, OperationalError

from netwright.serialization import FULL_ERRORS

_SQLITE_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
"""The last two are what a limit of the file system or of the process makes of it."""
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_POSTGRES_FULL = "53100"


def is_full(error: BaseException) -> bool:
    """Tell whether an error of the database or the system says that there is no room on the disk."""
    if isinstance(error, OSError):
        return error.errno in FULL_ERRORS
    if isinstance(error, DBAPIError):
        name, state = getattr(error.orig, "sqlite_errorname", None), getattr(error.orig, "sqlstate", None)
        return name in _SQLITE_FULL or state == _POSTGRES_FULL
    return False


def is_away(error: DBAPIError) -> bool:
    """Tell whether an error says that the database cannot be reached now, or that others hold it for too long."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return str(name).startswith(_SQLITE_BUSY)
    return isinstance(error, OperationalError)


class Reserve:
    """A file that only takes up room. It is given up where the disk is full, and taken again once there is room.

    Without it a full disk would also keep the studio from storing that a run has failed for want of room, and from
    deleting what could make some.
    """

    def __init__(self, home: Path, size: int) -> None:
        self._file = home / "reserve"
        self._size = size
        self._lock = threading.Lock()

    def hold(self) -> None:
        """Take the room, where it is a small part of what is free; a disk that has not got it is no error here."""
        with self._lock, contextlib.suppress(OSError):
            if self._file.exists() or shutil.disk_usage(self._file.parent).free < 4 * self._size:
                return
            try:
                with self._file.open("xb") as file:
                    os.posix_fallocate(file.fileno(), 0, self._size)
            except OSError:
                self._file.unlink(missing_ok=True)
                raise

    def release(self) -> bool:
        """Give the room up; tell whether there was any."""
        with self._lock:
            try:
                self._file.unlink()
            except OSError:
                return False
        return True

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Give the room up where what is done inside finds the disk full: the next try will have it."""
        try:
            yield
        except (DBAPIError, OSError) as error:
            if is_full(error):
                self.release()
            raise
