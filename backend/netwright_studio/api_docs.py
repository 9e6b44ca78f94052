"""Swagger UI at /api/docs from files of our own: no other origin, no inline script."""

from __future__ import annotations

from importlib import resources

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, Response

from netwright_studio.errors import NotFoundError

_FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Netwright API</title>
<link rel="stylesheet" href="docs/swagger-ui.css"><link rel="icon" href="docs/favicon-32x32.png"></head>
<body><div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>
"""

_START = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, tryItOutEnabled: true,
  displayRequestDuration: true, validatorUrl: null, presets: [SwaggerUIBundle.presets.apis],
});
"""

router = APIRouter(prefix="/api", include_in_schema=False)


@router.get("/docs")
async def show_docs() -> Response:
    """Return the documentation page."""
    return HTMLResponse(_PAGE)


@router.get("/docs/start.js")
async def start_docs() -> Response:
    """Return the few lines that start Swagger UI; a file, because the policy forbids inline scripts."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/{name}")
async def get_docs_file(name: str) -> Response:
    """Return one of Swagger UI's own files."""
    if name not in _FILES:
        raise NotFoundError.of("file", name)
    source = resources.files("fastapi_swagger") / "resources" / name
    return FileResponse(str(source), media_type=_FILES[name], headers={"cache-control": "max-age=86400"})
