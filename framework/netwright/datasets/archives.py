"""Zip archives, looked at without trusting them: nothing is ever unpacked to the disk, and names lead nowhere."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError
from .limits import MIB, Limits

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
_LEFT_BY_SYSTEMS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MAX_DEPTH = 12


@contextmanager
def open_archive(
    path: Path, limits: Limits
) -> Iterator[tuple[zipfile.ZipFile, list[tuple[zipfile.ZipInfo, tuple[str, ...]]]]]:
    """The archive and its files, each with the parts of its name; DataError for what no honest archive has."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > limits.images:
                raise DataError("too many files in the archive", wanted=f"at most {limits.images}", got=len(members))
            named = [(member, safe_parts(member)) for member in members]
            check_sizes(members, limits, path.stat().st_size)
            kept = [(m, parts) for m, parts in named if not any(part in _LEFT_BY_SYSTEMS for part in parts)]
            if len({parts for _, parts in kept}) != len(kept):
                raise DataError("a file's name is used twice", wanted="one file per name", got="a repeated name")
            yield archive, kept
    except DataError:
        raise
    except DAMAGE as error:
        raise DataError("the archive cannot be read", wanted="a zip archive", got=type(error).__name__) from error


def safe_parts(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """Folders and file of a member's name; refused where it would lead out of a folder, or is no plain file."""
    name = member.orig_filename
    shown = "".join(char if char.isprintable() else "?" for char in name[:60])
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise DataError(
            "a link or device in the archive",
            where=shown,
            wanted="plain files and folders",
            got=_KINDS.get(kind, "other"),
        )
    parts = tuple(name.split("/"))
    plain = unicodedata.normalize("NFKC", name)
    leads_out = (
        not name
        or "\\" in plain
        or ":" in plain
        or plain.startswith(("/", "~"))
        or any(part.strip(" .") == "" for part in plain.split("/"))
    )
    if (
        leads_out
        or len(parts) > MAX_DEPTH
        or len(name) > 512
        or any(unicodedata.category(c) in ("Cc", "Cf") for c in name)
    ):
        raise DataError(
            "a file's name leads out of the archive, or is none",
            where=shown,
            wanted="names such as cats/1.png",
            got="another name",
            remedy="Pack the folders anew, with plain names",
        )
    return parts


_KINDS = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def check_sizes(members: list[zipfile.ZipInfo], limits: Limits, file_size: int) -> None:
    """Refuse bombs, overlapping members, encryption and rare ways to pack, before anything is unpacked."""
    total = sum(member.file_size for member in members)
    if total > limits.array_bytes:
        raise DataError("the archive is too large", wanted=f"at most {limits.array_bytes} bytes unpacked", got=total)
    packed = sum(member.compress_size for member in members)
    if packed > file_size:
        raise DataError("the files overlap in the archive", wanted=f"at most {file_size} bytes packed", got=packed)
    for member in members:
        where = "".join(char if char.isprintable() else "?" for char in member.filename[:60])
        if member.compress_type not in _METHODS or member.flag_bits & 1:
            raise DataError("packed in an unusual way", where=where, wanted="stored or deflated", got="another way")
        if member.file_size > MIB and member.file_size > limits.packing_ratio * max(member.compress_size, 1):
            raise DataError(
                "packed suspiciously small",
                where=where,
                wanted=f"at most {limits.packing_ratio} times the packed size",
                got=f"{member.file_size} bytes out of {member.compress_size}",
            )


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """A member's bytes, never more than it says and than ``most``."""
    if member.file_size > most:
        raise DataError(
            "a file in the archive is too large",
            where=member.filename[:60],
            wanted=f"at most {most} bytes",
            got=member.file_size,
        )
    with archive.open(member) as stream:
        return stream.read(member.file_size + 1)[: member.file_size]
