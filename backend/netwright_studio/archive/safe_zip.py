"""A zip file of somebody's: looked at as a whole before any of it is unpacked, and never trusted while it is."""

from __future__ import annotations

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from netwright_studio.errors import InvalidError

MAX_ENTRIES = 50_000
MAX_DIRECTORY = 16 << 20
MAX_RATIO = 250
"""JSON lines of a long run shrink to a fiftieth; what shrinks further is made to burst."""
FREE_RATIO = 1 << 20
"""Files up to this size may shrink as they like."""
CHUNK = 1 << 20
_END, _END64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError)


class SafeZip:
    """An open zip file whose entries are plain files with plain names, not too many and not too large.

    InvalidError for everything else: folders outside, links, two of one name, secrets, compressions that are not
    everywhere, sizes that lie.
    """

    def __init__(self, file: IO[bytes], *, max_bytes: int) -> None:
        _require_small_directory(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except _DAMAGED as error:
            raise _damaged() from error
        try:
            self._entries = _checked(self._zip.infolist(), max_bytes)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> set[str]:
        """The files in it."""
        return set(self._entries)

    @property
    def size(self) -> int:
        """The bytes that the files take, unpacked."""
        return sum(info.file_size for info in self._entries.values())

    def read(self, name: str, most: int) -> bytes:
        """Return a file's content; InvalidError where it is not there or larger than ``most`` bytes."""
        info = self._entries.get(name)
        if info is None:
            raise InvalidError("This is no project of Netwright.", where="file", wanted=f"a zip file with {name} in it")
        if info.file_size > most:
            raise InvalidError("A file in the archive is too large.", where=name, wanted=f"at most {most} bytes")
        with self._open(name) as stream:
            return b"".join(_chunks(stream))

    def extract(self, name: str, target: Path) -> tuple[str, int]:
        """Write a file's content to ``target`` and return (SHA-256, bytes)."""
        target.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with self._open(name) as stream, target.open("xb") as out:
            for chunk in _chunks(stream):
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
        return digest.hexdigest(), size

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        """A stream that ends where the directory says the file does; its checksum is compared at its end."""
        try:
            with self._zip.open(self._entries[name]) as stream:
                yield stream
        except _DAMAGED as error:
            raise _damaged(name) from error


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


def _damaged(where: str = "file") -> InvalidError:
    return InvalidError(
        "The archive is damaged, or no zip file.", where=where, remedy="Save it again where it is from."
    )


def _require_small_directory(file: IO[bytes]) -> None:
    """Python reads the whole list of files at once: it must not be made of millions."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 22 - 20 - 56))
    tail = file.read()
    file.seek(0)
    end = tail[-22:]
    if len(end) < 22 or end[:4] != _END or end[-2:] != b"\0\0":
        raise _damaged()
    listed: int = struct.unpack("<L", end[12:16])[0]
    if tail[-42:-38] == _LOCATOR:
        record = tail[-98:-42]
        if record[:4] != _END64:
            raise _damaged()
        listed = struct.unpack("<Q", record[40:48])[0]
    if listed > MAX_DIRECTORY:
        raise InvalidError("The archive lists too many files.", where="file", wanted=f"at most {MAX_ENTRIES}")


def _checked(infos: list[zipfile.ZipInfo], max_bytes: int) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MAX_ENTRIES:
        raise InvalidError("The archive lists too many files.", where="file", wanted=f"at most {MAX_ENTRIES}")
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    total = 0
    for info in infos:
        name = info.filename
        if info.is_dir() and info.file_size == 0:
            continue
        _require_plain(info)
        if name.lower() in seen:
            raise InvalidError("Two files in the archive have one name.", where=name[:200])
        seen.add(name.lower())
        found[name] = info
        total += info.file_size
        if info.file_size > max(FREE_RATIO, MAX_RATIO * info.compress_size):
            raise InvalidError(
                "A file in the archive would burst.",
                where=name[:200],
                wanted=f"at most {MAX_RATIO} times its packed size",
                got=f"{info.compress_size} bytes that would become {info.file_size}",
            )
        if total > max_bytes:
            raise InvalidError(
                "The archive holds too much.", where="file", wanted=f"at most {max_bytes} bytes unpacked", got="more"
            )
    return found


def _require_plain(info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    parts = info.filename.split("/")
    if (
        "\\" in info.orig_filename
        or any(part in ("", ".", "..") or ":" in part for part in parts)
        or len(info.filename) > 250
        or not info.filename.isascii()
        or not info.filename.isprintable()
    ):
        raise InvalidError("A file in the archive has a name that leads elsewhere.", where=info.filename[:200])
    if kind not in (0, stat.S_IFREG):
        raise InvalidError("The archive holds something other than plain files.", where=info.filename[:200])
    if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidError(
            "A file in the archive is packed in a way that is not read here.",
            where=info.filename[:200],
            wanted="stored or deflated, without a password",
        )
