"""Steering runs and making others of them: one batch, changes, forks, checkpoints, lineage."""

from __future__ import annotations

import asyncio
from typing import Any

from netwright_studio.api.deps import IdPath, ManagerDep, StoreDep, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.api.runs import public
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.forking import fork_run
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.runs import Checkpoint, Lineage, Relative, Run, RunChange, RunFork
from netwright_studio.store import tables

MOST_RELATIVES = 500

router = resource_router("runs")


@router.post("/{run_id}/step")
async def step_run(manager: ManagerDep, run_id: IdPath) -> Run:
    """Train one batch of a paused run, and hold still again."""
    return public(await manager.step(run_id))


@router.post("/{run_id}/changes")
async def change_run(manager: ManagerDep, run_id: IdPath, body: RunChange) -> Run:
    """Change learning rate, weight decay or batch size between two steps; the run records it."""
    return public(await manager.change(run_id, body.model_dump(exclude_none=True)))


@router.post("/{run_id}/fork", status_code=201)
async def fork(studio: StudioDep, run_id: IdPath, body: RunFork) -> Run:
    """Queue a run that begins with this one's first weights, or goes on from one of its checkpoints."""
    row = await asyncio.to_thread(fork_run, studio, run_id, body)
    studio.manager.wake()
    return public(row)


@router.get("/{run_id}/checkpoints")
def list_checkpoints(studio: StudioDep, run_id: IdPath) -> Items[Checkpoint]:
    """The checkpoints that are on disk now, the newest first."""
    studio.store.runs.get(run_id)
    found = RunFolder(studio.settings.runs_dir, run_id).list_checkpoints()
    return Items(items=[Checkpoint.model_validate(facts) for facts in found], total=len(found))


@router.get("/{run_id}/lineage")
def get_lineage(store: StoreDep, run_id: IdPath) -> Lineage:
    """The runs it comes from, and all that come from these."""
    store.runs.get(run_id)
    rows = store.runs.family(run_id, MOST_RELATIVES)
    there = {row.id for row in rows}
    gone: dict[str, Relative] = {}
    for row in rows:
        if row.parent_id is not None and row.parent_id not in there and row.origin is not None:
            gone[row.parent_id] = _deleted(row.origin)
    return Lineage(runs=[*gone.values(), *(_relative(row) for row in rows)])


def _relative(row: tables.Run) -> Relative:
    names = [name for name in Relative.model_fields if name != "parent"]
    return Relative.model_validate({**{name: getattr(row, name) for name in names}, "parent": row.parent_id})


def _deleted(origin: dict[str, Any]) -> Relative:
    return Relative(
        id=origin["run"],
        number=origin["number"],
        name=origin["name"],
        state=None,
        parent=None,
        origin=None,
        epoch=0.0,
        epochs=0,
        best=None,
    )
