"""Facts about this machine: memory and devices."""

from __future__ import annotations

import os
from pathlib import Path

from netwright_studio.schemas.system import DeviceInfo


def memory() -> tuple[int, int]:
    """Return (total, free) memory in bytes; a container's limit counts as the total."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = os.sysconf("SC_PHYS_PAGES") * page
    free = os.sysconf("SC_AVPHYS_PAGES") * page
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    limit = _read("/sys/fs/cgroup/memory.max").strip()
    if limit.isdigit() and int(limit) < total:
        total = int(limit)
        used = _read("/sys/fs/cgroup/memory.current").strip()
        free = min(free, total - int(used)) if used.isdigit() else min(free, total)
    return total, max(free, 0)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def resident_memory() -> int:
    """Return the bytes of memory this process holds."""
    return int(_read("/proc/self/statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def devices() -> list[DeviceInfo]:
    """Return the CPU and the GPUs, or why there is no GPU."""
    from netwright.device import num_gpus, why_no_gpu

    found = [DeviceInfo(name="cpu(0)", kind="cpu", available=True)]
    count = num_gpus()
    if not count:
        found.append(DeviceInfo(name="gpu(0)", kind="gpu", available=False, why=why_no_gpu()))
    found.extend(DeviceInfo(name=f"gpu({index})", kind="gpu", available=True) for index in range(count))
    return found
