"""NPZ files, read without trusting them: no pickle, and no header is believed before it fits the file."""

from __future__ import annotations

import ast
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .limits import DEFAULT, MIB, Limits

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, struct.error)


def read_npz(path: Path, limits: Limits = DEFAULT) -> dict[str, NDArray[Any]]:
    """All arrays of an NPZ file by name; raises DataError for objects, lying headers, bombs and damage.

    What is allocated is bounded by ``limits`` and by ``packing_ratio`` times what really lies in the file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_archive(members, limits, path.stat().st_size)
            return {member.filename.removesuffix(".npy"): _read_member(archive, member) for member in members}
    except DataError:
        raise
    except _DAMAGE as error:
        raise DataError(
            "the NPZ file cannot be read",
            wanted="an archive written by numpy.savez",
            got=type(error).__name__,
        ) from error


def _check_archive(members: list[zipfile.ZipInfo], limits: Limits, file_size: int) -> None:
    if not members or len(members) > 64:
        raise DataError("another number of arrays", wanted="1 to 64 arrays", got=len(members))
    if len({member.filename for member in members}) != len(members):
        raise DataError("an array's name is used twice", wanted="one array per name", got="a repeated name")
    total = sum(member.file_size for member in members)
    if total > limits.array_bytes:
        raise DataError("the arrays are too large", wanted=f"at most {limits.array_bytes} bytes unpacked", got=total)
    packed = sum(member.compress_size for member in members)
    if packed > file_size:
        raise DataError("the arrays overlap in the file", wanted=f"at most {file_size} bytes packed", got=packed)
    for member in members:
        where = member.filename[:60]
        if not member.filename.endswith(".npy"):
            raise DataError("not an array", where=where, wanted="a name that ends in .npy", got="another name")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise DataError("packed in an unusual way", where=where, wanted="stored or deflated", got="another way")
        if member.file_size > MIB and member.file_size > limits.packing_ratio * max(member.compress_size, 1):
            raise DataError(
                "packed suspiciously small",
                where=where,
                wanted=f"at most {limits.packing_ratio} times the packed size",
                got=f"{member.file_size} bytes out of {member.compress_size}",
                remedy="Save it with numpy.savez, which does not pack",
            )


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    where = member.filename[:60]
    with archive.open(member) as stream:
        shape, dtype, fortran, header = _read_header(stream, where)
        size = math.prod(shape) * dtype.itemsize
        if size != member.file_size - header:
            raise DataError(
                "the header does not fit the file",
                where=where,
                wanted=f"{member.file_size - header} bytes",
                got=f"{size} bytes for shape {shape}"[:200],
            )
        array = np.empty(math.prod(shape), dtype)
        _fill(stream, array, where)
    ordered = array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
    return np.ascontiguousarray(ordered.astype(dtype.newbyteorder("="), copy=False))


def _read_header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], np.dtype[Any], bool, int]:
    """(shape, dtype, Fortran order, bytes read); only numbers and booleans are let through."""
    start = stream.read(8)
    if start[:6] != _MAGIC or start[6:7] not in (b"\1", b"\2", b"\3"):
        raise DataError("not an .npy array", where=where, wanted="numpy's format 1 to 3", got="other bytes")
    wide = start[6] > 1
    length = struct.unpack("<I" if wide else "<H", stream.read(4 if wide else 2))[0]
    if length > _MAX_HEADER:
        raise DataError("the header is too long", where=where, wanted=f"at most {_MAX_HEADER} bytes", got=length)
    text = stream.read(length)
    try:
        header = ast.literal_eval(text.decode("utf-8" if start[6] == 3 else "latin-1").strip())
        descr, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
        dtype = np.dtype(descr) if isinstance(descr, str) else None
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        raise DataError("the header cannot be read", where=where, wanted="numpy's header", got="other text") from None
    if dtype is None or dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise DataError(
            "only arrays of numbers are read",
            where=where,
            wanted="bool, integers or floats up to 64 bit",
            got=str(descr)[:40],
            remedy="Save texts and objects as numbers; nothing pickled is ever loaded",
        )
    lengths_ok = isinstance(shape, tuple) and len(shape) <= 8 and all(type(n) is int and n >= 0 for n in shape)
    if not lengths_ok or not isinstance(fortran, bool):
        raise DataError("the header cannot be read", where=where, wanted="a shape", got=str(shape)[:40])
    return shape, dtype, fortran, len(start) + (4 if wide else 2) + length


def _fill(stream: IO[bytes], array: NDArray[Any], where: str) -> None:
    view = array.view(np.uint8)
    done = 0
    while done < len(view):
        piece = stream.read(min(MIB, len(view) - done))
        if not piece:
            raise DataError("the array is cut off", where=where, wanted=f"{len(view)} bytes", got=done)
        view[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    if stream.read(1):  # also makes zipfile compare the checksum
        raise DataError("more bytes than the header says", where=where, wanted=len(view), got="more")
