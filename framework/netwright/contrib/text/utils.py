"""Counting words."""

from __future__ import annotations

import re
from collections import Counter


def count_tokens_from_str(
    source_str: str,
    token_delim: str = " ",
    seq_delim: str = "\n",
    to_lower: bool = False,
    counter_to_update: Counter[str] | None = None,
) -> Counter[str]:
    r"""How often each word stands in a text; words end at either delimiter, both of them regular expressions.

    With ``counter_to_update`` the counts are added to that counter, which is returned.

    >>> from netwright.contrib import text
    >>> text.utils.count_tokens_from_str(" Life is great ! \n life is good . \n", to_lower=True)["life"]
    2
    """
    words = [word for word in re.split(f"{token_delim}|{seq_delim}", source_str) if word]
    counter: Counter[str] = Counter() if counter_to_update is None else counter_to_update
    counter.update(word.lower() for word in words) if to_lower else counter.update(words)
    return counter
