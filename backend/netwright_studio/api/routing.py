"""How every resource's router is made: strict JSON in, the one error body documented."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from netwright_studio.responses import StrictRequest
from netwright_studio.schemas.common import ErrorBody

IdPath = Annotated[str, Path(min_length=1, max_length=120)]


class StrictRoute(APIRoute):
    """A route whose JSON bodies are decoded strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Hand the request on as a StrictRequest."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly


def resource_router(resource: str, prefix: str | None = None) -> APIRouter:
    """Return the router of ``/api/<resource>``."""
    return APIRouter(
        prefix=f"/api/{resource}" if prefix is None else prefix,
        tags=[resource],
        route_class=StrictRoute,
        responses={"4XX": {"model": ErrorBody, "description": "What was wrong and what to do"}},
    )
