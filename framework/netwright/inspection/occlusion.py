"""Which parts of an input are hidden, one after the other, to see what the score loses without them."""

from __future__ import annotations

import math
from collections.abc import Sequence

Place = tuple[slice | int, ...]
MOST = 400
"""Windows over a picture, at most; each is one run of the network."""
SHARE = 7
"""A window is this part of the picture's shorter side."""


def windows(shape: Sequence[int], groups: Sequence[slice] | None = None) -> list[Place]:
    """The parts of an input of a shape without its batch axis: windows that overlap by half over a picture (channels,
    height, width), else each number of the first axis, or each of ``groups``, by itself.

    >>> from netwright.inspection.occlusion import windows
    >>> len(windows((1, 28, 28))), windows((3,))[1]
    (169, (slice(1, 2, None),))
    """
    if len(shape) == 3:
        _, height, width = shape
        side = max(1, round(min(height, width) / SHARE))
        step = max(1, side // 2)
        while _count(height, side, step) * _count(width, side, step) > MOST:
            side += 1
            step = max(1, side // 2)
        tops, lefts = _starts(height, side, step), _starts(width, side, step)
        return [(slice(None), slice(y, y + side), slice(x, x + side)) for y in tops for x in lefts]
    if groups is not None:
        return [(group,) for group in groups]
    length = shape[0]
    each = math.ceil(length / MOST)
    return [(slice(i, i + each),) for i in range(0, length, each)]


def _starts(length: int, side: int, step: int) -> list[int]:
    """Where windows begin, the last flush with the end."""
    last = max(0, length - side)
    return [*range(0, last, step), last]


def _count(length: int, side: int, step: int) -> int:
    return len(_starts(length, side, step))
