"""Which positions of an input an output position is computed from, axis by axis: what receptive fields are made of.

An operator says it by ``sight``: for each input a ``Look`` for each of its axes. Where output position o along an axis
reads input positions o·step + low … o·step + high, composing operators is adding and multiplying these three numbers,
as in Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", 2019. Statistics over the
batch are left out, as they are there.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

Shape = tuple[int, ...]


class Look(NamedTuple):
    """What is read along one axis of an input."""

    axes: tuple[int, ...]
    """The output's axes along which it moves; none: every output position reads the same."""
    step: float | None
    """How far it moves with each position of its one axis; None: not evenly."""
    low: float
    high: float
    """The first and the last position that output position 0 reads; without ``step`` only their distance counts."""
    blur: float = 0.0
    """How much wider than what is read low … high are, because whole positions lie between parts of a step."""


Looks = tuple[Look, ...]
"""One for each axis of an input."""

EMPTY = 999_983
"""A prime that stands for an axis of size 0, so that it meets its like."""

ALL = Look((), 0.0, -math.inf, math.inf)
"""Every position."""
FIRST = Look((), 0.0, 0.0, 0.0)
"""Only the first one, as along an axis of size 1."""


def along(axis: int, step: float = 1.0, low: float = 0.0, high: float | None = None) -> Look:
    """Reads positions that move evenly along the output's axis; one at a time where no ``high`` is given."""
    return Look((axis,), step, low, low if high is None else high)


def somewhere(*axes: int) -> Look:
    """Reads one position, which depends on the place along these axes."""
    return Look(axes, None, 0.0, 0.0)


def repeated(axis: int, times: int) -> Look:
    """Reads one position for that many of the output's."""
    part = (times - 1) / times
    return Look((axis,), 1 / times, -part, 0.0, part)


def window(axis: int, kernel: int, stride: int = 1, dilate: int = 1, pad: int = 0) -> Look:
    """Reads what lies under a sliding kernel."""
    return along(axis, stride, -pad, dilate * (kernel - 1) - pad)


def same(shape: Shape, everywhere: Iterable[int] = ()) -> Looks:
    """Reads the same position along each axis, and all positions along some (counted from 0)."""
    return _same(len(shape), frozenset(everywhere))


@functools.lru_cache(maxsize=256)
def _same(rank: int, everywhere: frozenset[int]) -> Looks:
    return tuple(ALL if axis in everywhere else along(axis) for axis in range(rank))


@functools.lru_cache(maxsize=1024)
def aligned(shape: Shape, output: Shape) -> Looks:
    """NumPy's broadcasting: the last axes meet, and those of size 1 are repeated."""
    shift = len(output) - len(shape)
    return tuple(FIRST if size == 1 else along(axis + shift) for axis, size in enumerate(shape))


def pointwise(shapes: Sequence[Shape], output: Shape) -> tuple[Looks, ...]:
    """Each output position reads the same position of every input."""
    return tuple(aligned(shape, output) for shape in shapes)


def without(shape: Shape, gone: Iterable[int], kept: bool) -> Looks:
    """Reads all positions along axes that the output lacks (or has with size 1)."""
    missing = set(gone)
    places = [axis for axis in range(len(shape)) if kept or axis not in missing]
    return tuple(ALL if axis in missing else along(places.index(axis)) for axis in range(len(shape)))


def permuted(order: Sequence[int]) -> Looks:
    """The output's axis i is the input's axis ``order[i]``."""
    return tuple(along(order.index(axis)) for axis in range(len(order)))


def same_elements(shape: Shape, output: Shape) -> Looks:
    """The same elements in the same order under another shape."""
    shape, output = (tuple(size or EMPTY for size in sizes) for sizes in (shape, output))
    looks: list[Look] = []
    place = 0
    while len(looks) < len(shape):
        first, taken = len(looks), 1
        size, made = shape[first], 1
        group: list[int] = []
        while made != size or not group:
            if made <= size and place < len(output):
                made *= output[place]
                group.append(place)
                place += 1
            elif first + taken < len(shape):
                size *= shape[first + taken]
                taken += 1
            else:
                break
        wide = tuple(axis for axis in group if output[axis] != 1)
        for axis in range(first, first + taken):
            alone = len(wide) == 1 and shape[axis] == size
            looks.append(FIRST if shape[axis] == 1 else along(wide[0]) if alone else somewhere(*wide))
    return tuple(looks)


def keyed(key: Sequence[Any], shape: Shape) -> Looks:
    """What a basic index with no ``...`` left in it takes."""
    looks: list[Look] = []
    made = 0
    for part in key:
        if part is None:
            made += 1
        elif isinstance(part, tuple):
            start, _, step = slice(*part).indices(shape[len(looks)])
            looks.append(along(made, step, start) if step > 0 else somewhere(made))
            made += 1
        else:
            place = float(range(shape[len(looks)])[part])
            looks.append(Look((), 0.0, place, place))
    return tuple(looks)


# ---------------------------------------------------------------- one operator after another
def through(span: Look, looks: Looks) -> Look:
    """What an operator's output reads of a network's input: ``span`` says it for the operator's own input."""
    if not span.axes:
        return span
    met = [looks[axis] for axis in span.axes]
    if any(look.low == -math.inf and look.high == math.inf for look in met):
        return ALL
    if span.step is None or len(met) > 1 or met[0].step is None:
        if any(look.low != look.high for look in met):
            return ALL
        moved = tuple(sorted({axis for look in met for axis in look.axes}))
        return Look(moved, None, 0.0, span.high - span.low - span.blur)
    look = met[0]
    if look.step == 1.0 and look.low == look.high == 0.0 and look.axes == span.axes:
        return span
    assert look.step is not None
    low, high = span.low + span.step * look.low, span.high + span.step * look.high
    return Look(look.axes, span.step * look.step, low, high, span.blur + span.step * look.blur)


def both(one: Look, other: Look) -> Look:
    """What is read by two ways together."""
    if one.step is None or other.step is None or (one.axes, one.step) != (other.axes, other.step):
        return one if one == other and not one.axes and one.step is not None else ALL
    low, high = min(one.low, other.low), max(one.high, other.high)
    return Look(one.axes, one.step, low, high, min(one.blur, other.blur))


def extent(span: Look, size: int) -> int:
    """How many of ``size`` positions one output position reads."""
    width = span.high - span.low - span.blur
    return size if width >= size - 1 else math.ceil(width - 1e-9) + 1
