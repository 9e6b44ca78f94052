"""Graphs: check and plan."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from netwright_studio.api.deps import StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting import measuring, probing
from netwright_studio.responses import answer
from netwright_studio.schemas.graphs import (
    CheckReport,
    CheckRequest,
    ConnectRequest,
    Followers,
    FollowersRequest,
    Judgement,
    Plan,
    PlanRequest,
)
from netwright_studio.schemas.inspect import GraphProbe, ProbeReply
from netwright_studio.schemas.xray import Measured, StrategyComparison, Xray, XrayRequest

router = resource_router("graphs")


@router.post("/check", response_model=CheckReport)
def check_graph(studio: StudioDep, body: CheckRequest) -> Response:
    """Shapes, counts, costs and everything that is wrong, with the node it is wrong at."""
    info = studio.dataset_info(body.dataset)
    return answer(studio.engine.check(body.graph.model_dump(), info, body.batch_size))


@router.post("/connect", response_model=Judgement)
def judge_connections(studio: StudioDep, body: ConnectRequest) -> Response:
    """Whether connections can work; if not, why, and what would make them work, tried beforehand."""
    info = studio.dataset_info(body.dataset)
    wanted = [connection.model_dump(by_alias=True) for connection in body.connections]
    return answer(studio.engine.judge(body.graph.model_dump(), wanted, info, body.batch_size))


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


@router.post("/xray")
def xray_graph(studio: StudioDep, body: XrayRequest) -> Xray:
    """The plan under one strategy, and what each step stands for and is predicted to take."""
    info = studio.dataset_info(body.dataset)
    found = studio.engine.xray(body.graph.model_dump(), info, body.batch_size, body.training, body.strategy)
    return Xray.model_validate(found)


@router.post("/strategies")
def compare_strategies(studio: StudioDep, body: PlanRequest) -> StrategyComparison:
    """What each strategy makes of a graph: steps, calls, memory and predicted time."""
    info = studio.dataset_info(body.dataset)
    found = studio.engine.compare(body.graph.model_dump(), info, body.batch_size, body.training)
    return StrategyComparison.model_validate(found)


@router.post("/measure", response_model=Measured)
async def measure_graph(studio: StudioDep, request: Request, body: XrayRequest) -> Any:
    """Run the plan some times on random data, in a process of its own; how long each step really takes.

    It ends when the caller hangs up.
    """
    info = await asyncio.to_thread(studio.dataset_info, body.dataset)
    xray = await asyncio.to_thread(xray_graph, studio, body)
    found = await measuring.measure_while_wanted(request, body, info, xray)
    return Response(status_code=204) if found is None else found


@router.post("/probe")
def probe_graph(studio: StudioDep, body: GraphProbe) -> ProbeReply:
    """Run a sample through a network that was only drawn: what every node would put out before any training."""
    data = None if body.dataset is None else studio.catalog.load(body.dataset, fetch=False)
    report = studio.engine.check(body.graph.model_dump(), None if data is None else data.info, 1)
    return probing.probe_graph(body, data, report.totals.flops)
