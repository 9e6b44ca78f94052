"""References of loops and branches: the sub-graphs of their samples as Python."""

from __future__ import annotations

from typing import Any

import numpy as np


def foreach(p: Any, data: Any, state: Any, weight: Any) -> Any:
    rows = []
    for row in data:
        rows.append(row * weight + state)
        state = row + state
    return np.stack(rows), state


def while_loop(p: Any, i: Any, total: Any) -> Any:
    rows = np.zeros((p.max_iterations, *np.broadcast_shapes(i.shape, total.shape)))
    for k in range(p.max_iterations):
        if not i < 2:
            break
        rows[k] = i + total
        i, total = i + 1, total * 2
    return rows, i, total


def cond(p: Any, pred: Any, x: Any) -> Any:
    return x * 2 if pred[0] else x * x


REFERENCES = {"_foreach": foreach, "_while_loop": while_loop, "_cond": cond}
