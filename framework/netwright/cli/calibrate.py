"""``netwright calibrate``: measure this machine once, so that the Scheduler need not guess."""

from __future__ import annotations

from typing import Annotated

import typer

from .console import errors, out, table

EPILOG = "Examples: `netwright calibrate` · `netwright calibrate --if-needed`"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("calibrate", epilog=EPILOG)(calibrate)


def calibrate(
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Measure only what was not measured on this machine yet.")
    ] = False,
) -> None:
    """Measure BLAS kernels, cores, memory and GPUs, and keep what was found for this machine."""
    from ..machine.processor import processor
    from ..scheduler import calibration

    if if_needed and calibration.is_calibrated():
        out.print("This machine has been measured already.")
        return
    out.print(f"Measuring {processor().model}; some seconds, best while nothing else runs", soft_wrap=True)
    facts, kernels, notice = calibration.calibrate(lambda text: out.print(f"  {text}", soft_wrap=True, markup=False))
    table(("what", "value"), facts.rows(), right=(1,))
    best = kernels["best"]
    chosen = f"OpenBLAS's {best} kernels" if best else "NumPy's BLAS as it is"
    out.print(f"\nProcesses that start from now on use {chosen}: {kernels['why']}.", soft_wrap=True, markup=False)
    if notice:
        errors.print(notice, style="yellow", soft_wrap=True, markup=False)
