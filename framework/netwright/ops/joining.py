"""Operators that put several arrays together, or take one apart into several."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import Field

from ..errors import ParamError, ShapeError
from .copying import copied
from .operator import Draw, Operator, Sample, Shape, Shapes, TensorSpec
from .params import Ints, OpParams, Size
from .registry import register
from .shapes import normalize_axis
from .sight import Looks, along, keyed
from .storage import CSR, CompressedRows, joined


class ConcatParams(OpParams):
    """What Concat takes."""

    num_args: Size = Field(description="how many arrays are joined")
    dim: int = Field(1, description="the axis along which they are joined")


@register
class Concat(Operator):
    """Arrays joined along an axis: (2, 3) and (2, 5) along axis 1 → (2, 8). The other sizes must agree."""

    name = "Concat"
    aliases = ("concat", "_rnn_param_concat")
    category = "shape"
    title = "Concatenate"
    in_palette = True
    Params = ConcatParams
    variadic = "num_args"

    def infer_shape(self, p: ConcatParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        known = [s for s in shapes if s is not None]
        if not known:
            return shapes, [None]
        first = known[0]
        axis = normalize_axis(p.dim, len(first), "dim")
        for i, shape in enumerate(shapes):
            if shape is None:
                continue
            if len(shape) != len(first) or any(
                m != n for a, (m, n) in enumerate(zip(shape, first, strict=False)) if a != axis
            ):
                wanted = f"({', '.join('any' if a == axis else str(n) for a, n in enumerate(first))})"
                raise ShapeError(
                    f"arrays joined along axis {axis} must agree on every other axis",
                    port=f"arg{i}",
                    wanted=wanted,
                    got=shape,
                    remedy="Choose another axis by dim, or bring the arrays to equal sizes first",
                )
        if len(known) < len(shapes):
            return shapes, [None]
        return shapes, [(*first[:axis], sum(s[axis] for s in known), *first[axis + 1 :])]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        axis, begin = normalize_axis(p.dim, len(output), "dim"), 0
        looks = []
        for shape in inputs:
            looks.append(tuple(along(a, 1, -begin if a == axis else 0) for a in range(len(shape))))
            begin += shape[axis]
        return looks

    def forward(self, xp: Any, p: ConcatParams, *arrays: Any, out: Any = None) -> Any:
        return xp.concatenate(arrays, axis=p.dim, out=out)

    def ready(self, xp: Any, p: ConcatParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        join, axis = xp.concatenate, p.dim
        if len(specs) == 2:
            return lambda a, b: join((a, b), axis)
        return lambda *arrays: join(arrays, axis)

    def infer_storage(self, p: ConcatParams, stypes: tuple[str, ...]) -> tuple[str, ...] | None:
        return (CSR,) if set(stypes) == {CSR} and p.dim == 0 else None

    def sparse(self, xp: Any, p: ConcatParams, *arrays: CompressedRows, out: Any = None) -> CompressedRows:
        return joined(xp, arrays)

    def gradient(self, F: Any, p: ConcatParams, at: Any, dy: Any) -> Any:
        axis = normalize_axis(p.dim, len(at.outputs[0].shape))
        begin = 0
        pieces: list[Any] = []
        for spec, wanted in zip(at.inputs, at.wanted, strict=True):
            end = begin + spec.shape[axis]
            key = (*((None, None, None),) * axis, (begin, end, None))
            pieces.append(F._basic_index(dy, key=key) if wanted else None)
            begin = end
        return pieces

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3), (2, 1), (2, 4)), {"num_args": 3})
        yield Sample(((2, 3, 4), (1, 3, 4)), {"num_args": 2, "dim": 0})
        yield Sample(((2, 3, 4), (2, 3, 1)), {"num_args": 2, "dim": -1})
        yield Sample(((3,),), {"num_args": 1, "dim": 0})
        yield Sample(((2, 0), (2, 3)), {"num_args": 2})
        integers = Draw((2, 3), "integer", 0, 9)
        yield Sample(
            (integers, integers),
            {"num_args": 2},
            differentiable=False,
            dtypes=("float16", "int32", "int64", "uint8"),
        )


class StackParams(OpParams):
    """What stack takes."""

    axis: int = Field(0, description="where the new axis stands in the output")
    num_args: Size = Field(description="how many arrays are stacked")


@register
class Stack(Operator):
    """Arrays of one shape put side by side along a new axis: three of (2, 4) with axis 1 → (2, 3, 4)."""

    name = "stack"
    category = "shape"
    title = "Stack"
    in_palette = True
    Params = StackParams
    variadic = "num_args"

    def infer_shape(self, p: StackParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        filled, (shape,) = super().infer_shape(p, shapes)
        if shape is None:
            return filled, [None]
        axis = normalize_axis(p.axis, len(shape) + 1)
        return filled, [(*shape[:axis], len(shapes), *shape[axis:])]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        axis = normalize_axis(p.axis, len(output))
        return [tuple(along(a + (a >= axis)) for a in range(len(shape))) for shape in inputs]

    def forward(self, xp: Any, p: StackParams, *arrays: Any, out: Any = None) -> Any:
        return xp.stack(arrays, axis=p.axis, out=out)

    def ready(self, xp: Any, p: StackParams, specs: tuple[TensorSpec, ...]) -> Callable[..., Any]:
        shape, join = specs[0].shape, xp.concatenate
        if p.axis != 0 or not shape:
            return super().ready(xp, p, specs)
        stacked = (len(specs), *shape)
        return lambda *arrays: join(arrays, 0).reshape(stacked)

    def gradient(self, F: Any, p: StackParams, at: Any, dy: Any) -> Any:
        axis = normalize_axis(p.axis, len(at.outputs[0].shape))
        before = ((None, None, None),) * axis
        return [F._basic_index(dy, key=(*before, i)) if wanted else None for i, wanted in enumerate(at.wanted)]

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0

    def samples(self) -> Iterable[Sample]:
        for axis in (0, 1, -1):
            yield Sample(((2, 3), (2, 3), (2, 3)), {"num_args": 3, "axis": axis})
        yield Sample(((4,),), {"num_args": 1})
        yield Sample(((0, 2), (0, 2)), {"num_args": 2, "axis": 2})


class Splitting(Operator):
    """One array taken apart along an axis into outputs that are copies."""

    category = "shape"

    def starts(self, p: Any, size: int) -> Sequence[int]:
        """Where each piece begins along the axis; the last one reaches to its end."""
        raise NotImplementedError

    def output_names(self, p: Any) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.count(p)))

    def count(self, p: Any) -> int:
        """The number of pieces."""
        raise NotImplementedError

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None] * self.count(p)
        axis = normalize_axis(p.axis, len(data))
        starts = [*self.starts(p, data[axis]), data[axis]]
        made: list[Shape] = []
        for begin, end in itertools.pairwise(starts):
            if p.squeeze_axis and end - begin != 1:
                raise ShapeError(
                    f"pieces of size {end - begin} cannot lose axis {axis}",
                    port="data",
                    parameter="squeeze_axis",
                    wanted="pieces of size 1",
                    got=data,
                )
            middle = () if p.squeeze_axis else (end - begin,)
            made.append((*data[:axis], *middle, *data[axis + 1 :]) or (1,))
        return shapes, made

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        data = inputs[0]
        axis = normalize_axis(p.axis, len(data))
        begin = self.starts(p, data[axis])[number]
        part = (begin if p.squeeze_axis and len(data) > 1 else (begin, None, None),)
        return [keyed((*((None, None, None),) * axis, *part, *((None, None, None),) * (len(data) - axis - 1)), data)]

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        axis = normalize_axis(p.axis, data.ndim)
        pieces = xp.split(data, list(self.starts(p, data.shape[axis]))[1:], axis=axis)
        if p.squeeze_axis:
            pieces = [piece.squeeze(axis) if piece.ndim > 1 else piece for piece in pieces]
        if out is None:
            out = (None,) * len(pieces)
        elif len(pieces) == 1 and not isinstance(out, tuple):
            out = (out,)
        return tuple(copied(xp, piece, target) for piece, target in zip(pieces, out, strict=True))

    def gradient(self, F: Any, p: Any, at: Any, dys: Any) -> Any:
        shape = at.inputs[0].shape
        axis = normalize_axis(p.axis, len(shape))
        if p.squeeze_axis and len(shape) > 1:
            return F.stack(*dys, axis=axis, num_args=len(dys))
        return F.Concat(*dys, dim=axis, num_args=len(dys))

    def flops(self, p: Any, inputs: Any, outputs: Any) -> int:
        return 0


class SliceChannelParams(OpParams):
    """What SliceChannel takes."""

    num_outputs: Size = Field(description="into how many equal pieces")
    axis: int = Field(1, description="the axis that is cut")
    squeeze_axis: bool = Field(False, description="drop the cut axis, where each piece has size 1 along it")


@register
class SliceChannel(Splitting):
    """An array cut into equal pieces along an axis: (2, 6) in 3 → three of (2, 2).

    Raises ShapeError where the size is no multiple of ``num_outputs``.
    """

    name = "SliceChannel"
    aliases = ("split",)
    title = "Split"
    in_palette = True
    Params = SliceChannelParams

    def count(self, p: SliceChannelParams) -> int:
        return p.num_outputs

    def starts(self, p: SliceChannelParams, size: int) -> Sequence[int]:
        if size % p.num_outputs:
            raise ShapeError(
                f"an axis of {size} cannot be cut into {p.num_outputs} equal pieces",
                port="data",
                parameter="num_outputs",
                wanted=f"a divisor of {size}",
                got=p.num_outputs,
                remedy="Choose another number or axis, or split_v2() at given places",
            )
        step = size // p.num_outputs
        return [i * step for i in range(p.num_outputs)]

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 6),), {"num_outputs": 3})
        yield Sample(((2, 3, 4),), {"num_outputs": 2, "axis": -1})
        yield Sample(((2, 3, 4),), {"num_outputs": 3, "squeeze_axis": True})
        yield Sample(((3,),), {"num_outputs": 3, "axis": 0, "squeeze_axis": True})
        yield Sample(((2, 3),), {"num_outputs": 1})
        yield Sample(((0, 4),), {"num_outputs": 2})


class SplitV2Params(OpParams):
    """What _split_v2 takes."""

    indices: Ints = Field((), description="where each piece begins along the axis, the first one at 0")
    axis: int = Field(1, description="the axis that is cut")
    squeeze_axis: bool = Field(False, description="drop the cut axis, where each piece has size 1 along it")
    sections: int = Field(0, ge=0, description="into how many equal pieces; 0: cut at indices")


@register
class SplitV2(Splitting):
    """An array cut along an axis at given places, or into ``sections`` equal pieces.

    (2, 6) with indices (0, 1, 4) → (2, 1), (2, 3) and (2, 2). ``nd.split_v2`` puts the leading 0 there
    itself.
    """

    name = "_split_v2"
    title = "Split at"
    Params = SplitV2Params

    def count(self, p: SplitV2Params) -> int:
        return p.sections or max(len(p.indices), 1)

    def starts(self, p: SplitV2Params, size: int) -> Sequence[int]:
        if p.sections:
            if size % p.sections:
                raise ShapeError(
                    f"an axis of {size} cannot be cut into {p.sections} equal pieces",
                    port="data",
                    parameter="sections",
                    wanted=f"a divisor of {size}",
                    got=p.sections,
                )
            return [i * (size // p.sections) for i in range(p.sections)]
        starts = p.indices or (0,)
        if starts[0] != 0 or starts[-1] > size or any(b < a for a, b in itertools.pairwise(starts)):
            raise ParamError(
                "the pieces must follow each other from 0 on",
                parameter="indices",
                wanted=f"0 first, then ascending places up to {size}",
                got=p.indices,
            )
        return starts

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 6),), {"indices": (0, 1, 4)})
        yield Sample(((6, 2),), {"indices": (0, 2, 2), "axis": 0})
        yield Sample(((2, 3, 4),), {"sections": 2, "axis": -1})
        yield Sample(((2, 3),), {"indices": (0, 1, 2), "squeeze_axis": True})
        yield Sample(((0, 4),), {"indices": (0, 3)})
