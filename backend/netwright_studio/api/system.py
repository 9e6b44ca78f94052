"""The machine."""

from __future__ import annotations

import os

from netwright_studio import __version__
from netwright_studio.api.deps import StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.machine import devices, memory
from netwright_studio.schemas.system import SystemInfo

router = resource_router("system")


@router.get("")
def get_system(studio: StudioDep) -> SystemInfo:
    """Version, devices, memory and where the data lie."""
    listed = devices()
    total, free = memory()
    return SystemInfo(
        version=__version__,
        device=next(device.name for device in reversed(listed) if device.available),
        devices=listed,
        cpu_count=len(os.sched_getaffinity(0)),
        memory_bytes=total,
        memory_free_bytes=free,
        data_folder=_shorten(str(studio.settings.home)),
        asks_token=studio.settings.token is not None,
    )


def _shorten(folder: str) -> str:
    """Write the user's home as ``~``: the page need not know the account's name."""
    home = os.path.expanduser("~")
    return "~" + folder[len(home) :] if folder.startswith(home + os.sep) else folder
