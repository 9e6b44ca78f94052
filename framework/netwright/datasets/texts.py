"""Texts, cut into windows of characters; what is to be told is the character after each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset, Split
from .info import DatasetInfo, InputInfo, LabelInfo, Samples

WINDOW = 64
TEST_SHARE = 0.1


def pride_and_prejudice() -> Dataset:
    """The first hundred thousand characters of Jane Austen's novel."""
    return text(
        "pride-and-prejudice",
        "Pride and Prejudice",
        "The first chapters of Jane Austen's novel, character by character; which one comes next?",
        resources.files(__package__).joinpath("pride_and_prejudice.txt").read_text("utf-8"),
        source="Jane Austen, Pride and Prejudice (1813), chapters 1 to 9 and a part of the next, without headings",
        licence="Public domain",
    )


def text(name: str, title: str, summary: str, content: str, *, source: str, licence: str) -> Dataset:
    """A text as windows of 64 characters: x holds their numbers, y those of the characters that follow each.

    The last tenth is the test split. Numbers count the characters of the text in the order of their code points.
    """
    characters = "".join(sorted(set(content)))
    numbers = encode(content, characters)
    cut = len(numbers) - int(len(numbers) * TEST_SHARE)
    train, test = _windows(numbers[:cut]), _windows(numbers[cut:])
    info = DatasetInfo(
        name=name,
        title=title,
        summary=summary,
        task="language",
        input=InputInfo(kind="text", shape=(WINDOW,), dtype="uint8", columns=("text",), characters=characters),
        label=LabelInfo(kind="class", classes=tuple(characters), name="next character", shape=(WINDOW,)),
        samples=Samples(train=len(train[0]), test=len(test[0])),
        bytes=sum(part.nbytes for part in (*train, *test)),
        source=source,
        licence=licence,
    )
    return Dataset(info, train, test)


def encode(content: str, characters: str) -> NDArray[np.uint8]:
    """The number of each character; one that is not there is taken for a space (or the first there is)."""
    places = {character: number for number, character in enumerate(characters)}
    other = places.get(" ", 0)
    return np.array([places.get(character, other) for character in content], np.uint8)


def decode(numbers: NDArray[np.generic], characters: str) -> str:
    """The text of numbers."""
    return "".join(characters[int(number)] for number in numbers)


def _windows(numbers: NDArray[np.uint8]) -> Split:
    """One after the other: none overlaps, so that those held out tell nothing of the others."""
    starts = np.arange(0, len(numbers) - WINDOW, WINDOW)[:, None] + np.arange(WINDOW)
    return numbers[starts], numbers[starts + 1].astype(np.int64)


BUILDERS: dict[str, Callable[[], Dataset]] = {"pride-and-prejudice": pride_and_prejudice}
