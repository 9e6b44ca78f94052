"""Shapes, orders, parts and borders, element by element."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np


def _reshape(p: Any, data: Any) -> Any:
    return _by_codes(data, p.shape, p.reverse) if p.shape else _by_target(data, p.target_shape, p.keep_highest)


def _by_target(data: Any, target: Any, keep_highest: bool) -> Any:
    sizes = [data.shape[0], *target[1:]] if keep_highest else list(target)
    return np.reshape(data, [-1 if n == 0 else n for n in sizes])


def _by_codes(data: Any, codes: Any, reverse: bool) -> Any:
    source = list(data.shape[::-1] if reverse else data.shape)
    waiting = list(codes[::-1] if reverse else codes)
    made: list[int] = []
    while waiting:
        code = waiting.pop(0)
        if code == 0:
            made.append(source.pop(0))
        elif code == -2:
            made, source = made + source, []
        elif code == -3:
            made.append(source.pop(0) * source.pop(0))
        elif code == -4:
            whole, first, second = source.pop(0), waiting.pop(0), waiting.pop(0)
            made += [whole // second if first == -1 else first, whole // first if second == -1 else second]
        else:
            made.append(code)
            if source:
                source.pop(0)
    if -1 in made:
        # an empty axis counts as one: it stands on both sides
        known = math.prod(n or 1 for n in made if n != -1)
        made[made.index(-1)] = math.prod(n or 1 for n in data.shape) // known
    return data.reshape(made[::-1] if reverse else made)


def _squeeze(p: Any, data: Any) -> Any:
    axes = range(data.ndim) if p.axis is None else [p.axis] if isinstance(p.axis, int) else p.axis
    drop = {a % data.ndim for a in axes}
    kept = [n for i, n in enumerate(data.shape) if not (i in drop and n == 1)]
    return data.reshape(kept or [1])


def _reshape_like(p: Any, lhs: Any, rhs: Any) -> Any:
    def cut(shape: Any, begin: Any, end: Any) -> slice:
        return slice(*slice(begin, end).indices(len(shape)))

    target = list(lhs.shape)
    target[cut(lhs.shape, p.lhs_begin, p.lhs_end)] = rhs.shape[cut(rhs.shape, p.rhs_begin, p.rhs_end)]
    return lhs.reshape(target)


def _moved(shape: Any, values: dict[tuple[int, ...], float]) -> Any:
    result = np.full(shape, np.nan)
    for place, value in values.items():
        result[place] = value
    return result


def _transpose(p: Any, data: Any) -> Any:
    axes = [a % data.ndim for a in p.axes] or list(range(data.ndim))[::-1]
    values = {tuple(i[a] for a in axes): data[i] for i in np.ndindex(data.shape)}
    return _moved([data.shape[a] for a in axes], values)


def _swap(p: Any, data: Any) -> Any:
    axes = list(range(data.ndim))
    axes[p.dim1], axes[p.dim2] = axes[p.dim2], axes[p.dim1]
    return _moved([data.shape[a] for a in axes], {tuple(i[a] for a in axes): data[i] for i in np.ndindex(data.shape)})


def _flip(p: Any, data: Any) -> Any:
    turned = {a % data.ndim for a in p.axis}

    def place(i: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(data.shape[a] - 1 - k if a in turned else k for a, k in enumerate(i))

    return _moved(data.shape, {place(i): data[i] for i in np.ndindex(data.shape)})


def _depth_to_space(p: Any, data: Any) -> Any:
    n, c, h, w = data.shape
    b = p.block_size
    out = np.empty((n, c // b**2, h * b, w * b))
    for s, k, y, x in np.ndindex(out.shape):
        out[s, k, y, x] = data[s, ((y % b) * b + x % b) * (c // b**2) + k, y // b, x // b]
    return out


def _space_to_depth(p: Any, data: Any) -> Any:
    n, c, h, w = data.shape
    b = p.block_size
    out = np.empty((n, c * b**2, h // b, w // b))
    for s, k, y, x in np.ndindex(data.shape):
        out[s, ((y % b) * b + x % b) * c + k, y // b, x // b] = data[s, k, y, x]
    return out


def _concat(p: Any, *arrays: Any) -> Any:
    lines = [np.moveaxis(a, p.dim, 0) for a in arrays]
    rows = list(itertools.chain.from_iterable(lines))
    return np.moveaxis(np.array(rows), 0, p.dim)


def _stack(p: Any, *arrays: Any) -> Any:
    ndim = arrays[0].ndim + 1
    axis = p.axis % ndim
    out = np.empty((*arrays[0].shape[:axis], len(arrays), *arrays[0].shape[axis:]))
    for i in np.ndindex(out.shape):
        out[i] = arrays[i[axis]][(*i[:axis], *i[axis + 1 :])]
    return out


def _pieces(data: Any, starts: list[int], axis: int, squeeze: bool) -> tuple[Any, ...]:
    lines = np.moveaxis(data, axis, 0)
    pieces = []
    for begin, end in zip(starts, [*starts[1:], lines.shape[0]], strict=True):
        piece = np.moveaxis(lines[begin:end], 0, axis)
        pieces.append((piece.sum(axis) if data.ndim > 1 else piece) if squeeze else piece)
    return tuple(pieces)


def _split(p: Any, data: Any) -> Any:
    size = data.shape[p.axis] // p.num_outputs
    return _pieces(data, [i * size for i in range(p.num_outputs)], p.axis, p.squeeze_axis)


def _split_v2(p: Any, data: Any) -> Any:
    size = data.shape[p.axis]
    starts = list(range(0, size, size // p.sections)) if p.sections else list(p.indices)
    return _pieces(data, starts, p.axis, p.squeeze_axis)


def _key(parts: Any) -> Any:
    return tuple(... if k == "..." else slice(*k) if isinstance(k, tuple) else k for k in parts)


def _basic_index(p: Any, data: Any) -> Any:
    """Through the places: what stands where in an array of numbers 0, 1, …"""
    places = np.arange(data.size).reshape(data.shape)[_key(p.key)]
    return data.ravel()[places.ravel()].reshape(places.shape or (1,))


def _basic_index_grad(p: Any, data: Any) -> Any:
    out = np.zeros(int(np.prod(p.shape)))
    places = np.arange(out.size).reshape(p.shape)[_key(p.key)]
    for place, value in zip(places.ravel(), data.ravel(), strict=True):
        out[place] += value
    return out.reshape(p.shape)


def _bounds(p: Any, ndim: int) -> list[slice]:
    steps = p.step or (None,) * len(p.begin)
    named = [slice(*bounds) for bounds in zip(p.begin, p.end, steps, strict=True)]
    return named + [slice(None)] * (ndim - len(named))


def _picked(data: Any, ranges: list[Any]) -> Any:
    out = np.empty([len(r) for r in ranges])
    for i in np.ndindex(out.shape):
        out[i] = data[tuple(r[k] for r, k in zip(ranges, i, strict=True))]
    return out


def _slice(p: Any, data: Any) -> Any:
    return _picked(data, [range(n)[s] for n, s in zip(data.shape, _bounds(p, data.ndim), strict=True)])


def _slice_axis(p: Any, data: Any) -> Any:
    ranges: list[Any] = [range(n) for n in data.shape]
    ranges[p.axis] = ranges[p.axis][p.begin : p.end]
    return _picked(data, ranges)


def _slice_like(p: Any, data: Any, like: Any) -> Any:
    ranges: list[Any] = [range(n) for n in data.shape]
    for axis in p.axes or range(data.ndim):
        ranges[axis] = range(like.shape[axis])
    return _picked(data, ranges)


def _slice_assign(p: Any, lhs: Any, rhs: Any) -> Any:
    out = lhs.copy()
    ranges = [range(n)[s] for n, s in zip(lhs.shape, _bounds(p, lhs.ndim), strict=True)]
    for i in np.ndindex(rhs.shape):
        out[tuple(r[k] for r, k in zip(ranges, i, strict=True))] = rhs[i]
    return out


def _slice_assign_scalar(p: Any, data: Any) -> Any:
    ranges = [range(n)[s] for n, s in zip(data.shape, _bounds(p, data.ndim), strict=True)]
    return _slice_assign(p, data, np.full([len(r) for r in ranges], p.scalar))


def _crop(p: Any, data: Any, like: Any = None) -> Any:
    h, w = p.h_w if like is None else like.shape[2:]
    top, left = p.offset
    if p.center_crop:
        top, left = (data.shape[2] - h) // 2, (data.shape[3] - w) // 2
    return np.array([[channel[top : top + h, left : left + w] for channel in image] for image in data])


def _tile(p: Any, data: Any) -> Any:
    ndim = max(data.ndim, len(p.reps))
    reps = (1,) * (ndim - len(p.reps)) + p.reps
    wide = data.reshape((1,) * (ndim - data.ndim) + data.shape)
    out = np.empty([n * r for n, r in zip(wide.shape, reps, strict=True)])
    for i in np.ndindex(out.shape):
        out[i] = wide[tuple(k % n for k, n in zip(i, wide.shape, strict=True))]
    return out


def _repeat(p: Any, data: Any) -> Any:
    if p.axis is None:
        return np.array([v for v in data.ravel() for _ in range(p.repeats)])
    return _picked(
        data,
        [
            [k for k in range(n) for _ in range(p.repeats if a == p.axis % data.ndim else 1)]
            for a, n in enumerate(data.shape)
        ],
    )


def _source(k: int, size: int, mode: str) -> int | None:
    """Which element of a line of ``size`` stands at position ``k`` of the padded line (0: the line's first)."""
    if 0 <= k < size:
        return k
    if mode == "constant":
        return None
    if mode == "edge":
        return 0 if k < 0 else size - 1
    return -k if k < 0 else 2 * (size - 1) - k


def _pad(p: Any, data: Any) -> Any:
    before, after = p.pad_width[::2], p.pad_width[1::2]
    out = np.full(
        [n + b + a for n, b, a in zip(data.shape, before, after, strict=True)], getattr(p, "constant_value", 0.0)
    )
    for i in np.ndindex(out.shape):
        source = tuple(_source(k - b, n, p.mode) for k, b, n in zip(i, before, data.shape, strict=True))
        if None not in source:
            out[i] = data[source]
    return out


def _pad_grad(p: Any, data: Any) -> Any:
    before, after = p.pad_width[::2], p.pad_width[1::2]
    out = np.zeros([n - b - a for n, b, a in zip(data.shape, before, after, strict=True)])
    for i in np.ndindex(data.shape):
        out[tuple(_source(k - b, n, p.mode) for k, b, n in zip(i, before, out.shape, strict=True))] += data[i]
    return out


def _diag(p: Any, data: Any) -> Any:
    if data.ndim == 1:
        side = len(data) + abs(p.k)
        return np.array([[data[min(i, j)] if j - i == p.k else 0.0 for j in range(side)] for i in range(side)])
    matrices = np.moveaxis(data, (p.axis1, p.axis2), (-2, -1))
    rows, columns = matrices.shape[-2:]
    line = [(i, i + p.k) for i in range(rows) if 0 <= i + p.k < columns]
    return np.stack([matrices[..., i, j] for i, j in line], axis=-1)


def _diag_grad(p: Any, data: Any) -> Any:
    out = np.zeros(p.shape)
    matrices = np.moveaxis(out, (p.axis1, p.axis2), (-2, -1))
    start = max(-p.k, 0)
    for n in range(data.shape[-1]):
        matrices[..., start + n, start + n + p.k] += data[..., n]
    return out


REFERENCES = {
    "Reshape": _reshape,
    "Flatten": lambda p, data: data.reshape(len(data), math.prod(data.shape[1:])),
    "expand_dims": lambda p, data: np.stack([data], axis=p.axis),
    "squeeze": _squeeze,
    "reshape_like": _reshape_like,
    "transpose": _transpose,
    "SwapAxis": _swap,
    "reverse": _flip,
    "depth_to_space": _depth_to_space,
    "space_to_depth": _space_to_depth,
    "Concat": _concat,
    "stack": _stack,
    "SliceChannel": _split,
    "_split_v2": _split_v2,
    "_basic_index": _basic_index,
    "_basic_index_grad": _basic_index_grad,
    "slice": _slice,
    "slice_axis": _slice_axis,
    "slice_like": _slice_like,
    "_slice_assign": _slice_assign,
    "_slice_assign_scalar": _slice_assign_scalar,
    "Crop": _crop,
    "tile": _tile,
    "repeat": _repeat,
    "Pad": _pad,
    "_pad_grad": _pad_grad,
    "diag": _diag,
    "_diag_grad": _diag_grad,
}
