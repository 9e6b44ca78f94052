"""``netwright devices``: what there is to compute on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import typer

from .console import size, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("devices")(show_devices)


def show_devices() -> None:
    """List the devices, and say why one is not there."""
    from ..device import best_device, gpu, num_gpus, why_no_gpu
    from ..memory import physical_memory

    chosen = best_device()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = [("cpu(0)", f"{_processor()}, {cores} cores", size(physical_memory()), "yes")]
    for number in range(num_gpus()):
        facts = gpu(number).xp.cuda.runtime.getDeviceProperties(number)
        rows.append((f"gpu({number})", facts["name"].decode(), size(facts["totalGlobalMem"]), "yes"))
    if not num_gpus():
        rows.append(("gpu(0)", why_no_gpu(), "", "no"))
    table(
        ("device", "what it is", "memory", "usable", ""),
        [(*row, "chosen by auto" if row[0] == str(chosen) else "") for row in rows],
        right=(2,),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
