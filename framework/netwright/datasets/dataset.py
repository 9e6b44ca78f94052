"""A data set in memory: raw arrays, what they mean, and the preprocessing fitted on the training part."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .info import DatasetInfo
from .preprocessing import Preprocessing

SplitName = Literal["train", "test"]
Split = tuple[NDArray[Any], NDArray[Any]]
Cell = str | float | None


@dataclass(frozen=True, eq=False)
class Dataset:
    """``train`` and ``test`` are raw (x, y): x as people see it, y class numbers (int64) or values (float32).

    ``arrays(split)`` gives what a network is trained on. An unlabelled set has y of shape (samples, 0).
    ``raw`` holds the rows of a table as they were read, where one-hot columns hide them.
    """

    info: DatasetInfo
    train: Split
    test: Split
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    raw: dict[SplitName, Sequence[Sequence[Cell]]] | None = None

    def split(self, name: SplitName) -> Split:
        """The raw arrays of one split."""
        if name not in ("train", "test"):
            raise DataError("unknown split", where=self.info.name, wanted="train or test", got=repr(name))
        return self.train if name == "train" else self.test

    def arrays(self, name: SplitName) -> tuple[NDArray[np.float32], NDArray[Any]]:
        """Preprocessed (x, y): x float32; y int64 class numbers or standardised float32 values."""
        x, y = self.split(name)
        return self.preprocessing.apply(x), self.preprocessing.apply_target(y) if y.dtype.kind == "f" else y

    def feed(self, name: SplitName) -> tuple[NDArray[Any], NDArray[Any]]:
        """(raw x, y as ``arrays`` has it): for ``fit`` with this ``preprocessing``, which then works batch by batch."""
        x, y = self.split(name)
        return x, self.preprocessing.apply_target(y) if y.dtype.kind == "f" else y

    def rows(self, name: SplitName, start: int, stop: int) -> list[list[Cell]]:
        """Raw table rows ``start:stop`` as people typed them (numbers and texts)."""
        if self.raw is not None:
            return [list(row) for row in self.raw[name][start:stop]]
        x = self.split(name)[0][start:stop]
        if self.info.input.characters is not None:
            return [[self._text(row)] for row in x]
        return [list(row) for row in x.reshape(len(x), -1).tolist()]

    def label_of(self, name: SplitName, index: int) -> str | float | None:
        """The label of one sample: a class name, a value, the text of several characters, or None."""
        y = self.split(name)[1]
        if self.info.label.kind == "none":
            return None
        if self.info.label.shape:
            return self._text(y[index])
        if self.info.label.classes is not None:
            return self.info.label.classes[int(y[index])]
        return float(y[index])

    def _text(self, numbers: NDArray[Any]) -> str:
        classes = self.info.label.classes or ()
        return "".join(classes[number] for number in numbers.ravel().tolist())

    @functools.cached_property
    def sha256(self) -> str:
        """SHA-256 over dtype, shape and bytes of all four arrays: the provenance of a model."""
        digest = hashlib.sha256()
        for array in (*self.train, *self.test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
