"""Attention: each position looks at all others and takes the mean of their values by likeness."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from ..errors import ParamError, ShapeError
from .arrays import accumulator, deliver
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shape, Shapes, TensorSpec
from .params import OpParams, Size
from .registry import register
from .sight import ALL, Looks, along
from .softmax import softmax


class AttentionParams(OpParams):
    """Parameters of MultiHeadAttention."""

    heads: Size = Field(1, description="number of heads; features are shared out between them")
    scale: float | None = Field(None, description="factor of the likeness; 1/√(features per head) where not given")
    causal: bool = Field(False, description="positions look at themselves and what is before them only")
    use_mask: bool = Field(False, description="take a mask that says which keys may be looked at")
    output_weights: bool = Field(False, description="also output how much each position looks at each other")


def split_heads(F: Any, x: Any, shape: Shape, heads: int) -> Any:
    """(N, L, heads·D) → (N·heads, L, D), in operators."""
    batch, length, features = shape
    if heads == 1:
        return x
    apart = F._reshape_to(x, shape=(batch, length, heads, features // heads))
    turned = F.transpose(apart, axes=(0, 2, 1, 3))
    return F._reshape_to(turned, shape=(batch * heads, length, features // heads))


def join_heads(F: Any, x: Any, shape: Shape, heads: int) -> Any:
    """The inverse of ``split_heads``: (N·heads, L, D) → ``shape`` = (N, L, heads·D)."""
    batch, length, features = shape
    if heads == 1:
        return x
    apart = F._reshape_to(x, shape=(batch, heads, length, features // heads))
    return F._reshape_to(F.transpose(apart, axes=(0, 2, 1, 3)), shape=shape)


@register
class MultiHeadAttention(Operator):
    """Scaled dot-product attention in one or more heads: y = softmax(scale · q kᵀ) v for each head's share of features.

    Shapes: query (N, L, E), key (N, S, E), value (N, S, V), mask (only with ``use_mask``) (N, S) or (N, L, S) with 0
    where a key may not be looked at; output (N, L, V), weights (N, heads, L, S). E and V must divide into ``heads``. A
    position that may look at nothing gets 0. With ``causal`` position l sees keys up to l + S − L. Projections are
    dense layers of their own (FullyConnected with ``flatten=False``). Source: Vaswani et al. 2017.
    """

    name = "MultiHeadAttention"
    aliases = ("_contrib_multi_head_attention", "_contrib_scaled_dot_product_attention")
    category = "attention"
    title = "Multi-head attention"
    in_palette = True
    Params = AttentionParams
    inputs = (
        Port("query", doc="what each position looks for, (N, L, E)"),
        Port("key", doc="what each position shows, (N, S, E)"),
        Port("value", doc="what each position has to give, (N, S, V)"),
        Port("mask", doc="0 where a key may not be looked at, (N, S) or (N, L, S)", optional=True),
    )
    outputs = ("output", "weights", "logsum")

    def ports(self, p: AttentionParams) -> tuple[Port, ...]:
        return self.inputs if p.use_mask else self.inputs[:3]

    def output_names(self, p: AttentionParams) -> tuple[str, ...]:
        """With the weights the gradient keeps those; else the logarithm of each position's sum tells them again."""
        return ("output", "weights") if p.output_weights else ("output", "logsum")

    def visible_outputs(self, p: AttentionParams) -> int:
        return 2 if p.output_weights else 1

    def infer_shape(self, p: AttentionParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        query, key, value = shapes[:3]
        for port, shape in zip(self.inputs[:3], shapes[:3], strict=True):
            if shape is not None:
                _check(p, port.name, shape)
        if query is None or key is None or value is None:
            return shapes, [None, None]
        _agree("key", key, (query[0], key[1], query[2]))
        _agree("value", value, (query[0], key[1], value[2]))
        filled = list(shapes)
        if p.use_mask:
            full = (query[0], query[1], key[1])
            filled[3] = shapes[3] or (query[0], key[1])
            if filled[3] not in (full, (query[0], key[1])):
                wanted = f"{(query[0], key[1])} or {full}"
                raise ShapeError("the mask does not fit", port="mask", wanted=wanted, got=shapes[3])
        rows = (query[0], p.heads, query[1])
        return filled, [(*query[:2], value[2]), (*rows, key[1]) if p.output_weights else rows]

    def infer_dtype(self, p: AttentionParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        known, (out, _) = super().infer_dtype(_UNMASKED, dtypes[:3])
        second = out if p.output_weights or out is None else np.dtype(accumulator(out))
        return [*known, *(d or known[0] for d in dtypes[3:])], [out, second]

    def sight(self, p: Any, inputs: Sequence[Shape], output: Shape, number: int) -> Sequence[Looks | None] | None:
        if number > 0:
            return None
        shift = inputs[1][1] - inputs[0][1]
        past = along(1, 1, -math.inf, shift) if p.causal else ALL
        seen = (along(0), past, ALL)
        return [(along(0), along(1), ALL), seen, seen, *(None for _ in inputs[3:])]

    def forward(
        self, xp: Any, p: AttentionParams, query: Any, key: Any, value: Any, mask: Any = None, *, out: Any = None
    ) -> Any:
        y_out, second_out = (None, None) if out is None else out
        work = accumulator(query.dtype)
        q, k, v = (parted(a, p.heads) for a in (query, key, value))
        scores = xp.matmul(q.astype(work, copy=False), k.swapaxes(2, 3).astype(work, copy=False))
        scores *= scores.dtype.type(head_scale(p, query.shape))
        seen = visible(xp, p, mask, query.shape[1], key.shape[1])
        if seen is not None:
            # the lowest number rather than −∞: a row without keys must not become NaN
            scores = xp.where(seen, scores, np.finfo(scores.dtype).min)
        weights = softmax(xp, scores, -1)
        if seen is not None:
            weights = xp.where(seen, weights, weights.dtype.type(0))
        narrow = weights.astype(query.dtype, copy=False)
        y = deliver(xp, xp.matmul(narrow, v).swapaxes(1, 2).reshape(*query.shape[:2], value.shape[2]), y_out)
        if p.output_weights:
            return y, deliver(xp, narrow, second_out)
        with np.errstate(divide="ignore"):  # as for the greatest score: w = e^(s − logsum)
            logsum = scores.max(axis=-1, initial=np.finfo(work).min) - xp.log(weights.max(axis=-1, initial=0))
        return y, deliver(xp, logsum, second_out)

    def gradient(self, F: Any, p: AttentionParams, at: At, dys: Any, ys: Any, query: Any, key: Any, value: Any,
                 mask: Any) -> Any:  # fmt: skip
        if p.output_weights:
            found = self._through_weights(F, p, at, dys, ys[1], query, key, value)
        else:
            masks = (mask,) if p.use_mask else ()
            found = F._attention_grad(dys[0], query, key, value, *masks, *ys, **p.given())
        return [*found, None] if p.use_mask else found

    def _through_weights(
        self, F: Any, p: AttentionParams, at: At, dys: Any, seen: Any, query: Any, key: Any, value: Any
    ) -> Any:
        """Gradients of query, key and value from those of the output and of the weights."""
        heads, shapes = p.heads, [s.shape for s in at.inputs]
        batch, _, length, size = at.outputs[1].shape
        flat, rows = (batch * heads, length, size), (batch * heads, length, 1)
        weights, dweights = (F._reshape_to(a, shape=flat) for a in (seen, dys[1]))
        dy = split_heads(F, dys[0], at.outputs[0].shape, heads)
        q, k, v = (split_heads(F, a, s, heads) for a, s in zip((query, key, value), shapes, strict=False))
        dv = F.batch_dot(weights, dy, transpose_a=True)
        product = (F.batch_dot(dy, v, transpose_b=True) + dweights) * weights
        total = F._sum_to(product, shape=rows, axis=(2,))
        dscores = (product - weights * total) * head_scale(p, shapes[0])
        dq, dk = F.batch_dot(dscores, k), F.batch_dot(dscores, q, transpose_a=True)
        return [join_heads(F, a, s, heads) for a, s in zip((dq, dk, dv), shapes, strict=False)]

    def flops(self, p: AttentionParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        batch, length, features = inputs[0].shape
        size = inputs[1].shape[1]
        return 2 * size * (batch * length * features + outputs[0].size) + 5 * batch * p.heads * length * size

    def samples(self) -> Iterable[Sample]:
        yield Sample(((2, 3, 4), (2, 5, 4), (2, 5, 6)))
        yield Sample(((2, 3, 4), (2, 5, 4), (2, 5, 6)), {"heads": 2, "scale": 0.7, "output_weights": True})
        yield Sample(((2, 4, 4), (2, 4, 4), (2, 4, 4)), {"heads": 2, "causal": True})
        keys = Draw((2, 5), "integer", 0, 2)
        yield Sample(((2, 3, 4), (2, 5, 4), (2, 5, 2), keys), {"heads": 2, "use_mask": True})
        pairs = Draw((1, 3, 5), "integer", 0, 2, "int32")
        yield Sample(((1, 3, 4), (1, 5, 4), (1, 5, 2), pairs), {"use_mask": True, "causal": True})
        yield Sample(((0, 3, 4), (0, 5, 4), (0, 5, 4)), {"heads": 2})
        yield Sample(((2, 3, 4), (2, 5, 4), (2, 5, 6)), differentiable=False, dtypes=("float16",))


_UNMASKED = AttentionParams()


def _check(p: AttentionParams, port: str, shape: Shape) -> None:
    if len(shape) != 3:
        raise ShapeError(f"{port} has batch, positions and features", port=port, wanted="3 axes", got=shape)
    if shape[2] % p.heads:
        raise ParamError(
            f"{shape[2]} features do not divide into {p.heads} heads", parameter="heads", port=port, got=p.heads
        )


def _agree(port: str, shape: Shape, wanted: Shape) -> None:
    if shape != wanted:
        raise ShapeError(f"{port} does not fit the other inputs", port=port, wanted=wanted, got=shape)


def head_scale(p: AttentionParams, query: Shape) -> float:
    """What the products of queries and keys are multiplied with."""
    return 1.0 / math.sqrt(max(1, query[2] // p.heads)) if p.scale is None else p.scale


def parted(x: Any, heads: int) -> Any:
    """(N, L, heads·D) seen as (N, heads, L, D)."""
    return x.reshape(*x.shape[:2], heads, x.shape[2] // heads).swapaxes(1, 2)


def visible(xp: Any, p: AttentionParams, mask: Any, length: int, size: int) -> Any:
    """Where a position may look at a key, against (N, heads, L, S); None where everything may be."""
    seen = None
    if p.causal:
        seen = xp.arange(size)[None, :] <= xp.arange(length)[:, None] + (size - length)
    if mask is not None:
        allowed = mask != 0
        allowed = allowed[:, None, None, :] if mask.ndim == 2 else allowed[:, None]
        seen = allowed if seen is None else seen & allowed
    return seen


@register
class DivSqrtDim(Operator):
    """Divides by the root of the last axis's size: y = x / √K. Shapes: any with at least one axis."""

    name = "_contrib_div_sqrt_dim"
    category = "attention"
    inputs = (Port("data", doc="any shape"),)

    def infer_shape(self, p: Any, shapes: Shapes) -> tuple[Shapes, Shapes]:
        if shapes[0] == ():
            raise ShapeError("the data needs at least one axis", port="data", got=())
        return shapes, [shapes[0]]

    def forward(self, xp: Any, p: Any, data: Any, *, out: Any = None) -> Any:
        return xp.multiply(data, data.dtype.type(self._factor(data.shape)), out=out)

    def gradient(self, F: Any, p: Any, at: At, dy: Any) -> Any:
        return dy * self._factor(at.inputs[0].shape)

    @staticmethod
    def _factor(shape: Shape) -> float:
        return 1.0 / math.sqrt(max(1, shape[-1]))

    def samples(self) -> Iterable[Sample]:
        yield Sample(((3, 4),))
        yield Sample(((2, 3, 5),))
        yield Sample(((0, 3),))
