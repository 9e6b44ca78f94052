"""The IDX format of the MNIST family: magic (dtype, rank), one length per axis, then the values."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path, *, max_bytes: int = 1 << 30) -> NDArray[Any]:
    """Read an IDX file, gzip-packed when its name ends in ``.gz``; raises DataError for anything else.

    No more than ``max_bytes`` are unpacked, whatever the header says.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            return _read(stream, path.name, max_bytes)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError("cannot be read", where=path.name, got=type(error).__name__) from error


def _read(stream: IO[bytes] | gzip.GzipFile, name: str, max_bytes: int) -> NDArray[Any]:
    magic = stream.read(4)
    if len(magic) != 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPES or not 1 <= magic[3] <= 8:
        raise DataError("not an IDX file", where=name, wanted="0 0, a type and a rank", got=magic.hex(" "))
    dtype = np.dtype(_DTYPES[magic[2]])
    lengths = stream.read(4 * magic[3])
    if len(lengths) != 4 * magic[3]:
        raise DataError("the header is cut off", where=name, wanted=f"{4 * magic[3]} bytes", got=len(lengths))
    shape = struct.unpack(f">{magic[3]}I", lengths)
    size = math.prod(shape) * dtype.itemsize
    if size > max_bytes:
        raise DataError("too large", where=name, wanted=f"at most {max_bytes} bytes", got=f"{size} for {shape}")
    data = stream.read(size + 1)
    if len(data) != size:
        raise DataError("the data do not fit the header", where=name, wanted=f"{size} bytes", got=len(data))
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
