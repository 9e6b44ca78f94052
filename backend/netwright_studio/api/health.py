"""For whoever watches over the studio: whether it works (nobody is asked for a token for that), and its metrics."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from netwright_studio.api.deps import StoreDep, StudioDep
from netwright_studio.serving.metrics import Snapshot, process_state, render

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def get_health(store: StoreDep) -> dict[str, str]:
    """Answer once the database does."""
    store.database.check()
    return {"status": "ok"}


@router.get("/metrics")
async def get_metrics(studio: StudioDep) -> Response:
    """Answer Prometheus: requests, inferences, runs and memory of all the studio's processes."""
    snapshot = Snapshot()
    snapshot.add_process(process_state(studio.requests, studio.models))
    for state in await studio.models.others.states():
        snapshot.add_process(state)
    snapshot.runs = await asyncio.to_thread(studio.store.runs.count_by_state)
    live = await asyncio.to_thread(studio.store.runs.live)
    snapshot.training = [(run.id, run.samples_per_second) for run in live if run.samples_per_second is not None]
    snapshot.subscribers = studio.hub.clients
    return Response(await asyncio.to_thread(render, snapshot), media_type=CONTENT_TYPE_LATEST)
