"""Whether anyone looks at every single operator call: a block that is traced, mixed precision, the profiler.

While nobody does, calls take the short way (``ndarray/quick.py``).
"""

from __future__ import annotations

import threading
from typing import Any

names: dict[str, Any] = {"Taken": None}
"""The global names of the generated functions. ``Taken`` is the class of arrays that they take the short way with:
NDArray, or None while someone watches. They read it at each call for next to nothing."""
_lock = threading.Lock()
_watchers = 0
_arrays: Any = None


def begin(arrays: type[Any]) -> None:
    """Say once what class of arrays the short way is for."""
    global _arrays
    _arrays = arrays
    count(0)


def count(more: int) -> None:
    """Someone begins (1) or ends (-1) watching, in any thread."""
    global _watchers
    with _lock:
        _watchers += more
        names["Taken"] = None if _watchers else _arrays
