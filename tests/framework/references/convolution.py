"""References of convolution: one output position at a time, channels first, the other layouts by transposing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Place = tuple[int, ...]


def numbers(value: Any, rank: int, default: int) -> Place:
    return tuple(value) if value else (default,) * rank


def first(p: Any, array: Any) -> Any:
    return np.moveaxis(array, -1, 1) if p.layout and p.layout.endswith("C") else array


def back(p: Any, array: Any) -> Any:
    return np.moveaxis(array, 1, -1) if p.layout and p.layout.endswith("C") else array


def meetings(
    out: Place, kernel: Place, space: Place, stride: Place, dilate: Place, pad: Place
) -> Iterator[tuple[Place, Place, Place]]:
    """(output position, kernel position, data position) wherever the kernel lies on data."""
    for o in np.ndindex(*out):
        for k in np.ndindex(*kernel):
            x = tuple(o[i] * stride[i] + k[i] * dilate[i] - pad[i] for i in range(len(out)))
            if all(0 <= x[i] < space[i] for i in range(len(out))):
                yield o, k, x


def steps(p: Any) -> tuple[Place, Place, Place]:
    rank = len(p.kernel)
    return numbers(p.stride, rank, 1), numbers(p.dilate, rank, 1), numbers(p.pad, rank, 0)


def convolve(p: Any, data: Any, weight: Any, bias: Any = None) -> Any:
    x, w = first(p, data), first(p, weight)
    stride, dilate, pad = steps(p)
    space = x.shape[2:]
    out = tuple((space[i] + 2 * pad[i] - dilate[i] * (p.kernel[i] - 1) - 1) // stride[i] + 1 for i in range(len(space)))
    y = np.zeros((x.shape[0], w.shape[0], *out))
    for group, channels, filters in groups(p, x.shape[1], w.shape[0]):
        for o, k, s in meetings(out, p.kernel, space, stride, dilate, pad):
            y[(slice(None), filters, *o)] += x[(slice(None), channels, *s)] @ w[(filters, slice(None), *k)].T
        assert group < p.num_group
    if bias is not None:
        y += bias.reshape((-1,) + (1,) * len(space))
    return back(p, y)


def groups(p: Any, channels: int, filters: int) -> Iterator[tuple[int, slice, slice]]:
    c, f = channels // p.num_group, filters // p.num_group
    for g in range(p.num_group):
        yield g, slice(g * c, (g + 1) * c), slice(g * f, (g + 1) * f)


def data_gradient(p: Any, grad: Any, weight: Any) -> Any:
    g, w = first(p, grad), first(p, weight)
    x = np.zeros(first(p, np.zeros(p.shape)).shape)
    stride, dilate, pad = steps(p)
    for _, channels, filters in groups(p, x.shape[1], w.shape[0]):
        for o, k, s in meetings(g.shape[2:], p.kernel, x.shape[2:], stride, dilate, pad):
            x[(slice(None), channels, *s)] += g[(slice(None), filters, *o)] @ w[(filters, slice(None), *k)]
    return back(p, x)


def weight_gradient(p: Any, grad: Any, data: Any) -> Any:
    g, x = first(p, grad), first(p, data)
    w = np.zeros(first(p, np.zeros(p.shape)).shape)
    stride, dilate, pad = steps(p)
    for _, channels, filters in groups(p, x.shape[1], w.shape[0]):
        for o, k, s in meetings(g.shape[2:], p.kernel, x.shape[2:], stride, dilate, pad):
            w[(filters, slice(None), *k)] += g[(slice(None), filters, *o)].T @ x[(slice(None), channels, *s)]
    return back(p, w)


def deconvolve(p: Any, data: Any, weight: Any, bias: Any = None) -> Any:
    """Spreads every position over a canvas of full size, then cuts it."""
    x, w = first(p, data), first(p, weight)
    rank = len(p.kernel)
    stride, dilate, pad = steps(p)
    adj = numbers(p.adj, rank, 0)
    full = [max(0, stride[i] * (x.shape[2 + i] - 1) + dilate[i] * (p.kernel[i] - 1) + 1) for i in range(rank)]
    if p.target_shape:
        surplus = [full[i] - p.target_shape[i] for i in range(rank)]
        pad, adj = tuple((s + 1) // 2 for s in surplus), tuple(s % 2 for s in surplus)
    canvas = np.zeros((x.shape[0], p.num_filter, *(f + a for f, a in zip(full, adj, strict=True))))
    for _, filters, channels in groups(p, p.num_filter, x.shape[1]):
        for o in np.ndindex(*x.shape[2:]):
            for k in np.ndindex(*p.kernel):
                s = tuple(o[i] * stride[i] + k[i] * dilate[i] for i in range(rank))
                canvas[(slice(None), filters, *s)] += x[(slice(None), channels, *o)] @ w[(channels, slice(None), *k)]
    y = canvas[(..., *(slice(pad[i], full[i] + adj[i] - pad[i]) for i in range(rank)))]
    if bias is not None:
        y = y + bias.reshape((-1,) + (1,) * rank)
    return back(p, y)


def correlate(p: Any, one: Any, other: Any) -> Any:
    """Position by position, displacement by displacement; beyond the maps everything is 0."""
    batch, channels, height, width = one.shape
    half, far = p.kernel_size // 2, p.max_displacement
    radius = far // p.stride2
    out = [-(-(n + 2 * p.pad_size - 2 * (far + half)) // p.stride1) for n in (height, width)]
    shifts = [(v * p.stride2, u * p.stride2) for v in range(-radius, radius + 1) for u in range(-radius, radius + 1)]

    def value(array: Any, n: int, c: int, i: int, j: int) -> float:
        return float(array[n, c, i, j]) if 0 <= i < height and 0 <= j < width else 0.0

    y = np.zeros((batch, len(shifts), *out))
    for n, d, i, j in np.ndindex(*y.shape):
        total = 0.0
        for a, b, c in np.ndindex(p.kernel_size, p.kernel_size, channels):
            row, column = (k * p.stride1 + far + o - p.pad_size for k, o in ((i, a), (j, b)))
            first_value = value(one, n, c, row, column)
            second = value(other, n, c, row + shifts[d][0], column + shifts[d][1])
            total += first_value * second if p.is_multiply else abs(first_value - second)
        y[n, d, i, j] = total / (p.kernel_size**2 * channels)
    return y


REFERENCES = {
    "Correlation": correlate,
    "Convolution": convolve,
    "Deconvolution": deconvolve,
    "_conv_data_grad": data_gradient,
    "_conv_weight_grad": weight_gradient,
}
UNREFERENCED = {"_correlation_grad": "the slopes of Correlation are compared with its results"}
