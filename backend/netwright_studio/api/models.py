"""Trained models: list, look, have them make things, download, delete."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import Depends
from starlette.responses import FileResponse, Response

from netwright import model_store
from netwright.abilities import abilities
from netwright.task_choice import TaskChoice
from netwright_studio.api.deps import IdPath, Limit, Offset, StudioDep
from netwright_studio.api.predictions import ServerDep, VersionPath
from netwright_studio.api.routing import resource_router
from netwright_studio.inference import ModelRepository
from netwright_studio.inference.creating import generate, go_on
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.models import (
    ContinueReply,
    ContinueRequest,
    ExportFormat,
    GenerateReply,
    GenerateRequest,
    ModelVersion,
    TrainedModel,
)
from netwright_studio.store.tables import ModelVersion as Row

router = resource_router("models")


_KEPT = ModelVersion.model_fields.keys() - {"run", "sample", "does", "steps"}


async def get_repository(studio: StudioDep) -> ModelRepository:
    """Return where models are kept."""
    return studio.repository


RepositoryDep = Annotated[ModelRepository, Depends(get_repository)]


def public_version(row: Row) -> dict[str, Any]:
    """Return what the API tells of a version."""
    task = row.provenance.get("settings", {}).get("task")
    does = abilities(None if task is None else TaskChoice.model_validate(task))
    facts = {"run": row.run_id, "sample": row.sample.get("input"), "does": does}
    facts["steps"] = row.preprocessing.get("steps", [])
    return {**{name: getattr(row, name) for name in _KEPT}, **facts}


def _public_model(rows: list[Row]) -> dict[str, Any]:
    return {"name": rows[0].name, "versions": [public_version(row) for row in rows]}


@router.get("", response_model=Items[TrainedModel])
def list_models(repository: RepositoryDep, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """Models, the last trained first."""
    page, total = repository.page(limit, offset)
    return {"items": [_public_model(rows) for rows in page], "total": total}


@router.get("/{name}", response_model=TrainedModel)
def get_model(repository: RepositoryDep, name: IdPath) -> dict[str, Any]:
    """One model with all its versions."""
    return _public_model(repository.versions(name))


@router.delete("/{name}", status_code=204)
async def delete_model(server: ServerDep, name: IdPath) -> None:
    """Delete a model with all its versions."""
    await server.delete(name)


@router.get("/{name}/versions/{version}", response_model=ModelVersion)
def get_model_version(repository: RepositoryDep, name: IdPath, version: VersionPath) -> dict[str, Any]:
    """One version."""
    return public_version(repository.get(name, version))


@router.delete("/{name}/versions/{version}", status_code=204)
async def delete_model_version(server: ServerDep, name: IdPath, version: VersionPath) -> None:
    """Delete one version."""
    await server.delete(name, version)


@router.post("/{name}/generate", response_model_exclude_none=True)
async def generate_newest(server: ServerDep, name: IdPath, body: GenerateRequest) -> GenerateReply:
    """Make new samples with the newest version of a generating model."""
    return await generate(server, await server.get(name), body)


@router.post("/{name}/versions/{version}/generate", response_model_exclude_none=True)
async def generate_version(
    server: ServerDep, name: IdPath, version: VersionPath, body: GenerateRequest
) -> GenerateReply:
    """Make new samples with one version of a generating model."""
    return await generate(server, await server.get(name, version), body)


@router.post("/{name}/continue")
async def continue_newest(server: ServerDep, name: IdPath, body: ContinueRequest) -> ContinueReply:
    """Go on with a text, by the newest version of a model of texts."""
    return await go_on(server, await server.get(name), body)


@router.post("/{name}/versions/{version}/continue")
async def continue_version(
    server: ServerDep, name: IdPath, version: VersionPath, body: ContinueRequest
) -> ContinueReply:
    """Go on with a text, by one version of a model of texts."""
    return await go_on(server, await server.get(name, version), body)


@router.get("/{name}/export", response_class=Response)
def export_model(repository: RepositoryDep, name: IdPath, format: ExportFormat = "safetensors") -> Response:
    """Download the newest version's weights, all of it as ONNX, its graph, or its graph as MXNet's symbol JSON."""
    return _export(repository.open(name, repository.newest(name)), name, format)


@router.get("/{name}/versions/{version}/export", response_class=Response)
def export_model_version(
    repository: RepositoryDep, name: IdPath, version: VersionPath, format: ExportFormat = "safetensors"
) -> Response:
    """Download one version's weights, all of it as ONNX, its graph, or its graph as MXNet's symbol JSON."""
    return _export(repository.open(name, version), name, format)


def _export(model: model_store.SavedModel, name: str, format: ExportFormat) -> Response:
    if format == "safetensors":
        return FileResponse(model.weights_path, media_type="application/octet-stream", filename=f"{name}.safetensors")
    if format == "graph":
        return FileResponse(model.graph_path, media_type="application/json", filename=f"{name}.json")
    if format == "onnx":
        from netwright.onnx import export

        content = export(model).SerializeToString()
        return Response(content, media_type="application/octet-stream", headers=_attachment(f"{name}.onnx"))
    from netwright.graph import to_symbol

    content = orjson.dumps(orjson.loads(to_symbol(model.graph).tojson()), option=orjson.OPT_INDENT_2)
    return Response(content, media_type="application/json", headers=_attachment(f"{name}-symbol.json"))


def _attachment(filename: str) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename*=utf-8''{quote(filename, safe='')}"}
