"""The rule of MXNet's Reshape: codes for what becomes of each axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import ParamError, ShapeError

Shape = tuple[int, ...]


def reshaped(shape: Shape, codes: Sequence[int], *, reverse: bool = False) -> Shape:
    """The shape that ``codes`` make of ``shape``.

    A positive number is a size; 0 copies an axis; -1 (once) is found from the others; -2 copies all axes that
    remain; -3 joins the next two axes; -4 splits the next axis into the two sizes that follow, one of which
    may be -1. ``reverse`` reads codes and axes from the last one. Raises ParamError for codes that make no
    sense and ShapeError where the numbers of elements differ.
    """
    if not reverse:
        return _Reader(shape, codes, shape, codes).read()
    return _Reader(shape[::-1], codes[::-1], shape, codes).read()[::-1]


class _Reader:
    """Walks over codes and axes together."""

    def __init__(self, axes: Shape, codes: Sequence[int], shape: Shape, given: Sequence[int]) -> None:
        self.axes, self.codes = axes, codes
        self.shape, self.given = shape, tuple(given)
        self.position = 0
        self.made: list[int] = []
        self.kept_axes: set[int] = set()

    def read(self) -> Shape:
        codes = iter(self.codes)
        unknown = None
        explicit = 1
        for code in codes:
            if code == 0:
                self.made.append(self._take("0"))
            elif code == -1:
                if unknown is not None:
                    raise self._nonsense("-1 stands twice")
                unknown = len(self.made)
                self.made.append(1)
                self.position += 1
            elif code == -2:
                while self.position < len(self.axes):
                    self.made.append(self._take("-2"))
            elif code == -3:
                self.made.append(self._take("-3") * self._take("-3"))
            elif code == -4:
                self.made.extend(self._split(next(codes, None), next(codes, None)))
            elif code > 0:
                self.made.append(code)
                explicit *= code
                self.position += 1
            else:
                raise self._nonsense(f"{code} is no code")
        if unknown is not None:
            self._infer(unknown, explicit)
        result = tuple(self.made)
        if math.prod(result) != math.prod(self.shape):
            raise self._unequal(result)
        return result

    def _take(self, code: str) -> int:
        if self.position >= len(self.axes):
            raise self._nonsense(f"{code} has no axis left to stand for")
        self.kept_axes.add(self.position)
        size = self.axes[self.position]
        self.position += 1
        return size

    def _split(self, first: int | None, second: int | None) -> tuple[int, int]:
        size = self._take("-4")
        if first is None or second is None:
            raise self._nonsense("-4 needs two sizes after it")
        if first == second == -1 or min(first, second) < -1 or 0 in (first, second):
            raise self._nonsense(f"-4 cannot split into {first} and {second}")
        if first == -1:
            first = size // second
        elif second == -1:
            second = size // first
        if first * second != size:
            raise self._nonsense(f"-4 cannot split an axis of {size} into {first} and {second}")
        return first, second

    def _infer(self, unknown: int, explicit: int) -> None:
        # axes taken over whole cancel out, so that an empty batch does not hide the other sizes
        rest = math.prod(n for i, n in enumerate(self.axes) if i not in self.kept_axes)
        if rest % explicit:
            raise self._unequal(tuple(-1 if i == unknown else n for i, n in enumerate(self.made)))
        self.made[unknown] = rest // explicit

    def _nonsense(self, message: str) -> ParamError:
        return ParamError(
            f"cannot reshape {self.shape}: {message}",
            parameter="shape",
            wanted="sizes, or codes: 0 copy, -1 infer, -2 copy the rest, -3 join two, -4 split in two",
            got=self.given,
        )

    def _unequal(self, result: Shape) -> ShapeError:
        count = math.prod(self.shape)
        shown = result[::-1] if self.axes != self.shape else result
        return ShapeError(
            f"{self.shape} holds {count} elements and cannot become {shown}",
            parameter="shape",
            wanted=f"sizes whose product is {count}",
            got=self.given,
            remedy="Give -1 for one size to have it computed",
        )


def target_reshaped(shape: Shape, target: Sequence[int], keep_highest: bool) -> Shape:
    """The older rule (``target_shape``): one 0 is found from the others, the first axis may be kept."""
    sizes = list(target)
    if keep_highest:
        sizes[0] = shape[0]
    return reshaped(shape, [n or -1 for n in sizes])
