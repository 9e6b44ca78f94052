"""Attention products on projections that lie head by head in one array (MXNet's ``contrib.interleaved_matmul_*``)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from pydantic import Field

from ..errors import ShapeError
from .arrays import deliver
from .operator import At, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import register


class InterleavedParams(OpParams):
    """Parameters of the interleaved products."""

    heads: Size = Field(description="number of heads")


def take(x: Any, heads: int, parts: int, part: int) -> Any:
    """One of the projections: (L, N, heads·parts·D) → (N·heads, L, D), on arrays."""
    length, batch, features = x.shape
    size = features // (heads * parts)
    apart = x.reshape(length, batch, heads, parts, size)[:, :, :, part]
    return apart.transpose(1, 2, 0, 3).reshape(batch * heads, length, size)


def taken(F: Any, x: Any, shape: Shape, heads: int, parts: int, part: int) -> Any:
    """The same in operators."""
    length, batch, features = shape
    size = features // (heads * parts)
    apart = F._reshape_to(x, shape=(length, batch, heads, parts, size))
    one = F.slice_axis(apart, axis=3, begin=part, end=part + 1) if parts > 1 else apart
    turned = F.transpose(one, axes=(1, 2, 0, 3, 4))
    return F._reshape_to(turned, shape=(batch * heads, length, size))


def laid(F: Any, projections: Sequence[Any], shape: Shape, heads: int, like: TensorSpec) -> Any:
    """The inverse of ``taken`` for all projections (zeros where None): (N·heads, L, D) each → ``shape``."""
    length, batch, features = shape
    size = features // (heads * len(projections))
    turned = []
    for x in projections:
        if x is None:
            x = F._zeros(shape=(length, batch, heads, 1, size), dtype=like.dtype.name)
        else:
            apart = F._reshape_to(x, shape=(batch, heads, length, 1, size))
            x = F.transpose(apart, axes=(2, 0, 1, 3, 4))
        turned.append(x)
    joined = F.Concat(*turned, dim=3) if len(turned) > 1 else turned[0]
    return F._reshape_to(joined, shape=shape)


class _Interleaved(Operator):
    """Base: checks the layout (L, N, heads·parts·D) of the inputs in ``layout``."""

    category = "attention"
    Params = InterleavedParams
    layout: ClassVar[tuple[int, ...]]
    """Projections in each input; 0 for the attention weights."""

    def sizes(self, p: InterleavedParams, shape: Shape, port: int) -> tuple[int, int, int]:
        """(positions, batch, features of a head) of an input."""
        parts = self.layout[port]
        if len(shape) != 3 or shape[2] % (p.heads * parts):
            raise ShapeError(
                f"{self.inputs[port].name} has positions, batch and {parts} projections of {p.heads} heads",
                port=self.inputs[port].name,
                wanted=f"(L, N, {parts} · {p.heads} · features)",
                got=shape,
            )
        return shape[0], shape[1], shape[2] // (p.heads * parts)

    def flops(self, p: Any, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        scores = outputs[0] if self.layout[-1] else inputs[1]
        first = inputs[0].shape
        return 2 * scores.size * int(first[2] // (p.heads * self.layout[0]))


def _scores(xp: Any, q: Any, k: Any, out: Any) -> Any:
    return xp.matmul(q * q.dtype.type(1.0 / math.sqrt(max(1, q.shape[2]))), k.swapaxes(1, 2), out=out)


def _values(xp: Any, attention: Any, v: Any, batch: int, out: Any) -> Any:
    """(N·heads, L, S) weights of (N·heads, S, D) values → (L, N, heads·D)."""
    y = xp.matmul(attention, v)
    rows, length, size = y.shape
    heads = rows // max(1, batch)
    y = y.reshape(batch, heads, length, size).transpose(2, 0, 1, 3).reshape(length, batch, heads * size)
    return deliver(xp, y, out)


@register
class SelfAttentionScores(_Interleaved):
    """Scores of self-attention: q kᵀ / √D for each head.

    Shapes: queries_keys_values (L, N, heads·3·D) → (N·heads, L, L).
    """

    name = "_contrib_interleaved_matmul_selfatt_qk"
    inputs = (Port("queries_keys_values", doc="the three projections, head by head"),)
    layout = (3,)

    def infer_shape(self, p: InterleavedParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is None:
            return shapes, [None]
        length, batch, _ = self.sizes(p, shapes[0], 0)
        return shapes, [(batch * p.heads, length, length)]

    def forward(self, xp: Any, p: InterleavedParams, queries_keys_values: Any, *, out: Any = None) -> Any:
        q, k = (take(queries_keys_values, p.heads, 3, i) for i in (0, 1))
        return _scores(xp, q, k, out)

    def gradient(self, F: Any, p: InterleavedParams, at: At, dy: Any, queries_keys_values: Any) -> Any:
        shape = at.inputs[0].shape
        q, k = (taken(F, queries_keys_values, shape, p.heads, 3, i) for i in (0, 1))
        scaled = dy * (1.0 / math.sqrt(max(1, shape[2] // (3 * p.heads))))
        dq, dk = F.batch_dot(scaled, k), F.batch_dot(scaled, q, transpose_a=True)
        return laid(F, [dq, dk, None], shape, p.heads, at.inputs[0])

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 2, 12),), {"heads": 2})
        yield Sample(((4, 1, 6),), {"heads": 1})


@register
class SelfAttentionValues(_Interleaved):
    """Values of self-attention: attention · v for each head.

    Shapes: queries_keys_values (L, N, heads·3·D), attention (N·heads, L, L) → (L, N, heads·D).
    """

    name = "_contrib_interleaved_matmul_selfatt_valatt"
    inputs = (
        Port("queries_keys_values", doc="the three projections, head by head"),
        Port("attention", doc="weights, (N·heads, L, L)"),
    )
    layout = (3, 0)

    def infer_shape(self, p: InterleavedParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is None:
            return shapes, [None]
        length, batch, size = self.sizes(p, shapes[0], 0)
        weights = _weights_shape(shapes[1], (batch * p.heads, length, length))
        return [shapes[0], weights], [(length, batch, p.heads * size)]

    def forward(
        self, xp: Any, p: InterleavedParams, queries_keys_values: Any, attention: Any, *, out: Any = None
    ) -> Any:
        v = take(queries_keys_values, p.heads, 3, 2)
        return _values(xp, attention, v, queries_keys_values.shape[1], out)

    def gradient(self, F: Any, p: InterleavedParams, at: At, dy: Any, queries_keys_values: Any, attention: Any) -> Any:
        shape = at.inputs[0].shape
        d = taken(F, dy, at.outputs[0].shape, p.heads, 1, 0)
        dv = F.batch_dot(attention, d, transpose_a=True)
        v = taken(F, queries_keys_values, shape, p.heads, 3, 2)
        return laid(F, [None, None, dv], shape, p.heads, at.inputs[0]), F.batch_dot(d, v, transpose_b=True)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 2, 12), (4, 3, 3)), {"heads": 2})
        yield Sample(((4, 1, 6), (1, 4, 4)), {"heads": 1})


@register
class CrossAttentionScores(_Interleaved):
    """Scores of attention between two sequences: q kᵀ / √D for each head.

    Shapes: queries (L, N, heads·D), keys_values (S, N, heads·2·D) → (N·heads, L, S).
    """

    name = "_contrib_interleaved_matmul_encdec_qk"
    inputs = (
        Port("queries", doc="projections of the one sequence"),
        Port("keys_values", doc="the two projections of the other, head by head"),
    )
    layout = (1, 2)

    def infer_shape(self, p: InterleavedParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is None or shapes[1] is None:
            return shapes, [None]
        length, batch, size = self.sizes(p, shapes[0], 0)
        other = self.sizes(p, shapes[1], 1)
        if other[1:] != (batch, size):
            wanted = f"(S, {batch}, {p.heads} · 2 · {size})"
            raise ShapeError("the two sequences do not fit", port="keys_values", wanted=wanted, got=shapes[1])
        return shapes, [(batch * p.heads, length, other[0])]

    def forward(self, xp: Any, p: InterleavedParams, queries: Any, keys_values: Any, *, out: Any = None) -> Any:
        return _scores(xp, take(queries, p.heads, 1, 0), take(keys_values, p.heads, 2, 0), out)

    def gradient(self, F: Any, p: InterleavedParams, at: At, dy: Any, queries: Any, keys_values: Any) -> Any:
        one, other = at.inputs[0].shape, at.inputs[1].shape
        q, k = taken(F, queries, one, p.heads, 1, 0), taken(F, keys_values, other, p.heads, 2, 0)
        scaled = dy * (1.0 / math.sqrt(max(1, one[2] // p.heads)))
        dq, dk = F.batch_dot(scaled, k), F.batch_dot(scaled, q, transpose_a=True)
        return (
            laid(F, [dq], one, p.heads, at.inputs[0]),
            laid(F, [dk, None], other, p.heads, at.inputs[1]),
        )

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 2, 4), (5, 2, 8)), {"heads": 2})
        yield Sample(((2, 1, 3), (4, 1, 6)), {"heads": 1})


@register
class CrossAttentionValues(_Interleaved):
    """Values of attention between two sequences: attention · v for each head.

    Shapes: keys_values (S, N, heads·2·D), attention (N·heads, L, S) → (L, N, heads·D).
    """

    name = "_contrib_interleaved_matmul_encdec_valatt"
    inputs = (
        Port("keys_values", doc="the two projections, head by head"),
        Port("attention", doc="weights, (N·heads, L, S)"),
    )
    layout = (2, 0)

    def infer_shape(self, p: InterleavedParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] is None or shapes[1] is None:
            return shapes, [None]
        size_s, batch, size = self.sizes(p, shapes[0], 0)
        length = shapes[1][1] if len(shapes[1]) == 3 else 0
        weights = _weights_shape(shapes[1], (batch * p.heads, length, size_s))
        return [shapes[0], weights], [(length, batch, p.heads * size)]

    def forward(self, xp: Any, p: InterleavedParams, keys_values: Any, attention: Any, *, out: Any = None) -> Any:
        return _values(xp, attention, take(keys_values, p.heads, 2, 1), keys_values.shape[1], out)

    def gradient(self, F: Any, p: InterleavedParams, at: At, dy: Any, keys_values: Any, attention: Any) -> Any:
        shape = at.inputs[0].shape
        d = taken(F, dy, at.outputs[0].shape, p.heads, 1, 0)
        dv = F.batch_dot(attention, d, transpose_a=True)
        v = taken(F, keys_values, shape, p.heads, 2, 1)
        return laid(F, [None, dv], shape, p.heads, at.inputs[0]), F.batch_dot(d, v, transpose_b=True)

    def samples(self) -> Iterable[Sample]:
        yield Sample(((5, 2, 8), (4, 3, 5)), {"heads": 2})
        yield Sample(((4, 1, 6), (1, 2, 4)), {"heads": 1})


def _weights_shape(given: Shape | None, wanted: Shape) -> Shape:
    if given is not None and given != wanted:
        raise ShapeError("the weights do not fit the projections", port="attention", wanted=wanted, got=given)
    return wanted
