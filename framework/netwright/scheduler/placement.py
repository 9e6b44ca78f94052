"""Choosing the device for a piece of work, with the reason in words."""

from __future__ import annotations

from collections.abc import Callable

from ..device import Device, cpu, gpu, why_no_gpu
from ..machine import blas
from ..machine.facts import MachineFacts
from . import calibration
from .cost import Work, cpu_seconds, fastest_gpu
from .strategy import Strategy


def choose_device(
    wanted: str | Device | None = "auto",
    work: Callable[[], Work | None] | None = None,
    facts: MachineFacts | None = None,
) -> tuple[Device, str]:
    """(device, why). ``auto`` takes what is predicted to be the fastest for ``work``; another that is not there raises
    DeviceError.

    ``work`` is asked only where there is a choice; where it is not known, a GPU that is there is taken. ``facts`` are
    those of this machine by default.

    >>> from netwright.scheduler import choose_device
    >>> device, why = choose_device("cpu")
    >>> device, why.partition(";")[0]
    (cpu(0), 'cpu(0) was asked for')
    """
    if wanted not in (None, "auto"):
        device = Device.parse(wanted)
        device.xp  # noqa: B018 - raises where the device is not there
        return device, _with_kernels(device, f"{device} was asked for")
    facts = facts or calibration.facts()
    if not facts.gpus:
        return cpu(), _with_kernels(cpu(), f"the only device here: {why_no_gpu() or 'no GPU'}")
    known = work() if work is not None else None
    if known is None:
        return gpu(0), "gpu(0) is there, and 'auto' takes a GPU where the work is not known beforehand"
    device, why = compare(known, facts)
    return device, _with_kernels(device, why)


def asked_device(setting: str, strategy: Strategy | None) -> str:
    """The device that the settings name, else the strategy's."""
    return strategy.device if setting == "auto" and strategy is not None else setting


def compare(work: Work, facts: MachineFacts) -> tuple[Device, str]:
    """The device that is predicted to be the fastest, and both predictions as a clause."""
    here = cpu_seconds(work, facts)
    number, there = fastest_gpu(work, facts.gpus)
    device = gpu(number) if there < here else cpu()
    basis = "" if facts.measured else ", by guessed rates: see netwright calibrate"
    return device, (
        f"predicted {_time(here)} a step on cpu(0) with {facts.cores} cores, {_time(there)} on gpu({number}) "
        f"({facts.gpus[number].name}){basis}"
    )


def _with_kernels(device: Device, why: str) -> str:
    return why if device.is_gpu else f"{why}; {blas.sentence()}"


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.1f} s"
