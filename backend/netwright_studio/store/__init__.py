"""Where the studio keeps things: a database, content-addressed files and a lock on the data folder."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from netwright_studio.settings import Settings
from netwright_studio.store.access import KEY_PREFIX, SecretStore
from netwright_studio.store.blobs import BlobStore
from netwright_studio.store.database import Database
from netwright_studio.store.events import EventStore
from netwright_studio.store.fullness import Reserve
from netwright_studio.store.projects import ProjectStore
from netwright_studio.store.runs import RunStore
from netwright_studio.store.sweeps import SweepStore
from netwright_studio.store.tables import ApiKey, Base, ShareLink
from netwright_studio.store.versions import VersionStore

__all__ = ["Store", "open_store"]


@dataclass(frozen=True)
class Store:
    """All that outlives the process."""

    settings: Settings
    database: Database
    reserve: Reserve
    blobs: BlobStore
    projects: ProjectStore
    versions: VersionStore
    runs: RunStore
    sweeps: SweepStore
    events: EventStore
    keys: SecretStore[ApiKey]
    links: SecretStore[ShareLink]

    def named_blobs(self) -> set[str]:
        """Return the blobs that any row names, in a column that is called ``blob`` or ends with ``_blob``."""
        columns = [
            column
            for table in Base.metadata.tables.values()
            for column in table.columns
            if column.name == "blob" or column.name.endswith("_blob")
        ]
        with self.database.read() as session:
            return {name for column in columns for name in session.scalars(select(column)) if name is not None}

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_store(settings: Settings) -> Store:
    """Make the data folder where it is missing, bring the tables up to date and return the store."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    reserve = Reserve(settings.home, settings.disk_reserve_bytes)
    database = Database(settings.effective_database_url, reserve)
    database.migrate()
    blobs = BlobStore(settings.blobs_dir)
    return Store(
        settings=settings,
        database=database,
        reserve=reserve,
        blobs=blobs,
        projects=ProjectStore(database),
        versions=VersionStore(database),
        runs=RunStore(database),
        sweeps=SweepStore(database),
        events=EventStore(database),
        keys=SecretStore(database, ApiKey, "API key", KEY_PREFIX),
        links=SecretStore(database, ShareLink, "share link", ""),
    )
