"""The file of a backup: a zip of tables and files with a manifest that says the size and the SHA-256 of each.

``manifest.json``, ``tables/<table>.jsonl`` (a row a line) and ``files/<path below the data folder>``. Nothing of it is
believed before it has been compared with the manifest.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from netwright.errors import DataError
from netwright.serialization import fsync_folder, room_for

FORMAT = "netwright-backup"
VERSION = 1
MANIFEST = "manifest.json"
KEPT = ("blobs", "models", "runs")
"""What of the data folder is kept; the rest is the database, or can be made anew."""
MAX_MANIFEST = 256 * 2**20
_CHUNK = 1 << 20
_MEMBER = re.compile(rf"(?:tables/[a-z_]+\.jsonl|files/(?:{'|'.join(KEPT)})(?:/[^/\\\x00]{{1,255}}){{1,20}})")

Progress = Callable[[int], None]
"""Called with the number of bytes that have just been done."""


class Member(BaseModel):
    """A file in the archive."""

    model_config = ConfigDict(extra="forbid")

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(extra="forbid")

    format: str
    version: int
    netwright: str
    created_at: str
    revision: str
    tables: dict[str, int]
    members: dict[str, Member]

    @property
    def size(self) -> int:
        """Bytes of all members, unpacked."""
        return sum(member.bytes for member in self.members.values())


class ArchiveWriter:
    """Writes members one by one, and the manifest last; the file has its name only once it is whole."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self.members: dict[str, Member] = {}
        self._path, self._progress = path, progress
        self._partial = path.with_name(f".{path.name}.{os.getpid()}")
        self._file = open(os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")  # noqa: SIM115
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED, allowZip64=True)

    def add(self, name: str, chunks: Iterable[bytes], *, packed: bool = False) -> None:
        """Write a member from pieces; text is worth packing, weights are not."""
        info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o100600 << 16
        digest, size = hashlib.sha256(), 0
        with room_for(self._path, 0), self._zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
                self._progress(len(chunk))
        self.members[name] = Member(bytes=size, sha256=digest.hexdigest())

    def finish(self, **facts: Any) -> Manifest:
        """Write the manifest and give the file its name."""
        manifest = Manifest(format=FORMAT, version=VERSION, members=self.members, **facts)
        with room_for(self._path, 0):
            self._zip.writestr(MANIFEST, manifest.model_dump_json(indent=1), zipfile.ZIP_DEFLATED)
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            os.replace(self._partial, self._path)
            fsync_folder(self._path.parent)
        return manifest

    def discard(self) -> None:
        """Leave nothing; after ``finish`` there is nothing to leave."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


class ArchiveReader:
    """Reads a backup whose manifest has been checked; a member is compared while it is read."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise DataError("the file cannot be read", where=path.name, got=error.strerror) from error
        except zipfile.BadZipFile as error:
            raise _damaged(path.name, "it is no zip file, or was cut off") from error
        self.name = path.name
        try:
            self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of a member; raises DataError at its end where it is not what the manifest says."""
        wanted, digest, size = self.manifest.members[name], hashlib.sha256(), 0
        try:
            with self._zip.open(name) as member:
                while chunk := member.read(_CHUNK):
                    size += len(chunk)
                    if size > wanted.bytes:
                        raise _damaged(self.name, f"{name} is larger than the manifest says")
                    digest.update(chunk)
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
            raise _damaged(self.name, f"{name} cannot be unpacked") from error
        if size != wanted.bytes or digest.hexdigest() != wanted.sha256:
            raise _damaged(self.name, f"{name} is not what was written")

    def lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table."""
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from map(orjson.loads, whole)

    def _read_manifest(self) -> Manifest:
        infos = {info.filename: info for info in self._zip.infolist()}
        if len(infos) != len(self._zip.infolist()) or MANIFEST not in infos:
            raise _damaged(self.name, "it has no manifest, or a name twice")
        if infos[MANIFEST].file_size > MAX_MANIFEST:
            raise _damaged(self.name, "its manifest is too large")
        try:
            manifest = Manifest.model_validate_json(self._zip.read(MANIFEST))
        except (ValidationError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
            raise _damaged(self.name, "its manifest cannot be read") from error
        if manifest.format != FORMAT or manifest.version != VERSION:
            raise DataError(
                "this is no backup that this version can read",
                where=self.name,
                wanted=f"{FORMAT} {VERSION}",
                got=f"{manifest.format[:40]} {manifest.version}",
                remedy="Restore it with the version of Netwright that made it",
            )
        if infos.keys() - {MANIFEST} != manifest.members.keys():
            raise _damaged(self.name, "it does not hold what the manifest says")
        for name in manifest.members:
            if not _MEMBER.fullmatch(name) or any(part in (".", "..") for part in name.split("/")):
                raise _damaged(self.name, "it holds a name that no backup has")
        return manifest


def read_file(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of an open file in pieces."""
    while chunk := file.read(_CHUNK):
        yield chunk


def _damaged(name: str, why: str) -> DataError:
    return DataError("the backup is damaged", where=name, got=why, remedy="Use another copy of it")
