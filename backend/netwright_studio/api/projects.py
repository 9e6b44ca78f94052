"""Projects."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path

from netwright_studio.api.deps import GalleryDep, IdPath, Limit, Offset, StoreDep
from netwright_studio.api.routing import resource_router
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.graphs import Graph
from netwright_studio.schemas.projects import (
    Project,
    ProjectCreate,
    ProjectUpdate,
    ProjectVersion,
    ProjectVersionContent,
    ProjectVersionUpdate,
)
from netwright_studio.schemas.settings import TrainSettings

router = resource_router("projects")

RevisionPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", response_model=Items[Project])
def list_projects(store: StoreDep, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """Projects, the last changed first."""
    items, total = store.projects.page(limit, offset)
    return {"items": items, "total": total}


@router.post("", status_code=201, response_model=Project)
def create_project(store: StoreDep, gallery: GalleryDep, body: ProjectCreate) -> Any:
    """Start a project from a template, from a graph, or empty."""
    graph, dataset, settings = body.graph, body.dataset, body.settings
    if body.template is not None:
        template = gallery.get(body.template)
        graph = template.graph
        dataset = dataset or template.dataset
        settings = settings or template.settings
    graph = graph or Graph(name=body.name)
    return store.projects.create(
        name=body.name,
        graph=graph.model_dump(),
        dataset=dataset,
        settings=(settings or TrainSettings()).model_dump(),
    )


@router.get("/{project_id}", response_model=Project)
def get_project(store: StoreDep, project_id: IdPath) -> Any:
    """One project."""
    return store.projects.get(project_id)


@router.put("/{project_id}", response_model=Project)
def update_project(store: StoreDep, project_id: IdPath, body: ProjectUpdate) -> Any:
    """Change a project; 409 when ``revision`` is no longer the newest."""
    given = body.model_dump(exclude={"revision"})
    changes = {
        field: given[field]
        for field in body.model_fields_set - {"revision"}
        if given[field] is not None or field == "dataset"
    }
    return store.projects.update(project_id, body.revision, **changes)


@router.delete("/{project_id}", status_code=204)
def delete_project(store: StoreDep, project_id: IdPath) -> None:
    """Delete a project; its runs and models stay."""
    store.projects.delete(project_id)


@router.get("/{project_id}/versions", response_model=Items[ProjectVersion])
def list_versions(store: StoreDep, project_id: IdPath, limit: Limit = 50, offset: Offset = 0) -> dict[str, Any]:
    """What was saved of a project, the newest first: each save for a while, those with a label for good."""
    items, total = store.versions.page(project_id, limit, offset)
    return {"items": items, "total": total}


@router.get("/{project_id}/versions/{revision}", response_model=ProjectVersionContent)
def get_version(store: StoreDep, project_id: IdPath, revision: RevisionPath) -> Any:
    """One version with its graph, data set and settings."""
    return store.versions.get(project_id, revision)


@router.put("/{project_id}/versions/{revision}", response_model=ProjectVersion)
def name_version(store: StoreDep, project_id: IdPath, revision: RevisionPath, body: ProjectVersionUpdate) -> Any:
    """Give a version a label or take it away."""
    return store.versions.name(project_id, revision, body.label)
