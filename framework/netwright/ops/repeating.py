"""Operators that repeat elements: tile, repeat and padding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import deliver
from .copying import copied
from .operator import Operator, Sample, Shape, Shapes
from .params import Ints, OpParams, Size, Sizes
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, along, repeated, somewhere


class TileParams(OpParams):
    """What tile takes."""

    reps: Sizes = Field(description="how often the array is repeated along each of the last axes")


@register
class Tile(Operator):
    """The whole array repeated along axes: [1, 2] with reps (2, 2) → [[1, 2, 1, 2], [1, 2, 1, 2]].

    Where ``reps`` is longer than the shape, axes of size 1 are put in front of the data; where it is shorter,
    1s in front of ``reps``.
    """

    name = "tile"
    category = "shape"
    title = "Tile"
    in_palette = True
    Params = TileParams

    def _aligned(self, p: TileParams, shape: Shape) -> tuple[Shape, Shape]:
        ndim = max(len(shape), len(p.reps))
        return (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(p.reps)) + p.reps

    def infer_shape(self, p: TileParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is None:
            return shapes, [None]
        return shapes, [tuple(n * r for n, r in zip(*self._aligned(p, shapes[0]), strict=True))]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        sizes, reps = self._aligned(p, inputs[0])
        shift = len(sizes) - len(inputs[0])
        looks = [along(a) if reps[a] == 1 else somewhere(a) for a in range(len(sizes))]
        return [tuple(looks[shift:])]

    def forward(self, xp: Any, p: TileParams, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, xp.tile(data, p.reps), out)

    def gradient(self, F: Any, p: TileParams, at: Any, dy: Any) -> Any:
        sizes, reps = self._aligned(p, at.inputs[0].shape)
        pairs = tuple(n for pair in zip(reps, sizes, strict=True) for n in pair)
        folded = F._sum_to(F._reshape_to(dy, shape=pairs), shape=sizes, axis=tuple(range(0, len(pairs), 2)))
        return F._reshape_to(folded, shape=at.inputs[0].shape)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3,),), {"reps": 2})
        yield Sample(((2, 3),), {"reps": (2,)})
        yield Sample(((2, 3),), {"reps": (2, 1, 3)})
        yield Sample(((2, 1, 2),), {"reps": (1, 2)})
        yield Sample(((0, 3),), {"reps": (2, 2)})
        yield Sample(((2,),), {"reps": ()})


class RepeatParams(OpParams):
    """What repeat takes."""

    repeats: Size = Field(description="how often each element is repeated")
    axis: int | None = Field(None, description="the axis along which; none: the array is flattened first")


@register
class Repeat(Operator):
    """Each element repeated in place: [1, 2] twice → [1, 1, 2, 2].

    Without ``axis`` the data is flattened first.
    """

    name = "repeat"
    category = "shape"
    title = "Repeat"
    in_palette = True
    Params = RepeatParams

    def infer_shape(self, p: RepeatParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        before, size, after = _around(p.axis, data)
        return shapes, [(*before, size * p.repeats, *after)]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        if p.axis is None:
            return [tuple(somewhere(0) for _ in inputs[0])]
        axis, n = normalize_axis(p.axis, len(inputs[0])), p.repeats
        return [tuple(repeated(a, n) if a == axis else along(a) for a in range(len(output)))]

    def forward(self, xp: Any, p: RepeatParams, data: Any, *, out: Any = None) -> Any:
        return deliver(xp, xp.repeat(data, p.repeats, axis=p.axis), out)

    def gradient(self, F: Any, p: RepeatParams, at: Any, dy: Any) -> Any:
        before, size, after = _around(p.axis, at.inputs[0].shape)
        apart = F._reshape_to(dy, shape=(*before, size, p.repeats, *after))
        folded = F._sum_to(apart, shape=(*before, size, *after), axis=(len(before) + 1,))
        return F._reshape_to(folded, shape=at.inputs[0].shape) if p.axis is None else folded

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3),), {"repeats": 2})
        yield Sample(((2, 3),), {"repeats": 3, "axis": 0})
        yield Sample(((2, 3, 4),), {"repeats": 2, "axis": -2})
        yield Sample(((0, 3),), {"repeats": 2, "axis": 1})


def _around(axis: int | None, shape: Shape) -> tuple[Shape, int, Shape]:
    """Sizes before the axis, along it, and behind it; for no axis all elements along one."""
    if axis is None:
        return (), math.prod(shape), ()
    axis = normalize_axis(axis, len(shape))
    return shape[:axis], shape[axis], shape[axis + 1 :]


class PadParams(OpParams):
    """What Pad takes."""

    mode: Literal["constant", "edge", "reflect"] = Field(
        description="constant: a value; edge: the border repeated; reflect: mirrored, the border once"
    )
    pad_width: Ints = Field(description="(before₀, after₀, before₁, after₁, …) for every axis")
    constant_value: float = Field(0.0, description="the value of mode constant")


def _widths(p: PadParams, ndim: int) -> list[tuple[int, int]]:
    if len(p.pad_width) != 2 * ndim or min(p.pad_width, default=0) < 0:
        raise ParamError(
            "pad_width needs two sizes for every axis",
            parameter="pad_width",
            wanted=f"{2 * ndim} numbers from 0 on for {ndim} axes",
            got=p.pad_width,
        )
    return list(zip(p.pad_width[::2], p.pad_width[1::2], strict=True))


def _padded(p: PadParams, shape: Shape) -> Shape:
    widths = _widths(p, len(shape))
    for axis, (size, pair) in enumerate(zip(shape, widths, strict=True)):
        room = {"constant": max(pair), "edge": max(pair) if size else 0, "reflect": max(size - 1, 0)}[p.mode]
        if max(pair) > room:
            raise ShapeError(
                f"axis {axis} of {shape} is too short to be padded by {pair} in mode {p.mode}",
                port="data",
                parameter="pad_width",
                wanted=f"at most {room}",
                got=max(pair),
            )
    return tuple(n + before + after for n, (before, after) in zip(shape, widths, strict=True))


@register
class Pad(Operator):
    """An array with a border: of a constant, of its edge repeated, or of itself mirrored.

    Axis i grows from n to before + n + after. Mode reflect needs pads smaller than the axis.
    """

    name = "Pad"
    aliases = ("pad",)
    category = "shape"
    title = "Pad"
    in_palette = True
    Params = PadParams

    def infer_shape(self, p: PadParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [None if shapes[0] is None else _padded(p, shapes[0])]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        widths = _widths(p, len(inputs[0]))
        mirrored = p.mode == "reflect"
        return [
            tuple(somewhere(a) if mirrored and any(w) else along(a, 1, -w[0]) for a, w in enumerate(widths))
            if p.mode == "constant" or mirrored
            else tuple(somewhere(a) if any(w) else along(a) for a, w in enumerate(widths))
        ]

    def forward(self, xp: Any, p: PadParams, data: Any, *, out: Any = None) -> Any:
        widths = _widths(p, data.ndim)
        if p.mode != "constant":
            return deliver(xp, xp.pad(data, widths, mode=p.mode), out)
        if out is None:
            out = xp.empty(_padded(p, data.shape), dtype=data.dtype)
        out.fill(data.dtype.type(p.constant_value))
        out[tuple(slice(before, before + n) for n, (before, _) in zip(data.shape, widths, strict=True))] = data
        return out

    def gradient(self, F: Any, p: PadParams, at: Any, dy: Any) -> Any:
        if p.mode != "constant":
            return F._pad_grad(dy, mode=p.mode, pad_width=p.pad_width)
        shape = at.inputs[0].shape
        widths = _widths(p, len(shape))
        key = tuple((before, before + n, None) for n, (before, _) in zip(shape, widths, strict=True))
        return F._basic_index(dy, key=key)

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        image = (0, 0, 0, 0, 1, 2, 2, 0)
        yield Sample(((2, 1, 3, 4),), {"mode": "constant", "pad_width": image, "constant_value": 1.5})
        yield Sample(((2, 1, 3, 4),), {"mode": "edge", "pad_width": image})
        yield Sample(((2, 1, 3, 4),), {"mode": "reflect", "pad_width": image})
        yield Sample(((1, 1, 2, 3, 2),), {"mode": "reflect", "pad_width": (0, 0, 0, 0, 1, 1, 2, 0, 0, 1)})
        yield Sample(((3,),), {"mode": "edge", "pad_width": (2, 1)})
        yield Sample(((0, 3),), {"mode": "constant", "pad_width": (0, 0, 1, 1)})


class PadGradParams(OpParams):
    """What _pad_grad takes."""

    mode: Literal["edge", "reflect"] = Field(description="the mode of Pad")
    pad_width: Ints = Field(description="the widths of Pad")


@register
class PadGrad(Operator):
    """What came from the border folded back onto the elements it was copied from: the adjoint of Pad."""

    name = "_pad_grad"
    category = "shape"
    Params = PadGradParams

    def infer_shape(self, p: PadGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is None:
            return shapes, [None]
        pairs = zip(p.pad_width[::2], p.pad_width[1::2], strict=True)
        return shapes, [tuple(n - sum(pair) for n, pair in zip(shapes[0], pairs, strict=True))]

    def forward(self, xp: Any, p: PadGradParams, data: Any) -> Any:
        for axis in range(data.ndim):
            before, after = p.pad_width[2 * axis : 2 * axis + 2]
            if before or after:
                data = self._folded(data, axis, before, after, p.mode)
        return copied(xp, data, None)

    def _folded(self, data: Any, axis: int, before: int, after: int, mode: str) -> Any:
        size = data.shape[axis] - before - after

        def part(array: Any, begin: int, end: int) -> Any:
            return array[(*(slice(None),) * axis, slice(begin, end))]

        inner = part(data, before, before + size).copy()
        left, right = part(data, 0, before), part(data, before + size, before + size + after)
        if mode == "edge":
            part(inner, 0, 1)[...] += left.sum(axis=axis, keepdims=True)
            part(inner, size - 1, size)[...] += right.sum(axis=axis, keepdims=True)
        else:
            turned = (*(slice(None),) * axis, slice(None, None, -1))
            part(inner, 1, 1 + before)[...] += left[turned]
            part(inner, size - 1 - after, size - 1)[...] += right[turned]
        return inner

    def gradient(self, F: Any, p: PadGradParams, at: Any, dy: Any) -> Any:
        return F.Pad(dy, mode=p.mode, pad_width=p.pad_width)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 1, 6, 6),), {"mode": "edge", "pad_width": (0, 0, 0, 0, 1, 2, 2, 0)})
        yield Sample(((2, 1, 6, 6),), {"mode": "reflect", "pad_width": (0, 0, 0, 0, 1, 2, 2, 0)})
