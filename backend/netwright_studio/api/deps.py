"""What routes ask for, by name.

All are coroutines: others FastAPI would hand to a thread, each of them for each request.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from netwright_studio.api.routing import IdPath
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.datasets.importing import Importer
from netwright_studio.engine import Engine
from netwright_studio.gallery import Gallery
from netwright_studio.runs.manager import RunManager
from netwright_studio.store import Store
from netwright_studio.studio import Studio
from netwright_studio.sweeps import Conductor

__all__ = [
    "CatalogDep",
    "ConductorDep",
    "EngineDep",
    "GalleryDep",
    "IdPath",
    "ImporterDep",
    "Limit",
    "ManagerDep",
    "Offset",
    "StoreDep",
    "StudioDep",
]


async def get_studio(connection: HTTPConnection) -> Studio:
    """Return the studio this app belongs to."""
    studio: Studio = connection.app.state.studio
    return studio


StudioDep = Annotated[Studio, Depends(get_studio)]


async def get_store(studio: StudioDep) -> Store:
    """Return the store."""
    return studio.store


async def get_engine(studio: StudioDep) -> Engine:
    """Return the door to the framework."""
    return studio.engine


async def get_gallery(studio: StudioDep) -> Gallery:
    """Return the templates."""
    return studio.gallery


async def get_manager(studio: StudioDep) -> RunManager:
    """Return the run manager."""
    return studio.manager


async def get_conductor(studio: StudioDep) -> Conductor:
    """Return what carries out sweeps."""
    return studio.conductor


async def get_catalog(studio: StudioDep) -> DatasetCatalog:
    """Return the data sets."""
    return studio.catalog


async def get_importer(studio: StudioDep) -> Importer:
    """Return what takes files in."""
    return studio.importer


StoreDep = Annotated[Store, Depends(get_store)]
EngineDep = Annotated[Engine, Depends(get_engine)]
GalleryDep = Annotated[Gallery, Depends(get_gallery)]
CatalogDep = Annotated[DatasetCatalog, Depends(get_catalog)]
ImporterDep = Annotated[Importer, Depends(get_importer)]
ManagerDep = Annotated[RunManager, Depends(get_manager)]

ConductorDep = Annotated[Conductor, Depends(get_conductor)]

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=2**31)]
