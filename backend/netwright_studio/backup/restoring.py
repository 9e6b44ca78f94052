"""Put a backup back: checked and unpacked beside its place first, and only into a studio that has nothing yet."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from netwright.errors import DataError, DiskFullError
from netwright.serialization import fsync_folder, room_for
from netwright_studio.backup.archive import KEPT, ArchiveReader, Manifest, Progress
from netwright_studio.backup.rows import load_rows, reflect
from netwright_studio.errors import ConflictError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.state import RunState
from netwright_studio.settings import Settings
from netwright_studio.store import migrate
from netwright_studio.store.database import Database
from netwright_studio.store.lock import FolderLock
from netwright_studio.store.runs import RunStore
from netwright_studio.store.tables import now

RESTORED = "Restored from a backup that was made while this run was {state}."
_FILES, _TABLES, _DATABASE = "files/", "tables/", "studio.db"


@dataclass(frozen=True)
class Restored:
    """What was put back."""

    home: Path
    manifest: Manifest


def restore_backup(settings: Settings, path: Path, progress: Progress = lambda done: None) -> Restored:
    """Fill an empty data folder and an empty database with a backup; on an error both are as they were.

    A run that was live goes to *interrupted*, and can be resumed from its checkpoint. Raises DataError for a damaged
    file, ConflictError where there is something already.
    """
    reader = ArchiveReader(path)
    try:
        home = settings.home
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FolderLock(home):
            _require_known(reader.manifest)
            _require_empty(home, settings)
            _require_room(home, reader.manifest)
            staged = home / f".restore-{os.getpid()}"
            shutil.rmtree(staged, ignore_errors=True)
            staged.mkdir(mode=0o700)
            try:
                _unpack(reader, staged, progress)
                _fill(reader, settings, staged, progress)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
            return Restored(home, reader.manifest)
    finally:
        reader.close()


def _fill(reader: ArchiveReader, settings: Settings, staged: Path, progress: Progress) -> None:
    """The database first: it is filled by one transaction, and where it fails nothing has been moved."""
    own = settings.database_url is None
    url = f"sqlite:///{staged / _DATABASE}" if own else settings.effective_database_url
    database = Database(url)
    try:
        _require_no_rows(database)  # before anything that is taken back where it fails
    except BaseException:
        database.close()
        raise
    try:
        if migrate.current_revision(database.durable) is not None:
            migrate.downgrade(database.durable)
        migrate.upgrade(database.durable, reader.manifest.revision)
        with database.durable.begin() as connection:
            _load(reader, connection, progress)
        migrate.upgrade(database.durable)
        _settle(database, staged)
    except BaseException:
        if not own:
            migrate.downgrade(database.durable)
        raise
    finally:
        database.close()
    for name in (*KEPT, *([_DATABASE] if own else [])):
        if (staged / name).exists():
            shutil.rmtree(settings.home / name, ignore_errors=True)  # empty, as was seen
            os.rename(staged / name, settings.home / name)
    fsync_folder(settings.home)


def _unpack(reader: ArchiveReader, staged: Path, progress: Progress) -> None:
    """Write the files; names have been checked, sizes and checksums are while they come."""
    for name in reader.manifest.members:
        if not name.startswith(_FILES):
            continue
        place = staged / name.removeprefix(_FILES)
        with room_for(place, reader.manifest.members[name].bytes):
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                for chunk in reader.chunks(name):
                    file.write(chunk)
                    progress(len(chunk))
                file.flush()
                os.fsync(file.fileno())


def _load(reader: ArchiveReader, connection: Connection, progress: Progress) -> None:
    found = reflect(connection)
    for table in found.sorted_tables:
        name = f"{_TABLES}{table.name}.jsonl"
        if name not in reader.manifest.members:
            continue
        count = load_rows(connection, table, reader.lines(name))
        if count != reader.manifest.tables.get(table.name):
            raise DataError(
                "the backup is damaged", where=name, wanted=reader.manifest.tables.get(table.name), got=count
            )
        progress(reader.manifest.members[name].bytes)


def _settle(database: Database, staged: Path) -> None:
    """Nothing trains here: what was live is interrupted."""
    store = RunStore(database)
    for run in store.live():
        resumable = RunFolder(staged / "runs", run.id).has_checkpoint()
        reason = RESTORED.format(state=run.state)
        changes: dict[str, Any] = {"reason": reason, "resumable": resumable, "ended_at": now()}
        store.move(run.id, RunState.INTERRUPTED, **changes)


def _require_known(manifest: Manifest) -> None:
    if manifest.revision not in migrate.revisions():
        raise ConflictError(
            "The backup is of a newer version.",
            where="revision",
            wanted=f"at most {migrate.HEAD}",
            got=manifest.revision[:40],
            remedy=f"Restore it with Netwright {manifest.netwright[:40]} or newer.",
        )


def _require_empty(home: Path, settings: Settings) -> None:
    there = [name for name in KEPT if any(place.is_file() for place in (home / name).rglob("*"))]
    if settings.database_url is None and (home / _DATABASE).exists():
        there.append(_DATABASE)
    if there:
        raise _occupied(str(home), ", ".join(there))


def _require_no_rows(database: Database) -> None:
    if migrate.current_revision(database.durable) is None:
        others = inspect(database.durable).get_table_names()
        if others:
            raise _occupied("NETWRIGHT_DATABASE_URL", f"{len(others)} tables")
        return
    with database.durable.connect() as connection:
        for table in reflect(connection).sorted_tables:
            if table.name != "alembic_version" and connection.scalar(select(func.count()).select_from(table)):
                raise _occupied("NETWRIGHT_DATABASE_URL", f"rows in {table.name}")


def _occupied(where: str, got: str) -> ConflictError:
    return ConflictError(
        "A backup is restored only where nothing is kept yet.",
        where=where,
        got=got,
        remedy="Give it a new folder with --home, and an empty database if you named one.",
    )


def _require_room(home: Path, manifest: Manifest) -> None:
    free = shutil.disk_usage(home).free
    if manifest.size > free:
        raise DiskFullError(
            "there is no room left on the disk",
            where=str(home),
            wanted=f"{manifest.size / 2**20:.1f} MiB",
            got=f"{free / 2**20:.1f} MiB free",
            remedy="Make room, or choose another folder with --home",
        )
