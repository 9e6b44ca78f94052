"""Graphs: check and plan."""

from __future__ import annotations

from typing import Any

from netwright_studio.api.deps import StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting import probing
from netwright_studio.schemas.graphs import (
    CheckReport,
    CheckRequest,
    Followers,
    FollowersRequest,
    Plan,
    PlanRequest,
)
from netwright_studio.schemas.inspect import GraphProbe, ProbeReply

router = resource_router("graphs")


@router.post("/check", response_model=CheckReport)
def check_graph(studio: StudioDep, body: CheckRequest) -> Any:
    """Shapes, counts, costs and everything that is wrong, with the node it is wrong at."""
    info = studio.dataset_info(body.dataset)
    return studio.engine.check(body.graph.model_dump(), info, body.batch_size)


@router.post("/followers", response_model=Followers)
def list_followers(studio: StudioDep, body: FollowersRequest) -> dict[str, Any]:
    """What could read an output: operators that take its shape with the parameters they start with."""
    info = studio.dataset_info(body.dataset)
    return {"operators": studio.engine.followers(body.graph.model_dump(), body.source, info, body.batch_size)}


@router.post("/plan", response_model=Plan)
def plan_graph(studio: StudioDep, body: PlanRequest) -> dict[str, Any]:
    """What would run, in which order and in how much memory."""
    info = studio.dataset_info(body.dataset)
    return studio.engine.plan(body.graph.model_dump(), info, body.batch_size, body.training)


@router.post("/probe")
def probe_graph(studio: StudioDep, body: GraphProbe) -> ProbeReply:
    """Run a sample through a network that was only drawn: what every node would put out before any training."""
    data = None if body.dataset is None else studio.catalog.load(body.dataset, fetch=False)
    report = studio.engine.check(body.graph.model_dump(), None if data is None else data.info, 1)
    return probing.probe_graph(body, data, report.totals.flops)
