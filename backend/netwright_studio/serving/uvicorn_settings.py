"""What uvicorn is told, in the studio and in its workers."""

from __future__ import annotations

from typing import Any

from netwright_studio.settings import Settings

WS_MAX_BYTES = 64 * 1024
SHUTDOWN_SECONDS = 20
PING_SECONDS = 10.0


def options(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options."""
    from netwright_studio.serving.protocol import LaneProtocol

    return {
        "http": LaneProtocol,
        "ws": "netwright_studio.sockets:StudioSocket",
        "ws_max_size": WS_MAX_BYTES,
        # Every client of a run is sent the same frames: packed, each would be packed for each of them.
        "ws_per_message_deflate": False,
        "ws_ping_interval": PING_SECONDS,
        "ws_ping_timeout": PING_SECONDS,
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
        "backlog": 2048,
    }
