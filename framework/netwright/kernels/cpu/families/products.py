"""Matrix products without BLAS: it copies both factors before it multiplies, which for few rows takes as long again.

Here one factor's numbers are read where they lie, and the other's vectors too, unless so many rows use them that
laying them side by side pays. ``intrinsics.sgemm`` says when this is called and when BLAS.
"""

from __future__ import annotations

import numpy as np
from numba.extending import register_jitable

from ..intrinsics import copy_floats, f32, f64, i64, stack_floats
from ..kernel import kernel
from ..product_tiles import DOT_COLUMNS, DOT_ROWS, ROWS, VECTORS, dot_tile, spread_tile
from ..tiles import WIDE, turn_square

F = np.float32
PANEL = VECTORS * WIDE
"""Columns that are computed at a time."""
DEPTH = 256
"""Of so many products a sum is made at a time: a panel of them stays in the cache."""
PANEL_FLOATS = DEPTH * PANEL
COPIED_ROWS = 96
"""Rows from which on a panel is copied so that it lies together."""
TURNED_SHARE = 8
"""A transposed panel is turned where its sums have fewer products than so many times the rows: else adding up vectors
in the end costs less than turning."""


@register_jitable
def turn_panel(source: int, pitch: int, columns: int, depth: int, target: int) -> None:
    """target (depth, PANEL) ← sourceᵀ (columns, depth), whose rows lie ``pitch`` bytes apart."""
    width, deep = columns // WIDE * WIDE, depth // WIDE * WIDE
    for j in range(0, width, WIDE):
        for k in range(0, deep, WIDE):
            turn_square(source + j * pitch + 4 * k, pitch, target + 4 * (k * PANEL + j), 4 * PANEL)
    panel = f32(target, depth * PANEL)
    for j in range(columns):
        line = f32(source + j * pitch, depth)
        for k in range(deep if j < width else 0, depth):
            panel[k * PANEL + j] = line[k]


@register_jitable
def spread_panel(m: int, n: int, k: int, alpha: float, a: int, a_row: int, a_step: int, b: int, b_step: int, add: int,
                 c: int, c_row: int) -> None:  # fmt: skip
    """C (m, n) ← α·A (m, k) · B (k, n) (+ C) for n up to PANEL; strides in bytes, rows of B and C lie together."""
    blocks = (m + ROWS - 1) // ROWS
    whole, rest = n // WIDE, n % WIDE
    for i in range(blocks):
        first, end = m * i // blocks, m * (i + 1) // blocks
        left, out = a + first * a_row, c + first * c_row
        if whole > 0:
            spread_tile(end - first, whole, 0, k, left, a_row, a_step, b, b_step, F(alpha), add, out, c_row)
        if rest > 0:
            aside = 4 * WIDE * whole
            spread_tile(end - first, 1, rest, k, left, a_row, a_step, b + aside, b_step, F(alpha), add, out + aside,
                        c_row)  # fmt: skip


@register_jitable
def dot_product(m: int, n: int, k: int, alpha: float, a: int, a_row: int, b: int, b_row: int, add: int, c: int,
                c_row: int) -> None:  # fmt: skip
    """C (m, n) ← α·A (m, k) · Bᵀ (n, k) (+ C): rows of all three lie together; strides in bytes."""
    blocks = (m + DOT_ROWS - 1) // DOT_ROWS
    j = 0
    while j < n:
        columns = DOT_COLUMNS if n - j >= DOT_COLUMNS else 1
        for i in range(blocks):
            first, end = m * i // blocks, m * (i + 1) // blocks
            dot_tile(end - first, columns, k, a + first * a_row, a_row, b + j * b_row, b_row, F(alpha), add,
                     c + first * c_row + 4 * j, c_row)  # fmt: skip
        j += columns


@kernel("product")
def product(at: int) -> None:
    """C (m, n) ← α·op(A) (m, k) · B (k, n) (+ C), or with Bᵀ and A as it is.

    Words: ta, tb, m, n, k, α, A, lda, B, ldb, whether to add, C, ldc; distances of rows in numbers.
    """
    a = i64(at, 13)
    ta, tb, m, n, k, alpha, add = a[0], a[1], a[2], a[3], a[4], f64(at, 6)[5], a[10]
    left, right, out, ldc = a[6], a[8], a[11], 4 * a[12]
    a_row, a_step = (4, 4 * a[7]) if ta != 0 else (4 * a[7], 4)
    pitch = 4 * a[9]
    if tb != 0 and k >= TURNED_SHARE * m:
        dot_product(m, n, k, alpha, left, a_row, right, pitch, add, out, ldc)
        return
    together = stack_floats(PANEL_FLOATS)
    for since in range(0, max(1, k), DEPTH):
        depth = min(DEPTH, k - since)
        lefts, adding = left + since * a_step, 1 if since > 0 else add
        for j in range(0, n, PANEL):
            columns = min(PANEL, n - j)
            here, step = together, 4 * PANEL
            if tb != 0:
                turn_panel(right + j * pitch + 4 * since, pitch, columns, depth, together)
            elif m >= COPIED_ROWS:
                for i in range(depth):
                    copy_floats(together + i * 4 * PANEL, right + (since + i) * pitch + 4 * j, columns)
            else:
                here, step = right + since * pitch + 4 * j, pitch
            spread_panel(m, columns, depth, alpha, lefts, a_row, a_step, here, step, adding, out + 4 * j, ldc)
