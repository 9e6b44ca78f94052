"""``netwright devices``: what there is to compute on."""

from __future__ import annotations

import typer

from .console import out, size, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("devices")(show_devices)


def show_devices() -> None:
    """List the devices, and say why one is not there."""
    from ..device import best_device, gpu, num_gpus, why_no_gpu
    from ..machine import blas
    from ..machine.processor import processor, usable_cores
    from ..memory import physical_memory
    from ..scheduler import calibration

    chosen = "auto takes it where it wins" if num_gpus() else "chosen by auto"
    rows = [("cpu(0)", f"{processor().model}, {usable_cores()} cores", size(physical_memory()), "yes")]
    for number in range(num_gpus()):
        facts = gpu(number).xp.cuda.runtime.getDeviceProperties(number)
        rows.append((f"gpu({number})", facts["name"].decode(), size(facts["totalGlobalMem"]), "yes"))
    if not num_gpus():
        rows.append(("gpu(0)", why_no_gpu(), "", "no"))
    table(
        ("device", "what it is", "memory", "usable", ""),
        [(*row, chosen if row[0] == str(best_device()) else "") for row in rows],
        right=(2,),
    )
    out.print(f"\nOn the CPU {blas.sentence()}.", soft_wrap=True, markup=False)
    if not calibration.is_calibrated():
        out.print("This machine has not been measured yet: netwright calibrate does it, once.", markup=False)
