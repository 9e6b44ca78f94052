"""Data sets: list, upload, look into, change, delete."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Path, Query, UploadFile

from netwright_studio.api.deps import CatalogDep, IdPath, ImporterDep, Limit, Offset, StudioDep
from netwright_studio.api.routing import resource_router
from netwright_studio.api.uploads import public as public_upload
from netwright_studio.datasets import CatalogEntry
from netwright_studio.datasets.columns import CLASSES, view_columns
from netwright_studio.datasets.preview import Filter, class_examples, preview, sample
from netwright_studio.schemas.common import Items, Name
from netwright_studio.schemas.datasets import (
    ClassExamples,
    Dataset,
    DatasetColumns,
    DatasetPreview,
    DatasetReport,
    DatasetSample,
    PreviewQuery,
    Split,
)
from netwright_studio.schemas.uploads import UploadPublic

router = resource_router("datasets")


def _public(entry: CatalogEntry) -> dict[str, Any]:
    made = {name: getattr(entry, name) for name in ("version", "filename", "format", "recipe", "steps")}
    return {"id": entry.id, "origin": entry.origin, **entry.info.model_dump(), **made}


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
    """Take a file whole, as it is taken to be: a table, NPZ arrays, a zip of pictures. Missing numbers are filled with
    their column's mean. Where choices are to be made, or the file is large, use ``/api/uploads``.
    """
    return _public(catalog.add(file.file, filename=file.filename or "", name=name, target=target or None))


@router.get("/{dataset_id}", response_model=Dataset)
def get_dataset(catalog: CatalogDep, dataset_id: IdPath) -> dict[str, Any]:
    """One data set."""
    return _public(catalog.get(dataset_id))


@router.get("/{dataset_id}/versions", response_model=Items[Dataset])
def list_dataset_versions(catalog: CatalogDep, dataset_id: IdPath) -> dict[str, Any]:
    """What was made of the same file by other choices, the newest first."""
    found = [_public(entry) for entry in catalog.versions(dataset_id)]
    return {"items": found, "total": len(found)}


@router.post("/{dataset_id}/edit", status_code=201, response_model=UploadPublic)
def edit_dataset(importer: ImporterDep, studio: StudioDep, dataset_id: IdPath) -> dict[str, Any]:
    """Begin to choose anew what is made of a data set: an upload whose import becomes the next version."""
    return public_upload(importer.edit(dataset_id), studio)


@router.get("/{dataset_id}/report")
def get_report(catalog: CatalogDep, dataset_id: IdPath) -> DatasetReport:
    """Gaps, uneven classes, duplicates, constant and leaking columns, each with its evidence."""
    steps = catalog.load(dataset_id, fetch=False).preprocessing.steps
    return DatasetReport(findings=catalog.reports.get(dataset_id), steps=list(steps))


@router.get("/{dataset_id}/columns")
def get_columns(catalog: CatalogDep, dataset_id: IdPath, split: Split = "train") -> DatasetColumns:
    """Every column at a glance."""
    data = catalog.load(dataset_id, fetch=False)
    few = data.info.label.classes if data.info.label.kind == "class" else None
    shown = list(few) if few is not None and 1 < len(few) <= CLASSES else None
    return DatasetColumns(columns=view_columns(data, split), classes=shown)


@router.get("/{dataset_id}/preview", response_model_exclude_none=True)
def preview_dataset(
    catalog: CatalogDep,
    dataset_id: IdPath,
    wanted: Annotated[PreviewQuery, Query()],
) -> DatasetPreview:
    """Rows or images of a split, with class counts and column statistics; only those that the filter lets through."""
    chosen = Filter(**wanted.model_dump(exclude={"split", "offset", "limit"}))
    return preview(catalog.load(dataset_id, fetch=False), wanted.split, wanted.offset, wanted.limit, chosen)


@router.get("/{dataset_id}/classes")
def get_class_examples(
    catalog: CatalogDep,
    dataset_id: IdPath,
    split: Split = "train",
    each: Annotated[int, Query(ge=1, le=20, description="Images of each class.")] = 8,
) -> ClassExamples:
    """Some images of every class."""
    return ClassExamples(images=class_examples(catalog.load(dataset_id, fetch=False), split, each))


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
