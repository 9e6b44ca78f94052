"""Pictures in archives: folders are classes, and nothing in a stranger's archive does harm."""

from __future__ import annotations

import io
import pickle
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netwright import datasets
from netwright.datasets.image_zip import read_examples, survey_images
from netwright.datasets.limits import Limits
from netwright.errors import DataError


def png(colour: tuple[int, int, int] = (200, 30, 30), size: tuple[int, int] = (12, 10), kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, kind)
    return stream.getvalue()


def grey(value: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (8, 8), value).save(stream, "PNG")
    return stream.getvalue()


def archive(folder: Path, files: dict[str, bytes], name: str = "pictures.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for inner, content in files.items():
            info = zipfile.ZipInfo(inner)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return path


def animals(prefix: str = "") -> dict[str, bytes]:
    cats = {f"{prefix}cats/{i}.png": png((200 + i, 0, 0)) for i in range(6)}
    return cats | {f"{prefix}dogs/{i}.jpg": png((0, 0, 150 + i), kind="JPEG") for i in range(6)}


def test_folders_are_classes(tmp_path: Path) -> None:
    path = archive(tmp_path, {**animals("my pets/"), "my pets/readme.txt": b"hello", "__MACOSX/x.png": b"?"})
    found = survey_images(path)
    assert found.classes == {"cats": 6, "dogs": 6}
    assert found.sizes == ((10, 12, 12),)
    assert found.skipped == 1
    assert found.recipe.image == datasets.ImageChoice(height=10, width=12, channels=3)
    data = datasets.load_file(path)
    assert data.info.label.classes == ("cats", "dogs")
    assert data.info.input.shape == (3, 10, 12)
    x, y = data.arrays("train")
    assert x.max() <= 1
    assert (x[y == 0][:, 0] > x[y == 0][:, 2]).all(), "cats are red"
    assert all(read_examples(path, [0, 11]))


def test_train_and_test_folders_are_the_parts(tmp_path: Path) -> None:
    path = archive(tmp_path, {**animals("train/"), **{f"test/{k}": v for k, v in list(animals().items())[::3]}})
    data = datasets.load_file(path)
    assert (data.info.samples.train, data.info.samples.test) == (12, 4)
    assert data.preprocessing.steps[1].how == "given"


def test_sizes_colours_and_scaling_follow_the_recipe(tmp_path: Path) -> None:
    path = archive(tmp_path, {f"{'ab'[i % 2]}/{i}.png": grey(10 * i) for i in range(20)})
    assert survey_images(path).recipe.image == datasets.ImageChoice(height=8, width=8, channels=1)
    recipe = {"image": {"height": 4, "width": 6, "channels": 1}, "scaling": "standardise", "augment": {"crop": 0.2}}
    data = datasets.load_file(path, recipe=recipe)
    assert data.info.input.shape == (1, 4, 6)
    train = data.train[0].astype(float)
    assert data.preprocessing.mean == (pytest.approx(train.mean()),)
    assert data.preprocessing.scale == (pytest.approx(train.std()),)
    assert [step.kind for step in data.preprocessing.steps] == ["resize", "split", "standardise", "crop"]


def test_broken_pictures_are_left_out_and_named(tmp_path: Path) -> None:
    path = archive(tmp_path, {**animals(), "cats/bad.png": b"not a picture", "dogs/cut.png": png()[:40]})
    found = survey_images(path)
    assert found.skipped == 2
    assert found.broken == ("cats/bad.png", "dogs/cut.png")
    assert len(datasets.load_file(path).train[0]) + len(datasets.load_file(path).test[0]) == 12


TRAVERSALS = [
    "../evil.png",
    "../../cats/evil.png",
    "cats/../../evil.png",
    "cats/../evil.png",
    "/etc/evil.png",
    "//server/evil.png",
    "~/evil.png",
    "~root/cats/evil.png",
    "C:/evil.png",
    "C:\\evil.png",
    "c:evil.png",
    "..\\evil.png",
    "cats\\..\\evil.png",
    "\\\\server\\share\\evil.png",
    "./evil.png",
    "cats/./evil.png",
    "cats//evil.png",
    "cats/.../evil.png",
    "cats/ ../evil.png",
    "cats/.. /evil.png",
    "\u2025/evil.png",
    "cats/\u2025/evil.png",
    "\uff0e\uff0e/evil.png",
    "cats/\uff0e\uff0e\uff0fevil.png",
    "cats\uff3cevil.png",
    "cats/ev\nil.png",
    "cats/ev\u001bil.png",
    "cats/\u202egnp.live.png",
    "cats/evil.png:stream",
    "/".join("a" * 40) + ".png",
    "x" * 600 + "/evil.png",
    "file:///cats/evil.png",
]


@pytest.mark.parametrize("name", TRAVERSALS, ids=range(len(TRAVERSALS)))
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "deep" / "inside"
    inside.mkdir(parents=True)
    path = archive(inside, {**animals(), name: png()})
    with pytest.raises(DataError, match="leads out of the archive"):
        datasets.load_file(path)
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == ["pictures.zip"]


def with_mode(mode: int) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        path = archive(folder, animals())
        with zipfile.ZipFile(path, "a") as file:
            info = zipfile.ZipInfo("cats/link.png")
            info.external_attr = (mode | 0o777) << 16
            file.writestr(info, "/etc/passwd")
        return path

    return build


def bomb(folder: Path) -> Path:
    return archive(folder, {**animals(), "cats/bomb.png": bytes(64 << 20)})


def hidden_bomb(folder: Path) -> Path:
    """The central directory says ten bytes, the data unpack to 64 MB."""
    path = bomb(folder)
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", 64 << 20), struct.pack("<I", 10)))
    return path


def overlapping(folder: Path) -> Path:
    path = archive(folder, {f"cats/{i}.png": png() for i in range(3)})
    content = bytearray(path.read_bytes())
    place = content.rindex(b"PK\1\2")
    content[place + 20 : place + 24] = struct.pack("<I", 1 << 30)
    path.write_bytes(content)
    return path


def encrypted(folder: Path) -> Path:
    path = archive(folder, animals())
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    return path


def rare(folder: Path) -> Path:
    path = folder / "rare.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("cats/1.png", png())
    return path


def nothing(folder: Path) -> Path:
    return archive(folder, {"cats/model.pkl": pickle.dumps([1])})


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "symbolic link": (with_mode(stat.S_IFLNK), "cats/link.png: a link or device"),
    "pipe": (with_mode(stat.S_IFIFO), "a link or device"),
    "device": (with_mode(stat.S_IFCHR), "a link or device"),
    "bomb": (bomb, "packed suspiciously small"),
    "overlapping": (overlapping, "overlap"),
    "encrypted": (encrypted, "packed in an unusual way"),
    "lzma": (rare, "packed in an unusual way"),
    "no folders": (lambda f: archive(f, {"1.png": png(), "2.png": png()}), "lies in no folder"),
    "no pictures": (nothing, "there are no pictures"),
    "all broken": (lambda f: archive(f, {"a/1.png": b"x", "b/2.png": b"y"}), "none of the pictures"),
    "no archive": (lambda f: Path(f / "x.zip").write_bytes(b"PK\3\4" + bytes(99)) and f / "x.zip", "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused_with_words(tmp_path: Path, name: str) -> None:
    build, message = HOSTILE[name]
    path = build(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=message):
            datasets.load_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert sorted(tmp_path.rglob("*")) == before


def test_a_bomb_behind_a_lying_directory_stays_small(tmp_path: Path) -> None:
    path = hidden_bomb(tmp_path)
    tracemalloc.start()
    try:
        data = datasets.load_file(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert len(data.train[0]) + len(data.test[0]) == 12, "of the bomb no more than ten bytes are read: it is no picture"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(images=3), "too many files"),
        (Limits(array_bytes=1000), "too large"),
        (Limits(classes=1), "too many classes"),
        (Limits(image_bytes=20), "a file in the archive is too large"),
    ],
)
def test_limits_hold(tmp_path: Path, limits: Limits, message: str) -> None:
    with pytest.raises(DataError, match=message):
        datasets.load_file(archive(tmp_path, animals()), limits=limits)


def test_memory_stays_within_twice_the_limit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    files = {}
    for i in range(24):
        stream = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (200, 200, 3), np.uint8)).save(stream, "PNG")
        files[f"{'ab'[i % 2]}/{i}.png"] = stream.getvalue()
    path = archive(tmp_path, files)
    limit = 24 * 3 * 200 * 200 + 100_000
    recipe = {"image": {"height": 200, "width": 200, "channels": 3}, "scaling": "min_max"}
    tracemalloc.start()
    try:
        datasets.load_file(path, recipe=recipe, limits=Limits(array_bytes=limit))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.2 * limit
