"""Runs: start, watch, steer."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import orjson
from fastapi import Query, Response
from starlette.responses import PlainTextResponse

from netwright_studio.api.deps import IdPath, Limit, ManagerDep, Offset, StoreDep, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.errors import InvalidError
from netwright_studio.jsonio import dumps
from netwright_studio.runs.log import read_log
from netwright_studio.runs.state import RunState
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.events import EventPage, SamplesData
from netwright_studio.schemas.runs import Run, RunCreate, RunEdit, RunSummary, SeriesReply
from netwright_studio.schemas.settings import TrainSettings
from netwright_studio.store import tables
from netwright_studio.studio import Studio

router = resource_router("runs")

NO_EVIDENCE = {"measure": "", "bars": [], "curves": {}}
Step = Annotated[int | None, Query(ge=0)]


@router.get("")
def list_runs(
    store: StoreDep,
    limit: Limit = 50,
    offset: Offset = 0,
    project: Annotated[str | None, Query(max_length=120)] = None,
    state: RunState | None = None,
    deleted: Annotated[bool, Query(description="Those that were deleted and can be restored.")] = False,
    sweep: Annotated[str | None, Query(max_length=120, description="Only the trials of a sweep.")] = None,
    trials: Annotated[bool, Query(description="Also runs that are trials of sweeps.")] = True,
) -> Items[RunSummary]:
    """Runs without their networks, the newest first."""
    rows, total = store.runs.page(limit, offset, project, state and state.value, deleted, sweep, trials)
    return Items(items=[summary(row, name) for row, name in rows], total=total)


@router.post("", status_code=201)
async def create_run(studio: StudioDep, body: RunCreate) -> Run:
    """Queue a training of a project or of a graph; 422 with all problems when the graph cannot be trained."""
    row = await asyncio.to_thread(_create, studio, body)
    studio.manager.wake()
    return public(row)


def _create(studio: Studio, body: RunCreate) -> tables.Run:
    project = studio.store.projects.get(body.project) if body.project is not None else None
    graph = body.graph.model_dump() if body.graph is not None else project.graph if project else {}
    settings = body.settings or (TrainSettings.model_validate(project.settings) if project else TrainSettings())
    dataset = body.dataset or (project.dataset if project else None)
    if dataset is None:
        raise InvalidError("No data set has been chosen.", where="dataset", remedy="Choose one to train on.")
    info = studio.catalog.info(dataset)
    studio.engine.require_settings(settings.model_dump())
    studio.engine.require_trainable(graph, info, settings.batch_size)
    studio.engine.require_task(graph, info, settings.model_dump())
    return studio.store.runs.create(
        name=body.name,
        project=project.id if project else None,
        graph=graph,
        dataset=dataset,
        settings=settings.model_dump(),
        epochs=settings.epochs,
        start_paused=body.paused,
    )


@router.get("/{run_id}")
def get_run(store: StoreDep, run_id: IdPath) -> Run:
    """One run and how far it is."""
    return public(store.runs.get(run_id))


@router.delete("/{run_id}", status_code=204)
async def delete_run(
    studio: StudioDep,
    run_id: IdPath,
    permanently: Annotated[bool, Query(description="Beyond restoring, also one that is deleted already.")] = False,
) -> None:
    """Delete a run that is over; it can be restored for a week. Models made from it stay."""
    await (studio.manager.delete(run_id) if permanently else studio.manager.discard(run_id))
    studio.series.forget(run_id)


@router.patch("/{run_id}")
def edit_run(store: StoreDep, run_id: IdPath, body: RunEdit) -> Run:
    """Change a run's name, tags or notes."""
    changes = body.model_dump(exclude_none=True)
    if "tags" in changes:
        changes["tags"] = list(dict.fromkeys(changes["tags"]))
    return public(store.runs.edit(run_id, changes))


@router.post("/{run_id}/restore")
def restore_run(store: StoreDep, run_id: IdPath) -> Run:
    """Bring back a run that was deleted."""
    return public(store.runs.restore(run_id))


