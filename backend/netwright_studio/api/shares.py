"""Share links: made, listed, revoked; and what a link shows to whoever has it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request

from netwright.datasets import DatasetInfo
from netwright_studio.api.deps import IdPath, Limit, Offset, StudioDep
from netwright_studio.api.models import public_version
from netwright_studio.api.routing import resource_router
from netwright_studio.api.runs import public
from netwright_studio.errors import NotFoundError
from netwright_studio.schemas.access import Kind, NewShare, Share, ShareCreate, Shared
from netwright_studio.schemas.common import Items
from netwright_studio.sharing import LINK
from netwright_studio.store.access import has_ended
from netwright_studio.store.tables import ShareLink
from netwright_studio.studio import Studio

router = resource_router("shares")
shown_router = resource_router("share")


def _public(row: ShareLink, **more: Any) -> dict[str, Any]:
    fields = Share.model_fields.keys() - {"active"}
    return {**{name: getattr(row, name) for name in fields}, "active": not has_ended(row), **more}


@router.get("", response_model=Items[Share])
def list_shares(
    studio: StudioDep,
    kind: Kind | None = None,
    target: Annotated[str | None, Query(max_length=120)] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """Links, the newest first, those that were revoked too: all, or those to one thing."""
    conditions = [ShareLink.kind == kind] if kind is not None else []
    conditions += [ShareLink.target == target] if target is not None else []
    rows, total = studio.links.store.page(limit, offset, *conditions)
    return {"items": [_public(row) for row in rows], "total": total}


@router.post("", status_code=201, response_model=NewShare)
def create_share(studio: StudioDep, body: ShareCreate) -> dict[str, Any]:
    """Make a link; its path is in this answer and nowhere else."""
    title = _title(studio, body)
    row, secret = studio.links.store.create(
        kind=body.kind, target=body.target, version=body.version, title=title[:200], expires_at=body.expires_at
    )
    return _public(row, path=f"share/{secret}/")


@router.delete("/{share_id}", status_code=204)
async def revoke_share(studio: StudioDep, share_id: IdPath) -> None:
    """Revoke a link at once; one that has ended goes from the list."""
    await studio.revoke(studio.links, share_id)


@shown_router.get("", response_model=Shared)
def get_shared(studio: StudioDep, request: Request) -> dict[str, Any]:
    """What the link shows below which this is asked; 404 elsewhere."""
    link: ShareLink | None = request.scope.get(LINK)
    if link is None:
        raise NotFoundError.of("share link", "")
    facts = {"kind": link.kind, "title": link.title, "created_at": link.created_at, "expires_at": link.expires_at}
    if link.kind == "run":
        return {**facts, "run": public(studio.store.runs.get(link.target))}
    if link.kind == "model":
        row = studio.repository.get(link.target, link.version)
        report = studio.engine.check(row.graph, _dataset_info(studio, row.dataset), 1)
        return {**facts, "name": link.target, "model": public_version(row), "report": report}
    project = studio.store.projects.get(link.target)
    report = studio.engine.check(project.graph, _dataset_info(studio, project.dataset), 1)
    return {**facts, "project": project, "report": report}


def _title(studio: Studio, body: ShareCreate) -> str:
    """What is shared by its name; NotFoundError where it is not there."""
    if body.kind == "run":
        return studio.store.runs.get(body.target).name
    if body.kind == "project":
        return studio.store.projects.get(body.target).name
    studio.repository.get(body.target, body.version)
    return body.target


def _dataset_info(studio: Studio, ident: str | None) -> DatasetInfo | None:
    try:
        return studio.dataset_info(ident)
    except NotFoundError:
        return None  # it may be gone by now; the network is shown all the same
