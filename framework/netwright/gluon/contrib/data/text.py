"""The WikiText language model data sets (Merity et al., 2016), read from files that are there."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np

from ....errors import DataError, ParamError
from ....ndarray.array import NDArray
from ....ndarray.creation import array
from ...data.dataset import Dataset
from .vocabulary import Vocabulary

__all__ = ["Vocabulary", "WikiText2", "WikiText103"]

END = "<eos>"


class _WikiText(Dataset):
    """Pairs (words, next words) of ``seq_len`` numbers each, over the whole text of a segment."""

    archive: str

    def __init__(self, root: str, segment: str = "train", vocab: Vocabulary | None = None, seq_len: int = 35) -> None:
        names = {"train": "wiki.train.tokens", "validation": "wiki.valid.tokens", "test": "wiki.test.tokens"}
        if segment not in names:
            raise ParamError("unknown segment", wanted=", ".join(names), got=repr(segment))
        words = self._words(Path(root).expanduser(), names[segment])
        self.frequencies = Counter(word for word in words if word != END)
        self.vocabulary = vocab or Vocabulary(self.frequencies, reserved_tokens=[END])
        numbers = np.array(self.vocabulary.to_indices(words), dtype=np.int32)
        count = max(len(numbers) - 1, 0) // seq_len
        data, label = (numbers[begin : begin + count * seq_len].reshape(-1, seq_len) for begin in (0, 1))
        self._data, self._label = array(data, dtype=np.int32), array(label, dtype=np.int32)

    def _words(self, root: Path, name: str) -> list[str]:
        file, archive = root / name, root / self.archive
        if file.exists():
            text = file.read_text(encoding="utf8")
        elif archive.exists():
            with zipfile.ZipFile(archive) as packed:
                member = next(m for m in packed.namelist() if Path(m).name == name)
                text = packed.read(member).decode("utf8")
        else:
            raise DataError(
                "the data set is not there",
                where=type(self).__name__,
                wanted=f"{name} or {self.archive} in the folder",
                got=root.name,
                remedy="Fetch the archive from its authors and put it there: it is not downloaded by itself",
            )
        lines = (line.split() for line in text.splitlines())
        return [word for line in lines if line for word in (*line, END)]

    def __getitem__(self, idx: int) -> tuple[NDArray, NDArray]:
        return self._data[idx], self._label[idx]

    def __len__(self) -> int:
        return len(self._label)


class WikiText2(_WikiText):
    """Two million words. ``vocab`` of the training segment is given to the other ones."""

    archive = "wikitext-2-v1.zip"

    def __init__(
        self,
        root: str = "~/.mxnet/datasets/wikitext-2",
        segment: str = "train",
        vocab: Vocabulary | None = None,
        seq_len: int = 35,
    ) -> None:
        super().__init__(root, segment, vocab, seq_len)


class WikiText103(_WikiText):
    """A hundred million words. ``vocab`` of the training segment is given to the other ones."""

    archive = "wikitext-103-v1.zip"

    def __init__(
        self,
        root: str = "~/.mxnet/datasets/wikitext-103",
        segment: str = "train",
        vocab: Vocabulary | None = None,
        seq_len: int = 35,
    ) -> None:
        super().__init__(root, segment, vocab, seq_len)
