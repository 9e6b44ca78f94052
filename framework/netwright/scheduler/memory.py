"""Where each tensor of a plan lies and when it lives.

Tensors are placed into one arena, largest first, each at the lowest offset at which nothing that lives at the same time
lies (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020: greedy by size).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALIGNMENT = 64
"""Bytes; a cache line, and what AVX-512 loads like."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Memory that must hold from step ``first`` to step ``last``, both included."""

    nbytes: int
    first: int
    last: int


def align(nbytes: int) -> int:
    """Rounded up to the alignment."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def place(lifetimes: Sequence[Lifetime], *, share: bool = True) -> tuple[list[int], int]:
    """(offset of each, size of the arena) such that no two that live at one time overlap.

    >>> from netwright.scheduler.memory import Lifetime, place
    >>> place([Lifetime(100, 0, 2), Lifetime(50, 3, 4), Lifetime(60, 1, 3)])
    ([0, 0, 128], 192)
    """
    offsets = [0] * len(lifetimes)
    if not share:
        end = 0
        for i, life in enumerate(lifetimes):
            offsets[i] = end
            end += align(life.nbytes)
        return offsets, end
    order = sorted(range(len(lifetimes)), key=lambda i: (-lifetimes[i].nbytes, lifetimes[i].first))
    n = len(order)
    starts, ends, firsts, lasts = (np.zeros(n, np.int64) for _ in range(4))
    size = 0
    for count, i in enumerate(order):
        life = lifetimes[i]
        nbytes = align(life.nbytes)
        together = (firsts[:count] <= life.last) & (lasts[:count] >= life.first)
        offset = _lowest_gap(starts[:count][together], ends[:count][together], nbytes)
        offsets[i] = offset
        starts[count], ends[count] = offset, offset + nbytes
        firsts[count], lasts[count] = life.first, life.last
        size = max(size, offset + nbytes)
    return offsets, size


def _lowest_gap(starts: np.ndarray, ends: np.ndarray, nbytes: int) -> int:
    """The lowest offset at which ``nbytes`` fit between the given intervals."""
    if not len(starts):
        return 0
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    gaps = np.concatenate(([0], ends))
    limits = np.concatenate((starts, [np.iinfo(np.int64).max]))
    return int(gaps[np.argmax(limits - gaps >= nbytes)])
