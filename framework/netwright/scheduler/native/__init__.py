"""Plans as native code: how work is cut among threads, where tensors lie for it, and the program that runs it."""

from __future__ import annotations

from .cutting import Cutting, cut_graph
from .program import NativeProgram

__all__ = ["Cutting", "NativeProgram", "cut_graph"]
