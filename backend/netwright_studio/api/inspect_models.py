"""Looking inside trained models."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends

from netwright_studio.api.deps import IdPath, Offset, StudioDep
from netwright_studio.api.inspect_runs import ClassNumber, NodeName, Points, SampleLimit, Seed, Side
from netwright_studio.api.models import VersionPath
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting import Subject, evaluations, latents, probing
from netwright_studio.schemas.datasets import Split
from netwright_studio.schemas.inspect import (
    EvaluatedSamples,
    EvaluationReply,
    GeneratedReply,
    LatentReply,
    Part,
    ProbeReply,
    SampleChoice,
)

router = resource_router("models")


def find_model(studio: StudioDep, name: IdPath, version: VersionPath) -> Subject:
    """Return the model's network."""
    return studio.subjects.of_model(name, version)


ModelDep = Annotated[Subject, Depends(find_model)]


@router.post("/{name}/versions/{version}/probe")
def probe_model(subject: ModelDep, body: SampleChoice) -> ProbeReply:
    """Run a sample, or a raw input, through a model and look at every node."""
    return probing.probe_subject(subject, body)


@router.get("/{name}/versions/{version}/evaluation")
def get_model_evaluation(subject: ModelDep, part: Part = "test") -> EvaluationReply:
    """How good a model is: confusion matrix and classes, or errors of values."""
    return evaluations.describe(subject, part)


@router.get("/{name}/versions/{version}/evaluation/samples")
def list_model_samples(
    subject: ModelDep,
    part: Part = "test",
    actual: ClassNumber = None,
    predicted: ClassNumber = None,
    wrong: bool = False,
    offset: Offset = 0,
    limit: SampleLimit = 24,
) -> EvaluatedSamples:
    """Samples, the greatest loss first: all, those of a cell of the matrix, or the wrong ones."""
    return evaluations.page(subject, part, actual, predicted, wrong, offset, limit)


@router.get("/{name}/versions/{version}/latent")
def get_model_latent(
    subject: ModelDep, node: NodeName = None, split: Split = "test", limit: Points = 1000
) -> LatentReply:
    """Where samples lie at a node, in two dimensions."""
    return latents.latent_map(subject, node, split, limit)


@router.get("/{name}/versions/{version}/generated")
def get_model_generated(
    subject: ModelDep, node: NodeName = None, mode: Literal["draw", "walk"] = "draw", side: Side = 8, seed: Seed = 0
) -> GeneratedReply:
    """Pictures made from a node's numbers."""
    return latents.generate(subject, node, mode, side, seed)
