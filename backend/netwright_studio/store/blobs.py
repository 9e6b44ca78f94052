"""Content-addressed files: the name is the SHA-256 of what is inside, so nothing is written twice or half."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from netwright.serialization import fsync_folder
from netwright_studio.errors import NotFoundError

_NAME = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1024 * 1024


class BlobStore:
    """Files under ``root``, each in a folder of its first two hex digits."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """Return where the blob ``name`` lies; NotFoundError when there is none."""
        place = self._place(name)
        if not place.is_file():
            raise NotFoundError.of("file", name)
        return place

    def has(self, name: str) -> bool:
        """Tell whether the blob is there."""
        return bool(_NAME.fullmatch(name)) and self._place(name).is_file()

    def put(self, content: bytes) -> str:
        """Store bytes and return their name."""
        return self.put_chunks((content,))

    def put_file(self, source: Path) -> str:
        """Store a copy of a file and return its name."""
        with source.open("rb") as file:
            return self.put_stream(file)

    def put_stream(self, stream: IO[bytes]) -> str:
        """Store what an open file still holds and return its name."""
        return self.put_chunks(iter(lambda: stream.read(_CHUNK), b""))

    def put_chunks(self, chunks: Iterable[bytes]) -> str:
        """Write to a temporary file, sync, then rename to the digest: a crash leaves nothing half written."""
        incoming = self.root / "incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        temporary = incoming / secrets.token_hex(8)
        digest = hashlib.sha256()
        try:
            with temporary.open("xb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            place = self._place(digest.hexdigest())
            place.parent.mkdir(exist_ok=True)
            temporary.replace(place)  # young again, if it was there: no sweep takes what is stored now
            fsync_folder(place.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return digest.hexdigest()

    def adopt(self, source: Path, before: Callable[[str], None]) -> str:
        """Take a file in without a copy: digested where it lies, synced and renamed. ``before`` hears its name first.

        ``source`` lies on the same file system.
        """
        with source.open("rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        before(name)
        place = self._place(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        source.replace(place)
        fsync_folder(place.parent)
        return name

    def verify(self, name: str) -> bool:
        """Tell whether the file still holds what its name says."""
        with self.path(name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == name

    def delete(self, name: str) -> None:
        """Remove a blob; one that is not there is no error."""
        self._place(name).unlink(missing_ok=True)

    def stored(self) -> list[tuple[str, float]]:
        """Return the names of all blobs with the time at which each was stored."""
        found = [path for path in self.root.glob("[0-9a-f][0-9a-f]/*") if _NAME.fullmatch(path.name)]
        return [(path.name, path.stat().st_mtime) for path in found]

    def sweep(self) -> None:
        """Remove what a crash left half written."""
        for leftover in (self.root / "incoming").glob("*"):
            leftover.unlink(missing_ok=True)

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFoundError.of("file", name)
        return self.root / name[:2] / name
