"""References of sorting: Python's own sort on the lines along an axis, stable and by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def along(p: Any, data: Any, function: Callable[[list[float]], list[float]]) -> Any:
    """The function on every line along the axis."""
    source, axis = (data.ravel(), 0) if p.axis is None else (data, p.axis)
    lines = np.moveaxis(source, axis, -1)
    width = len(function(lines.reshape(-1, lines.shape[-1])[0].tolist())) if lines.size else lines.shape[-1]
    flat = [function(line.tolist()) for line in lines.reshape(-1, lines.shape[-1])] if lines.size else []
    return np.moveaxis(np.array(flat, dtype=np.float64).reshape(*lines.shape[:-1], width), -1, axis)


def ranked(line: list[float], ascending: bool) -> list[int]:
    return sorted(range(len(line)), key=lambda i: line[i] if ascending else -line[i])


def sort(p: Any, data: Any) -> Any:
    return along(p, data, lambda line: sorted(line, reverse=not p.is_ascend))


def argsort(p: Any, data: Any) -> Any:
    return along(p, data, lambda line: [float(i) for i in ranked(line, p.is_ascend)])


def topk(p: Any, data: Any) -> Any:
    if not data.size:
        return np.zeros((*data.shape[:-1], p.k))

    def best(line: list[float]) -> list[int]:
        return ranked(line, p.is_ascend)[: p.k or len(line)]

    indices = along(p, data, lambda line: [float(i) for i in best(line)])
    values = along(p, data, lambda line: [line[i] for i in best(line)])
    if p.ret_typ == "mask":
        mask = along(p, data, lambda line: [float(i in best(line)) for i in range(len(line))])
        return mask.reshape(data.shape)
    return {"value": values, "indices": indices, "both": (values, indices)}[p.ret_typ]


def extreme(choose: Callable[..., float]) -> Callable[..., Any]:
    def apply(p: Any, data: Any) -> Any:
        if not data.size:
            return np.zeros(data.shape[:-1])
        found = along(p, data, lambda line: [float(line.index(choose(line)))])
        if p.axis is None:
            return found.reshape((1,) * data.ndim if p.keepdims else (1,))
        return found if p.keepdims else found.reshape(np.delete(data.shape, p.axis) if data.ndim > 1 else (1,))

    return apply


def put_along(p: Any, data: Any, indices: Any) -> Any:
    found = np.zeros((*data.shape[: p.axis], p.size, *data.shape[p.axis + 1 :]))
    for place in np.ndindex(*data.shape):
        found[(*place[: p.axis], int(indices[place]), *place[p.axis + 1 :])] = data[place]
    return found


def take_along(p: Any, data: Any, indices: Any) -> Any:
    found = np.zeros(indices.shape)
    for place in np.ndindex(*indices.shape):
        found[place] = data[(*place[: p.axis], int(indices[place]), *place[p.axis + 1 :])]
    return found


REFERENCES = {
    "sort": sort,
    "argsort": argsort,
    "topk": topk,
    "argmax": extreme(max),
    "argmin": extreme(min),
    "argmax_channel": lambda p, data: np.array([row.index(max(row)) for row in data.tolist()], dtype=np.float64),
    "_put_along": put_along,
    "_take_along": take_along,
}
