"""How much memory there is, and how much this process takes."""

from __future__ import annotations

import functools
import os
import resource
from pathlib import Path


@functools.cache
def physical_memory() -> int:
    """Bytes this process may use: the machine's memory, or its control group's limit where that is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total


def resident_bytes() -> int:
    """Bytes of memory this process holds (0 where the system does not say)."""
    try:
        fields = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def available_memory() -> int:
    """Bytes this process may still allocate: what the machine has free or can free, within its control group's and its
    own limit.
    """
    free = _number("/proc/meminfo", "MemAvailable:", 1024, physical_memory())
    limit, used = _count("/sys/fs/cgroup/memory.max"), _count("/sys/fs/cgroup/memory.current")
    if limit is not None and used is not None:
        cached = _number("/sys/fs/cgroup/memory.stat", "inactive_file", 1, 0)  # given up when memory runs short
        free = min(free, limit - used + cached)
    own, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if own != resource.RLIM_INFINITY:
        free = min(free, own - _number("/proc/self/status", "VmData:", 1024, 0))
    return max(free, 0)


def _number(path: str, name: str, unit: int, otherwise: int) -> int:
    """The number behind a name in a file of names and numbers."""
    for line in _lines(path):
        if line.startswith(name):
            return int(line.split()[1]) * unit
    return otherwise


def _count(path: str) -> int | None:
    """The number a file holds; None where there is none."""
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def human_bytes(count: int) -> str:
    """``1536`` → ``"1.5 KiB"``."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.3g} EiB"
