"""Arrays in files: safetensors (a length-prefixed JSON header, then raw little-endian data; nothing executable).

Writing is write–fsync–rename, so that a reader sees the old file or the new one and never half of one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_bytes
from safetensors.numpy import save as save_bytes

from .errors import CheckpointError, DiskFullError

FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says where there is no room, or no more may be taken."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, even after a crash."""
    with room_for(path, len(content)):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        fsync_folder(path.parent)


@contextlib.contextmanager
def room_for(path: Path, size: int) -> Iterator[None]:
    """Turn what the system says of a full disk into DiskFullError, with what was wanted and what there is."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL_ERRORS:
            raise
        place = next(folder for folder in path.absolute().parents if folder.exists())
        raise DiskFullError(
            "there is no room left on the disk",
            where=path.name,
            wanted=f"{size / 2**20:.1f} MiB",
            got=f"{shutil.disk_usage(place).free / 2**20:.1f} MiB free",
            remedy="Make room, then go on from the last checkpoint",
        ) from error


def fsync_folder(folder: Path) -> None:
    """Make renames inside a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def save_arrays(
    path: str | Path, arrays: Mapping[str, np.ndarray[Any, Any]], metadata: Mapping[str, str] | None = None
) -> None:
    """Write named arrays as one safetensors file."""
    write_atomically(Path(path), pack_arrays(arrays, metadata))


def pack_arrays(arrays: Mapping[str, np.ndarray[Any, Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """Named arrays as the bytes of a safetensors file."""
    contiguous = {name: np.ascontiguousarray(a) if a.ndim else a for name, a in arrays.items()}
    packed: bytes = save_bytes(contiguous, metadata=dict(metadata) if metadata else None)
    return packed


def load_arrays(path: str | Path) -> dict[str, np.ndarray[Any, Any]]:
    """Read the arrays of a safetensors file; raises CheckpointError where it is missing or damaged."""
    return parse_arrays(read_bytes(path), Path(path).name)


def read_bytes(path: str | Path) -> bytes:
    """A file's content; raises CheckpointError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(
            "the file cannot be read",
            where=Path(path).name,
            got=error.strerror,
            remedy="Check the path, and the folder the program runs in",
        ) from error


def parse_arrays(content: bytes, where: str) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays in the bytes of a safetensors file."""
    try:
        return dict(load_bytes(content))
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError("this is not a whole safetensors file", where=where, got=str(error)[:120]) from error
