"""Make a backup while the studio runs: one moment of the database, and files that are linked before they are read."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from netwright_studio import __version__
from netwright_studio.backup.archive import KEPT, ArchiveWriter, Manifest, Progress, read_file
from netwright_studio.backup.rows import dump_rows, snapshot, tables
from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.settings import Settings
from netwright_studio.store import migrate
from netwright_studio.store.database import Database
from netwright_studio.store.tables import Dataset

TRIES = 3
"""A data set may be deleted in the moment between the database and the files; then it is done once more."""
_STAGED = re.compile(r"\.backup-(\d+)")


@dataclass(frozen=True)
class Made:
    """What a backup holds."""

    path: Path
    bytes: int
    manifest: Manifest


def make_backup(settings: Settings, path: Path, progress: Progress = lambda done: None) -> Made:
    """Write all that the studio keeps to ``path``; it may run and train meanwhile.

    Raises ConflictError where there is a file already, NotFoundError where there is no studio.
    """
    if path.exists():
        raise ConflictError("There is a file of this name already.", where=path.name, remedy="Choose another name.")
    if settings.database_url is None and not (settings.home / "studio.db").exists():
        raise NotFoundError("There is no studio in this folder.", where=str(settings.home))
    database = Database(settings.effective_database_url)
    try:
        revision = migrate.current_revision(database.durable)
        if revision != migrate.HEAD:
            raise ConflictError(
                "The database is of another version.",
                wanted=migrate.HEAD,
                got=revision,
                remedy="Start the studio once, which brings it up to date.",
            )
        for attempt in range(TRIES):
            with snapshot(database) as connection, _staging(settings.home) as staged:
                link_files(settings.home, staged)
                lost = _lost_blobs(connection, staged)
                if not lost:
                    return _write(connection, staged, path, progress)
            if attempt == TRIES - 1:
                raise NotFoundError(
                    "Files of data sets are missing.", where="blobs", got=f"{len(lost)} of them",
                    remedy="Delete the data sets that cannot be opened, then try again.",
                )  # fmt: skip
        raise AssertionError("unreachable")
    finally:
        database.close()


def link_files(home: Path, staged: Path) -> None:
    """Give every file that is kept a second name in ``staged``: it is written once and replaced as a whole, so that
    what is linked stays as it is. What is half written, or going, has a name with a dot and is left out.
    """
    for kept in KEPT:
        for folder, names, files in os.walk(home / kept):
            names[:] = [name for name in names if not name.startswith(".") and name != "incoming"]
            place = staged / Path(folder).relative_to(home)
            place.mkdir(parents=True, exist_ok=True)
            linked = [_link(Path(folder) / name, place / name) for name in files if not name.startswith(".")]
            if not all(linked) and place.parent.name == "checkpoints":
                shutil.rmtree(place)  # dropped meanwhile: half of a checkpoint is none


def _link(source: Path, target: Path) -> bool:
    """Tell whether the file was still there."""
    if source.is_symlink() or not source.is_file():
        return source.is_symlink()
    try:
        os.link(source, target)
    except FileNotFoundError:
        return False
    except OSError:  # a file system without links
        try:
            shutil.copy2(source, target)
        except FileNotFoundError:
            return False
    return True


@contextlib.contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder on the same disk, for as long as the block lasts; what a killed backup left is removed."""
    for left in home.glob(".backup-*"):
        match = _STAGED.fullmatch(left.name)
        if match is not None and not Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    staged = home / f".backup-{os.getpid()}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _lost_blobs(connection: Connection, staged: Path) -> set[str]:
    blobs = set(connection.scalars(select(Dataset.blob)))
    return {blob for blob in blobs if not (staged / "blobs" / blob[:2] / blob).is_file()}


def _write(connection: Connection, staged: Path, path: Path, progress: Progress) -> Made:
    writer = ArchiveWriter(path, progress)
    try:
        counts = {}
        for table in tables():
            lines = _Counted(dump_rows(connection, table))
            writer.add(f"tables/{table.name}.jsonl", lines, packed=True)
            counts[table.name] = lines.count
        for file in sorted(staged.rglob("*")):
            if file.is_file():
                with file.open("rb") as opened:
                    writer.add(f"files/{file.relative_to(staged).as_posix()}", read_file(opened))
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = writer.finish(netwright=__version__, created_at=moment, revision=migrate.HEAD, tables=counts)
    except BaseException:
        writer.discard()
        raise
    return Made(path, path.stat().st_size, manifest)


class _Counted:
    """Lines, counted while they pass."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            yield line
