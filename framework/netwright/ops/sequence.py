"""Operators on batches of sequences of different lengths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ..errors import ShapeError
from .arrays import deliver
from .copying import copied
from .indexing import indices
from .operator import FLOAT32, DTypes, Operator, Port, Sample, Shape, Shapes
from .params import Ints, OpParams
from .registry import register
from .sight import Looks, along, same, somewhere, without

TimeAxis = Literal[0, 1]


class SequenceParams(OpParams):
    """What SequenceLast and SequenceReverse take."""

    use_sequence_length: bool = Field(False, description="whether lengths are given; else all sequences are whole")
    axis: TimeAxis = Field(0, description="the axis of time: 0 for (T, N, …), 1 for (N, T, …)")


class SequenceMaskParams(OpParams):
    """What SequenceMask takes."""

    use_sequence_length: bool = Field(False, description="whether lengths are given; else all sequences are whole")
    value: float = Field(0.0, description="what is written behind a sequence's end")
    axis: TimeAxis = Field(0, description="the axis of time: 0 for (T, N, …), 1 for (N, T, …)")


class Sequences(Operator):
    """Data (T, N, …) or (N, T, …), and with ``use_sequence_length`` a length for each of the N sequences."""

    category = "sequence"
    inputs = (
        Port("data", doc="sequences: (T, N, …), or (N, T, …) for axis 1"),
        Port("sequence_length", doc="the number of valid steps of each: (N,)", optional=True),
    )
    from_first = True

    def ports(self, p: Any) -> tuple[Port, ...]:
        return self.inputs if p.use_sequence_length else self.inputs[:1]

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        data = shapes[0]
        if data is None:
            return shapes, [None]
        if len(data) < 2:
            raise ShapeError("data must hold sequences", port="data", wanted="(T, N, …)", got=data)
        lengths = (data[1 - p.axis],)
        if p.use_sequence_length and shapes[1] not in (None, lengths):
            raise ShapeError(
                "there must be one length a sequence", port="sequence_length", wanted=lengths, got=shapes[1]
            )
        return [data, lengths] if p.use_sequence_length else [data], [self.output_shape(p, data)]

    def output_shape(self, p: Any, data: Shape) -> Shape:
        """The output's shape for the data's."""
        return data

    def infer_dtype(self, p: Any, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return [dtypes[0], *(d or FLOAT32 for d in dtypes[1:])], [dtypes[0]]

    def samples(self) -> Iterable[Sample]:
        yield Sample(((4, 3),))
        for dtype in ("float32", "int64"):
            lengths = indices((3,), 1, 5, dtype)
            yield Sample(((4, 3), lengths), {"use_sequence_length": True})
            yield Sample(((4, 3, 2), lengths), {"use_sequence_length": True})
            yield Sample(((3, 4, 2), lengths), {"use_sequence_length": True, "axis": 1})
        yield Sample(((4, 0), indices((0,), 1, 5)), {"use_sequence_length": True})


def _steps(xp: Any, axis: int, shape: Shape) -> Any:
    """Numbers of steps, shaped to broadcast against the data."""
    along = [1] * len(shape)
    along[axis] = shape[axis]
    return xp.arange(shape[axis]).reshape(along)


def _lengths(lengths: Any, axis: int, ndim: int) -> Any:
    """Lengths as integers, shaped to broadcast against the data."""
    along = [1] * ndim
    along[1 - axis] = lengths.shape[0]
    return lengths.astype(np.int64).reshape(along)


def _again(F: Any, name: str, p: Any, dy: Any, lengths: Any, **params: Any) -> Any:
    """The operator on the gradient, with the same lengths where there are some."""
    inputs = (dy, lengths) if p.use_sequence_length else (dy,)
    return getattr(F, name)(*inputs, use_sequence_length=p.use_sequence_length, axis=p.axis, **params)


@register
class SequenceMask(Sequences):
    """A copy with ``value`` written behind each sequence's end: y[t, n] = x[t, n] for t < length[n], else value."""

    name = "SequenceMask"
    title = "Sequence mask"
    in_palette = True
    Params = SequenceMaskParams

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        return [same(inputs[0]), *(None for _ in inputs[1:])]

    def forward(self, xp: Any, p: SequenceMaskParams, data: Any, *lengths: Any, out: Any = None) -> Any:
        if not lengths:
            return copied(xp, data, out)
        valid = _steps(xp, p.axis, data.shape) < _lengths(lengths[0], p.axis, data.ndim)
        return deliver(xp, xp.where(valid, data, data.dtype.type(p.value)), out)

    def gradient(self, F: Any, p: SequenceMaskParams, at: Any, dy: Any, sequence_length: Any) -> Any:
        into = _again(F, "SequenceMask", p, dy, sequence_length) if p.use_sequence_length else dy
        return (into, None) if p.use_sequence_length else (into,)

    def samples(self) -> Iterable[Sample]:
        yield from super().samples()
        yield Sample(((4, 3), indices((3,), 0, 6)), {"use_sequence_length": True, "value": -1.5})


