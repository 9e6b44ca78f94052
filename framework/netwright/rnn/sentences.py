"""Sentences as numbers, and batches of sentences of like length."""

from __future__ import annotations

import bisect
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import random
from ..errors import DataError, ParamError
from ..io import DataBatch, DataDesc, DataIter
from ..ndarray.creation import array


def encode_sentences(
    sentences: Sequence[Sequence[Any]],
    vocab: dict[Any, int] | None = None,
    invalid_label: int = -1,
    invalid_key: Any = "\n",
    start_label: int = 0,
    unknown_token: Any = None,
) -> tuple[list[list[int]], dict[Any, int]]:
    """(sentences as numbers, vocabulary). Without ``vocab`` one is made: words in order, from ``start_label``.

    A word that a given ``vocab`` has not counts as ``unknown_token``; without one it is an error.
    """
    fresh = vocab is None
    words: dict[Any, int] = {invalid_key: invalid_label} if vocab is None else vocab
    number = start_label
    coded = []
    for sentence in sentences:
        row = []
        for word in sentence:
            if word not in words:
                if not fresh and not unknown_token:
                    raise DataError(f"the word {word!r} is not in the vocabulary", where="encode_sentences")
                number += number == invalid_label
                if unknown_token:
                    word = unknown_token
                words[word] = number
                number += 1
            row.append(words[word])
        coded.append(row)
    return coded, words


class BucketSentenceIter(DataIter):
    """Batches of sentences of one length each (``buckets``); shorter ones are filled up with ``invalid_label``.

    The label of each word is the next word. Without ``buckets`` every length with at least a batch of sentences is one;
    sentences longer than the largest are left out, and it is told. ``layout`` ``NT`` or ``TN``.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: Sequence[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        layout: str = "NT",
    ) -> None:
        super().__init__(batch_size)
        self.major_axis = layout.find("N")
        if self.major_axis not in (0, 1):
            raise ParamError("unknown layout", where="BucketSentenceIter", wanted="NT or TN", got=layout)
        lengths = [len(sentence) for sentence in sentences]
        if not buckets:
            buckets = [n for n, count in enumerate(np.bincount(lengths)) if count >= batch_size]
        if not buckets:
            raise DataError("no length has a batch of sentences", where="BucketSentenceIter", remedy="Give buckets")
        sizes = sorted(buckets)
        rows: dict[int, list[Any]] = {size: [] for size in sizes}
        discarded = 0
        for sentence in sentences:
            place = bisect.bisect_left(sizes, len(sentence))
            if place == len(sizes):
                discarded += 1
                continue
            row = np.full(sizes[place], invalid_label, dtype=dtype)
            row[: len(sentence)] = sentence
            rows[sizes[place]].append(row)
        if discarded:
            logging.warning("discarded %d sentences longer than the largest bucket.", discarded)
        self.buckets = [size for size in sizes if rows[size]]
        self.data = [np.asarray(rows[size], dtype=dtype) for size in self.buckets]
        self.data_name, self.label_name, self.dtype = data_name, label_name, dtype
        self.invalid_label, self.layout = invalid_label, layout
        self.default_bucket_key = max(self.buckets)
        shape = self._turned((batch_size, self.default_bucket_key))
        self.provide_data = [DataDesc(data_name, shape, np.dtype(dtype).type, layout)]
        self.provide_label = [DataDesc(label_name, shape, np.dtype(dtype).type, layout)]
        self.idx = [
            (i, begin) for i, part in enumerate(self.data) for begin in range(0, len(part) - batch_size + 1, batch_size)
        ]
        self.reset()

    def _turned(self, shape: tuple[int, int]) -> tuple[int, int]:
        return shape if self.major_axis == 0 else shape[::-1]

    def reset(self) -> None:
        """Begin anew, with sentences and batches in another order."""
        self.curr_idx = 0
        generator = random.state_of().generator
        generator.shuffle(self.idx)
        self._labels = []
        for part in self.data:
            generator.shuffle(part)
            label = np.full_like(part, self.invalid_label)
            label[:, :-1] = part[:, 1:]
            self._labels.append(label)

    def next(self) -> DataBatch:
        if self.curr_idx == len(self.idx):
            raise StopIteration
        i, begin = self.idx[self.curr_idx]
        self.curr_idx += 1
        chosen = [part[i][begin : begin + self.batch_size] for part in (self.data, self._labels)]
        if self.major_axis == 1:
            chosen = [part.T for part in chosen]
        data, label = (array(np.ascontiguousarray(part), dtype=self.dtype) for part in chosen)
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=self.buckets[i],
            provide_data=[DataDesc(self.data_name, data.shape, data.dtype, self.layout)],
            provide_label=[DataDesc(self.label_name, label.shape, label.dtype, self.layout)],
        )
