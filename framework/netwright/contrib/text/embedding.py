"""Vectors of words, read from text files that are there: one word a line, then its numbers.

The files of GloVe and fastText have this form; they are not downloaded by themselves: give their path to
``CustomEmbedding``.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, KindError, MismatchError, ShapeError
from ...gluon.contrib.data.vocabulary import Vocabulary
from ...ndarray.array import NDArray
from ...ndarray.creation import array, zeros
from ...registry import Table


class _TokenEmbedding(Vocabulary):
    """A vocabulary whose words have vectors: row i of ``idx_to_vec`` is that of word i, row 0 of unknown words.

    A subclass of one's own calls ``_load_embedding`` and is made known by ``register``.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._idx_to_vec: NDArray | None = None

    @property
    def idx_to_vec(self) -> NDArray:
        """The vectors, (words, ``vec_len``)."""
        if self._idx_to_vec is None:
            raise MismatchError(
                "it has no vectors yet", where=type(self).__name__, remedy="Load them in its __init__()"
            )
        return self._idx_to_vec

    @property
    def vec_len(self) -> int:
        """The length of a vector."""
        return self.idx_to_vec.shape[1]

    def get_vecs_by_tokens(self, tokens: str | list[str], lower_case_backup: bool = False) -> NDArray:
        """The vectors of words, (n, ``vec_len``), or (``vec_len``,) of one word; row 0 for unknown ones.

        ``lower_case_backup`` looks up what is not found once more in lower case.
        """
        listed = tokens if isinstance(tokens, list) else [tokens]
        found = []
        for word in listed:
            other = word.lower() if lower_case_backup and word not in self.token_to_idx else word
            found.append(self.token_to_idx.get(other, 0))
        vectors = self.idx_to_vec[array(found, dtype=np.int64)]
        return vectors if isinstance(tokens, list) else vectors[0]

    def update_token_vectors(self, tokens: str | list[str], new_vectors: NDArray) -> None:
        """Set the vectors of known words: (n, ``vec_len``), or (``vec_len``,) of one word."""
        listed = tokens if isinstance(tokens, list) else [tokens]
        if unknown := [word for word in listed if word not in self.token_to_idx]:
            raise DataError(
                f"the word {unknown[0]!r} is unknown",
                where="update_token_vectors",
                remedy=f"To change the vector of unknown words, name {self.unknown_token!r} itself",
            )
        shape = (len(listed), self.vec_len)
        if new_vectors.shape != shape and not (len(listed) == 1 and new_vectors.shape == shape[1:]):
            raise ShapeError("wrong vectors", where="update_token_vectors", wanted=shape, got=new_vectors.shape)
        self.idx_to_vec[array([self.token_to_idx[word] for word in listed], dtype=np.int64)] = new_vectors.reshape(
            shape
        )

    def _take_over(self, vocabulary: Vocabulary, embeddings: Sequence[_TokenEmbedding]) -> None:
        """Have the words of a vocabulary, with what the embeddings say of each, side by side."""
        words = vocabulary.idx_to_token
        parts = [
            np.concatenate([e.idx_to_vec[:1].asnumpy(), e.get_vecs_by_tokens(words[1:]).asnumpy()])
            if len(words) > 1
            else e.idx_to_vec[:1].asnumpy()
            for e in embeddings
        ]
        self._idx_to_vec = array(np.concatenate(parts, axis=1))
        self.idx_to_token, self.token_to_idx = list(words), dict(vocabulary.token_to_idx)
        self.unknown_token, self.reserved_tokens = vocabulary.unknown_token, vocabulary.reserved_tokens

    def _load_embedding(
        self, path: str, delimiter: str, init_unknown_vec: Callable[..., NDArray], encoding: str = "utf8"
    ) -> None:
        """Words and vectors of a file; of a word that stands there twice the first, and no header line."""
        rows: dict[str, list[float]] = {}
        with Path(path).expanduser().open(encoding=encoding) as file:
            for number, line in enumerate(file, 1):
                word, *numbers = line.rstrip().split(delimiter)
                where = f"{Path(path).name}, line {number}"
                vector = _numbers(numbers, where)
                if word in rows:
                    warnings.warn(f"{where}: a second vector of {word!r} is left out", stacklevel=3)
                elif len(vector) == 1 and word != self.unknown_token:
                    warnings.warn(f"{where}: {word!r} with one number is taken for a header", stacklevel=3)
                else:
                    length = len(next(iter(rows.values()), vector))
                    if len(vector) != length:
                        raise DataError(
                            f"the vector of {word!r} has another length", where=where, wanted=length, got=len(vector)
                        )
                    rows[word] = vector
        if not rows:
            raise DataError("there are no vectors in the file", where=Path(path).name)
        unknown = rows.pop(self.unknown_token, None)
        length = len(unknown or next(iter(rows.values())))
        first = init_unknown_vec(shape=length).asnumpy() if unknown is None else unknown
        self.idx_to_token += [word for word in rows if word not in self.token_to_idx]
        self.token_to_idx = {word: i for i, word in enumerate(self.idx_to_token)}
        known = [rows.get(word, first) for word in self.idx_to_token[1:]]
        self._idx_to_vec = array(np.array([first, *known], dtype=np.float32))


def _numbers(texts: list[str], where: str) -> list[float]:
    try:
        found = [float(text) for text in texts]
    except ValueError as error:
        raise DataError("this is no vector", where=where, wanted="numbers after the word", got=str(error)) from None
    if not found:
        raise DataError("this is no vector", where=where, wanted="a word, then numbers, with the delimiter between")
    return found


class CustomEmbedding(_TokenEmbedding):
    """Vectors of words from a file of one's own: ``word<elem_delim>1.0<elem_delim>2.5…`` on each line.

    With a ``vocabulary`` it has that vocabulary's words only, and ``init_unknown_vec`` gives the vector of those that
    the file has not.
    """

    def __init__(
        self,
        pretrained_file_path: str,
        elem_delim: str = " ",
        encoding: str = "utf8",
        init_unknown_vec: Callable[..., NDArray] = zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._load_embedding(pretrained_file_path, elem_delim, init_unknown_vec, encoding)
        if vocabulary is not None:
            self._take_over(_checked(vocabulary), [self])


class CompositeEmbedding(_TokenEmbedding):
    """The vectors of several embeddings side by side, for the words of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, token_embeddings: _TokenEmbedding | Sequence[_TokenEmbedding]) -> None:
        super().__init__()
        embeddings = [token_embeddings] if isinstance(token_embeddings, _TokenEmbedding) else list(token_embeddings)
        for embedding in embeddings:
            if not isinstance(embedding, _TokenEmbedding):
                raise KindError("this is no embedding", where="CompositeEmbedding", got=type(embedding).__name__)
        self._take_over(_checked(vocabulary), embeddings)


def _checked(vocabulary: Vocabulary) -> Vocabulary:
    if not isinstance(vocabulary, Vocabulary):
        raise KindError("this is no vocabulary", wanted="a Vocabulary", got=type(vocabulary).__name__)
    return vocabulary


_TABLE = Table("token embedding", _TokenEmbedding)
register = _TABLE.register


def create(embedding_name: str, **kwargs: Any) -> _TokenEmbedding:
    """An embedding that was registered, by its class's name."""
    return _TABLE.create(embedding_name, **kwargs)
