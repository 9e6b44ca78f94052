"""Numbers for words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ....errors import DataError, MismatchError


class Vocabulary:
    """Words by number: the unknown word is 0, reserved ones follow, then those counted, the most frequent first.

    Of equally frequent words the alphabetically first comes first. Words rarer than ``min_freq`` are left out, and
    all behind the ``most_freq_count`` most frequent ones.
    """

    def __init__(
        self,
        counter: Counter[str] | None = None,
        most_freq_count: int | None = None,
        min_freq: int = 1,
        unknown_token: str = "<unk>",
        reserved_tokens: Sequence[str] | None = None,
    ) -> None:
        reserved = list(reserved_tokens or [])
        if min_freq < 1:
            raise MismatchError("min_freq must be positive", where="Vocabulary", got=min_freq)
        if unknown_token in reserved or len(set(reserved)) != len(reserved):
            raise MismatchError("reserved tokens must differ from each other and from the unknown one", got=reserved)
        self.unknown_token, self.reserved_tokens = unknown_token, None if reserved_tokens is None else reserved
        self.idx_to_token = [unknown_token, *reserved]
        counted = sorted((counter or {}).items(), key=lambda pair: (-pair[1], pair[0]))
        frequent = [word for word, count in counted if count >= min_freq and word not in self.idx_to_token]
        self.idx_to_token += frequent[:most_freq_count]
        self.token_to_idx = {word: i for i, word in enumerate(self.idx_to_token)}

    def __len__(self) -> int:
        return len(self.idx_to_token)

    def to_indices(self, tokens: Any) -> Any:
        """The numbers of words (a list, or one); 0 for unknown ones."""
        if not isinstance(tokens, list):
            return self.token_to_idx.get(tokens, 0)
        return [self.token_to_idx.get(word, 0) for word in tokens]

    def to_tokens(self, indices: Any) -> Any:
        """The words of numbers (a list, or one)."""
        listed = indices if isinstance(indices, list) else [indices]
        for i in listed:
            if not isinstance(i, int) or not 0 <= i < len(self):
                raise DataError("there is no word of that number", wanted=f"0 to {len(self) - 1}", got=i)
        words = [self.idx_to_token[i] for i in listed]
        return words if isinstance(indices, list) else words[0]
