"""What one studio is made of; it hangs on the app, so that nothing is global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netwright_studio.engine import Engine
from netwright_studio.errors import InvalidError
from netwright_studio.gallery import Gallery
from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.manager import RunManager
from netwright_studio.runs.series import SeriesCache
from netwright_studio.settings import Settings
from netwright_studio.store import Store

if TYPE_CHECKING:
    from netwright.datasets import DatasetInfo


@dataclass(frozen=True)
class Studio:
    """The parts a request may need."""

    settings: Settings
    store: Store
    engine: Engine
    gallery: Gallery
    hub: EventHub
    manager: RunManager
    series: SeriesCache

    def dataset_info(self, ident: str | None) -> DatasetInfo | None:
        """Return what a data set says of itself, None for None."""
        return None if ident is None else self.require_dataset(ident)

    def require_dataset(self, ident: str | None) -> DatasetInfo:
        """Return what a data set says of itself; an error says what to do when there is none."""
        if ident is None:
            raise InvalidError(
                "No data set has been chosen.", where="dataset", remedy="Choose a data set to train on."
            )
        from netwright_studio.datasets import describe

        return describe(self.store, ident)
