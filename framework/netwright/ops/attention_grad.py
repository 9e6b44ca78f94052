"""The gradient of attention as one operator: nothing of the size of all pairs of positions is kept for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .attention import AttentionParams, MultiHeadAttention, head_scale, join_heads, parted, split_heads, visible
from .operator import At, Draw, DTypes, Operator, Port, Sample, Shapes, TensorSpec
from .registry import get, register


@register
class AttentionGrad(Operator):
    """Gradients of MultiHeadAttention's query, key and value.

    The weights w are computed again from the scores s and their logsum: w = e^(s − logsum). With dy for doutput,
    dw = dy vᵀ and ds = w · (dw − Σ dy · y): dq = scale · ds k, dk = scale · dsᵀ q, dv = wᵀ dy, head by head.
    Inputs: the gradient of the output, MultiHeadAttention's inputs, its output and logsum. Shapes: as there.
    Source of the sum over y instead of the weights: Dao et al. 2022.
    """

    name = "_attention_grad"
    category = "attention"
    Params = AttentionParams
    inputs = (
        Port("doutput", doc="gradient of the output"),
        *MultiHeadAttention.inputs,
        Port("output", doc="the output"),
        Port("logsum", doc="logarithm of each position's sum of exponentials"),
    )
    outputs = ("query", "key", "value")

    def ports(self, p: AttentionParams) -> tuple[Port, ...]:
        return self.inputs if p.use_mask else (*self.inputs[:4], *self.inputs[5:])

    def infer_shape(self, p: AttentionParams, shapes: Shapes) -> tuple[Shapes, Shapes]:
        return shapes, list(shapes[1:4])

    def infer_dtype(self, p: AttentionParams, dtypes: DTypes) -> tuple[DTypes, DTypes]:
        return dtypes, [dtypes[1]] * 3

    def forward(self, xp: Any, p: AttentionParams, doutput: Any, query: Any, key: Any, value: Any, *rest: Any) -> Any:
        mask, (y, logsum) = (rest[0] if p.use_mask else None), rest[-2:]
        q, k, v, dout, out = (parted(a, p.heads) for a in (query, key, value, doutput, y))
        scale = logsum.dtype.type(head_scale(p, query.shape))
        q, k = (a.astype(logsum.dtype, copy=False) for a in (q, k))
        weights = xp.matmul(q, k.swapaxes(2, 3)) * scale
        weights = xp.exp(weights - logsum[..., None])
        seen = visible(xp, p, mask, query.shape[1], key.shape[1])
        if seen is not None:
            weights = xp.where(seen, weights, weights.dtype.type(0))
        dout, v = (a.astype(logsum.dtype, copy=False) for a in (dout, v))
        dscores = xp.matmul(dout, v.swapaxes(2, 3)) - (dout * out).sum(axis=3, keepdims=True)
        dscores *= weights
        dscores *= scale
        found = (
            xp.matmul(dscores, k),
            xp.matmul(dscores.swapaxes(2, 3), q),
            xp.matmul(weights.swapaxes(2, 3), dout),
        )
        return tuple(
            xp.ascontiguousarray(a.swapaxes(1, 2), dtype=like.dtype).reshape(like.shape)
            for a, like in zip(found, (query, key, value), strict=True)
        )

    def gradient(self, F: Any, p: AttentionParams, at: At, dys: Any, doutput: Any, query: Any, key: Any, value: Any,
                 mask: Any) -> Any:  # fmt: skip
        heads, out = p.heads, at.inputs[0].shape
        shapes = [s.shape for s in at.inputs[1:4]]
        scale = head_scale(p, shapes[0])
        masks = () if mask is None else (mask,)
        attention = F.MultiHeadAttention(query, key, value, *masks, **{**p.given(), "output_weights": True})
        flat = (out[0] * heads, out[1], shapes[1][1])
        rows = (*flat[:2], 1)
        q, k, v, a, b, c = (
            split_heads(F, x, s, heads) for x, s in zip((query, key, value, *dys), (*shapes, *shapes), strict=True)
        )
        w, dout = F._reshape_to(attention[1], shape=flat), split_heads(F, doutput, out, heads)

        def sums(x: Any) -> Any:
            return F._sum_to(x, shape=rows, axis=(2,))

        def product(x: Any, y: Any, ta: bool = False, tb: bool = False) -> Any:
            return F.batch_dot(x, y, transpose_a=ta, transpose_b=tb)

        d_ds = (product(a, k, tb=True) + product(q, b, tb=True)) * scale
        dw = product(dout, v, tb=True)
        centred, expected = dw - sums(dw * w), sums(d_ds * w)
        ds, d_dw = w * centred, w * (d_ds - expected)
        d_w = d_ds * centred - dw * expected + product(dout, c, tb=True)
        d_s = w * (d_w - sums(d_w * w))
        found = (
            product(w, c) + product(d_dw, v),
            (product(ds, b) + product(d_s, k)) * scale,
            (product(ds, a, ta=True) + product(d_s, q, ta=True)) * scale,
            product(d_dw, dout, ta=True),
        )
        joined = [join_heads(F, x, s, heads) for x, s in zip(found, (out, *shapes), strict=True)]
        return [*joined, *(None for _ in masks), None, None]

    def flops(self, p: AttentionParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        size = inputs[2].shape[1]
        return 2 * size * (3 * inputs[1].size + 2 * inputs[0].size) + 8 * inputs[-1].size * size

    def workspace(self, p: AttentionParams, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> int:
        return 4 * inputs[-1].size * inputs[2].shape[1] * inputs[0].dtype.itemsize

    def samples(self) -> Iterable[Sample]:
        # differentiated only behind MultiHeadAttention: output and logsum cannot be moved by themselves
        attention = get("MultiHeadAttention")
        for sample in attention.samples():
            p = AttentionParams(**sample.params)
            if p.output_weights or "float16" in sample.dtypes:
                continue
            draws = sample.draws()
            out, logsum = (s for s in attention.infer_shape(p, [d.shape for d in draws])[1] if s is not None)
            high = Draw(logsum, "uniform", 3.0, 4.0)
            yield Sample((out, *draws, out, high), sample.params, differentiable=False)
