"""Fully connected layers whose activation is computed while the rows just made are in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from ..elements import fence, get, put
from ..emit import Cut, Emitter, Slice, lowers, product
from ..functions import erf, sigmoid, softplus, tanh
from ..intrinsics import copy_floats, i64, sgemm, zero_floats
from ..kernel import kernel
from .dense import add_row_products

if TYPE_CHECKING:
    from ....scheduler.ir import Node

FLOAT = 4
ACTS = ("relu", "sigmoid", "tanh", "softrelu", "gelu", "silu")
"""An activation's number is its place here."""
AT_ONCE, FEWEST_ROWS = 1 << 16, 96
"""Numbers that are made before they are activated, and rows below which the product would cost more by it."""
ZERO, HALF, ROOT_HALF = np.float32(0), np.float32(0.5), np.float32(0.7071067811865476)


@register_jitable
def activate(act: int, y: int, n: int) -> None:
    """y ← act(y)."""
    if act == 0:
        for i in range(n):
            x = get(y, i)
            put(y, i, ZERO if x < ZERO else x)
    elif act == 1:
        for i in range(n):
            put(y, i, sigmoid(get(y, i)))
    elif act == 2:
        for i in range(n):
            put(y, i, tanh(get(y, i)))
    elif act == 3:
        for i in range(n):
            put(y, i, softplus(get(y, i)))
    elif act == 4:
        for i in range(n):
            x = get(y, i)
            half = HALF * x
            put(y, i, half + half * erf(x * ROOT_HALF))
    else:
        for i in range(n):
            x = get(y, i)
            put(y, i, x * sigmoid(x))
    fence()


@kernel("dense_block")
def dense_block(at: int) -> None:
    """Y (m, n) ← act(X (m, k)·Wᵀ (n, k) + bias (n)): blas, m, n, k, X, ldx, W, ldw, bias (0: none), act, Y, ldy."""
    a = i64(at, 12)
    m, n, ldy = a[1], a[2], a[11]
    if n <= 0:
        return
    step = max(FEWEST_ROWS, AT_ONCE // n)
    for first in range(0, m, step):
        rows = min(step, m - first)
        x, y = a[4] + first * a[5] * 4, a[10] + first * ldy * 4
        if a[8] != 0:
            for i in range(rows):
                copy_floats(y + i * ldy * 4, a[8], n)
        elif rows == 1:
            zero_floats(y, n)
        if rows == 1:
            add_row_products(x, a[6], a[7], n, a[3], y)
        else:
            sgemm(a[0], 0, 1, rows, n, a[3], 1.0, x, a[5], a[6], a[7], 1.0 if a[8] != 0 else 0.0, y, ldy)
        fence()
        if ldy == n:
            activate(a[9], y, rows * n)
        else:
            for i in range(rows):
                activate(a[9], y + i * ldy * 4, n)


@lowers("_dense_block", cuts=(Cut.ROWS, Cut.LANES, Cut.ONCE), in_place=False)
def block(e: Emitter, node: Node) -> None:
    """By lanes: some of the units each."""
    p: Any = node.p
    x, w, y = node.inputs[0], node.inputs[1], node.outputs[0]
    units, features = w.shape
    m, act = product(e.shape(y)[:-1]), ACTS.index(p.act)
    biases = () if p.no_bias else (e.address(node.inputs[2]),)
    if e.cut is Cut.LANES:
        part = Slice(units)
        bias = part.of(biases[0], FLOAT) if biases else 0
        e.call(dense_block, e.blas, m, part, features, e.address(x), features, part.of(e.address(w), features * FLOAT),
               features, bias, act, part.of(e.address(y), FLOAT), units)  # fmt: skip
    else:
        e.call(dense_block, e.blas, m, units, features, e.address(x), features, e.address(w), features,
               biases[0] if biases else 0, act, e.address(y), units)  # fmt: skip
