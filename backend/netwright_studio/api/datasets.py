"""Data sets: list, upload, look into, delete."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Path, UploadFile

from netwright_studio.api.deps import CatalogDep, IdPath, Limit, Offset
from netwright_studio.api.routing import resource_router
from netwright_studio.datasets import CatalogEntry
from netwright_studio.datasets.preview import preview, sample
from netwright_studio.schemas.common import Items, Name
from netwright_studio.schemas.datasets import Dataset, DatasetPreview, DatasetSample, Split

router = resource_router("datasets")


def _public(entry: CatalogEntry) -> dict[str, Any]:
    return {"id": entry.id, "origin": entry.origin, **entry.info.model_dump()}


@router.get("", response_model=Items[Dataset])
def list_datasets(catalog: CatalogDep, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Uploads, the newest first, then the built-in data sets."""
    entries = catalog.list()
    return {"items": [_public(entry) for entry in entries[offset : offset + limit]], "total": len(entries)}


@router.post("", status_code=201, response_model=Dataset)
def upload_dataset(
    catalog: CatalogDep,
    file: UploadFile,
    name: Annotated[Name, Form()],
    target: Annotated[
        str | None, Form(max_length=255, description="Label column of a table; the last by default")
    ] = None,
) -> dict[str, Any]:
    """Take a CSV table or NPZ arrays. Missing numbers are filled with their column's mean."""
    return _public(catalog.add(file.file, filename=file.filename or "", name=name, target=target or None))


@router.get("/{dataset_id}", response_model=Dataset)
def get_dataset(catalog: CatalogDep, dataset_id: IdPath) -> dict[str, Any]:
    """One data set."""
    return _public(catalog.get(dataset_id))


@router.get("/{dataset_id}/preview", response_model_exclude_none=True)
def preview_dataset(
    catalog: CatalogDep, dataset_id: IdPath, split: Split = "train", offset: Offset = 0, limit: Limit = 24
) -> DatasetPreview:
    """Rows or images of a split, with class counts and column statistics."""
    return preview(catalog.load(dataset_id, fetch=False), split, offset, limit)


@router.get("/{dataset_id}/samples/{split}/{index}")
def get_dataset_sample(
    catalog: CatalogDep, dataset_id: IdPath, split: Split, index: Annotated[int, Path(ge=0, le=2**31)]
) -> DatasetSample:
    """One raw sample, as the predict route takes it."""
    return sample(catalog.load(dataset_id, fetch=False), split, index)


@router.delete("/{dataset_id}", status_code=204)
def delete_dataset(catalog: CatalogDep, dataset_id: IdPath) -> None:
    """Delete an upload; models trained on it stay."""
    catalog.delete(dataset_id)
