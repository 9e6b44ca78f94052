"""Parquet files, read by a process of its own; and that no file of anybody's makes us import anything."""

from __future__ import annotations

import builtins
import importlib
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from netwright import datasets
from netwright.datasets import parquet_file
from netwright.datasets.limits import Limits
from netwright.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def write(folder: Path, table: Any, name: str = "table.parquet", **options: Any) -> Path:
    path = folder / name
    pq.write_table(pa.table(table), path, **options)
    return path


def mixed(rows: int = 40) -> dict[str, Any]:
    return {
        "size": pa.array([None if i == 3 else i / 3 for i in range(rows)], pa.float32()),
        "count": pa.array(range(rows, 0, -1), pa.int16()),
        "sunny": pa.array([i % 2 == 0 for i in range(rows)]),
        "day": pa.array([date(2020, 1, 1 + i % 28) for i in range(rows)]),
        "seen": pa.array(
            [datetime(2020, 5, 1, i % 24, 30, tzinfo=UTC) for i in range(rows)], pa.timestamp("ms", "UTC")
        ),
        "word": pa.array([["red, or so", 'a "quoted"\nword', None][i % 3] for i in range(rows)]),
        "kind": pa.array(["ab"[i % 2] for i in range(rows)]).dictionary_encode(),
    }


def test_every_kind_of_column_comes_over(tmp_path: Path) -> None:
    path = write(tmp_path, mixed(), row_group_size=7)
    data = datasets.load_file(path)
    fields = {field.name: field for field in data.info.input.fields or ()}
    assert {name: field.kind for name, field in fields.items()} == {
        "size": "number", "count": "number", "sunny": "category", "day": "date", "seen": "date", "word": "category",
    }  # fmt: skip
    assert set(fields["word"].categories) == {"red, or so", 'a "quoted"\nword', "missing"}
    assert data.info.label.classes == ("a", "b")
    rows = [*data.rows("train", 0, 40), *data.rows("test", 0, 40)]
    row = next(row for row in rows if row[1] == 37.0)
    assert row == [None, 37.0, "false", "2020-01-04", "2020-05-01 03:30:00", "red, or so"]


def test_the_studio_never_loads_the_library(tmp_path: Path) -> None:
    import subprocess

    path = write(tmp_path, mixed())
    load = f"import sys; from netwright import datasets; datasets.load_file({str(path)!r})"
    program = f"{load}; assert 'pyarrow' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    ("table", "limits", "message"),
    [
        ({"a": [[1, 2], [3]]}, Limits(), "a: a column holds more than one value"),
        ({"a": [{"b": 1}]}, Limits(), "a column holds more than one value"),
        ({"a": [b"bytes"]}, Limits(), "a column holds more than one value"),
        ({"a": [1, 2, 3], "b": [1, 2, 3]}, Limits(cells=5), "too many cells"),
        ({"a": [1], "b": [1]}, Limits(columns=1), "too many columns"),
        ({"a": ["x" * 100], "b": [1]}, Limits(cell_characters=20), "a cell is too long"),
        ({"a": [1.5] * 5000, "b": list(range(5000))}, Limits(array_bytes=100), "too large"),
    ],
)
def test_what_is_too_much_is_refused(tmp_path: Path, table: Any, limits: Limits, message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.load_file(write(tmp_path, table), limits=limits)


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    column = pa.array(["x"] * 1000).dictionary_encode()
    path = tmp_path / "bomb.parquet"
    with pq.ParquetWriter(path, pa.schema([("a", column.type), ("b", column.type)]), compression="zstd") as writer:
        batch = pa.table({"a": pa.chunked_array([column] * 3000), "b": pa.chunked_array([column] * 3000)})
        for _ in range(4):
            writer.write_table(batch, row_group_size=3_000_000)
    assert path.stat().st_size < 200_000
    with pytest.raises(DataError, match="too many cells"):
        datasets.load_file(path)


@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.9, 0.999])
def test_damage_is_told_and_kills_nothing(tmp_path: Path, place: float) -> None:
    path = write(tmp_path, mixed(2000))
    content = bytearray(path.read_bytes())
    start = int(place * len(content))
    content[start : start + 60] = bytes(255 - byte for byte in content[start : start + 60])
    path.write_bytes(content)
    said = ""
    try:
        datasets.load_file(path)
    except DataError as error:
        said = str(error)
    assert str(tmp_path) not in said


def test_a_reader_that_dies_or_wants_too_much_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, mixed())
    with pytest.raises(DataError, match=r"cannot be read|needs too much memory"):
        datasets.load_file(path, limits=Limits(parquet_memory=4 << 20))
    killer = tmp_path / "killer.py"
    killer.write_text("import os\nprint('40\\nsize,kind', flush=True)\nos.abort()\n")
    monkeypatch.setattr(parquet_file, "CHILD", killer)
    with pytest.raises(DataError, match="bytes that its reader gave up on"):
        datasets.load_file(path)


def test_no_input_names_what_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that would have a careless reader import or run something; we look for the name among our imports."""
    name = "netwright_evil_module"
    asked: list[str] = []
    real, real_module = builtins.__import__, importlib.import_module

    def watch(module: str, *args: Any, **options: Any) -> Any:
        asked.append(module)
        return real(module, *args, **options)

    def watch_module(module: str, package: str | None = None) -> Any:
        asked.append(module)
        return real_module(module, package)

    evil = tmp_path / f"{name}.py"
    evil.write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(builtins, "__import__", watch)
    monkeypatch.setattr(importlib, "import_module", watch_module)
    pickled = f"c{name}\nrun\n.".encode()
    header = f"{{'descr': '{name}', 'fortran_order': False, 'shape': (1,)}}".encode()
    array = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + bytes(8)
    files = {
        "a.npz": _zip({"x.npy": pickled}),
        "b.npz": _zip({"x.npy": array}),
        "c.npz": pickled,
        "d.csv": f"{name},y\n__import__('{name}'),1\n!!python/object:{name}.run,2\n".encode() * 3,
        "e.zip": _zip({f"{name}/1.png": pickled, f"{name}/2.png": pickled}),
        "f.parquet": pickled,
    }
    for filename, content in files.items():
        path = tmp_path / filename
        path.write_bytes(content)
        try:
            datasets.load_file(path)
        except DataError:
            continue
    with pytest.raises(DataError):
        datasets.load_file(tmp_path / "d.csv", recipe={"dialect": {"encoding": name}})
    metadata = {"pandas": f'{{"index_columns": ["{name}"], "creator": {{"library": "{name}"}}}}'}
    table = pa.table({"a": [1.0, 2.0] * 5, "y": ["a", "b"] * 5}).replace_schema_metadata(metadata)
    pq.write_table(table, tmp_path / "g.parquet")
    datasets.load_file(tmp_path / "g.parquet")
    assert name not in sys.modules
    assert not [module for module in asked if name in module]


def _zip(members: dict[str, bytes]) -> bytes:
    import io
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()
