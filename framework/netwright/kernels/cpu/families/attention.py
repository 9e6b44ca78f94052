"""Attention, some positions of a head at a time: of the scores no more is there at once than those positions'."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from ....ops.attention import head_scale
from ....ops.attention_step import Place, alone, places
from ..emit import Cut, Emitter, Rows, Slice, Word, lowers
from ..functions import exp
from ..intrinsics import f32, f64, i64, sgemm, zero_floats
from ..kernel import kernel
from ..rows import greatest_of

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

FLOAT = 4
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


@register_jitable
def place_of(a: Any, first: int, sample: int, head: int) -> int:
    """Where a head's part of an operand begins: its four words are the address (0: there is none) and the distances
    between samples, heads and positions.
    """
    return a[first] + (sample * a[first + 1] + head * a[first + 2]) * 4 if a[first] != 0 else 0


@register_jitable
def add_to(x: int, bias: int, count: int) -> None:
    """x ← x + bias, where there is one."""
    if bias != 0:
        scores, more = f32(x, count), f32(bias, count)
        for j in range(count):
            scores[j] += more[j]


@kernel("attention")
def attention(at: int) -> None:
    """y ← softmax(scale · q kᵀ + bias) v for each sample and head.

    Words: blas, samples, heads, positions, keys, features of a head's key and value, causal, scale, then four each
    (``place_of``) of q, k, v, mask, bias and y, then logsum and scratch; all heads, of which this call has some, and
    behind y's address as many bytes as there are heads before them.
    """
    a = i64(at, 37)
    before, every = a[36] - a[29], a[35]
    blas, samples, heads, length, size, width, depth, causal = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    scale, ldq, ldk, ldv, ldy = f64(at, 9)[8], a[12], a[16], a[20], a[32]
    weights = a[34]
    for sample in range(samples):
        for head in range(before, before + heads):
            q, k, v = place_of(a, 9, sample, head), place_of(a, 13, sample, head), place_of(a, 17, sample, head)
            mask, bias, y = place_of(a, 21, sample, head), place_of(a, 25, sample, head), place_of(a, 29, sample, head)
            logsum = f32(a[33] + (sample * every + head) * length * 4, length)
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
                    add_to(w, bias + (first + i) * a[28] * 4 if bias != 0 else 0, seen)
                    hide(w, mask + (first + i) * a[24] * 4 if mask != 0 else 0,
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

    Words: blas, samples, heads, positions, keys, features of a head's key and value, causal, scale, then four each
    (``place_of``) of q, k, v, mask, bias, y, dy, dq, dk and dv, then logsum and scratch.
    """
    a = i64(at, 51)
    blas, samples, heads, length, size, width, depth, causal = a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]
    scale, ldq, ldk, ldv, ldy, lddy = f64(at, 9)[8], a[12], a[16], a[20], a[32], a[36]
    factor = F(scale)
    weights = a[50]
    slopes = weights + BLOCK * size * 4
    for sample in range(samples):
        for head in range(heads):
            q, k, v = place_of(a, 9, sample, head), place_of(a, 13, sample, head), place_of(a, 17, sample, head)
            mask, bias, out = (
                place_of(a, 21, sample, head),
                place_of(a, 25, sample, head),
                place_of(a, 29, sample, head),
            )
            dout, dq = place_of(a, 33, sample, head), place_of(a, 37, sample, head)
            dk, dv = place_of(a, 41, sample, head), place_of(a, 45, sample, head)
            logsum = f32(a[49] + (sample * heads + head) * length * 4, length)
            beta = 0.0
            for block in range((length + BLOCK - 1) // BLOCK):
                first = ((length - 1) // BLOCK - block) * BLOCK
                rows = min(BLOCK, length - first)
                seen = seen_by(first + rows - 1, length, size, causal)
                to_q = dq + first * a[40] * 4
                if seen == 0:
                    for i in range(rows):
                        zero_floats(to_q + i * a[40] * 4, width)
                    continue
                from_q, from_y = q + first * ldq * 4, dout + first * lddy * 4
                sgemm(blas, 0, 1, rows, seen, width, scale, from_q, ldq, k, ldk, 0.0, weights, seen)
                sgemm(blas, 0, 1, rows, seen, depth, 1.0, from_y, lddy, v, ldv, 0.0, slopes, seen)
                for i in range(rows):
                    w = weights + i * seen * 4
                    add_to(w, bias + (first + i) * a[28] * 4 if bias != 0 else 0, seen)
                    hide(w, mask + (first + i) * a[24] * 4 if mask != 0 else 0,
                         seen_by(first + i, length, size, causal), seen)  # fmt: skip
                    x, slope = f32(w, seen), f32(slopes + i * seen * 4, seen)
                    dy, y = f32(from_y + i * lddy * 4, depth), f32(out + (first + i) * ldy * 4, depth)
                    expected = F(0)
                    for j in range(depth):
                        expected += dy[j] * y[j]
                    normal = logsum[first + i]
                    for j in range(seen):
                        weight = exp(x[j] - normal)
                        x[j] = weight
                        slope[j] = weight * (slope[j] - expected) * factor
                sgemm(blas, 1, 0, seen, depth, rows, 1.0, weights, seen, from_y, lddy, beta, dv, a[48])
                sgemm(blas, 0, 0, rows, width, seen, 1.0, slopes, seen, k, ldk, 0.0, to_q, a[40])
                sgemm(blas, 1, 0, seen, width, rows, 1.0, slopes, seen, from_q, ldq, beta, dk, a[44])
                beta = 1.0
            if beta == 0.0:
                for j in range(size):
                    zero_floats(dk + j * a[44] * 4, width)
                    zero_floats(dv + j * a[48] * 4, depth)


NONE: list[Word] = [0, 0, 0, 0]
"""The words of an operand that is not there."""


def _sizes(e: Emitter, node: Node, query: Value, key: Value, value: Value) -> list[Word]:
    p: Any = node.p
    samples, length, _ = e.shape(query)
    size, heads = key.shape[1], p.heads
    width, depth = query.shape[2] // heads, value.shape[2] // heads
    scale = head_scale(p, query.shape)
    return [e.blas, samples, heads, length, size, width, depth, int(p.causal), float(scale)]


def _joined(e: Emitter, heads: int, *values: Value) -> list[Word]:
    """Heads side by side in (N, L, heads·D)."""
    found: list[Word] = []
    for value in values:
        _, length, features = value.shape
        found += [e.address(value), length * features, features // heads, features]
    return found


def _mask(e: Emitter, mask: Value | None) -> list[Word]:
    """A mask, or that there is none, and that nothing is added."""
    if mask is None:
        return NONE + NONE
    each = mask.spec.size // mask.shape[0]
    return [e.address(mask), each, 0, mask.shape[2] if len(mask.shape) == 3 else 0, *NONE]


def _some_heads(e: Emitter, sizes: list[Word], y: Value) -> tuple[list[Word], list[Word]]:
    """The sizes with the heads of a lane, and the words that say which they are."""
    heads = sizes[2]
    if e.cut is not Cut.LANES or not isinstance(heads, int):
        return sizes, [heads, e.address(y)]
    some = Slice(heads, 1)
    return [*sizes[:2], some, *sizes[3:]], [heads, some.of(e.address(y), 1)]


@lowers(
    "MultiHeadAttention",
    accepts=lambda node: not node.p.output_weights,  # type: ignore[attr-defined]
    in_place=False,
    lanes_uncut=lambda node: True,
)
def attend(e: Emitter, node: Node) -> None:
    """Sample by sample, head by head; by lanes: some heads each."""
    query, key, value, *mask = node.inputs
    heads = node.p.heads  # type: ignore[attr-defined]
    y, logsum = node.outputs
    scratch = e.scratch(BLOCK * key.shape[1])
    sizes, which = _some_heads(e, _sizes(e, node, query, key, value), y)
    e.call(attention, *sizes, *_joined(e, heads, query, key, value), *_mask(e, mask[0] if mask else None),
           *_joined(e, heads, y), e.address(logsum), scratch, *which)  # fmt: skip


@lowers("_attention_grad", in_place=False)
def attend_back(e: Emitter, node: Node) -> None:
    """Sample by sample, head by head."""
    dy, query, key, value, *mask, y, logsum = node.inputs
    heads = node.p.heads  # type: ignore[attr-defined]
    scratch = e.scratch(2 * BLOCK * key.shape[1])
    e.call(attention_back, *_sizes(e, node, query, key, value), *_joined(e, heads, query, key, value),
           *_mask(e, mask[0] if mask else None), *_joined(e, heads, y, dy, *node.outputs), e.address(logsum),
           scratch)  # fmt: skip


# ------------------------------------------------------------------------------------------------ as projections lie
def _lying(e: Emitter, place: Place, value: Value) -> list[Word]:
    """A projection's four words."""
    shape = e.shape(value)
    _, length, width = place.sizes(value.shape)
    if place.layout == "heads":
        return [e.address(value), place.heads * length * width, length * width, width]
    features = value.shape[2]
    aside = e.address(value) + FLOAT * width * place.part * (place.heads if place.layout == "joined" else 1)
    if place.layout == "joined":
        return [aside, length * features, width, features]
    return [aside, features, place.parts * width, shape[1] * features]


def _step_sizes(e: Emitter, node: Node, arrays: Sequence[Value]) -> list[Word]:
    p: Any = node.p
    where = places(p)
    query, key, value = (place.sizes(arrays[place.array].shape) for place in where)
    first = e.shape(arrays[0])
    samples = first[1] if p.layout == "interleaved" else first[0]
    if p.layout == "heads":
        samples = Rows(samples.each // p.heads) if isinstance(samples, Rows) else samples // p.heads
    return [e.blas, samples, p.heads, query[1], key[1], query[2], value[2], int(p.causal), float(p.scale)]


def _bias(e: Emitter, node: Node, bias: Value | None) -> list[Word]:
    """What is added, behind the words of no mask."""
    if bias is None:
        return NONE + NONE
    (samples, length, size), heads = bias.shape, node.p.heads  # type: ignore[attr-defined]
    each = length * size
    by_position = size if length > 1 else 0
    distances: list[Word] = [heads * each, each, by_position] if samples > 1 else [0, 0, by_position]
    return [*NONE, e.address(bias), *distances]


@lowers("_attention_step", in_place=False, lanes_uncut=lambda node: True)
def step(e: Emitter, node: Node) -> None:
    """Sample by sample, head by head, from where the projections lie; by lanes: some heads each."""
    p: Any = node.p
    arrays, bias = node.inputs[: p.arrays], node.inputs[p.arrays] if p.use_bias else None
    words = [word for place in places(p) for word in _lying(e, place, arrays[place.array])]
    keys = places(p)[1]
    scratch = e.scratch(BLOCK * keys.sizes(arrays[keys.array].shape)[1])
    sizes, which = _some_heads(e, _step_sizes(e, node, arrays), node.outputs[0])
    e.call(attention, *sizes, *words, *_bias(e, node, bias), *_lying(e, alone(p), node.outputs[0]),
           e.address(node.outputs[1]), scratch, *which)  # fmt: skip


@lowers("_attention_step_grad", in_place=False)
def step_back(e: Emitter, node: Node) -> None:
    """The same way back."""
    p: Any = node.p
    dy, y, logsum = node.inputs[0], node.inputs[-2], node.inputs[-1]
    arrays, bias = node.inputs[1 : 1 + p.arrays], node.inputs[1 + p.arrays] if p.use_bias else None
    given = [word for place in places(p) for word in _lying(e, place, arrays[place.array])]
    found = [word for place in places(p) for word in _lying(e, place, node.outputs[place.array])]
    keys = places(p)[1]
    scratch = e.scratch(2 * BLOCK * keys.sizes(arrays[keys.array].shape)[1])
    e.call(attention_back, *_step_sizes(e, node, arrays), *given, *_bias(e, node, bias), *_lying(e, alone(p), y),
           *_lying(e, alone(p), dy), *found, e.address(logsum), scratch)  # fmt: skip
