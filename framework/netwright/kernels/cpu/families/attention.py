"""Attention, some positions of a head at a time: of the scores no more is there at once than those positions'."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from ....ops.attention import head_scale
from ..emit import Cut, Emitter, Slice, Word, lowers
from ..functions import exp
from ..intrinsics import f32, f64, i64, sgemm, zero_floats
from ..kernel import kernel
from ..rows import greatest_of

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

BLOCK = 32
"""Positions whose scores are there at once."""
F = np.float32
LEAST, INFINITE = F(np.finfo(np.float32).min), F(np.inf)


@register_jitable
def seen_by(position: int, length: int, size: int, causal: int) -> int:
    """How many keys, from the first, a position may look at."""
    return size if causal == 0 else min(size, max(0, position + 1 + size - length))


@register_jitable
def hide(x: int, allowed: int, since: int, seen: int) -> None:
    """Give the scores from ``since`` to ``seen``, and those that the mask at ``allowed`` forbids, the least value."""
    scores = f32(x, seen)
    for j in range(since, seen):
        scores[j] = LEAST
    if allowed != 0:
        mask = f32(allowed, seen)
        for j in range(since):
            scores[j] = LEAST if mask[j] == 0 else scores[j]


@register_jitable
def all_least(x: int, count: int) -> bool:
    """Whether nothing may be looked at: no number, not even NaN, stands among the scores."""
    scores, others = f32(x, count), 0
    for j in range(count):
        others += scores[j] != LEAST
    return others == 0


@kernel("attention")
def attention(at: int) -> None:
    """y ← softmax(scale · q kᵀ) v for each sample and head.

    Words: blas, samples, heads, positions, keys, features of a head's key and value, causal, scale, q, k, v (each with
    the distance of its rows), mask (0: none), its distances between samples and positions, y, logsum, scratch, and all
    heads that lie beside each other (of which this call has some).
    """
    a = i64(at, 22)
    every = a[21]
    blas, samples, heads, length, size, width, depth, causal = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    scale, ldq, ldk, ldv, ldy = f64(at, 9)[8], a[10], a[12], a[14], every * depth
    weights = a[20]
    for sample in range(samples):
        for head in range(heads):
            q = a[9] + (sample * length * ldq + head * width) * 4
            k = a[11] + (sample * size * ldk + head * width) * 4
            v = a[13] + (sample * size * ldv + head * depth) * 4
            y = a[18] + (sample * length * ldy + head * depth) * 4
            mask = a[15] + sample * a[16] * 4 if a[15] != 0 else 0
            logsum = f32(a[19] + (sample * every + head) * length * 4, length)
            for first in range(0, length, BLOCK):
                rows = min(BLOCK, length - first)
                seen = seen_by(first + rows - 1, length, size, causal)
                out = y + first * ldy * 4
                if seen == 0:
                    for i in range(rows):
                        zero_floats(out + i * ldy * 4, depth)
                        logsum[first + i] = INFINITE
                    continue
                sgemm(blas, 0, 1, rows, seen, width, scale, q + first * ldq * 4, ldq, k, ldk, 0.0, weights, seen)
                for i in range(rows):
                    w = weights + i * seen * 4
                    hide(w, mask + (first + i) * a[17] * 4 if mask != 0 else 0,
                         seen_by(first + i, length, size, causal), seen)  # fmt: skip
                    x = f32(w, seen)
                    greatest = greatest_of(w, seen)
                    if greatest == LEAST and all_least(w, seen):
                        zero_floats(w, seen)
                        logsum[first + i] = INFINITE
                        continue
                    total = F(0)
                    for j in range(seen):
                        e = exp(x[j] - greatest)
                        x[j] = e
                        total += e
                    logsum[first + i] = F(greatest + math.log(total))
                    share = F(1.0 / total)
                    for j in range(seen):
                        x[j] *= share
                sgemm(blas, 0, 0, rows, depth, seen, 1.0, weights, seen, v, ldv, 0.0, out, ldy)


@kernel("attention_back")
def attention_back(at: int) -> None:
    """Gradients of q, k and v: the weights are computed again, the last positions first, for they see all keys.

    Words: blas, samples, heads, positions, keys, features of a head's key and value, causal, scale, dy, then q, k, v,
    dq, dk, dv (each with the distance of its rows), mask, its distances between samples and positions, y, logsum,
    scratch.
    """
    a = i64(at, 28)
    blas, samples, heads, length, size, width, depth, causal = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    scale, ldq, ldk, ldv, ldy = f64(at, 9)[8], a[11], a[13], a[15], heads * depth
    factor = F(scale)
    weights = a[27]
    slopes = weights + BLOCK * size * 4
    for sample in range(samples):
        for head in range(heads):
            of_q, of_k, of_v = sample * length, sample * size, sample * size
            q, k, v = (
                a[10] + (of_q * ldq + head * width) * 4,
                a[12] + (of_k * ldk + head * width) * 4,
                a[14] + (of_v * ldv + head * depth) * 4,
            )
            dq, dk, dv = (
                a[16] + (of_q * a[17] + head * width) * 4,
                a[18] + (of_k * a[19] + head * width) * 4,
                a[20] + (of_v * a[21] + head * depth) * 4,
            )
            of_y = (of_q * ldy + head * depth) * 4
            mask = a[22] + sample * a[23] * 4 if a[22] != 0 else 0
            logsum = f32(a[26] + (sample * heads + head) * length * 4, length)
            beta = 0.0
            for block in range((length + BLOCK - 1) // BLOCK):
                first = ((length - 1) // BLOCK - block) * BLOCK
                rows = min(BLOCK, length - first)
                seen = seen_by(first + rows - 1, length, size, causal)
                to_q = dq + first * a[17] * 4
                if seen == 0:
                    for i in range(rows):
                        zero_floats(to_q + i * a[17] * 4, width)
                    continue
                from_q, from_y = q + first * ldq * 4, a[9] + of_y + first * ldy * 4
                sgemm(blas, 0, 1, rows, seen, width, scale, from_q, ldq, k, ldk, 0.0, weights, seen)
                sgemm(blas, 0, 1, rows, seen, depth, 1.0, from_y, ldy, v, ldv, 0.0, slopes, seen)
                for i in range(rows):
                    w = weights + i * seen * 4
                    hide(w, mask + (first + i) * a[24] * 4 if mask != 0 else 0,
                         seen_by(first + i, length, size, causal), seen)  # fmt: skip
                    x, slope = f32(w, seen), f32(slopes + i * seen * 4, seen)
                    dy = f32(from_y + i * ldy * 4, depth)
                    y = f32(a[25] + of_y + (first + i) * ldy * 4, depth)
                    expected = F(0)
                    for j in range(depth):
                        expected += dy[j] * y[j]
                    normal = logsum[first + i]
                    for j in range(seen):
                        weight = exp(x[j] - normal)
                        x[j] = weight
                        slope[j] = weight * (slope[j] - expected) * factor
                sgemm(blas, 1, 0, seen, depth, rows, 1.0, weights, seen, from_y, ldy, beta, dv, a[21])
                sgemm(blas, 0, 0, rows, width, seen, 1.0, slopes, seen, k, ldk, 0.0, to_q, a[17])
                sgemm(blas, 1, 0, seen, width, rows, 1.0, slopes, seen, from_q, ldq, beta, dk, a[19])
                beta = 1.0
            if beta == 0.0:
                for j in range(size):
                    zero_floats(dk + j * a[19] * 4, width)
                    zero_floats(dv + j * a[21] * 4, depth)


def _sizes(e: Emitter, node: Node, query: Value, key: Value, value: Value) -> list[Word]:
    p: Any = node.p
    samples, length, _ = e.shape(query)
    size, heads = key.shape[1], p.heads
    width, depth = query.shape[2] // heads, value.shape[2] // heads
    scale = head_scale(p, query.shape)
    return [e.blas, samples, heads, length, size, width, depth, int(p.causal), float(scale)]


def _mask(e: Emitter, mask: Value | None) -> list[Word]:
    """Where the mask lies, and its distances between samples and between positions."""
    if mask is None:
        return [0, 0, 0]
    each = mask.spec.size // mask.shape[0]
    return [e.address(mask), each, mask.shape[2] if len(mask.shape) == 3 else 0]


@lowers(
    "MultiHeadAttention",
    accepts=lambda node: not node.p.output_weights,  # type: ignore[attr-defined]
    in_place=False,
    lanes_uncut=lambda node: True,
)
def attend(e: Emitter, node: Node) -> None:
    """Sample by sample, head by head; by lanes: some heads each."""
    query, key, value, *mask = node.inputs
    p: Any = node.p
    some = Slice(p.heads, 1) if e.cut is Cut.LANES else None

    def begin(v: Value, apart: int) -> Word:
        return e.address(v) if some is None else some.of(e.address(v), apart * 4)

    places: list[Word] = []
    for v in (query, key, value):
        places += [begin(v, v.shape[2] // p.heads), v.shape[2]]
    y, logsum = begin(node.outputs[0], value.shape[2] // p.heads), begin(node.outputs[1], query.shape[1])
    scratch = e.scratch(BLOCK * key.shape[1])
    sizes = _sizes(e, node, query, key, value)
    sizes[2] = some or p.heads
    e.call(attention, *sizes, *places, *_mask(e, mask[0] if mask else None), y, logsum, scratch, p.heads)


@lowers("_attention_grad", in_place=False)
def attend_back(e: Emitter, node: Node) -> None:
    """Sample by sample, head by head."""
    dy, query, key, value, *mask, y, logsum = node.inputs
    places: list[Word] = []
    for v in (query, key, value, *node.outputs):
        places += [e.address(v), v.shape[2]]
    scratch = e.scratch(2 * BLOCK * key.shape[1])
    e.call(attention_back, *_sizes(e, node, query, key, value), e.address(dy), *places,
           *_mask(e, mask[0] if mask else None), e.address(y), e.address(logsum), scratch)  # fmt: skip
