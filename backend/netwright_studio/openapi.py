"""The API's description; run as a module it prints what ``frontend/openapi.json`` holds."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from netwright_studio import __version__
from netwright_studio.inference.open_inference.description import describe

DESCRIPTION = """Draw a network, train it on real data, watch it, look inside, serve it.

Every error under `/api` has one body: code, message, where, wanted, got, remedy, details.
`WS /api/runs/{run_id}/events?after=N` streams events; its frames are the schema `EventStream`.
"""


def operation_id(route: APIRoute) -> str:
    """Name the operation after its function, which makes clean names in generated clients."""
    return route.name


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """Return the description of all routes and of the WebSocket's frames."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title="Netwright Studio",
            version=__version__,
            description=DESCRIPTION,
            routes=app.routes,
        )
        _add_event_stream(schema)
        describe(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _add_event_stream(schema: dict[str, Any]) -> None:
    """Add the frames, and what ``predict`` reads itself, to the schemas: no HTTP route mentions them."""
    from netwright_studio.schemas.events import EventStream
    from netwright_studio.schemas.models import PredictRequest

    stream = EventStream.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name, definition in stream.pop("$defs").items():
        components.setdefault(name, definition)
    components["EventStream"] = stream
    components["PredictRequest"] = PredictRequest.model_json_schema()


def main() -> None:
    """Print the description, the same bytes for the same code."""
    from netwright_studio.app import create_app
    from netwright_studio.settings import Settings

    app = create_app(Settings())
    json.dump(build_openapi(app), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
