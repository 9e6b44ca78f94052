"""How a text file writes a table, guessed from its beginning: encoding, delimiter, header, decimal sign."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import Path
from typing import get_args

from .csv_file import is_number
from .recipe import Dialect, Encoding

SAMPLE = 1 << 18
UTF8_CHECKED = 1 << 26
ROWS = 100
_DELIMITERS = (",", ";", "\t", "|")
_COMMA_NUMBER = re.compile(r"[-+]?\d{1,3}(?:\.?\d{3})*,\d+|[-+]?\d+,\d+")
_HIGH = re.compile(rb"[\x80-\xff]+")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


def guess_dialect(path: Path) -> Dialect:
    """What the file most likely is. Never wrong enough to lose bytes: what does not fit is refused when it is read."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    encoding = guess_encoding(path, start)
    text = _decode(start, encoding)
    delimiter = guess_delimiter(text)
    rows = _first_rows(text, delimiter)
    body = rows[1:] or rows
    decimal = "," if delimiter != "," and _writes_commas(body) else "."
    first = [_plain(cell, decimal) for cell in rows[0]] if rows else []
    header = not any(is_number(cell) for cell in first)
    return Dialect.model_validate({"delimiter": delimiter, "encoding": encoding, "header": header, "decimal": decimal})


def guess_encoding(path: Path, start: bytes) -> Encoding:
    """By its mark; UTF-8 where all of it is; a Chinese, Japanese or Korean one where its letters look so."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _is_utf8(path):
        return "utf-8"
    if _share(start, "shift_jis", _KANA) > 0.3:
        return "shift_jis"
    runs = list(_HIGH.finditer(start))
    paired = sum(len(run[0]) % 2 == 0 for run in runs)
    among = sum(start[m.start() - 1 : m.start()].isalpha() or start[m.end() : m.end() + 1].isalpha() for m in runs)
    if paired < 0.6 * len(runs) or among > 0.6 * len(runs):
        return "windows-1252"  # Western letters stand alone, among those of ASCII
    scores: dict[Encoding, float] = {
        "euc_kr": _share(start, "euc_kr", _HANGUL),
        "gb18030": 0.95 * _share(start, "gb18030", _HAN),
    }
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.6 else "windows-1252"


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return False
            done += len(piece)
            if done >= UTF8_CHECKED:
                break
    return True


def _share(start: bytes, encoding: Encoding, letters: re.Pattern[str]) -> float:
    """What part of the letters beyond ASCII are of this kind; 0 where the bytes are no such text."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(start)
    except UnicodeDecodeError:
        return 0.0
    beyond = sum(char > "\x7f" for char in text)
    return len(letters.findall(text)) / beyond if beyond else 0.0


def _decode(start: bytes, encoding: Encoding) -> str:
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return codecs.getincrementaldecoder(name)(errors="replace").decode(start)


def guess_delimiter(text: str) -> str:
    """The sign that cuts most rows into the same number of cells, more than one."""
    scores = {}
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in _first_rows(text, delimiter))
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        scores[delimiter] = (rows / max(1, widths.total()) if width > 1 else 0.0, width)
    return max(_DELIMITERS, key=lambda delimiter: scores[delimiter])


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    lines = text.splitlines(keepends=True)
    cut = "".join(lines[:-1] if len(text) >= SAMPLE // 4 and len(lines) > 1 else lines)
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(cut, newline=""), delimiter=delimiter):
            if row and (len(row) > 1 or row[0].strip()):
                found.append([cell.strip() for cell in row])
            if len(found) == ROWS:
                break
    except csv.Error:
        return found
    return found


def _writes_commas(rows: list[list[str]]) -> bool:
    cells = [cell for row in rows for cell in row]
    commas = sum(bool(_COMMA_NUMBER.fullmatch(cell)) for cell in cells)
    points = sum("." in cell and is_number(cell) for cell in cells)
    return commas > points


def _plain(cell: str, decimal: str) -> str:
    return cell if decimal == "." else plain_number(cell)


def plain_number(cell: str) -> str:
    """A number with a decimal comma as one with a point: 1.234,5 → 1234.5; anything else as it is."""
    return cell.replace(".", "").replace(",", ".") if _COMMA_NUMBER.fullmatch(cell) else cell
