"""References of reductions, matrix products, creation and sorting: loops over slices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np


def axes_of(p: Any, ndim: int) -> list[int]:
    axis = p.get("axis")
    if axis is None or axis == ():
        return list(range(ndim))
    named = {a % ndim for a in ([axis] if isinstance(axis, int) else axis)}
    return [i for i in range(ndim) if (i in named) != bool(p.get("exclude", False))]


def reducing(function: Callable[[list[float]], float]) -> Callable[..., Any]:
    """Gathers the elements of each slice in a list and reduces that."""

    def apply(p: Any, data: Any) -> Any:
        axes = axes_of(p, data.ndim)
        kept = tuple(1 if i in axes else n for i, n in enumerate(data.shape))
        slices: dict[tuple[int, ...], list[float]] = {place: [] for place in np.ndindex(*kept)}
        for place in np.ndindex(*data.shape):
            slices[tuple(0 if i in axes else j for i, j in enumerate(place))].append(float(data[place]))
        found = np.array([function(slices[place]) for place in np.ndindex(*kept)], dtype=np.float64).reshape(kept)
        shape = kept if p.keepdims else tuple(n for i, n in enumerate(data.shape) if i not in axes) or (1,)
        return found.reshape(shape)

    return apply


def numbers(values: list[float]) -> list[float]:
    return [v for v in values if not math.isnan(v)]


def norm(p: Any, data: Any) -> Any:
    if p.ord == 1:
        return reducing(lambda v: math.fsum(map(abs, v)))(p, data)
    return reducing(lambda v: math.sqrt(math.fsum(x * x for x in v)))(p, data)


def variance(values: list[float]) -> float:
    middle = math.fsum(values) / len(values)
    return math.fsum((v - middle) ** 2 for v in values) / len(values)


def moments(p: Any, data: Any) -> Any:
    given = type(p)({"axis": p.axes, "keepdims": p.keepdims})
    return reducing(lambda v: math.fsum(v) / len(v))(given, data), reducing(variance)(given, data)


def cumsum(p: Any, data: Any) -> Any:
    if p.axis is None:
        return np.array(list(itertools.accumulate(data.ravel().tolist())), dtype=np.float64)
    found = np.array(data, dtype=np.float64)
    lines = np.moveaxis(found, p.axis, 0)
    for i in range(1, len(lines)):
        lines[i] += lines[i - 1]
    return found


def sum_to(p: Any, data: Any) -> Any:
    lead = data.ndim - len(p.shape)
    axes = p.axis
    if axes is None:
        axes = [i for i in range(data.ndim) if i < lead or p.shape[i - lead] == 1]
    total = np.array(data, dtype=np.float64)
    for axis in sorted(axes, reverse=True):
        total = sum((total.take(i, axis) for i in range(total.shape[axis])), np.zeros(np.delete(total.shape, axis)))
    return total.reshape(p.shape)


def spread(p: Any, data: Any) -> Any:
    if p.axis is None:
        return np.broadcast_to(data, p.shape)
    kept = [1 if i in p.axis else n for i, n in enumerate(p.shape)]
    return np.broadcast_to(data.reshape(kept), p.shape)


def dot(p: Any, lhs: Any, rhs: Any) -> Any:
    a = np.moveaxis(lhs, 0, -1) if p.transpose_a else lhs
    b = np.moveaxis(rhs, -1, 0) if p.transpose_b else rhs
    found = np.zeros(a.shape[:-1] + b.shape[1:])
    for i in np.ndindex(*a.shape[:-1]):
        for j in np.ndindex(*b.shape[1:]):
            found[i + j] = sum(float(a[(*i, k)]) * float(b[(k, *j)]) for k in range(a.shape[-1]))
    return found if found.shape else found.reshape(1)


def batch_dot(p: Any, lhs: Any, rhs: Any) -> Any:
    left, right = ("bkn" if p.transpose_a else "bnk"), ("bmk" if p.transpose_b else "bkm")
    flat = (math.prod(lhs.shape[:-2]), *lhs.shape[-2:]), (math.prod(rhs.shape[:-2]), *rhs.shape[-2:])
    found = np.einsum(f"{left},{right}->bnm", lhs.reshape(flat[0]), rhs.reshape(flat[1]))
    return found.reshape(lhs.shape[:-2] + found.shape[1:])


def khatri_rao(p: Any, *matrices: Any) -> Any:
    columns = []
    for j in range(matrices[0].shape[1]):
        column = np.ones(1)
        for matrix in matrices:
            column = np.kron(column, matrix[:, j])
        columns.append(column)
    return np.stack(columns, axis=1)


def arange(p: Any) -> Any:
    start, stop = (0.0, p.start) if p.stop is None else (p.start, p.stop)
    values, i = [], 0
    while (start + i * p.step < stop) if p.step > 0 else (start + i * p.step > stop):
        values += [start + i * p.step] * p.repeat
        i += 1
    return np.array(values)


def linspace(p: Any) -> Any:
    gaps = p.num - 1 if p.endpoint else p.num
    return np.array([p.start + (p.stop - p.start) * i / max(gaps, 1) for i in range(p.num)])


def eye(p: Any) -> Any:
    return np.array([[float(j - i == p.k) for j in range(p.M or p.N)] for i in range(p.N)])


REFERENCES = {
    "sum": reducing(math.fsum),
    "mean": reducing(lambda v: math.fsum(v) / len(v)),
    "prod": reducing(math.prod),
    "nansum": reducing(lambda v: math.fsum(numbers(v))),
    "nanprod": reducing(lambda v: math.prod(numbers(v))),
    "max": reducing(max),
    "min": reducing(min),
    "norm": norm,
    "moments": moments,
    "cumsum": cumsum,
    "_sum_to": sum_to,
    "_spread": spread,
    "_reshape_to": lambda p, data: np.array(data.ravel().tolist(), dtype=np.float64).reshape(p.shape),
    "dot": dot,
    "batch_dot": batch_dot,
    "khatri_rao": khatri_rao,
    "_zeros": lambda p: np.array([0.0] * math.prod(p.shape)).reshape(p.shape),
    "_ones": lambda p: np.array([1.0] * math.prod(p.shape)).reshape(p.shape),
    "_full": lambda p: np.array([p.value] * math.prod(p.shape)).reshape(p.shape),
    "_arange": arange,
    "_linspace": linspace,
    "_eye": eye,
}
