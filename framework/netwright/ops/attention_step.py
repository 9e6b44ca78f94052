"""Attention on projections as they lie: what plans make of composed attention. Nothing is turned or split first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from .arrays import accumulator
from .attention import AttentionParams, visible
from .operator import At, DTypes, Operator, Port, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import reserve
from .softmax import softmax

Layout = Literal["heads", "joined", "interleaved"]


class AttentionStepParams(OpParams):
    """Parameters of ``_attention_step``."""

    heads: Size = Field(1, description="number of heads")
    scale: float = Field(1.0, description="factor of the likeness")
    causal: bool = Field(False, description="positions look at themselves and what is before them only")
    layout: Layout = Field(
        "joined",
        description="heads: (N·heads, L, D); joined: (N, L, parts·heads·D); interleaved: (L, N, heads·parts·D)",
    )
    arrays: Size = Field(3, description="3: query, key and value; 2: query, then key and value in one; 1: all in one")
    use_bias: bool = Field(False, description="add a tensor to the likeness")


class Place:
    """Where one of the projections lies: ``part`` of ``parts`` in array number ``array``."""

    def __init__(self, p: AttentionStepParams, which: int) -> None:
        self.array, self.part, self.parts = {3: (which, 0, 1), 2: (min(which, 1), max(0, which - 1), 1 + (which > 0)),
                                             1: (0, which, 3)}[p.arrays]  # fmt: skip
        self.heads, self.layout = p.heads, p.layout

    def sizes(self, shape: Shape) -> tuple[int, int, int]:
        """(samples, positions, features of a head) of an array."""
        if self.layout == "heads":
            return shape[0] // self.heads, shape[1], shape[2]
        samples, length = shape[:2] if self.layout == "joined" else shape[1::-1]
        return samples, length, shape[2] // (self.heads * self.parts)

    def seen(self, x: Any) -> Any:
        """A view (N, heads, L, D) of the projection in its array."""
        samples, length, width = self.sizes(x.shape)
        if self.layout == "heads":
            return x.reshape(samples, self.heads, length, width)
        if self.layout == "joined":
            return x.reshape(samples, length, self.parts, self.heads, width)[:, :, self.part].transpose(0, 2, 1, 3)
        apart = x.reshape(length, samples, self.heads, self.parts, width)
        return apart[:, :, :, self.part].transpose(1, 2, 0, 3)


def places(p: AttentionStepParams) -> list[Place]:
    """Those of query, key and value."""
    return [Place(p, which) for which in range(3)]


def output_shape(p: AttentionStepParams, query: Shape, value: Shape) -> Shape:
    """The shape of the output, which lies as a single projection does."""
    asked, given = Place(p, 0), Place(p, 2)
    samples, length, _ = asked.sizes(query)
    width = given.sizes(value)[2]
    if p.layout == "heads":
        return samples * p.heads, length, width
    return (samples, length, p.heads * width) if p.layout == "joined" else (length, samples, p.heads * width)


def alone(p: AttentionStepParams) -> Place:
    """Where the output, or a gradient of it, lies."""
    return Place(p.model_copy(update={"arrays": 3}), 0)


_ARRAYS = {1: ("projections",), 2: ("query", "key_value"), 3: ("query", "key", "value")}
_BIAS = Port("bias", doc="what is added to the likeness: (1 or N·heads, 1 or L, S)")


def _scores(xp: Any, p: AttentionStepParams, q: Any, k: Any, bias: Any) -> Any:
    work = accumulator(q.dtype)
    scores = xp.matmul(q.astype(work, copy=False), k.swapaxes(2, 3).astype(work, copy=False))
    scores *= scores.dtype.type(p.scale)
    if bias is not None:
        shape = bias.shape
        by_sample = shape[0] > 1
        scores += bias.reshape(*scores.shape[:2], *shape[1:]) if by_sample else bias[None]
    return scores


@reserve
class AttentionStep(Operator):
    """softmax(scale · q kᵀ + bias) v for each head, q, k and v read where they lie in one, two or three arrays.

    Shapes: by ``layout``; the output lies as the query would alone; logsum is (N, heads, L).
    """

    name = "_attention_step"
    category = "attention"
    Params = AttentionStepParams
    outputs = ("output", "logsum")

    def ports(self, p: AttentionStepParams) -> tuple[Port, ...]:
        arrays = tuple(Port(name) for name in _ARRAYS[p.arrays])
        return (*arrays, _BIAS) if p.use_bias else arrays

    def visible_outputs(self, p: AttentionStepParams) -> int:
        return 1

    def infer_shape(self, p: AttentionStepParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        query, value = shapes[0], shapes[p.arrays - 1]
        if query is None or value is None:
            return shapes, [None, None]
        samples, length, _ = Place(p, 0).sizes(query)
        return shapes, [output_shape(p, query, value), (samples, p.heads, length)]

    def infer_dtype(self, p: AttentionStepParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        known, (out, _) = super().infer_dtype(p, dtypes)
        return known, [out, None if out is None else np.dtype(accumulator(out))]

    def forward(self, xp: Any, p: AttentionStepParams, *inputs: Any) -> Any:
        q, k, v = (place.seen(inputs[place.array]) for place in places(p))
        scores = _scores(xp, p, q, k, inputs[-1] if p.use_bias else None)
        seen = visible(xp, AttentionParams(causal=p.causal), None, q.shape[2], k.shape[2])
        if seen is not None:
            scores = xp.where(seen, scores, np.finfo(scores.dtype).min)
        with np.errstate(divide="ignore", invalid="ignore"):
            greatest = scores.max(axis=-1)
            logsum = greatest + xp.log(xp.exp(scores - greatest[..., None]).sum(axis=-1))
            weights = softmax(xp, scores, -1)
        y = xp.empty(output_shape(p, inputs[0].shape, inputs[p.arrays - 1].shape), q.dtype)
        alone(p).seen(y)[...] = xp.matmul(weights.astype(v.dtype, copy=False), v)
        return y, logsum

    def gradient(self, F: Any, p: AttentionStepParams, at: At, dy: Any, ys: Any, xs: Any) -> Any:
        given = F._attention_step_grad(dy, *xs, *ys, **p.given())
        found = [given] if p.arrays == 1 else list(given)
        if p.use_bias:
            found.append(self._bias_gradient(F, p, at, dy, xs) if at.wanted[-1] else None)
        return found

    @staticmethod
    def _bias_gradient(F: Any, p: AttentionStepParams, at: At, dy: Any, inputs: Sequence[Any]) -> Any:
        """Needs all scores at once."""
        q, k, v = (_apart(F, place, inputs[place.array], at.inputs[place.array].shape) for place in places(p))
        dout = _apart(F, alone(p), dy, at.outputs[0].shape)
        bias = at.inputs[-1].shape
        scores = F.broadcast_add(F.batch_dot(q, k, transpose_b=True) * p.scale, inputs[-1])
        weights = F.softmax(scores, axis=-1)
        dweights = F.batch_dot(dout, v, transpose_b=True)
        expected = F.sum(weights * dweights, axis=-1, keepdims=True)
        samples, length, _ = Place(p, 0).sizes(at.inputs[0].shape)
        full = (samples * p.heads, length, bias[2])
        summed = tuple(i for i in range(3) if bias[i] == 1 and full[i] != 1)
        slopes = weights * F.broadcast_sub(dweights, expected)
        return F._sum_to(slopes, shape=bias, axis=summed) if summed else slopes

    def flops(self, p: AttentionStepParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        q, k, v = (place.sizes(inputs[place.array].shape) for place in places(p))
        return q[0] * p.heads * q[1] * k[1] * (2 * (q[2] + v[2]) + 5)


def _apart(F: Any, place: Place, x: Any, shape: Shape) -> Any:
    """A projection as (N·heads, L, D), in operators."""
    samples, length, width = place.sizes(shape)
    if place.layout == "heads":
        return x
    if place.layout == "joined":
        apart = F._reshape_to(x, shape=(samples, length, place.parts, place.heads, width))
        one = F.slice_axis(apart, axis=2, begin=place.part, end=place.part + 1)
        turned = F.transpose(one, axes=(0, 3, 1, 2, 4))
    else:
        apart = F._reshape_to(x, shape=(length, samples, place.heads, place.parts, width))
        one = F.slice_axis(apart, axis=3, begin=place.part, end=place.part + 1)
        turned = F.transpose(one, axes=(1, 2, 0, 3, 4))
    return F._reshape_to(turned, shape=(samples * place.heads, length, width))


@reserve
class AttentionStepGrad(Operator):
    """Gradients of ``_attention_step``'s arrays, written as they lie; formulas as of ``_attention_grad``."""

    name = "_attention_step_grad"
    category = "attention"
    Params = AttentionStepParams

    def ports(self, p: AttentionStepParams) -> tuple[Port, ...]:
        own = (Port(name) for name in _ARRAYS[p.arrays])
        bias = (_BIAS,) if p.use_bias else ()
        return (Port("doutput"), *own, *bias, Port("output"), Port("logsum"))

    def output_names(self, p: AttentionStepParams) -> tuple[str, ...]:
        return _ARRAYS[p.arrays]

    def visible_outputs(self, p: AttentionStepParams) -> int:
        return p.arrays

    def infer_shape(self, p: AttentionStepParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, list(shapes[1 : 1 + p.arrays])

    def infer_dtype(self, p: AttentionStepParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[1]] * p.arrays

    def forward(self, xp: Any, p: AttentionStepParams, doutput: Any, *rest: Any) -> Any:
        arrays, (y, logsum) = rest[: p.arrays], rest[-2:]
        where, single = places(p), alone(p)
        q, k, v = (place.seen(arrays[place.array]) for place in where)
        dout, out = single.seen(doutput), single.seen(y)
        scores = _scores(xp, p, q, k, rest[p.arrays] if p.use_bias else None)
        seen = visible(xp, AttentionParams(causal=p.causal), None, q.shape[2], k.shape[2])
        weights = xp.exp(scores - logsum[..., None])
        if seen is not None:
            weights = xp.where(seen, weights, weights.dtype.type(0))
        dout, v = (a.astype(scores.dtype, copy=False) for a in (dout, v))
        dscores = xp.matmul(dout, v.swapaxes(2, 3)) - (dout * out).sum(axis=3, keepdims=True)
        dscores *= weights
        dscores *= scores.dtype.type(p.scale)
        slopes = (
            xp.matmul(dscores, k),
            xp.matmul(dscores.swapaxes(2, 3), q),
            xp.matmul(weights.swapaxes(2, 3), dout),
        )
        found = tuple(xp.empty_like(a, order="C") for a in arrays)
        for place, slope in zip(where, slopes, strict=True):
            place.seen(found[place.array])[...] = slope
        return found if len(found) > 1 else found[0]

    def flops(self, p: AttentionStepParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        q, k, v = (place.sizes(inputs[1 + place.array].shape) for place in places(p))
        return q[0] * p.heads * q[1] * k[1] * (2 * (3 * q[2] + 2 * v[2]) + 8)

    def workspace(self, p: AttentionStepParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        keys = Place(p, 1).sizes(inputs[1 + Place(p, 1).array].shape)[1]
        return 4 * math.prod(inputs[-1].shape) * keys * inputs[0].dtype.itemsize
