"""The processor's name and abilities, read without NumPy and without running anything."""

from __future__ import annotations

import functools
import os
import platform
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Processor:
    """``flags`` are the kernel's names for instruction sets; none where the system does not list them."""

    model: str
    architecture: str
    flags: frozenset[str]


@functools.cache
def processor() -> Processor:
    """The first processor; where several kinds are mixed (big.LITTLE), the first stands for all."""
    try:
        with CPUINFO.open(encoding="utf-8", errors="replace") as lines:
            text = "".join(iter(lines.readline, "\n"))  # up to the first blank line: one processor's entry
    except OSError:
        text = ""
    return parse_cpuinfo(text, platform.machine().lower(), platform.processor())


def parse_cpuinfo(text: str, architecture: str, fallback: str = "") -> Processor:
    """Read one entry of Linux's ``/proc/cpuinfo``: x86 calls the abilities ``flags``, ARM ``Features``."""
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}
    model = found.get("model name") or fallback
    if not model and "CPU part" in found:
        model = f"{architecture} implementer {found.get('CPU implementer', '?')} part {found['CPU part']}"
    flags = found.get("flags") or found.get("Features") or ""
    return Processor(model or architecture or "unknown processor", architecture, frozenset(flags.split()))


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
