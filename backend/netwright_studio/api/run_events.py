"""The live stream of a run's events."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket

from netwright_studio.api.deps import IdPath, StudioDep
from netwright_studio.api.run_stream import stream_events
from netwright_studio.errors import NotFoundError, describe
from netwright_studio.responses import StudioJSON

router = APIRouter(prefix="/api/runs")


@router.websocket("/{run_id}/events")
async def stream_run_events(
    socket: WebSocket, studio: StudioDep, run_id: IdPath, after: Annotated[int, Query(ge=0)] = 0
) -> None:
    """Replay events above ``after``, then stream; see the schema EventStream."""
    try:
        await asyncio.to_thread(studio.store.runs.get, run_id)
    except NotFoundError as error:
        status, body = describe(error)
        await socket.send_denial_response(StudioJSON(body, status))
        return
    await socket.accept()
    await stream_events(socket, studio.store, studio.hub, run_id, after)
