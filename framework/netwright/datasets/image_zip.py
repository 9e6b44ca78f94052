"""Pictures in a zip archive as a data set: each folder is a class; folders called train and test are the parts."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict

from ..errors import DataError
from .archives import open_archive, read_member
from .limits import DEFAULT, Limits
from .pictures import MAX_PIXELS
from .recipe import ImageChoice, Recipe, SplitChoice
from .table_reader import Progress

FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
TRAIN, TEST = ("train", "training"), ("test", "testing", "val", "valid", "validation")
LONGEST_GUESSED = 64
NAMED = 10
BROKEN = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, zipfile.BadZipFile,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """One file that should be a picture: its class, and whether it lies in the folder of the test part."""

    member: zipfile.ZipInfo
    label: str
    test: bool


class ImageSurvey(BaseModel):
    """An archive as it was found: how many pictures each class has, their sizes, what is no picture."""

    model_config = ConfigDict(frozen=True)

    images: int
    classes: dict[str, int]
    sizes: tuple[tuple[int, int, int], ...]
    """(height, width, how many) of the most frequent sizes."""
    grey: int
    test_images: int
    skipped: int
    broken: tuple[str, ...]
    examples: tuple[tuple[str, int], ...]
    """(class, place among the pictures) of some to be shown."""
    recipe: Recipe


def list_pictures(members: list[tuple[zipfile.ZipInfo, tuple[str, ...]]]) -> tuple[list[Picture], int]:
    """(pictures in the order of their names, other files): the folder a picture lies in is its class."""
    files = sorted((parts, member) for member, parts in members if parts[-1].lower().endswith(ENDINGS))
    if not files:
        raise DataError("there are no pictures in the archive", wanted="PNG, JPEG, BMP or WEBP", got="other files")
    start = _common(parts for parts, _ in files)
    tops = {parts[start].lower() for parts, _ in files if len(parts) > start + 1}
    has_parts = bool(tops) and tops <= {*TRAIN, *TEST} and bool(tops & set(TEST)) and bool(tops & set(TRAIN))
    found = []
    for parts, member in files:
        inner = parts[start:]
        test = has_parts and inner[0].lower() in TEST
        folders = inner[1:-1] if has_parts else inner[:-1]
        if not folders:
            raise DataError(
                "a picture lies in no folder",
                where="/".join(parts)[:80],
                wanted="a folder for each class, such as cats/1.png",
                got="no folder",
            )
        found.append(Picture(member, "/".join(folders)[:120], test))
    return found, len(members) - len(files)


def _common(names: Iterator[tuple[str, ...]]) -> int:
    """How many folders all names begin with, where something more than one folder is left to tell them apart."""
    every = list(names)
    depth = 0
    while True:
        first = every[0][depth]
        if any(len(parts) <= depth + 2 or parts[depth] != first for parts in every):
            return depth
        depth += 1


def survey_images(path: Path, limits: Limits = DEFAULT, progress: Progress | None = None) -> ImageSurvey:
    """Read the head of every picture and propose sizes and split."""
    with open_archive(path, limits) as (archive, members):
        pictures, skipped = list_pictures(members)
        sizes: Counter[tuple[int, int]] = Counter()
        broken: list[str] = []
        bad = grey = 0
        for number, picture in enumerate(pictures):
            if progress is not None and number % 64 == 0:
                progress(number / len(pictures))
            try:
                with _open(read_member(archive, picture.member, limits.image_bytes)) as image:
                    sizes[image.height, image.width] += 1
                    grey += image.mode in ("1", "L", "LA", "I", "I;16")
            except DataError:
                raise
            except BROKEN:
                bad += 1
                broken += [picture.member.filename[:80]] if len(broken) < NAMED else []
    if not sizes:
        raise DataError("none of the pictures can be read", wanted="PNG, JPEG, BMP or WEBP", got=", ".join(broken[:3]))
    classes = Counter(picture.label for picture in pictures)
    if len(classes) > limits.classes:
        raise DataError("too many classes", wanted=f"at most {limits.classes}", got=len(classes))
    test = sum(picture.test for picture in pictures)
    places: dict[str, list[int]] = {}
    for number, picture in enumerate(pictures):
        places.setdefault(picture.label, []).append(number)
    examples = [(label, at) for label, found in list(places.items())[:12] for at in found[:6]]
    return ImageSurvey(
        images=len(pictures),
        classes=dict(sorted(classes.items())),
        sizes=tuple((height, width, count) for (height, width), count in sizes.most_common(5)),
        grey=grey,
        test_images=test,
        skipped=skipped + bad,
        broken=tuple(broken),
        examples=tuple(examples),
        recipe=_propose(sizes, grey, test > 0, len(classes) > 1),
    )


def _propose(sizes: Counter[tuple[int, int]], grey: int, given: bool, classes: bool) -> Recipe:
    (height, width), _ = sizes.most_common(1)[0]
    scale = min(1.0, LONGEST_GUESSED / max(height, width))
    channels = 1 if grey == sizes.total() else 3
    size = {"height": max(1, round(height * scale)), "width": max(1, round(width * scale)), "channels": channels}
    by = "given" if given else "stratified" if classes else "random"
    split = SplitChoice.model_validate({"by": by})
    return Recipe(image=ImageChoice.model_validate(size), split=split, scaling="min_max")


@dataclass(frozen=True, eq=False)
class Images:
    """All pictures in one size: uint8 (n, channels, height, width), class numbers, and which are for testing."""

    x: NDArray[np.uint8]
    y: NDArray[np.int64]
    classes: tuple[str, ...]
    test: NDArray[np.bool_]
    broken: int


def read_images(path: Path, choice: ImageChoice, limits: Limits = DEFAULT, progress: Progress | None = None) -> Images:
    """Decode and resize every picture; those that cannot be read are left out and counted."""
    with open_archive(path, limits) as (archive, members):
        pictures, _ = list_pictures(members)
        shape = (choice.channels, choice.height, choice.width)
        size = len(pictures) * choice.channels * choice.height * choice.width
        if size > limits.array_bytes:
            raise DataError("the images are too large", wanted=f"at most {limits.array_bytes} bytes", got=size)
        x = np.empty((len(pictures), *shape), np.uint8)
        kept: list[int] = []
        for number, picture in enumerate(pictures):
            if progress is not None and number % 64 == 0:
                progress(number / len(pictures))
            try:
                x[len(kept)] = _decode(read_member(archive, picture.member, limits.image_bytes), choice)
            except DataError:
                raise
            except BROKEN:
                continue
            kept.append(number)
    if not kept:
        raise DataError("none of the pictures can be read", wanted="PNG, JPEG, BMP or WEBP", got="other bytes")
    labels = [pictures[number].label for number in kept]
    classes = tuple(sorted(set(labels)))
    places = {label: place for place, label in enumerate(classes)}
    return Images(
        x[: len(kept)],
        np.array([places[label] for label in labels], np.int64),
        classes,
        np.array([pictures[number].test for number in kept], bool),
        len(pictures) - len(kept),
    )


def read_examples(path: Path, places: list[int], side: int = 64, limits: Limits = DEFAULT) -> list[bytes | None]:
    """Small PNG files of some pictures, by their place in the order of names; None for one that cannot be read."""
    found: list[bytes | None] = []
    with open_archive(path, limits) as (archive, members):
        pictures, _ = list_pictures(members)
        for place in places:
            try:
                with _open(read_member(archive, pictures[place].member, limits.image_bytes)) as image:
                    small = image.convert("RGB")
                    small.thumbnail((side, side))
                    stream = io.BytesIO()
                    small.save(stream, "PNG")
                    found.append(stream.getvalue())
            except DataError:
                raise
            except (*BROKEN, IndexError):
                found.append(None)
    return found


def _open(content: bytes) -> Image.Image:
    """A picture whose header promises a bearable size; its pixels are not decoded yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ValueError("too many pixels")
    return image


def _decode(content: bytes, choice: ImageChoice) -> NDArray[Any]:
    with _open(content) as image:
        if "A" in image.getbands() or "transparency" in image.info:
            layer = image.convert("RGBA")
            flat = Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)
        else:
            flat = image
        plain = flat.convert("L" if choice.channels == 1 else "RGB")
        if plain.size != (choice.width, choice.height):
            plain = plain.resize((choice.width, choice.height), Image.Resampling.BOX)
        return np.asarray(plain).reshape(choice.height, choice.width, choice.channels).transpose(2, 0, 1)
