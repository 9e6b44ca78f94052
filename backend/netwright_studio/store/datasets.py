"""Uploaded data sets in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from netwright_studio.errors import NotFoundError
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.tables import Dataset


class DatasetStore:
    """Creates, lists and deletes the rows of uploads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, *, name: str, filename: str, format: str, target: str | None, blob: str, size: int, info: dict[str, Any]
    ) -> Dataset:
        """Store a new upload."""
        row = Dataset(
            id=new_id(), name=name, filename=filename, format=format, target=target, blob=blob, bytes=size, info=info
        )
        with self._database.write() as session:
            session.add(row)
        return row

    def list(self) -> list[Dataset]:
        """Return all uploads, the newest first."""
        with self._database.read() as session:
            return list(session.scalars(select(Dataset).order_by(Dataset.created_at.desc(), Dataset.id)))

    def get(self, ident: str) -> Dataset:
        """Return an upload or raise NotFoundError."""
        with self._database.read() as session:
            row = session.get(Dataset, ident)
        if row is None:
            raise NotFoundError.of("data set", ident)
        return row

    def delete(self, ident: str) -> str | None:
        """Delete an upload; return its blob when no other upload holds the same content, else None."""
        with self._database.write() as session:
            row = session.get(Dataset, ident)
            if row is None:
                raise NotFoundError.of("data set", ident)
            session.execute(delete(Dataset).where(Dataset.id == ident))
            others = session.scalar(select(func.count()).select_from(Dataset).where(Dataset.blob == row.blob))
            return None if others else row.blob

    def uses(self, blob: str) -> bool:
        """Tell whether an upload holds this content."""
        with self._database.read() as session:
            return bool(session.scalar(select(func.count()).select_from(Dataset).where(Dataset.blob == blob)))
