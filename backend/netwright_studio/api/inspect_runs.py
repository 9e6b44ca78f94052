"""Looking inside runs, while they train and afterwards."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response

from netwright.inspection import Snapshot
from netwright_studio.api.deps import IdPath, StudioDep
from netwright_studio.api.inspecting import add_inspection
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting import Subject, inside
from netwright_studio.runs.folder import RunFolder
from netwright_studio.schemas.inspect import HistogramHistory, InsideReply

router = resource_router("runs")


def find_run(studio: StudioDep, run_id: IdPath) -> Subject:
    """Return the run's network."""
    return studio.subjects.of_run(run_id)


add_inspection(router, "run", "/{run_id}", find_run, "validation")


@router.get("/{run_id}/inside")
def get_run_inside(studio: StudioDep, run_id: IdPath) -> InsideReply:
    """Which steps were looked at, with the norms of weights and gradients at each."""
    row = studio.store.runs.get(run_id)
    return inside.describe(inside.folder_of(RunFolder(studio.settings.runs_dir, run_id)), row.settings)


@router.get("/{run_id}/inside/history", response_model=HistogramHistory)
def get_run_history(
    studio: StudioDep,
    run_id: IdPath,
    name: Annotated[str, Query(min_length=1, max_length=200, description="a weight, or a node for activations")],
    kind: inside.Kind = "weight",
) -> dict[str, Any]:
    """Histograms of one tensor over time."""
    studio.store.runs.get(run_id)
    return inside.history(inside.folder_of(RunFolder(studio.settings.runs_dir, run_id)), name, kind)


@router.get("/{run_id}/inside/{step}", response_model=Snapshot)
def get_run_snapshot(studio: StudioDep, run_id: IdPath, step: Annotated[int, Path(ge=0, le=2**53)]) -> Response:
    """What was seen at one step: histograms, activations, kernels, the decision boundary."""
    studio.store.runs.get(run_id)
    body = inside.read_snapshot(inside.folder_of(RunFolder(studio.settings.runs_dir, run_id)), step)
    return Response(body, media_type="application/json")
