"""Projects in one file: what may go into it, the file itself, and opening one of another studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Query, UploadFile
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from netwright import model_store
from netwright_studio.api.deps import IdPath, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.archive import Choice, hold_file, list_parts, open_archive, pack_project
from netwright_studio.archive.manifest import SUFFIX
from netwright_studio.errors import InvalidError
from netwright_studio.schemas.archives import ArchiveParts, Opened

router = resource_router("projects")

Picked = Annotated[str, Query(max_length=20_000, description="`all`, `none`, or what is wanted, comma-separated.")]


@router.get("/{project_id}/archive/parts")
def list_archive_parts(studio: StudioDep, project_id: IdPath) -> ArchiveParts:
    """What of a project can go into its archive, and how large it is."""
    return list_parts(studio, project_id)


@router.get("/{project_id}/archive", response_class=FileResponse)
def download_archive(
    studio: StudioDep,
    project_id: IdPath,
    runs: Picked = "all",
    models: Annotated[str, Query(max_length=20_000, description="The same; a model is `name:version`.")] = "all",
    data: Annotated[bool, Query(description="With the files of uploaded data sets.")] = True,
    checkpoints: Annotated[bool, Query(description="With all checkpoints of the runs, to go on from.")] = False,
) -> FileResponse:
    """The project with versions, data, runs and models in one file; 409 for a run that still trains."""
    choice = Choice(_runs(runs), _models(models), data, checkpoints)
    file = hold_file(studio.settings.home)
    try:
        name = pack_project(studio, project_id, choice, file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    filename = quote(model_store.make_name(name) + SUFFIX, safe="")
    return FileResponse(
        file,
        media_type="application/zip",
        headers={"content-disposition": f"attachment; filename*=utf-8''{filename}"},
        background=BackgroundTask(Path.unlink, file, missing_ok=True),
    )


@router.post("/import", status_code=201)
def import_project(studio: StudioDep, file: UploadFile) -> Opened:
    """Open an archive as a new project; names that are taken get a number. All of it is looked at before any counts."""
    return open_archive(studio, file.file)


def _runs(text: str) -> tuple[str, ...] | Literal["all"]:
    return "all" if text == "all" else tuple(_pieces(text))


def _models(text: str) -> tuple[tuple[str, int], ...] | Literal["all"]:
    if text == "all":
        return "all"
    found = []
    for piece in _pieces(text):
        name, _, version = piece.rpartition(":")
        if not name or not version.isdecimal():
            raise InvalidError("This is no version of a model.", where="models", wanted="name:version", got=piece[:80])
        found.append((name, int(version)))
    return tuple(found)


def _pieces(text: str) -> list[str]:
    return [piece for piece in text.split(",") if piece and text != "none"]
