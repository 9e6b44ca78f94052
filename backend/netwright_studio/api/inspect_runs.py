"""Looking inside runs, while they train and afterwards."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Response

from netwright.inspection import Snapshot
from netwright_studio.api.deps import IdPath, Offset, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting import Subject, evaluations, inside, latents, probing
from netwright_studio.runs.folder import RunFolder
from netwright_studio.schemas.datasets import Split
from netwright_studio.schemas.inspect import (
    EvaluatedSamples,
    EvaluationReply,
    GeneratedReply,
    HistogramHistory,
    InsideReply,
    LatentReply,
    Part,
    ProbeReply,
    SampleChoice,
)

router = resource_router("runs")

ClassNumber = Annotated[int | None, Query(ge=0, le=100_000)]
NodeName = Annotated[str | None, Query(max_length=200)]
Points = Annotated[int, Query(ge=2, le=2000)]
Side = Annotated[int, Query(ge=2, le=16)]
Seed = Annotated[int, Query(ge=0, le=2**32 - 1)]
SampleLimit = Annotated[int, Query(ge=1, le=60)]


def find_run(studio: StudioDep, run_id: IdPath) -> Subject:
    """Return the run's network."""
    return studio.subjects.of_run(run_id)


RunDep = Annotated[Subject, Depends(find_run)]


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


@router.post("/{run_id}/probe")
def probe_run(subject: RunDep, body: SampleChoice) -> ProbeReply:
    """Run a sample through the run's network as its last checkpoint has it."""
    return probing.probe_subject(subject, body)


@router.get("/{run_id}/evaluation")
def get_run_evaluation(subject: RunDep, part: Part = "validation") -> EvaluationReply:
    """How good the run's network is: confusion matrix and classes, or errors of values."""
    return evaluations.describe(subject, part)


@router.get("/{run_id}/evaluation/samples")
def list_run_samples(
    subject: RunDep,
    part: Part = "validation",
    actual: ClassNumber = None,
    predicted: ClassNumber = None,
    wrong: bool = False,
    offset: Offset = 0,
    limit: SampleLimit = 24,
) -> EvaluatedSamples:
    """Samples, the greatest loss first: all, those of a cell of the matrix, or the wrong ones."""
    return evaluations.page(subject, part, actual, predicted, wrong, offset, limit)


@router.get("/{run_id}/latent")
def get_run_latent(subject: RunDep, node: NodeName = None, split: Split = "test", limit: Points = 1000) -> LatentReply:
    """Where samples lie at a node, in two dimensions."""
    return latents.latent_map(subject, node, split, limit)


@router.get("/{run_id}/generated")
def get_run_generated(
    subject: RunDep, node: NodeName = None, mode: Literal["draw", "walk"] = "draw", side: Side = 8, seed: Seed = 0
) -> GeneratedReply:
    """Pictures made from a node's numbers."""
    return latents.generate(subject, node, mode, side, seed)
