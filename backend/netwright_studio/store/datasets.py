"""Uploaded data sets in the database, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from netwright_studio.errors import NotFoundError
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.tables import Dataset


class DatasetStore:
    """Creates, lists and deletes the rows of uploads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, *, of: str | None = None, **columns: Any) -> Dataset:
        """Store a new upload, or the next version of the one ``of`` belongs to."""
        row = Dataset(id=new_id(), **columns)
        with self._database.write() as session:
            if of is not None:
                earlier = session.get(Dataset, of)
                row.family = of if earlier is None else earlier.family or earlier.id
                newest = select(func.max(Dataset.version)).where(_of_family(row.family))
                row.version = (session.scalar(newest) or 0) + 1
            session.add(row)
        return row

    def list(self) -> list[Dataset]:
        """Return the newest version of each upload, the last made first."""
        newest: dict[str, Dataset] = {}
        for row in self.all():
            family = row.family or row.id
            if family not in newest or row.version > newest[family].version:
                newest[family] = row
        return list(newest.values())

    def all(self) -> Sequence[Dataset]:
        """Return every version of every upload, the last made first."""
        with self._database.read() as session:
            return list(session.scalars(select(Dataset).order_by(Dataset.created_at.desc(), Dataset.id)))

    def versions(self, ident: str) -> Sequence[Dataset]:
        """Return all versions of the upload that ``ident`` is one of, the newest first."""
        row = self.get(ident)
        with self._database.read() as session:
            query = select(Dataset).where(_of_family(row.family or row.id)).order_by(Dataset.version.desc())
            return list(session.scalars(query))

    def get(self, ident: str) -> Dataset:
        """Return an upload or raise NotFoundError."""
        with self._database.read() as session:
            row = session.get(Dataset, ident)
        if row is None:
            raise NotFoundError.of("data set", ident)
        return row

    def delete(self, ident: str) -> Sequence[str]:
        """Delete one version; return its files that no other version holds."""
        with self._database.write() as session:
            row = session.get(Dataset, ident)
            if row is None:
                raise NotFoundError.of("data set", ident)
            session.execute(delete(Dataset).where(Dataset.id == ident))
            files = {blob for blob in (row.blob, row.test_blob) if blob}
            return [blob for blob in files if not _uses(session, blob)]

    def uses(self, blob: str) -> bool:
        """Tell whether an upload holds this content."""
        with self._database.read() as session:
            return _uses(session, blob)


def _of_family(family: str) -> Any:
    return or_(Dataset.family == family, Dataset.id == family)


def _uses(session: Session, blob: str) -> bool:
    query = select(func.count()).select_from(Dataset).where(or_(Dataset.blob == blob, Dataset.test_blob == blob))
    return bool(session.scalar(query))
