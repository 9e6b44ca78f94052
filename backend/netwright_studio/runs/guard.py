"""How a worker makes sure that it never outlives the server and never eats the machine."""

from __future__ import annotations

import ctypes
import os
import resource
import signal

_PR_SET_PDEATHSIG = 1


def die_with(server: int) -> None:
    """Have the kernel kill this process when its parent dies; leave now if that has already happened."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
    if os.getppid() != server:
        leave()


def leave() -> None:
    """End this process and everything it started, now."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def limit_memory(limit: int) -> None:
    """Refuse allocations beyond ``limit`` bytes: only this process fails, and it can say so.

    RLIMIT_DATA counts private writable memory; RLIMIT_AS would count what a GPU driver merely reserves.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
