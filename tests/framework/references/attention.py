"""References of attention: one head, one query at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def attention(p: Any, query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    (batch, length, _), size = query.shape, key.shape[1]
    e, v = query.shape[2] // p.heads, value.shape[2] // p.heads
    y, weights = np.zeros((batch, length, value.shape[2])), np.zeros((batch, p.heads, length, size))
    logsum = np.full((batch, p.heads, length), np.inf)
    for n, h, i in np.ndindex(batch, p.heads, length):
        seen = [
            s
            for s in range(size)
            if not (p.causal and s > i + size - length)
            and (mask is None or (mask[n, s] if mask.ndim == 2 else mask[n, i, s]) != 0)
        ]
        q = query[n, i, h * e : (h + 1) * e]
        scale = 1 / math.sqrt(e) if p.scale is None else p.scale
        powers = [math.exp(scale * float(q @ key[n, s, h * e : (h + 1) * e])) for s in seen]
        if seen:
            logsum[n, h, i] = math.log(math.fsum(powers))
        for s, power in zip(seen, powers, strict=True):
            weights[n, h, i, s] = power / math.fsum(powers)
            y[n, i, h * v : (h + 1) * v] += weights[n, h, i, s] * value[n, s, h * v : (h + 1) * v]
    return y, weights if p.output_weights else logsum


def part(array: Any, heads: int, parts: int, which: int, n: int, h: int) -> Any:
    """The (L, D) block of one projection of one head of one sample."""
    size = array.shape[2] // (heads * parts)
    start = (h * parts + which) * size
    return array[:, n, start : start + size]


def scores(heads: int, q: tuple[Any, int, int], k: tuple[Any, int, int]) -> Any:
    found = []
    for n in range(q[0].shape[1]):
        for h in range(heads):
            one, other = part(q[0], heads, *q[1:], n, h), part(k[0], heads, *k[1:], n, h)
            found.append(one @ other.T / math.sqrt(one.shape[1]))
    return np.array(found)


def values(heads: int, v: tuple[Any, int, int], weights: Any) -> Any:
    rows = []
    for n in range(v[0].shape[1]):
        rows.append(np.hstack([weights[n * heads + h] @ part(v[0], heads, *v[1:], n, h) for h in range(heads)]))
    return np.stack(rows, axis=1)


REFERENCES = {
    "MultiHeadAttention": attention,
    "_contrib_div_sqrt_dim": lambda p, data: data / math.sqrt(data.shape[-1]),
    "_contrib_interleaved_matmul_selfatt_qk": lambda p, x: scores(p.heads, (x, 3, 0), (x, 3, 1)),
    "_contrib_interleaved_matmul_selfatt_valatt": lambda p, x, w: values(p.heads, (x, 3, 2), w),
    "_contrib_interleaved_matmul_encdec_qk": lambda p, q, kv: scores(p.heads, (q, 1, 0), (kv, 2, 0)),
    "_contrib_interleaved_matmul_encdec_valatt": lambda p, kv, w: values(p.heads, (kv, 2, 1), w),
}
UNREFERENCED = {
    "_attention_grad": "it reads what MultiHeadAttention kept; the slopes of attention are compared with its results"
}
