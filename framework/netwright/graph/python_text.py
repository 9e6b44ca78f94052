"""Pieces of Python text: literals, calls, names that are free to use."""

from __future__ import annotations

import json
import keyword
import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

WIDTH = 100


def literal(value: Any) -> str:
    """A value as Python writes it; lists become tuples, for that is what parameters hold.

    >>> from netwright.graph.python_text import literal
    >>> literal({"kernel": [3, 3], "eps": float("inf")})
    '{"kernel": (3, 3), "eps": float("inf")}'
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return repr(value)


def _text(value: str) -> str:
    """Double quotes and JSON's escapes, which are Python's, too."""
    return json.dumps(value, ensure_ascii=not value.isprintable())


def call(function: str, values: Sequence[str], margin: int = 0) -> str:
    """A call, broken over lines where it is long beside a margin."""
    line = f"{function}({', '.join(values)})"
    if margin + len(line) <= WIDTH or not values:
        return line
    return f"{function}(\n" + "".join(f"    {value},\n" for value in values) + ")"


def comment(text: str) -> str:
    """A text that may stand in a docstring or a heading: one line, without quotes and backslashes."""
    return re.sub(r"\s+", " ", text).replace("\\", "/").replace('"', "'").strip()[:120]


def camel(text: str) -> str:
    """``"Residual block"`` → ``"ResidualBlock"``; empty where nothing of a text can be in a name."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    joined = "".join(word[:1].upper() + word[1:] for word in words)[:60]
    return joined if joined[:1].isalpha() else f"Net{joined}" if joined else ""


def free(name: str, taken: Collection[str]) -> str:
    """The name, or the nearest one that is neither taken nor a word of Python."""
    found = name
    while found in taken or keyword.iskeyword(found) or keyword.issoftkeyword(found):
        found += "_"
    return found
