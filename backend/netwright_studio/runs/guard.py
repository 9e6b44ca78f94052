"""How a worker makes sure that it never eats the machine, and how it leaves; its keeper ends it with the server."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from pathlib import Path


def leave() -> None:
    """End this process and everything it started, now."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def limit_memory(limit: int) -> None:
    """Refuse allocations beyond ``limit`` bytes: only this process fails, and it can say so.

    RLIMIT_DATA counts private writable memory; RLIMIT_AS would count what a GPU driver merely reserves. Where the
    machine's own memory runs out in spite of it, the kernel is to end this process and not the studio.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
