"""People's own files: what is guessed, what is refused, and that nothing is allocated for a lie."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netwright import datasets
from netwright.datasets.idx import read_idx
from netwright.datasets.limits import Limits
from netwright.errors import DataError

FLOWERS = "size,colour,kind\n1.0,red,a\n2.0,blue,b\n3.5,red,a\n4.0,blue,b\n5.0,red,a\n6.0,blue,b\n"


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_types_are_guessed(tmp_path: Path) -> None:
    data = datasets.load_csv(write(tmp_path, FLOWERS))
    assert data.info.task == "classification"
    assert data.info.label.classes == ("a", "b")
    assert data.info.label.name == "kind"
    assert data.info.input.columns == ("size", "colour")
    assert data.info.input.shape == (3,)
    assert data.info.samples.train + data.info.samples.test == 6
    x, _ = data.train
    assert set(np.unique(x[:, 1:])) == {0.0, 1.0}
    assert data.preprocessing.apply(x)[:, 1:].tolist() == x[:, 1:].tolist(), "one-hot columns stay as they are"
    row = data.rows("train", 0, 1)[0]
    assert (data.preprocessing.encode([row]) == x[:1]).all()


def test_the_target_may_be_named_and_be_a_value(tmp_path: Path) -> None:
    data = datasets.load_csv(write(tmp_path, FLOWERS), target="size")
    assert data.info.task == "regression"
    assert data.info.input.columns == ("colour", "kind")
    assert sorted([*data.train[1].tolist(), *data.test[1].tolist()]) == [1.0, 2.0, 3.5, 4.0, 5.0, 6.0]


def test_no_target_makes_an_unlabelled_set(tmp_path: Path) -> None:
    data = datasets.load_csv(write(tmp_path, "a,b\n1,2\n3,4\n5,6\n"), target="none")
    assert data.info.label.kind == "none"
    assert data.train[1].shape == (data.info.samples.train, 0)
    assert data.label_of("train", 0) is None


def test_few_whole_numbers_are_classes_in_their_order(tmp_path: Path) -> None:
    text = "x,y\n" + "".join(f"{i},{10 if i % 2 else 2}\n" for i in range(20))
    assert datasets.load_csv(write(tmp_path, text)).info.label.classes == ("2", "10")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_headerless_files(tmp_path: Path, delimiter: str) -> None:
    text = "".join(delimiter.join([str(i), "0.5", "yes" if i % 2 else "no"]) + "\r\n" for i in range(10))
    data = datasets.load_csv(write(tmp_path, text))
    assert data.info.input.columns == ("column 1", "column 2")
    assert data.info.label.classes == ("no", "yes")


def test_missing_numbers_are_refused_by_row_or_filled(tmp_path: Path) -> None:
    path = write(tmp_path, "x,w,y\n1,5,a\n,6,b\n3,7,a\n")
    with pytest.raises(DataError, match=r"row 3, x: 1 values are missing"):
        datasets.load_csv(path)
    data = datasets.load_csv(path, missing="mean")
    assert data.info.input.fields is not None
    assert data.info.input.fields[0].fill == 2.0
    assert data.preprocessing.encode([[None, 6.0]])[0, 0] == 2.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table is empty"),
        ("a,b\n", "the table has no rows"),
        ("a,b\n1,2\n1,2,3\n", "line 3: a row has another number of cells .wanted 2"),
        ("a,a\n1,2\n", "a column name is used twice"),
        ("a,y\n1,x\n2,\n", "row 3, y: a label is missing"),
        ("y\n1\n2\n", "nothing to learn from"),
        ("a,y\ninf,1\n2,2\n", "row 2, a: not a finite number"),
        ("a,b,y\n,1,x\n,2,z\n", "a: a column is empty"),
        ("\0\0\1,2\n", "not a text file"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.load_csv(write(tmp_path, text))


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("größe,y\n1,2\n".encode("latin-1"))
    with pytest.raises(DataError, match="wanted UTF-8, got byte 0xf6"):
        datasets.load_csv(path)


@pytest.mark.parametrize(
    ("limits", "text", "message"),
    [
        (Limits(cells=10), FLOWERS, "too many cells"),
        (Limits(columns=2), FLOWERS, "too many columns"),
        (Limits(cell_characters=5), "abcdefgh,y\n1,2\n", "a cell is too long"),
        (Limits(categories=1), FLOWERS, "colour: too many different texts"),
        (Limits(classes=1), FLOWERS, "kind: too many classes"),
        (Limits(array_bytes=8), FLOWERS, "too large"),
    ],
)
def test_csv_limits_hold(tmp_path: Path, limits: Limits, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.load_csv(write(tmp_path, text), limits=limits)


def test_an_endless_quote_does_not_swallow_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'a,y\n1,"' + "x" * 300_000)
    with pytest.raises(DataError, match="field larger than field limit"):
        datasets.load_csv(path)


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def test_npz_with_its_own_split_is_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x_train, x_test = rng.integers(0, 256, (12, 5, 5), np.uint8), rng.integers(0, 256, (4, 5, 5), np.uint8)
    path = npz(tmp_path, x_train=x_train, y_train=np.arange(12) % 3, x_test=x_test, y_test=np.arange(4) % 3)
    data = datasets.load_npz(path)
    assert data.info.input.kind == "image"
    assert data.info.input.shape == (1, 5, 5)
    assert (data.train[0][:, 0] == x_train).all()
    assert (data.test[0][:, 0] == x_test).all()
    assert data.info.label.classes == ("0", "1", "2")
    assert data.arrays("train")[0].max() <= 1.0


def test_npz_tables_and_values(tmp_path: Path) -> None:
    x = np.asfortranarray(np.random.default_rng(0).normal(5, 2, (50, 3)))
    data = datasets.load_npz(npz(tmp_path, x=x, y=x.sum(1, keepdims=True)))
    assert data.info.task == "regression"
    assert data.info.samples.train == 40
    together = np.concatenate([data.train[0], data.test[0]])
    np.testing.assert_allclose(np.sort(together[:, 1]), np.sort(x[:, 1]), rtol=1e-6)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": np.zeros(3)}, "the arrays have other names"),
        ({"x": np.zeros(3)}, "x has another shape"),
        ({"x": np.zeros((0, 3))}, "x has another shape"),
        ({"x": np.full((3, 2), np.nan)}, "sample 0: x holds NaN"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(2)}, "y has another shape"),
        ({"x": np.zeros((3, 2)), "y": np.array([0, -1, 1])}, "classes are numbered from 0"),
        ({"x": np.zeros((3, 2)), "y": np.array([0, 10**9, 1])}, "classes are numbered from 0"),
        ({"x": np.zeros((3, 2), complex)}, "only arrays of numbers"),
        ({"x_train": np.zeros((3, 2)), "x_test": np.zeros((3, 4))}, "training and test inputs differ"),
        (
            {"x_train": np.zeros((3, 2)), "x_test": np.zeros((3, 2)), "y_test": np.zeros(3)},
            "only one part has labels",
        ),
    ],
)
def test_wrong_arrays_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.load_npz(npz(tmp_path, **arrays))


def member(shape: str, descr: str = "'<f4'", data: bytes = b"\0" * 64, extra: str = "") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}{extra}}}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def archive(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    return stream.getvalue()


def pickled() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return stream.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "80 TB header": (
        lambda: archive(("x.npy", member("(20000000000000,)"))),
        "the header does not fit the file",
    ),
    "2**70 header": (
        lambda: archive(("x.npy", member(f"({2**70}, {2**70})"))),
        "the header does not fit the file",
    ),
    "negative length": (lambda: archive(("x.npy", member("(-4,)"))), "the header cannot be read"),
    "bool length": (lambda: archive(("x.npy", member("(True, 16)"))), "the header cannot be read"),
    "pickle": (lambda: archive(("x.npy", pickled())), "only arrays of numbers"),
    "structured": (lambda: archive(("x.npy", member("(16,)", "[('a', '<f4')]"))), "only arrays of numbers"),
    "texts": (lambda: archive(("x.npy", member("(4,)", "'<U4'"))), "only arrays of numbers"),
    "code": (lambda: archive(("x.npy", member("__import__('os').getpid()"))), "the header cannot be read"),
    "deep header": (lambda: archive(("x.npy", member("(" * 3000 + ")" * 3000))), "the header cannot be read"),
    "no array": (lambda: archive(("x.npy", b"hello")), "not an .npy array"),
    "other member": (lambda: archive(("../../x.sh", b"hello")), "not an array"),
    "twice": (lambda: _twice(), "used twice"),
    "bomb": (
        lambda: archive(("x.npy", member("(16777216,)", data=bytes(1 << 26))), compression=zipfile.ZIP_DEFLATED),
        "packed suspiciously small",
    ),
    "lzma": (
        lambda: archive(("x.npy", member("(16,)")), compression=zipfile.ZIP_LZMA),
        "packed in an unusual way",
    ),
    "not a zip": (lambda: b"PK\3\4" + bytes(200), "cannot be read"),
    "empty": (lambda: b"", "cannot be read"),
    "cut": (lambda: archive(("x.npy", member("(16,)")))[:-30], "cannot be read"),
    "flipped": (lambda: _flipped(), "cannot be read"),
}


def _twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return archive(("x.npy", member("(16,)")), ("x.npy", member("(16,)")))


def _flipped() -> bytes:
    content = bytearray(archive(("x.npy", member("(16,)", data=b"\7" * 64))))
    content[content.index(b"\7" * 64) + 5] ^= 1
    return bytes(content)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused_before_anything_is_allocated(tmp_path: Path, name: str) -> None:
    build, message = HOSTILE[name]
    path = tmp_path / "data.npz"
    path.write_bytes(build())
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message):
            datasets.load_npz(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert [file.name for file in tmp_path.iterdir()] == ["data.npz"]


def test_the_sum_of_all_arrays_is_limited(tmp_path: Path) -> None:
    path = npz(tmp_path, x=np.zeros((100, 10)), y=np.zeros(100))
    with pytest.raises(DataError, match="the arrays are too large"):
        datasets.load_npz(path, limits=Limits(array_bytes=8000))


@pytest.mark.parametrize("name", ["nothing.csv", "readme.txt"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, "hello", "readme.txt")
    with pytest.raises(DataError, match="wanted"):
        datasets.load_file(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x08\1\xff\xff\xff\xff", "too large"),
        (b"\0\0\x08\1\0\0\0\5abc", "the data do not fit the header"),
        (b"\0\0\x08\1\0\0\0\2abc", "the data do not fit the header"),
        (b"\0\0\x08\3\0\0", "the header is cut off"),
        (b"\1\2\3\4", "not an IDX file"),
    ],
)
def test_wrong_idx_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\1\0\0\0\3abc")[:-6])
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(path)


def test_idx_types(tmp_path: Path) -> None:
    path = tmp_path / "floats.idx"
    path.write_bytes(b"\0\0\x0d\2\0\0\0\1\0\0\0\2" + struct.pack(">2f", 1.5, -2))
    array = read_idx(path)
    assert array.tolist() == [[1.5, -2.0]]
    assert array.dtype == np.float32
