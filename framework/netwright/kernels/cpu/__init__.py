"""Kernels for the CPU: compiled once by Numba, generic over shapes, called by address from a small machine.

Nothing here is compiled per graph. ``kernel`` declares one, ``emit`` turns a node into calls of them, ``machine`` runs
such calls on several threads.
"""

from __future__ import annotations

from .loading import Readiness, readiness, warm

__all__ = ["Readiness", "readiness", "warm"]
