"""JSON in and out: NaN travels as a string, what comes in is strict and not too deep."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_TO_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")


def finite(value: Any) -> Any:
    """Return ``value`` with NaN and infinities as "NaN", "Infinity" and "-Infinity", at any depth."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        if math.isnan(value):
            return "NaN"
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return value if _all_finite(value) else [finite(item) for item in value]
    return value


def _all_finite(values: Sequence[Any]) -> bool:
    """Whether these are numbers and none of them is infinite or NaN: curves are lists of thousands."""
    if not values or type(values[0]) not in (float, int):
        return False
    try:
        return all(map(math.isfinite, values))
    except (TypeError, OverflowError):
        return False


def dumps(value: Any) -> bytes:
    """Encode ``value`` as compact, valid JSON; NaN and infinities become strings."""
    return orjson.dumps(finite(value), option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def loads(body: bytes, max_depth: int = 64) -> Any:
    """Decode JSON; ``json.JSONDecodeError`` for NaN, Infinity, 1e999 and nesting beyond ``max_depth``."""
    if _is_deeper(body, max_depth):
        raise json.JSONDecodeError(f"JSON is nested more than {max_depth} levels deep", "", 0)
    return orjson.loads(body)


def _is_deeper(body: bytes, max_depth: int) -> bool:
    """Tell whether ``body`` nests beyond ``max_depth``; each round strips the innermost level at C speed."""
    if body.count(b"[") + body.count(b"{") <= max_depth:
        return False
    brackets = _STRING.sub(b"", body).translate(_TO_BRACKETS, _NOT_BRACKETS)
    for _ in range(max_depth):
        inner = brackets.replace(b"[]", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    # What is left is deeper or malformed; a run of openers beyond the limit is refused either way.
    return b"[]" in brackets or b"[" * (max_depth + 1) in brackets