@register
class SequenceLast(Sequences):
    """The last valid step of each sequence: (T, N, …) → (N, …), y[n] = x[length[n] − 1, n].

    A length of 0 counts as 1.
    """

    name = "SequenceLast"
    title = "Last step"
    in_palette = True
    Params = SequenceParams

    def output_shape(self, p: SequenceParams, data: Shape) -> Shape:
        return (*data[: p.axis], *data[p.axis + 1 :])

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        looks = without(inputs[0], (p.axis,), kept=False)
        return [looks, *(None for _ in inputs[1:])]

    def forward(self, xp: Any, p: SequenceParams, data: Any, *lengths: Any, out: Any = None) -> Any:
        if not lengths:
            return copied(xp, data[-1] if p.axis == 0 else data[:, -1], out)
        n = xp.arange(lengths[0].shape[0])
        last = xp.clip(lengths[0].astype(np.int64), 1, data.shape[p.axis]) - 1
        return deliver(xp, data[last, n] if p.axis == 0 else data[n, last], out)

    def gradient(self, F: Any, p: SequenceParams, at: Any, dy: Any, sequence_length: Any) -> Any:
        shape = at.inputs[0].shape
        into = _again(F, "_sequence_last_grad", p, dy, sequence_length, shape=shape)
        return (into, None) if p.use_sequence_length else (into,)


class SequenceLastGradParams(SequenceParams):
    """What _sequence_last_grad takes."""

    shape: Ints = Field(description="shape of the sequences")


@register
class SequenceLastGrad(Sequences):
    """Zeros of ``shape`` with the last valid steps written back: the adjoint of SequenceLast."""

    name = "_sequence_last_grad"
    Params = SequenceLastGradParams

    def infer_shape(self, p: SequenceLastGradParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, [p.shape]

    def forward(self, xp: Any, p: SequenceLastGradParams, data: Any, *lengths: Any, out: Any = None) -> Any:
        size = p.shape[p.axis]
        wide = xp.expand_dims(data, p.axis)
        last: Any = size - 1
        if lengths:
            last = xp.clip(_lengths(lengths[0], p.axis, wide.ndim), 1, size) - 1
        hit = _steps(xp, p.axis, p.shape) == last
        return deliver(xp, xp.where(hit, wide, data.dtype.type(0)), out)

    def gradient(self, F: Any, p: SequenceLastGradParams, at: Any, dy: Any, sequence_length: Any) -> Any:
        into = _again(F, "SequenceLast", p, dy, sequence_length)
        return (into, None) if p.use_sequence_length else (into,)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3,),), {"shape": (4, 3)})
        yield Sample(((3, 2), indices((3,), 1, 5)), {"shape": (4, 3, 2), "use_sequence_length": True})
        yield Sample(((3, 2), indices((3,), 1, 5)), {"shape": (3, 4, 2), "use_sequence_length": True, "axis": 1})


@register
class SequenceReverse(Sequences):
    """Each sequence turned round within its length: y[t, n] = x[length[n] − 1 − t, n] for t < length[n].

    What lies behind a sequence's end stays where it is.
    """

    name = "SequenceReverse"
    title = "Reverse sequence"
    in_palette = True
    Params = SequenceParams

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        looks = tuple(somewhere(a) if a == p.axis else along(a) for a in range(len(inputs[0])))
        return [looks, *(None for _ in inputs[1:])]

    def forward(self, xp: Any, p: SequenceParams, data: Any, *lengths: Any, out: Any = None) -> Any:
        if not lengths:
            return copied(xp, xp.flip(data, p.axis), out)
        steps = _steps(xp, p.axis, data.shape)
        ends = xp.minimum(_lengths(lengths[0], p.axis, data.ndim), data.shape[p.axis])
        source = xp.where(steps < ends, ends - 1 - steps, steps)
        return deliver(xp, xp.take_along_axis(data, source, p.axis), out)

    def gradient(self, F: Any, p: SequenceParams, at: Any, dy: Any, sequence_length: Any) -> Any:
        into = _again(F, "SequenceReverse", p, dy, sequence_length)
        return (into, None) if p.use_sequence_length else (into,)
