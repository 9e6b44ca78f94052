"""Taking and writing by index arrays, one index at a time."""

from __future__ import annotations

from typing import Any

import numpy as np


def _place(value: float, size: int, mode: str) -> int:
    k = int(value)
    if mode == "wrap":
        return k % size
    return min(max(k, 0), size - 1)


def _take(p: Any, a: Any, indices: Any) -> Any:
    lines = np.moveaxis(a, p.axis, 0)
    found = [lines[_place(i, len(lines), p.mode)] for i in indices.ravel()]
    stacked = np.array(found).reshape(*indices.shape, *lines.shape[1:])
    axis = p.axis % a.ndim
    return np.moveaxis(stacked, range(indices.ndim), range(axis, axis + indices.ndim))


def _take_grad(p: Any, data: Any, indices: Any) -> Any:
    out = np.zeros(p.shape)
    axis = p.axis % out.ndim
    lines = np.moveaxis(out, axis, 0)
    parts = np.moveaxis(data, range(axis, axis + indices.ndim), range(indices.ndim))
    for i in np.ndindex(indices.shape):
        lines[_place(indices[i], len(lines), p.mode)] += parts[i]
    return out


def _embedding(p: Any, data: Any, weight: Any) -> Any:
    out = np.empty((*data.shape, p.output_dim))
    for i in np.ndindex(data.shape):
        out[i] = weight[_place(data[i], p.input_dim, "clip")]
    return out


def _one_hot(p: Any, indices: Any) -> Any:
    out = np.full((*indices.shape, p.depth), p.off_value)
    for i in np.ndindex(indices.shape):
        if 0 <= int(indices[i]) < p.depth:
            out[(*i, int(indices[i]))] = p.on_value
    return out


def _pick(p: Any, data: Any, index: Any) -> Any:
    if p.axis is None:
        return np.array([data.ravel()[_place(i, data.size, p.mode)] for i in index.ravel()]).reshape(index.shape)
    lines = np.moveaxis(data, p.axis, -1)
    named = index.reshape(lines.shape[:-1])
    out = np.empty(lines.shape[:-1])
    for i in np.ndindex(out.shape):
        out[i] = lines[i][_place(named[i], lines.shape[-1], p.mode)]
    return np.stack([out], axis=p.axis) if p.keepdims else out.reshape(out.shape or (1,))


def _pick_grad(p: Any, data: Any, index: Any) -> Any:
    out = np.zeros(p.shape)
    lines = np.moveaxis(out, p.axis, -1)
    named, values = index.reshape(lines.shape[:-1]), data.reshape(lines.shape[:-1])
    for i in np.ndindex(named.shape):
        lines[i][_place(named[i], lines.shape[-1], p.mode)] = values[i]
    return out


def _batch_take(p: Any, a: Any, indices: Any) -> Any:
    return np.array([row[_place(i, len(row), "clip")] for row, i in zip(a, indices, strict=True)])


def _fill_element(p: Any, lhs: Any, mhs: Any, rhs: Any) -> Any:
    out = lhs.copy()
    for n, (value, i) in enumerate(zip(mhs, rhs, strict=True)):
        out[n, int(i)] = value
    return out


def _columns(index: Any) -> Any:
    """(where in the output, coordinates in the data) for each column of coordinates."""
    for j in np.ndindex(index.shape[1:]):
        yield j, tuple(int(v) for v in index[(slice(None), *j)])


def _gather_nd(p: Any, data: Any, indices: Any) -> Any:
    out = np.empty((*indices.shape[1:], *data.shape[indices.shape[0] :]))
    for j, place in _columns(indices):
        out[j] = data[place]
    return out


def _scatter(p: Any, data: Any, indices: Any, into: Any, add: bool) -> Any:
    out = into.copy()
    for j, place in _columns(indices):
        out[place] = data[j] + (out[place] if add else 0)
    return out


def _advanced(p: Any, data: Any, *arrays: Any) -> Any:
    """Through the places, which NumPy's own rule finds in an array of numbers 0, 1, …"""
    return data.ravel()[_places(p, data.shape, arrays)]


def _places(p: Any, shape: Any, arrays: Any) -> Any:
    waiting = iter(arrays)
    key = tuple(
        next(waiting) if k == "array" else ... if k == "..." else slice(*k) if isinstance(k, tuple) else k
        for k in p.key
    )
    return np.arange(int(np.prod(shape))).reshape(shape)[key]


