"""References of pooling: the list of positions of each window, one window at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

Place = tuple[int, ...]


def first(p: Any, array: Any) -> Any:
    return np.moveaxis(array, -1, 1) if p.layout and p.layout.endswith("C") else array


def back(p: Any, array: Any) -> Any:
    return np.moveaxis(array, 1, -1) if p.layout and p.layout.endswith("C") else array


def geometry(p: Any, space: Place) -> tuple[Place, Place, Place, Place]:
    """(sizes of the output, kernel, stride, pad)."""
    rank = len(space)
    if p.global_pool:
        return (1,) * rank, space, (1,) * rank, (0,) * rank
    stride, pad = p.stride or (1,) * rank, p.pad or (0,) * rank
    out = []
    for n, k, s, q in zip(space, p.kernel, stride, pad, strict=True):
        if p.pooling_convention == "same":
            out.append(math.ceil(n / s))
        else:
            steps = (n + 2 * q - k) / s
            out.append(1 + (math.floor(steps) if p.pooling_convention == "valid" else math.ceil(steps)))
    return tuple(out), p.kernel, stride, pad


def windows(p: Any, space: Place) -> Iterator[tuple[Place, list[Place], int]]:
    """(output position, data positions in the window, what a mean divides by)."""
    out, kernel, stride, pad = geometry(p, space)
    for o in np.ndindex(*out):
        ranges = [
            range(o[i] * stride[i] - pad[i], min(o[i] * stride[i] - pad[i] + kernel[i], space[i] + pad[i]))
            for i in range(len(space))
        ]
        inside = [[v for v in r if 0 <= v < n] for r, n in zip(ranges, space, strict=True)]
        places = [tuple(inside[i][j] for i, j in enumerate(at)) for at in np.ndindex(*(len(v) for v in inside))]
        counted = ranges if p.count_include_pad is not False else inside
        yield o, places, math.prod(len(r) for r in counted)


def pool(p: Any, data: Any) -> Any:
    x = first(p, data)
    y = np.zeros((*x.shape[:2], *geometry(p, x.shape[2:])[0]))
    for n, c in np.ndindex(*x.shape[:2]):
        for o, places, count in windows(p, x.shape[2:]):
            values = [float(x[(n, c, *place)]) for place in places]
            if p.pool_type == "max":
                found = max(values)
            elif p.pool_type == "lp":
                found = sum(v**p.p_value for v in values) ** (1 / p.p_value)
            else:
                found = math.fsum(values) / (count if p.pool_type == "avg" else 1)
            y[(n, c, *o)] = found
    return back(p, y)


def sum_gradient(p: Any, grad: Any) -> Any:
    g = first(p, grad)
    x = np.zeros(first(p, np.zeros(p.shape)).shape)
    for n, c in np.ndindex(*x.shape[:2]):
        for o, places, count in windows(p, x.shape[2:]):
            for place in places:
                x[(n, c, *place)] += g[(n, c, *o)] / (count if p.pool_type == "avg" else 1)
    return back(p, x)


def maxima(p: Any, x: Any) -> Iterator[tuple[Place, Place]]:
    """(output place, place of the first maximum in its window)."""
    for n, c in np.ndindex(*x.shape[:2]):
        for o, places, _ in windows(p, x.shape[2:]):
            best = max(places, key=lambda place: x[(n, c, *place)])
            yield (n, c, *o), (n, c, *best)


def max_gradient(p: Any, grad: Any, data: Any) -> Any:
    g, x = first(p, grad), first(p, data)
    found = np.zeros(x.shape)
    for o, place in maxima(p, x):
        found[place] += g[o]
    return back(p, found)


def max_pick(p: Any, value: Any, data: Any) -> Any:
    v, x = first(p, value), first(p, data)
    found = np.zeros((*x.shape[:2], *geometry(p, x.shape[2:])[0]))
    for o, place in maxima(p, x):
        found[o] = v[place]
    return back(p, found)


REFERENCES = {
    "Pooling": pool,
    "_pool_sum_grad": sum_gradient,
    "_pool_max_grad": max_gradient,
    "_pool_max_pick": max_pick,
}
