"""Whether two answers say the same: numbers to rounding, since two processes may be at different forms of one plan."""

from __future__ import annotations

import math
from typing import Any

RELATIVE = 1e-5


def alike(one: Any, other: Any) -> bool:
    """Compare two JSON values."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=RELATIVE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)
