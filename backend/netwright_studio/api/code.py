"""Graphs as programs, and files of other programs as graphs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from fastapi import UploadFile
from starlette.responses import Response

from netwright.model_store import make_name
from netwright_studio.api.deps import StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.inspecting.untrained import write_untrained
from netwright_studio.schemas.code import Code, CodeRequest, Imported, OnnxRequest

router = resource_router("graphs")


@router.post("/code", response_model=Code)
def write_code(studio: StudioDep, body: CodeRequest) -> dict[str, Any]:
    """The training as a Python program, a notebook and a command; 422 while the graph has problems."""
    info = studio.catalog.info(body.dataset)
    settings = body.settings.model_dump(mode="json")
    return studio.engine.write_code(body.graph.model_dump(), info, studio.catalog.source(body.dataset), settings)


@router.post("/onnx", response_class=Response)
def export_graph(studio: StudioDep, body: OnnxRequest) -> Response:
    """The drawn network as ONNX, with the weights its training would begin with; 422 while the graph has problems."""
    document = body.graph.model_dump()
    info = studio.dataset_info(body.dataset)
    weights = studio.engine.check(document, info, 1).totals.weight_bytes
    content = write_untrained(document, info, body.initializer, body.seed, weights)
    headers = {"content-disposition": f"attachment; filename*=utf-8''{quote(make_name(body.graph.name), safe='')}.onnx"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.post("/import", response_model=Imported)
def import_graph(studio: StudioDep, file: UploadFile) -> dict[str, Any]:
    """Read a Netwright graph or training, MXNet's symbol JSON, or an ONNX model; nothing is stored."""
    found = studio.engine.read_graph(file.file.read(studio.settings.max_import_bytes + 1), file.filename or "file")
    known = found.dataset is not None and any(entry.id == found.dataset for entry in studio.catalog.list())
    return {**asdict(found), "dataset": found.dataset if known else None}
