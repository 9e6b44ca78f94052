"""RecordIO: files of records one behind the other, and headers for labelled images (MXNet's ``mx.recordio``).

A record: the number 0xCED7230A, 3 bits of kind and 29 bits of length, the bytes, zeros up to a multiple of 4. Where the
bytes hold that number at a multiple of 4, the record is written in parts without it (first 1, middle 2, last 3).
"""

from __future__ import annotations

import numbers
import os
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Self

import numpy as np

from .errors import DataError

_MAGIC = struct.pack("<I", 0xCED7230A)
_LENGTH = (1 << 29) - 1


class MXRecordIO:
    """Reads (``flag="r"``) or writes (``"w"``) records in order.

    >>> record = mx.recordio.MXRecordIO("two.rec", "w")
    >>> record.write(b"first")
    >>> record.write(b"second")
    >>> record.close()
    >>> record = mx.recordio.MXRecordIO("two.rec", "r")
    >>> record.read(), record.read(), record.read()
    (b'first', b'second', None)
    >>> record.close()
    """

    def __init__(self, uri: str, flag: str) -> None:
        if flag not in ("r", "w"):
            raise DataError(
                "a record file is opened to read or to write", where=Path(uri).name, wanted="r or w", got=flag
            )
        self.uri, self.flag = str(uri), flag
        self.writable = flag == "w"
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Open the file (again)."""
        try:
            self._file: BinaryIO = open(self.uri, "wb" if self.writable else "rb")  # noqa: SIM115
        except OSError as error:
            raise DataError("the record file cannot be opened", where=Path(self.uri).name, got=error.strerror) from None
        self._owner = os.getpid()
        self.is_open = True

    def close(self) -> None:
        """Close the file; what was written is there then."""
        if self.is_open:
            self._file.close()
            self.is_open = False

    def reset(self) -> None:
        """Go back to the first record (empties a file that is written)."""
        self.close()
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "is_open", False):
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.writable:
            raise DataError("a record file that is written cannot go to another process", where=Path(self.uri).name)
        kept = {k: v for k, v in self.__dict__.items() if k not in ("_file", "is_open", "_owner")}
        return {**kept, "is_open": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.open()

    def _ready(self, *, writing: bool) -> None:
        name = Path(self.uri).name
        if not self.is_open:
            raise DataError("the record file is closed", where=name, remedy="Call open()")
        if writing != self.writable:
            raise DataError(f"the record file was opened to {'write' if self.writable else 'read'}", where=name)
        if not writing and self._owner != os.getpid():
            self.reset()  # a forked process needs a place in the file of its own

    def write(self, buf: bytes) -> None:
        """Append a record."""
        self._ready(writing=True)
        parts = _split(bytes(buf))
        for i, part in enumerate(parts):
            kind = 0 if len(parts) == 1 else 1 if i == 0 else 3 if i == len(parts) - 1 else 2
            if len(part) > _LENGTH:
                raise DataError(
                    "a record is too long", where=Path(self.uri).name, wanted=f"<= {_LENGTH}", got=len(part)
                )
            self._file.write(_MAGIC + struct.pack("<I", kind << 29 | len(part)) + part + bytes(-len(part) % 4))

    def read(self) -> bytes | None:
        """The next record; None at the end."""
        self._ready(writing=False)
        parts: list[bytes] = []
        while True:
            head = self._file.read(8)
            if not head and not parts:
                return None
            if len(head) < 8 or head[:4] != _MAGIC:
                raise DataError("this is not a record file, or it is damaged", where=Path(self.uri).name)
            word = struct.unpack("<I", head[4:])[0]
            kind, length = word >> 29, word & _LENGTH
            part = self._file.read(length + -length % 4)
            if len(part) < length:
                raise DataError("the last record is cut short", where=Path(self.uri).name)
            parts.append(part[:length])
            if kind in (0, 3):
                return _MAGIC.join(parts)


def _split(data: bytes) -> list[bytes]:
    """Cut at each magic number that begins at a multiple of 4."""
    parts, begin = [], 0
    place = data.find(_MAGIC)
    while place >= 0:
        if place % 4 == 0:
            parts.append(data[begin:place])
            begin = place + 4
            place = data.find(_MAGIC, begin)
        else:
            place = data.find(_MAGIC, place + 1)
    return [*parts, data[begin:]]


class MXIndexedRecordIO(MXRecordIO):
    """Records by key: ``idx_path`` holds a line ``key<tab>place`` for each.

    >>> record = mx.recordio.MXIndexedRecordIO("rows.idx", "rows.rec", "w")
    >>> for key in range(3):
    ...     record.write_idx(key, f"row {key}".encode())
    >>> record.close()
    >>> record = mx.recordio.MXIndexedRecordIO("rows.idx", "rows.rec", "r")
    >>> record.read_idx(2)
    b'row 2'
    >>> record.close()
    """

    def __init__(self, idx_path: str, uri: str, flag: str, key_type: Any = int) -> None:
        self.idx_path, self.key_type = str(idx_path), key_type
        super().__init__(uri, flag)

    def open(self) -> None:
        """Open both files."""
        super().open()
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        if not self.writable and os.path.isfile(self.idx_path):
            for line in Path(self.idx_path).read_text().splitlines():
                key, _, place = line.strip().partition("\t")
                self.keys.append(self.key_type(key))
                self.idx[self.keys[-1]] = int(place)

    def close(self) -> None:
        """Close both files."""
        if self.is_open and self.writable:
            lines = "".join(f"{key}\t{place}\n" for key, place in self.idx.items())
            Path(self.idx_path).write_text(lines)
        super().close()

    def seek(self, idx: Any) -> None:
        """Go to the record of a key."""
        self._ready(writing=False)
        if idx not in self.idx:
            raise DataError(f"there is no record {idx!r}", where=Path(self.idx_path).name)
        self._file.seek(self.idx[idx])

    def tell(self) -> int:
        """The place of the next record."""
        return self._file.tell()

    def read_idx(self, idx: Any) -> bytes | None:
        """The record of a key."""
        self.seek(idx)
        return self.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Append a record under a key."""
        key = self.key_type(idx)
        place = self.tell()
        self.write(buf)
        self.idx[key] = place
        self.keys.append(key)


