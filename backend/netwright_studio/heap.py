"""Memory of large JSON bodies goes back to the system soon after their request.

Parsed, a body of some megabytes is a hundred thousand small objects, and a refusal's traceback keeps them in circles
of references until the collector comes by. By then other objects lie between them, and the process stays large.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import sys

LARGE = 1 << 20
"""Bytes of a JSON body from which on memory is given back."""
DELAY = 0.25
"""Seconds from the request until then: the answer does not wait, and several requests share one turn."""

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
"""glibc's; where there is none, the collector alone has to do."""


class Heap:
    """Gives memory back once for all the large requests of a moment."""

    def __init__(self) -> None:
        self._waiting: asyncio.TimerHandle | None = None

    def release_soon(self) -> None:
        """Release after ``DELAY``, unless that is about to happen anyhow; called in the event loop."""
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().call_later(DELAY, self._release)

    def _release(self) -> None:
        self._waiting = None
        release()


def release() -> None:
    """Collect what is in circles and give free pages to the system: some 10 ms in a studio of 230 MiB."""
    gc.collect()
    if _trim is not None:
        _trim(0)
