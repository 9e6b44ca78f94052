"""Looking inside what has weights: the same routes below runs and below versions of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from netwright_studio.api.deps import Offset
from netwright_studio.inspecting import Subject, decisions, evaluations, latents, probing, reasons
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
from netwright_studio.schemas.reasons import DecisionReply, DecisionRequest, SaliencyReply, SaliencyRequest

ClassNumber = Annotated[int | None, Query(ge=0, le=100_000)]
NodeName = Annotated[str | None, Query(max_length=200)]
Points = Annotated[int, Query(ge=2, le=2000)]
Side = Annotated[int, Query(ge=2, le=16)]
Seed = Annotated[int, Query(ge=0, le=2**32 - 1)]
SampleLimit = Annotated[int, Query(ge=1, le=60)]


def add_inspection(router: APIRouter, thing: str, path: str, find: Callable[..., Subject], usual: Part) -> None:
    """Add the routes below ``path``, where ``find`` finds what is looked into.

    ``usual`` is the part of the data that it is judged by unless another is asked for.
    """
    found = Depends(find)

    @router.post(f"{path}/probe", name=f"probe_{thing}")
    def probe(body: SampleChoice, subject: Subject = found) -> ProbeReply:
        """Run a sample, or a raw input, through the network and look at every node."""
        return probing.probe_subject(subject, body)

    @router.post(f"{path}/saliency", name=f"explain_{thing}")
    def explain(body: SaliencyRequest, subject: Subject = found) -> SaliencyReply:
        """Which pixels, columns or characters of an input a decision hangs on, by one or several methods."""
        return reasons.explain(subject, body)

    @router.post(f"{path}/decisions", name=f"get_{thing}_decisions")
    def decide(body: DecisionRequest, subject: Subject = found) -> DecisionReply:
        """What the network says over the plane of two columns, the others held as the row has them."""
        return decisions.decisions(subject, body)

    @router.get(f"{path}/evaluation", name=f"get_{thing}_evaluation")
    def describe(subject: Subject = found, part: Part = usual) -> EvaluationReply:
        """How good the network is: confusion matrix and classes, or errors of values."""
        return evaluations.describe(subject, part)

    @router.get(f"{path}/evaluation/samples", name=f"list_{thing}_samples")
    def page(
        subject: Subject = found,
        part: Part = usual,
        actual: ClassNumber = None,
        predicted: ClassNumber = None,
        wrong: bool = False,
        offset: Offset = 0,
        limit: SampleLimit = 24,
    ) -> EvaluatedSamples:
        """Samples, the greatest loss first: all, those of a cell of the matrix, or the wrong ones."""
        return evaluations.page(subject, part, actual, predicted, wrong, offset, limit)

    @router.get(f"{path}/latent", name=f"get_{thing}_latent")
    def map_latent(
        subject: Subject = found, node: NodeName = None, split: Split = "test", limit: Points = 1000
    ) -> LatentReply:
        """Where samples lie at a node, in two dimensions."""
        return latents.latent_map(subject, node, split, limit)

    @router.get(f"{path}/generated", name=f"get_{thing}_generated")
    def make_pictures(
        subject: Subject = found,
        node: NodeName = None,
        mode: Literal["draw", "walk"] = "draw",
        side: Side = 8,
        seed: Seed = 0,
    ) -> GeneratedReply:
        """Pictures made from a node's numbers."""
        return latents.generate(subject, node, mode, side, seed)
