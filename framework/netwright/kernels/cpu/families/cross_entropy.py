"""The logarithm of the softmax at the label: neither probabilities nor their logarithms go into memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..elements import fence, get, put
from ..emit import Emitter, Size, lowers, product
from ..functions import exp
from ..intrinsics import f32, i64
from ..kernel import kernel
from ..rows import greatest_of
from .picking import WRAP, place_of

if TYPE_CHECKING:
    from ....scheduler.ir import Node, Value

F = np.float32
ZERO, ONE = F(0), F(1)


@kernel("log_softmax_pick")
def log_softmax_pick(at: int) -> None:
    """y (m) ← x (m, n) at the label − logsum (m): m, n, mode, x, labels, y, logsum."""
    a = i64(at, 7)
    m, n = a[0], a[1]
    labels, y, logsums = f32(a[4], m), f32(a[5], m), f32(a[6], m)
    for i in range(m):
        row = a[3] + i * n * 4
        x, total = f32(row, n), F(0)
        greatest = greatest_of(row, n)
        for j in range(n):
            total += exp(x[j] - greatest)
        logsum = F(greatest + math.log(total))
        logsums[i] = logsum
        y[i] = x[place_of(labels[i], n, a[2])] - logsum


@kernel("log_softmax_pick_back")
def log_softmax_pick_back(at: int) -> None:
    """dx (m, n) ← dy · (1 at the label − e^(x − logsum)): m, n, mode, dy, x, labels, logsum, dx."""
    a = i64(at, 8)
    m, n = a[0], a[1]
    slopes, labels, logsums = f32(a[3], m), f32(a[5], m), f32(a[6], m)
    for i in range(m):
        x, dx = a[4] + i * n * 4, a[7] + i * n * 4
        own = place_of(labels[i], n, a[2])
        slope, logsum = slopes[i], logsums[i]
        for j in range(n):
            put(dx, j, slope * ((ONE if j == own else ZERO) - exp(get(x, j) - logsum)))
        fence()


def _sizes(e: Emitter, node: Node, data: Value) -> tuple[Size, int, int]:
    p: Any = node.p
    return product(e.shape(data)[:-1]), data.shape[-1], WRAP if p.mode == "wrap" else 0


def _needs_no_refusal(node: Node) -> bool:
    return node.p.mode != "raise"  # type: ignore[attr-defined]


@lowers("_log_softmax_pick", accepts=_needs_no_refusal, in_place=False)
def emit_pick(e: Emitter, node: Node) -> None:
    """Row by row."""
    e.call(log_softmax_pick, *_sizes(e, node, node.inputs[0]), *map(e.address, (*node.inputs, *node.outputs)))


@lowers("_log_softmax_pick_grad", accepts=_needs_no_refusal, in_place=False)
def emit_pick_back(e: Emitter, node: Node) -> None:
    """Row by row."""
    e.call(log_softmax_pick_back, *_sizes(e, node, node.inputs[1]), *map(e.address, (*node.inputs, *node.outputs)))
