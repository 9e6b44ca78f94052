"""Shape rules that many operators share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import ParamError, ShapeError

Shape = tuple[int, ...]


def normalize_axis(axis: int, ndim: int, parameter: str = "axis") -> int:
    """``-1`` → the last axis; raises ParamError outside [-ndim, ndim)."""
    if not -ndim <= axis < ndim:
        raise ParamError(
            f"{parameter} {axis} does not exist",
            parameter=parameter,
            wanted=f"{-ndim} to {ndim - 1} for {ndim} axes" if ndim else "data with at least one axis",
            got=axis,
            remedy=f"Give {parameter} a number of an axis; negative ones count from the last",
        )
    return axis + ndim if axis < 0 else axis


def normalize_axes(axis: int | Sequence[int] | None, ndim: int, *, exclude: bool = False) -> tuple[int, ...]:
    """Axes as a sorted tuple; ``exclude`` turns the choice round.

    None or () is all of them, with ``exclude`` too (as MXNet does).
    """
    if axis is None or (not isinstance(axis, int) and len(axis) == 0):
        return tuple(range(ndim))
    axes: tuple[int, ...]
    if isinstance(axis, int):
        axes = (normalize_axis(axis, ndim),)
    else:
        axes = tuple(sorted(normalize_axis(a, ndim) for a in axis))
        if len(set(axes)) != len(axes):
            raise ParamError("an axis is named twice", parameter="axis", got=tuple(axis), remedy="Name each axis once")
    if exclude:
        return tuple(a for a in range(ndim) if a not in axes)
    return axes


def broadcast_shape(lhs: Shape, rhs: Shape) -> Shape:
    """The common shape under NumPy's broadcasting rule; raises ShapeError that says which axis does not fit."""
    ndim = max(len(lhs), len(rhs))
    a = (1,) * (ndim - len(lhs)) + lhs
    b = (1,) * (ndim - len(rhs)) + rhs
    for axis, (m, n) in enumerate(zip(a, b, strict=True)):
        if m != n and m != 1 and n != 1:
            raise ShapeError(
                f"shapes {lhs} and {rhs} do not fit together: axis {axis - ndim} has {m} and {n}",
                port="rhs",
                wanted=f"equal sizes, or 1, on every axis of {lhs}",
                got=rhs,
                remedy="Use reshape() or expand_dims() to line the axes up, or dot() for a matrix product",
            )
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


def reduced_shape(shape: Shape, axes: Sequence[int], keepdims: bool) -> Shape:
    """The shape after a reduction over ``axes``. A full reduction without ``keepdims`` gives (1,), as MXNet does."""
    if keepdims:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes) or (1,)


def flattened(shape: Shape) -> int:
    """Elements behind the first axis: what one row holds after Flatten."""
    return math.prod(shape[1:])