@router.post("/{run_id}/pause")
async def pause_run(manager: ManagerDep, run_id: IdPath) -> Run:
    """Hold still after the present step."""
    return public(await manager.pause(run_id))


@router.post("/{run_id}/resume")
async def resume_run(manager: ManagerDep, run_id: IdPath) -> Run:
    """Go on: from where it was paused, or from the last checkpoint of a run that ended early."""
    return public(await manager.resume(run_id))


@router.post("/{run_id}/stop")
async def stop_run(manager: ManagerDep, run_id: IdPath) -> Run:
    """End after the present step."""
    return public(await manager.stop(run_id))


@router.get("/{run_id}/events", response_model=EventPage)
def get_events(
    store: StoreDep,
    run_id: IdPath,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """Events with a number above ``after``; ``gap`` names those that were pruned."""
    page = store.events.page(run_id, after, limit)
    events = ",".join(event.encode() for event in page.events)
    gap = f"[{page.gap[0]},{page.gap[1]}]" if page.gap else "null"
    # The events are JSON text already; decoding and encoding them again would only cost time.
    body = f'{{"events":[{events}],"next":{page.next},"gap":{gap}}}'
    return Response(body, media_type="application/json")


@router.get("/{run_id}/series", response_model=SeriesReply)
def get_series(
    studio: StudioDep,
    run_id: IdPath,
    keys: Annotated[str | None, Query(max_length=1000, description="metrics, comma-separated; all when unset")] = None,
    points: Annotated[int, Query(ge=1, le=20_000)] = 1000,
    first: Annotated[Step, Query(alias="from")] = None,
    last: Annotated[Step, Query(alias="to")] = None,
) -> Response:
    """Curves as min/max envelopes of at most ``points`` buckets; zoom in with ``from`` and ``to`` (steps)."""
    studio.store.runs.get(run_id)
    names = [key for key in keys.split(",") if key] if keys is not None else None
    # Written from the arrays as they are: to check each of 40,000 numbers takes longer than to find them.
    body = dumps({"series": studio.series.read(run_id, names, points, first, last)})
    return Response(body, media_type="application/json")


@router.get("/{run_id}/samples", response_model=Items[SamplesData])
def get_samples(studio: StudioDep, run_id: IdPath, limit: Annotated[int, Query(ge=1, le=1000)] = 400) -> dict[str, Any]:
    """What the network made as it was trained, from the first step on; the last ones where there are more."""
    studio.store.runs.get(run_id)
    found, total = studio.store.events.last_of(run_id, "samples", limit)
    return {"items": [orjson.loads(event.data) for event in found], "total": total}


@router.get("/{run_id}/log", response_class=PlainTextResponse)
def get_log(store: StoreDep, run_id: IdPath) -> str:
    """The log as text lines."""
    store.runs.get(run_id)
    return read_log(store.events, run_id)


def public(row: tables.Run) -> Run:
    """Return a run as the API shows it."""
    return Run.model_validate({**_plain(row), "graph_name": row.graph.get("name") or "", "graph": row.graph})


def summary(row: tables.Run, graph_name: str) -> RunSummary:
    """Return a run as lists show it: its advice comes without evidence, and its network is not even read."""
    advice = [{**one, "evidence": NO_EVIDENCE} for one in row.advice]
    return RunSummary.model_validate({**_plain(row), "graph_name": graph_name, "advice": advice})


def _plain(row: tables.Run) -> dict[str, Any]:
    made = ("project", "model", "sweep", "graph_name")
    sweep = {"id": row.sweep_id, "trial": row.trial, "state": row.trial_state, "rung": row.rung}
    return {
        **{name: getattr(row, name) for name in RunSummary.model_fields if name not in made},
        "project": row.project_id,
        "model": {"name": row.model_name, "version": row.model_version} if row.model_name else None,
        "sweep": sweep if row.sweep_id is not None else None,
    }