def record_places(uri: str | Path) -> list[int]:
    """Where the records of a file begin, without reading them."""
    places: list[int] = []
    size = os.path.getsize(uri)
    with open(uri, "rb") as file:
        while (place := file.tell()) < size:
            head = file.read(8)
            if len(head) < 8 or head[:4] != _MAGIC:
                raise DataError("this is not a record file, or it is damaged", where=Path(uri).name)
            word = struct.unpack("<I", head[4:])[0]
            if word >> 29 in (0, 1):
                places.append(place)
            length = word & _LENGTH
            file.seek(length + -length % 4, os.SEEK_CUR)
    return places


class IRHeader(NamedTuple):
    """What stands before an image: ``flag`` counts labels (0: one number in ``label``), ``id``, ``id2`` are free."""

    flag: int
    label: Any
    id: int
    id2: int


_HEADER = struct.Struct("<IfQQ")


def pack(header: IRHeader | tuple[Any, ...], s: bytes) -> bytes:
    """A header and bytes as one record.

    >>> packed = mx.recordio.pack(mx.recordio.IRHeader(0, 3.0, 7, 0), b"picture")
    >>> header, content = mx.recordio.unpack(packed)
    >>> header.label, header.id, content
    (3.0, 7, b'picture')
    """
    header = IRHeader(*header)
    if isinstance(header.label, numbers.Number):
        return _HEADER.pack(0, header.label, header.id, header.id2) + s
    labels = np.asarray(header.label, dtype="<f4")
    return _HEADER.pack(labels.size, 0.0, header.id, header.id2) + labels.tobytes() + s


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """(header, bytes) of a record.

    >>> header, content = mx.recordio.unpack(mx.recordio.pack(mx.recordio.IRHeader(0, [1.0, 2.0], 7, 0), b"picture"))
    >>> header.label, content
    (array([1., 2.], dtype=float32), b'picture')
    """
    if len(s) < _HEADER.size:
        raise DataError("the record has no header", where="unpack", wanted=f">= {_HEADER.size} bytes", got=len(s))
    header = IRHeader(*_HEADER.unpack_from(s))
    rest = s[_HEADER.size :]
    if header.flag > 0:
        if len(rest) < 4 * header.flag:
            raise DataError("the record's labels are cut short", where="unpack", wanted=header.flag, got=len(rest) // 4)
        header = header._replace(label=np.frombuffer(rest, "<f4", header.flag).copy())
        rest = rest[4 * header.flag :]
    return header, rest


def pack_img(header: IRHeader, img: Any, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """A header and an image (height, width, channels in the order blue, green, red, or grey) as one record.

    ``quality``: of a JPEG from 1 to 100, of a PNG the compression from 0 to 9.
    """
    from .image.files import encode

    pixels = np.asarray(img, dtype=np.uint8)
    pixels = pixels[..., ::-1] if pixels.ndim == 3 and pixels.shape[2] == 3 else pixels
    return pack(header, encode(pixels, quality, img_fmt, "pack_img"))


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, Any]:
    """(header, image) of a record: (height, width, 3) in the order blue, green, red, or grey (height, width).

    ``iscolor``: 1 for colour, 0 for grey, -1 for what it is.
    """
    from .image.files import decode

    header, content = unpack(s)
    pixels = decode(content, iscolor, to_rgb=False, where="unpack_img")
    return header, pixels[..., 0] if pixels.shape[2] == 1 else pixels
