"""What stands between the brackets of ``x[…]``, as operators keep it: a tuple that JSON can hold.

A part is an integer, None (a new axis), ``"..."``, a triple (start, stop, step) for a slice, or ``"array"``
for an index array that comes as an input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..errors import ParamError, ShapeError
from .shapes import broadcast_shape

Shape = tuple[int, ...]
Slice = tuple[int | None, int | None, int | None]
Part = int | None | Literal["..."] | Slice
BasicKey = tuple[Part, ...]
MixedKey = tuple[int | Literal["...", "array"] | Slice | None, ...]


def expanded(key: MixedKey, ndim: int) -> MixedKey:
    """The key with ``...`` and missing axes written out as whole slices; ParamError for too many parts."""
    used = sum(1 for part in key if part is not None and part != "...")
    if key.count("...") > 1:
        raise ParamError("an index can hold ... once", parameter="key", got=key)
    if used > ndim:
        raise ParamError(
            f"{used} indices for an array of {ndim} axes", parameter="key", wanted=f"at most {ndim}", got=key
        )
    whole: MixedKey = ((None, None, None),) * (ndim - used)
    if "..." not in key:
        return (*key, *whole)
    place = key.index("...")
    return (*key[:place], *whole, *key[place + 1 :])


def basic_shape(key: MixedKey, shape: Shape) -> Shape:
    """The shape of ``x[key]`` for a key without arrays; (1,) where every axis is taken away."""
    made: list[int] = []
    axis = 0
    for part in expanded(key, len(shape)):
        if part is None:
            made.append(1)
            continue
        if isinstance(part, tuple):
            made.append(_length(part, shape[axis]))
        else:
            _check(part, axis, shape)
        axis += 1
    return tuple(made) or (1,)


def mixed_shape(key: MixedKey, shape: Shape, arrays: Sequence[Shape]) -> Shape:
    """The shape of ``x[key]`` where index arrays stand among the parts.

    NumPy's rule: arrays and integers are broadcast together; their axes stand where the first of them stood
    if they follow each other directly, else in front.
    """
    parts = expanded(key, len(shape))
    common: Shape = ()
    for found in arrays:
        common = broadcast_shape(common, found)
    made: list[int] = []
    places: list[int] = []
    first = axis = 0
    for position, part in enumerate(parts):
        if part is None:
            made.append(1)
            continue
        if isinstance(part, tuple):
            made.append(_length(part, shape[axis]))
        else:
            if part != "array":
                _check(part, axis, shape)
            if not places:
                first = len(made)
            places.append(position)
        axis += 1
    if places and places[-1] - places[0] != len(places) - 1:
        first = 0
    return (*made[:first], *common, *made[first:]) or (1,)


def plain(key: MixedKey, arrays: Sequence[object] = ()) -> tuple[object, ...]:
    """The key as NumPy and CuPy take it, with the arrays put in their places.

    It always holds ``...``, so that one element comes as an array too, and basic parts as views.
    """
    waiting = iter(arrays)
    made: list[object] = []
    for part in key:
        if part == "...":
            made.append(Ellipsis)
        elif part == "array":
            made.append(next(waiting))
        else:
            made.append(slice(*part) if isinstance(part, tuple) else part)
    return tuple(made) if "..." in key else (*made, Ellipsis)


def _length(part: Slice, size: int) -> int:
    if part[2] == 0:
        raise ParamError("a slice cannot have a step of 0", parameter="step", got=part)
    return len(range(*slice(*part).indices(size)))


def _check(part: object, axis: int, shape: Shape) -> None:
    size = shape[axis]
    if not isinstance(part, int) or not -size <= part < size:
        raise ShapeError(
            f"index {part} is outside of axis {axis} of {shape}",
            parameter="key",
            wanted=f"{-size} to {size - 1}" if size else "no index: the axis is empty",
            got=part,
        )
