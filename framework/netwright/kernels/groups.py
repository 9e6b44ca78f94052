"""Calls that one kernel computes: what the kernels of every device are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..ops.operator import Operator


@dataclass(frozen=True)
class Call:
    """One operator call of a group; operands count the group's inputs first, then the results of calls before it."""

    op: Operator
    p: Any
    operands: tuple[int, ...]
    train: bool = False
