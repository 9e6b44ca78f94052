"""Where each tensor of a plan lies and when it lives.

Two ways of placing tensors into one arena are tried. The quick one walks through the steps and gives each tensor the
smallest free piece that holds it (best fit). Where that needs more than what lives at the busiest step, a slower one
may do better: largest first, each at the lowest offset at which nothing that lives at the same time lies (Pisarchyk and
Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020: greedy by size).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ALIGNMENT = 64
"""Bytes; a cache line, and what AVX-512 loads like."""

MAX_BY_SIZE = 8_000
"""Tensors that are placed by size at most: its time grows with their square."""


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
    if not share:
        offsets, end = [0] * len(lifetimes), 0
        for i, life in enumerate(lifetimes):
            offsets[i] = end
            end += align(life.nbytes)
        return offsets, end
    found = _by_time(lifetimes)
    if len(lifetimes) <= MAX_BY_SIZE and found[1] > busiest(lifetimes):
        found = min(_by_size(lifetimes), found, key=lambda placed: placed[1])
    return found


def busiest(lifetimes: Sequence[Lifetime]) -> int:
    """The most bytes alive at one step, each tensor aligned: no arena can be smaller."""
    change: dict[int, int] = {}
    for life in lifetimes:
        change[life.first] = change.get(life.first, 0) + align(life.nbytes)
        change[life.last + 1] = change.get(life.last + 1, 0) - align(life.nbytes)
    most = now = 0
    for step in sorted(change):
        now += change[step]
        most = max(most, now)
    return most


def _by_time(lifetimes: Sequence[Lifetime]) -> tuple[list[int], int]:
    """Each tensor, in the order in which they begin, into the smallest free piece that holds it."""
    offsets, size = [0] * len(lifetimes), 0
    free = _Pieces()
    ending = sorted(range(len(lifetimes)), key=lambda i: lifetimes[i].last)
    ended = 0
    for i in sorted(range(len(lifetimes)), key=lambda i: (lifetimes[i].first, -lifetimes[i].nbytes)):
        life = lifetimes[i]
        while lifetimes[ending[ended]].last < life.first:
            over = ending[ended]
            free.give(offsets[over], align(lifetimes[over].nbytes))
            ended += 1
        nbytes = align(life.nbytes)
        found = free.take(nbytes)
        if found is None:  # at the end of the arena, which grows by what its last piece lacks
            found = free.take_last(size)
            size = found + nbytes
        offsets[i] = found
    return offsets, size


class _Pieces:
    """Free pieces of the arena, neighbours joined."""

    def __init__(self) -> None:
        self._by_size: list[tuple[int, int]] = []  # (bytes, start)
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}

    def give(self, start: int, nbytes: int) -> None:
        """Make a piece free."""
        if not nbytes:
            return
        end = start + nbytes
        if start in self._ends:
            start = self._remove(self._ends[start])
        if end in self._starts:
            behind = end
            end = self._starts[behind]
            self._remove(behind)
        self._add(start, end)

    def take(self, nbytes: int) -> int | None:
        """The start of the smallest piece that holds so much, cut off it; None where there is none."""
        if not nbytes:
            return 0
        at = bisect_left(self._by_size, (nbytes, 0))
        if at == len(self._by_size):
            return None
        held, start = self._by_size[at]
        self._remove(start)
        if held > nbytes:
            self._add(start + nbytes, start + held)
        return start

    def take_last(self, size: int) -> int:
        """The start of the piece that ends with the arena of this size, taken whole; else its end."""
        return self._remove(self._ends[size]) if size in self._ends else size

    def _add(self, start: int, end: int) -> None:
        self._starts[start], self._ends[end] = end, start
        insort(self._by_size, (end - start, start))

    def _remove(self, start: int) -> int:
        end = self._starts.pop(start)
        del self._ends[end]
        self._by_size.pop(bisect_left(self._by_size, (end - start, start)))
        return start


def _by_size(lifetimes: Sequence[Lifetime]) -> tuple[list[int], int]:
    """The largest first, each at the lowest offset that is free for as long as it lives."""
    offsets = [0] * len(lifetimes)
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
