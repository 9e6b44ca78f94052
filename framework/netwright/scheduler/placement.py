"""Choosing the device for a piece of work, with the reason in words."""

from __future__ import annotations

from ..device import Device, best_device, why_no_gpu


def choose_device(wanted: str | Device | None = "auto") -> tuple[Device, str]:
    """(device, why). ``auto`` takes a GPU where there is one; another that is not there raises DeviceError.

    >>> from netwright.scheduler import choose_device
    >>> choose_device("cpu")
    (cpu(0), 'cpu(0) was asked for')
    """
    if wanted not in (None, "auto"):
        device = Device.parse(wanted)
        device.xp  # noqa: B018 - raises where the device is not there
        return device, f"{device} was asked for"
    device = best_device()
    if device.is_gpu:
        return device, f"{device} is there, and 'auto' takes a GPU where there is one"
    return device, f"the only device here: {why_no_gpu()}"
