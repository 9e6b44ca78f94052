"""Where images of an iterator come from: a record file, a list file, or a list in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, ParamError
from ..recordio import MXIndexedRecordIO, record_places, unpack

Labelled = tuple[np.ndarray[Any, Any] | float, bytes]
"""A label (one number or several) and the bytes of an image file."""


class ImageSource:
    """Keys of images, and for each its label and its file's bytes.

    ``imgrec``: a record file, with or without an index; ``imglist``: rows (label, …, path below ``root``), or the name
    of a list file (key, label, …, path, between tabs). With both, labels are the list's.
    """

    def __init__(self, imgrec: Any = None, imgidx: Any = None, imglist: Any = None, root: Any = None) -> None:
        if not imgrec and imglist is None:
            raise ParamError(
                "there are no images to read",
                where="ImageIter",
                wanted="path_imgrec, path_imglist or imglist",
                remedy="Give one of them",
            )
        self._root = Path(root or ".")
        self._rows = None if imglist is None else _rows(imglist)
        self._records: MXIndexedRecordIO | None = None
        if imgrec:
            self._records = MXIndexedRecordIO(str(imgidx or ""), str(imgrec), "r")
            if not imgidx:
                self._records.idx = dict(enumerate(record_places(imgrec)))
                self._records.keys = list(self._records.idx)
        self.keys: list[Any] = list(self._rows if self._records is None else self._records.keys)  # type: ignore[arg-type]

    def read(self, key: Any) -> Labelled:
        """Label and bytes of a key."""
        if self._records is not None:
            content = self._records.read_idx(key)
            if content is None:
                raise DataError("the record file ends before the record", where=Path(self._records.uri).name, got=key)
            header, picture = unpack(content)
            return (header.label if self._rows is None else self._row(key)[0]), picture
        label, name = self._row(key)
        return label, self.read_file(name)

    def _row(self, key: Any) -> tuple[Any, str]:
        assert self._rows is not None
        if key not in self._rows:
            raise DataError("the list has no row for a record", where="ImageIter", wanted=f"a row with key {key}")
        return self._rows[key]

    def read_file(self, name: str) -> bytes:
        """The bytes of a file below the root."""
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise DataError("an image of the list cannot be read", where=name, got=error.strerror) from None

    def name(self, key: Any) -> str:
        """What to call an image in an error."""
        return f"index: {key}" if self._rows is None or key not in self._rows else f"filename: {self._rows[key][1]}"


def _rows(source: str | Path | Sequence[Any]) -> dict[Any, tuple[Any, str]]:
    if isinstance(source, (str, Path)):
        return _read_list(Path(source))
    return {i: (_labels(row[:-1]), str(row[-1])) for i, row in enumerate(source, 1)}


def _labels(values: Sequence[Any]) -> Any:
    flat = [v for value in values for v in (value if isinstance(value, (list, tuple, np.ndarray)) else (value,))]
    return np.array(flat, np.float64)


def _read_list(path: Path) -> dict[Any, tuple[Any, str]]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise DataError("the list of images cannot be read", where=path.name, got=error.strerror) from None
    rows: dict[Any, tuple[Any, str]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        key, *labels, name = line.strip().split("\t")
        try:
            rows[int(key)] = np.array(labels, np.float64), name
        except ValueError:
            raise DataError(
                "a row is not in the format of a list",
                where=f"{path.name}, line {number}",
                wanted="key, label, …, path, between tabs",
                got=line[:60],
            ) from None
    return rows
