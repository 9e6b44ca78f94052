"""Copies: a shard's samples out of a tensor in which they do not lie together, and back."""

from __future__ import annotations

from ..intrinsics import copy_floats, i64
from ..kernel import kernel


@kernel("gather_rows")
def gather_rows(at: int) -> None:
    """mine (outer, n) ← from whole, rows ``step`` apart: outer, n, step, whole (first sample), mine."""
    a = i64(at, 5)
    for i in range(a[0]):
        copy_floats(a[4] + i * a[1] * 4, a[3] + i * a[2] * 4, a[1])


@kernel("scatter_rows")
def scatter_rows(at: int) -> None:
    """The other way: outer, n, step, whole (first sample), mine (outer, n)."""
    a = i64(at, 5)
    for i in range(a[0]):
        copy_floats(a[3] + i * a[2] * 4, a[4] + i * a[1] * 4, a[1])