def _advanced_grad(p: Any, data: Any, *arrays: Any) -> Any:
    out = np.zeros(int(np.prod(p.shape)))
    for place, value in zip(_places(p, p.shape, arrays).ravel(), data.ravel(), strict=True):
        out[place] += value
    return out.reshape(p.shape)


def _boolean_mask(p: Any, data: Any, index: Any) -> Any:
    lines = np.moveaxis(data, p.axis, 0)
    kept = [line for line, keep in zip(lines, index, strict=True) if keep != 0]
    return np.moveaxis(np.array(kept).reshape(len(kept), *lines.shape[1:]), 0, p.axis)


def _boolean_mask_grad(p: Any, data: Any, index: Any) -> Any:
    out = np.zeros(p.shape)
    lines, waiting = np.moveaxis(out, p.axis, 0), iter(np.moveaxis(data, p.axis, 0))
    for n, keep in enumerate(index):
        if keep != 0:
            lines[n] = next(waiting)
    return out


def _index_copy(p: Any, old: Any, index: Any, new: Any) -> Any:
    out = old.copy()
    for row, i in zip(new, index, strict=True):
        out[int(i)] = row
    return out


def _index_array(p: Any, data: Any) -> Any:
    axes = range(data.ndim) if p.axes is None else p.axes
    out = np.empty((*data.shape, len(axes)))
    for i in np.ndindex(data.shape):
        out[i] = [i[a] for a in axes]
    return out


def _arange_like(p: Any, data: Any) -> Any:
    shape = data.shape if p.axis is None else (data.shape[p.axis],)
    return np.array([p.start + p.step * (i // p.repeat) for i in range(int(np.prod(shape)))]).reshape(shape)


def _ravel(p: Any, data: Any) -> Any:
    out = np.empty(data.shape[1:])
    for j, place in _columns(data):
        number = 0
        for size, k in zip(p.shape, place, strict=True):
            number = number * size + k
        out[j] = number
    return out


def _unravel(p: Any, data: Any) -> Any:
    out = np.empty((len(p.shape), *data.shape))
    for j in np.ndindex(data.shape):
        rest = int(data[j])
        for axis in range(len(p.shape) - 1, 0, -1):
            rest, out[(axis, *j)] = divmod(rest, p.shape[axis])
        out[(0, *j)] = rest
    return out


def _histogram(p: Any, data: Any, bins: Any = None) -> Any:
    if bins is None:
        low, high = p.range or ((data.min(), data.max()) if data.size else (0.0, 1.0))
        bins = np.array([low + (high - low) * i / p.bin_cnt for i in range(p.bin_cnt + 1)])
    counts = [0] * (len(bins) - 1)
    for value in data.ravel():
        for n in range(len(counts)):
            last = n == len(counts) - 1
            if bins[n] <= value < bins[n + 1] or (last and np.isclose(value, bins[-1], rtol=1e-7, atol=0)):
                counts[n] += 1
    return np.array(counts), bins


REFERENCES = {
    "take": _take,
    "_take_grad": _take_grad,
    "Embedding": _embedding,
    "one_hot": _one_hot,
    "_onehot_encode": lambda p, lhs, rhs: np.array(
        [[float(int(i) == j) for j in range(rhs.shape[1])] for i in lhs]
    ).reshape(rhs.shape),
    "pick": _pick,
    "_pick_grad": _pick_grad,
    "batch_take": _batch_take,
    "fill_element_0index": _fill_element,
    "gather_nd": _gather_nd,
    "scatter_nd": lambda p, data, index: _scatter(p, data, index, np.zeros(p.shape), add=False),
    "_scatter_nd_add": lambda p, data, index: _scatter(p, data, index, np.zeros(p.shape), add=True),
    "_scatter_set_nd": lambda p, lhs, rhs, index: _scatter(p, rhs, index, lhs, add=False),
    "_advanced_index": _advanced,
    "_advanced_index_grad": _advanced_grad,
    "_contrib_boolean_mask": _boolean_mask,
    "_kept": _boolean_mask,
    "_boolean_mask_grad": _boolean_mask_grad,
    "_contrib_index_copy": _index_copy,
    "_contrib_index_array": _index_array,
    "_contrib_arange_like": _arange_like,
    "_ravel_multi_index": _ravel,
    "_unravel_index": _unravel,
    "_histogram": _histogram,
}
