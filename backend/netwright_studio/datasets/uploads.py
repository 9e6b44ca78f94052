"""Files on their way in: received piece by piece into a folder of their own, so that a broken line costs nothing.

A folder holds ``data`` (what has come so far) and ``upload.json``. It outlives the server: sending goes on where it
stopped. What nobody came back to within a day is removed when the studio starts.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from netwright.serialization import write_atomically
from netwright_studio.datasets.catalog import format_of
from netwright_studio.errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from netwright_studio.store.database import new_id

State = Literal["receiving", "received", "reading", "ready", "importing", "done", "failed"]

KEPT_SECONDS = 24 * 3600
MOST = 16
SPARE_BYTES = 64 << 20
PIECE = 1 << 20
_ID = re.compile(r"[0-9a-f]{12}")


@dataclass
class Upload:
    """One file on its way; ``of`` is the data set that another version is made of."""

    id: str
    filename: str
    size: int
    format: str
    folder: Path
    created: float = field(default_factory=time.time)
    name: str = ""
    of: str | None = None
    blob: str | None = None
    state: State = "receiving"
    received: int = 0
    progress: float = 0.0
    error: dict[str, Any] | None = None
    survey: Any = None
    dataset: str | None = None
    sending: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def data(self) -> Path:
        """Where the bytes lie."""
        return self.folder / "data"

    def require(self, *states: State) -> None:
        """Raise ConflictError unless the upload is in one of these states."""
        if self.state not in states:
            raise ConflictError(
                "The upload is not at that point.", where="upload", wanted=" or ".join(states), got=self.state
            )

    def save(self) -> None:
        """Write down what a restart needs to know."""
        facts = {
            name: getattr(self, name) for name in ("id", "filename", "size", "format", "created", "name", "of", "blob")
        }
        write_atomically(self.folder / "upload.json", json.dumps(facts).encode())


class Uploads:
    """All files on their way, in folders under ``root``; ``limit`` bounds the bytes of one."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root, self.limit = root, limit
        self._known: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def create(self, filename: str, size: int) -> Upload:
        """Make room for a file of so many bytes, or say why not."""
        kind = format_of(filename)
        if size > self.limit:
            raise TooLargeError(
                "The file is larger than the studio takes.",
                where="file",
                wanted=f"at most {self.limit} bytes",
                got=size,
                remedy="Send less, or raise the limit in the studio's settings.",
            )
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        free = shutil.disk_usage(self.root).free
        if size + SPARE_BYTES > free:
            raise InvalidError("There is not enough room on the disk.", where="file", wanted=f"{size} bytes", got=free)
        upload = self._new(Path(filename).name[:255], size, kind)
        upload.data.touch()
        upload.save()
        return upload

    def open(self, filename: str, kind: str, name: str, of: str) -> Upload:
        """Make an upload of a data set that is here already, to choose anew what is made of it."""
        upload = self._new(filename, 0, kind)
        upload.name, upload.of, upload.state = name, of, "received"
        return upload

    def _new(self, filename: str, size: int, kind: str) -> Upload:
        with self._lock:
            going = [upload for upload in self._known.values() if upload.state not in ("done", "failed")]
            if len(going) >= MOST:
                remedy = "Finish or cancel one of them first."
                raise ConflictError("Too many uploads are going on.", where="upload", wanted=MOST, remedy=remedy)
            for old in [u for u in self._known.values() if u.state in ("done", "failed")][: -2 * MOST]:
                self._forget(old)
            ident = new_id()
            upload = Upload(ident, filename, size, kind, self.root / ident)
            if size:
                upload.folder.mkdir(parents=True, mode=0o700)
            self._known[ident] = upload
        return upload

    def get(self, ident: str) -> Upload:
        """Return an upload or raise NotFoundError."""
        upload = self._known.get(ident)
        if upload is None:
            raise NotFoundError.of("upload", ident)
        return upload

    def list(self) -> list[Upload]:
        """Return those that are not done, the newest first."""
        going = [upload for upload in self._known.values() if upload.state != "done"]
        return sorted(going, key=lambda upload: -upload.created)

    async def receive(self, ident: str, offset: int, pieces: AsyncIterator[bytes]) -> Upload:
        """Append bytes as they come; what has come when the line breaks stays, and the next call goes on there."""
        upload = self.get(ident)
        upload.require("receiving")
        if upload.sending:
            raise ConflictError(
                "The upload is being sent already.", where="upload", remedy="Wait for the other sender."
            )
        if offset != upload.received:
            raise ConflictError(
                "The bytes do not go on where the last ones ended.", where="offset", wanted=upload.received, got=offset
            )
        upload.sending = True
        try:
            with upload.data.open("r+b") as file:
                file.truncate(upload.received)
                file.seek(upload.received)
                await self._take(upload, file, pieces)
        except ClientDisconnect:
            return upload
        finally:
            upload.sending = False
        if upload.received == upload.size:
            upload.state = "received"
        return upload

    async def _take(self, upload: Upload, file: Any, pieces: AsyncIterator[bytes]) -> None:
        waiting = bytearray()

        async def flush() -> None:
            content = bytes(waiting)
            waiting.clear()
            await run_in_threadpool(file.write, content)
            file.flush()
            upload.received += len(content)

        try:
            async for piece in pieces:
                if upload.received + len(waiting) + len(piece) > upload.size:
                    raise InvalidError("More bytes than were announced.", where="file", wanted=upload.size, got="more")
                if upload.cancelled.is_set():
                    raise NotFoundError.of("upload", upload.id)
                waiting += piece
                if len(waiting) >= PIECE:
                    await flush()
        finally:
            await flush()

    def remove(self, ident: str) -> None:
        """Cancel an upload and remove what came of it."""
        upload = self.get(ident)
        upload.cancelled.set()
        with self._lock:
            self._forget(upload)

    def finish(self, upload: Upload, dataset: str) -> None:
        """Remember what became of it, until others come; its folder goes."""
        upload.dataset, upload.state, upload.progress = dataset, "done", 1.0
        upload.survey = None
        shutil.rmtree(upload.folder, ignore_errors=True)

    def _forget(self, upload: Upload) -> None:
        self._known.pop(upload.id, None)
        shutil.rmtree(upload.folder, ignore_errors=True)

    def restore(self) -> Sequence[str]:
        """Take up what an earlier studio left: whole folders go on, old and broken ones are removed.

        Returns the files that had been moved to the store: whoever keeps data sets knows whether one holds them.
        """
        moved: list[str] = []
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            upload = _read(folder)
            if upload is not None and upload.data.is_file():
                self._known[upload.id] = upload
                continue
            if upload is not None and upload.blob is not None:
                moved.append(upload.blob)
            shutil.rmtree(folder, ignore_errors=True)
        return moved


def _read(folder: Path) -> Upload | None:
    """The upload of a folder; None where it is too old, or not whole."""
    try:
        facts = json.loads((folder / "upload.json").read_bytes())
        upload = Upload(folder=folder, **facts)
        if upload.id != folder.name or not _ID.fullmatch(upload.id):
            return None
        if not upload.data.is_file():
            return upload
        about = upload.data.stat()
    except (OSError, ValueError, TypeError):
        return None
    if about.st_size > upload.size or time.time() - about.st_mtime > KEPT_SECONDS:
        return None
    upload.received = about.st_size
    upload.state = "received" if upload.received == upload.size else "receiving"
    return upload
