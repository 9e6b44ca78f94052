"""Kernels for the CPU: compiled once by Numba, generic over shapes, called by address from a small machine.

Nothing here is compiled per graph. ``kernel`` declares one, ``emit`` turns a node into calls of them, ``machine`` runs
such calls on several threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loading import Readiness, readiness, warm

__all__ = ["Readiness", "readiness", "warm"]


def __getattr__(name: str) -> Any:
    """Numba is loaded when something of it is used: it takes as long as all else of the framework."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import loading

    return getattr(loading, name)
