"""The machine the studio runs on."""

from __future__ import annotations

from pydantic import Field

from netwright_studio.schemas.common import Model


class DeviceInfo(Model):
    """A device, whether it can be used, and if not, why."""

    name: str
    kind: str
    available: bool
    why: str | None = None


class SystemInfo(Model):
    """Version, devices, memory and where the data lie."""

    version: str
    device: str
    devices: list[DeviceInfo]
    cpu_count: int
    memory_bytes: int
    memory_free_bytes: int
    data_folder: str
    asks_token: bool = Field(description="Whether programs must bring an API key or the token.")
