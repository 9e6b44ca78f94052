"""Sweeps: prepare, preview, start, watch, steer."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Query

from netwright_studio.api.deps import ConductorDep, IdPath, Limit, Offset, StoreDep, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.sweeps import (
    Impossible,
    KnobList,
    KnobRequest,
    Preview,
    Refused,
    Rung,
    Sweep,
    SweepBrief,
    SweepCreate,
    SweepEdit,
)
from netwright_studio.store import tables
from netwright_studio.studio import Studio
from netwright_studio.sweeps import making, showing
from netwright_studio.sweeps.estimate import epochs_of, estimate, rungs_of

router = resource_router("sweeps")

EXAMPLES = 8


@router.post("/parameters")
def list_parameters(studio: StudioDep, body: KnobRequest) -> KnobList:
    """Everything that can be varied in a training, each with its type, limits and a range to begin with."""
    from netwright.train.sweep import knobs, metrics_for

    settings = body.settings.model_dump(mode="json")
    found = knobs(body.graph.model_dump(), settings)
    metrics = metrics_for(studio.dataset_info(body.dataset), settings)
    return KnobList(knobs=found, metrics=metrics, concurrency=studio.manager.at_once())


@router.post("/preview")
def preview_sweep(studio: StudioDep, body: SweepCreate) -> Preview:
    """How many trials a sweep would have, which of them cannot be, and about how long it would take."""
    wanted = making.draft(studio, body)
    found = making.look(wanted)
    count = len(wanted.trials)
    rungs = rungs_of(wanted.spec, count)
    epochs = epochs_of(wanted.spec, wanted.trials, rungs)
    at_once = studio.manager.at_once(body.concurrency)
    time = estimate(studio.store, wanted, epochs, sum(trials for _, trials in rungs), at_once)
    return Preview(
        trials=count,
        rungs=[Rung(epochs=until, trials=trials) for until, trials in rungs],
        epochs=epochs,
        examples=wanted.trials[:EXAMPLES],
        checked=found.checked,
        refused=[
            Refused(number=n, values=wanted.trials[n], problem=Impossible(**making.facts_of(why)))
            for n, why in found.refused
        ],
        metric=wanted.spec.metric,
        goal=wanted.spec.direction,
        concurrency=at_once,
        seconds=time.seconds,
        basis=time.basis,
    )


@router.post("", status_code=201)
async def create_sweep(studio: StudioDep, body: SweepCreate) -> Sweep:
    """Start a sweep of a project or of a graph: its trials are runs, started as the queue has room for them."""
    row = await asyncio.to_thread(making.make, studio, body)
    studio.conductor.wake()
    return await _whole(studio, row)


@router.get("")
def list_sweeps(
    store: StoreDep,
    limit: Limit = 50,
    offset: Offset = 0,
    project: Annotated[str | None, Query(max_length=120)] = None,
    deleted: Annotated[bool, Query(description="Those that were deleted and can be restored.")] = False,
) -> Items[SweepBrief]:
    """Sweeps, the newest first."""
    rows, total = store.sweeps.page(limit, offset, project, deleted)
    return Items(items=showing.brief(rows, store), total=total)


@router.get("/{sweep_id}")
async def get_sweep(studio: StudioDep, sweep_id: IdPath) -> Sweep:
    """One sweep: what is varied, how far it is, what came of it."""
    return await _whole(studio, await asyncio.to_thread(studio.store.sweeps.get, sweep_id))


@router.patch("/{sweep_id}")
async def edit_sweep(studio: StudioDep, sweep_id: IdPath, body: SweepEdit) -> Sweep:
    """Change a sweep's name."""
    return await _whole(studio, await asyncio.to_thread(studio.store.sweeps.edit, sweep_id, name=body.name))


@router.post("/{sweep_id}/pause")
async def pause_sweep(studio: StudioDep, sweep_id: IdPath) -> Sweep:
    """Start no more trials; those at work end with a checkpoint, from which they can go on."""
    return await _whole(studio, await studio.conductor.pause(sweep_id))


@router.post("/{sweep_id}/resume")
async def resume_sweep(studio: StudioDep, sweep_id: IdPath) -> Sweep:
    """Go on with a sweep that was paused or stopped."""
    return await _whole(studio, await studio.conductor.resume(sweep_id))


@router.post("/{sweep_id}/stop")
async def stop_sweep(studio: StudioDep, sweep_id: IdPath) -> Sweep:
    """End a sweep; what it has found stays, and it can be taken up again."""
    return await _whole(studio, await studio.conductor.stop(sweep_id))


@router.delete("/{sweep_id}", status_code=204)
async def delete_sweep(conductor: ConductorDep, sweep_id: IdPath) -> None:
    """Delete a sweep that is over, with its runs; all of it can be restored for a week."""
    await conductor.discard(sweep_id)


@router.post("/{sweep_id}/restore")
async def restore_sweep(studio: StudioDep, sweep_id: IdPath) -> Sweep:
    """Bring back a sweep that was deleted, with its runs."""
    return await _whole(studio, await studio.conductor.restore(sweep_id))


async def _whole(studio: Studio, row: tables.Sweep) -> Sweep:
    at_once = studio.manager.at_once(row.concurrency)
    return await asyncio.to_thread(showing.whole, row, studio.store, at_once)
