"""The trials of sweeps: the list, one of them for the project, the sweep as a file for the command line."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from netwright_studio.api.deps import IdPath, Offset, StoreDep, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.jsonio import dumps
from netwright_studio.schemas.sweeps import Applied, TrialPage
from netwright_studio.sweeps import applying, showing

router = resource_router("sweeps")


@router.get("/{sweep_id}/trials")
def list_trials(
    store: StoreDep,
    sweep_id: IdPath,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    offset: Offset = 0,
) -> TrialPage:
    """Every trial with its values, its scores and its run."""
    sweep = store.sweeps.get(sweep_id)
    rows = store.sweeps.trials(sweep_id)
    runs = store.sweeps.runs(sweep_id)
    page = rows[offset : offset + limit]
    return TrialPage(items=showing.trial_rows(page, runs, sweep.metric), total=len(rows))


@router.post("/{sweep_id}/apply")
def apply_trial(
    studio: StudioDep,
    sweep_id: IdPath,
    trial: Annotated[int | None, Query(ge=0, description="The best one when left out.")] = None,
) -> Applied:
    """Put a trial's values into the sweep's project, as it is now."""
    return applying.apply(studio, sweep_id, trial)


@router.get("/{sweep_id}/spec", response_class=Response)
def get_spec(store: StoreDep, sweep_id: IdPath) -> Response:
    """The sweep as a file: ``netwright sweep FILE`` does the same on the command line."""
    sweep = store.sweeps.get(sweep_id)
    name = f"sweep-{sweep.number}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(dumps({**sweep.spec, "name": sweep.name}), media_type="application/json", headers=headers)
