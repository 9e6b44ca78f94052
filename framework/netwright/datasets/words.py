"""Free texts as numbers: words are counted in a fixed number of places, each word's place being its hash."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# A Chinese, Japanese or Korean character is a word of its own: such texts have no spaces.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def count_words(texts: Sequence[str], places: int) -> NDArray[np.float32]:
    """(texts, places): log(1 + count) of the words whose hash leads there. The same text always gives the same numbers.

    >>> from netwright.datasets.words import count_words
    >>> found = count_words(["to be or not to be", ""], 8)
    >>> found.shape, float(found[1].sum())
    ((2, 8), 0.0)
    """
    counts = np.zeros((len(texts), places), np.float32)
    known: dict[str, int] = {}
    for row, text in enumerate(texts):
        for word in _WORD.findall(text.lower()):
            place = known.get(word)
            if place is None:
                place = known[word] = zlib.crc32(word.encode()) % places
            counts[row, place] += 1
    return np.log1p(counts)


def word_count(text: str) -> int:
    """How many words a text has."""
    return len(_WORD.findall(text))
