"""What one studio is made of; it hangs on the app, so that nothing is global."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from netwright.datasets import DatasetInfo
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.datasets.importing import Importer
from netwright_studio.engine import Engine
from netwright_studio.gallery import Gallery
from netwright_studio.inference import ModelRepository, ModelServer
from netwright_studio.inspecting import Subjects
from netwright_studio.keyring import Keyring
from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.manager import RunManager
from netwright_studio.runs.series import SeriesCache
from netwright_studio.serving.metrics import RequestMetrics
from netwright_studio.settings import Settings
from netwright_studio.store import Store
from netwright_studio.store.tables import ApiKey, ShareLink
from netwright_studio.sweeps import Conductor


@dataclass(frozen=True)
class Studio:
    """The parts a request may need."""

    settings: Settings
    store: Store
    engine: Engine
    gallery: Gallery
    hub: EventHub
    manager: RunManager
    conductor: Conductor
    series: SeriesCache
    catalog: DatasetCatalog
    importer: Importer
    models: ModelServer
    repository: ModelRepository
    subjects: Subjects
    requests: RequestMetrics
    keys: Keyring[ApiKey]
    links: Keyring[ShareLink]

    async def revoke(self, ring: Keyring[Any], ident: str) -> None:
        """End a key or a link, from the next request on."""
        await asyncio.to_thread(ring.store.revoke, ident)
        ring.forget()
        self.models.changes += 1  # nobody goes on by the short lane
        await self.models.others.tell({"type": "revoked"})

    def dataset_info(self, ident: str | None) -> DatasetInfo | None:
        """Return what a data set says of itself, None for None."""
        return None if ident is None else self.catalog.info(ident)
