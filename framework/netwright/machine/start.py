"""Sets NumPy's BLAS to the kernels that were measured fastest here; imported before NumPy, measures nothing.

OpenBLAS reads ``OPENBLAS_CORETYPE`` when it is loaded. ``NETWRIGHT_BLAS_CORE`` says whose choice counts: ``keep``
the environment's (or the library's own), a kernel's name that one, and ``auto``, the default, what
``netwright calibrate`` found.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from . import record

VARIABLE = "OPENBLAS_CORETYPE"
CONTROL = "NETWRIGHT_BLAS_CORE"


@dataclass(frozen=True)
class Start:
    """What was decided: ``core`` is what the variable was set to (None: left as it was), ``why`` a clause."""

    core: str | None
    why: str
    late: bool = False
    """NumPy had been imported before, so that the choice came too late."""


def decide(environment: MutableMapping[str, str], entry: dict[str, Any] | None, notice: str) -> Start:
    """What to set the variable to, by the control variable and this machine's entry."""
    control = environment.get(CONTROL, "auto") or "auto"
    if control == "keep":
        preset = environment.get(VARIABLE)
        whose = f"{VARIABLE}={preset}" if preset else "the library's own choice"
        return Start(None, f"{whose} is kept, as {CONTROL}=keep says")
    if control != "auto":
        return Start(control, f"{CONTROL} names {control}")
    if entry is None:
        kept = f"{VARIABLE}={environment[VARIABLE]} as preset" if environment.get(VARIABLE) else "the library's choice"
        return Start(None, f"{kept}: {notice or 'nothing was measured here yet, see netwright calibrate'}")
    blas = entry.get("blas")
    best = blas.get("best") if isinstance(blas, dict) else None
    why = blas.get("why") if isinstance(blas, dict) else None
    if best is not None and not isinstance(best, str):
        return Start(None, "what was measured on this machine cannot be read")
    return Start(best, str(why or "measured on this machine"))


def apply() -> Start:
    """Decide, and set the variable where NumPy is not loaded yet."""
    try:
        entry, notice = record.read()
    except (OSError, RuntimeError) as error:  # no home folder can be told
        entry, notice = None, f"there is no folder for what was measured ({type(error).__name__})"
    start = decide(os.environ, entry, notice)
    if start.core is None:
        return start
    if "numpy" in sys.modules:
        return Start(start.core, start.why, late=os.environ.get(VARIABLE) != start.core)
    os.environ[VARIABLE] = start.core
    return start


STARTED = apply()
