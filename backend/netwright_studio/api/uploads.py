"""Uploads: announce a file, send it piece by piece, see what is in it, make a data set of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request

from netwright_studio.api.deps import IdPath, ImporterDep, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.datasets.uploads import Upload
from netwright_studio.errors import ConflictError
from netwright_studio.schemas.common import Items
from netwright_studio.schemas.uploads import ImportRequest, ReadRequest, Survey, UploadCreate, UploadPublic

router = resource_router("uploads")
CHUNK_BYTES = 4 << 20
BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


def public(upload: Upload, studio: StudioDep) -> dict[str, Any]:
    """Return what is told of an upload."""
    shown = {name: getattr(upload, name) for name in UploadPublic.model_fields if hasattr(upload, name)}
    return {**shown, "chunk_bytes": min(CHUNK_BYTES, studio.settings.max_body_bytes)}


@router.get("", response_model=Items[UploadPublic])
def list_uploads(importer: ImporterDep, studio: StudioDep) -> dict[str, Any]:
    """Files that are not data sets yet, the newest first."""
    found = [public(upload, studio) for upload in importer.uploads.list()]
    return {"items": found, "total": len(found)}


@router.post("", status_code=201, response_model=UploadPublic)
def create_upload(importer: ImporterDep, studio: StudioDep, body: UploadCreate) -> dict[str, Any]:
    """Announce a file; what is too large or of another kind is refused before a byte is sent."""
    return public(importer.uploads.create(body.filename, body.size), studio)


@router.get("/{upload_id}", response_model=UploadPublic)
def get_upload(importer: ImporterDep, studio: StudioDep, upload_id: IdPath) -> dict[str, Any]:
    """How far it is."""
    return public(importer.uploads.get(upload_id), studio)


@router.put("/{upload_id}/bytes", response_model=UploadPublic, openapi_extra=BYTES)
async def send_bytes(
    importer: ImporterDep,
    studio: StudioDep,
    upload_id: IdPath,
    request: Request,
    offset: Annotated[int, Query(ge=0, le=2**50, description="Where these bytes begin: all received so far.")],
) -> dict[str, Any]:
    """Send the next bytes; after the last the file is looked through. 409 tells where to go on."""
    upload = await importer.uploads.receive(upload_id, offset, request.stream())
    if upload.state == "received":
        importer.read(upload)
    return public(upload, studio)


@router.post("/{upload_id}/read", response_model=UploadPublic)
def read_upload(importer: ImporterDep, studio: StudioDep, upload_id: IdPath, body: ReadRequest) -> dict[str, Any]:
    """Look through the whole file again."""
    upload = importer.uploads.get(upload_id)
    importer.read(upload, body.dialect, body.target)
    return public(upload, studio)


@router.get("/{upload_id}/survey")
def get_survey(importer: ImporterDep, upload_id: IdPath) -> Survey:
    """What was found in the file, once it has been read."""
    survey: Survey | None = importer.uploads.get(upload_id).survey
    if survey is None:
        raise ConflictError("The file has not been read yet.", where="upload", remedy="Wait until it is ready.")
    return survey


@router.post("/{upload_id}/import", status_code=202, response_model=UploadPublic)
def import_upload(importer: ImporterDep, studio: StudioDep, upload_id: IdPath, body: ImportRequest) -> dict[str, Any]:
    """Begin to make a data set; ``dataset`` names it once the state is done."""
    upload = importer.uploads.get(upload_id)
    test = None if body.test_upload is None else importer.uploads.get(body.test_upload)
    importer.make(upload, body.name, body.recipe, test)
    return public(upload, studio)


@router.delete("/{upload_id}", status_code=204)
def cancel_upload(importer: ImporterDep, upload_id: IdPath) -> None:
    """Stop whatever is going on, and remove what has come."""
    importer.uploads.remove(upload_id)
