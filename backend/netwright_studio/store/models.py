"""Model versions in the database: an index of the model folders."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select

from netwright_studio.errors import NotFoundError
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.tables import ModelVersion


class ModelStore:
    """Creates, lists and deletes the rows of model versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, **columns: Any) -> ModelVersion:
        """Store a new version."""
        row = ModelVersion(id=new_id(), **columns)
        with self._database.write() as session:
            session.add(row)
        return row

    def keys(self) -> set[tuple[str, int]]:
        """Return name and version of everything stored."""
        with self._database.read() as session:
            return {(name, version) for name, version in session.execute(_KEYS)}

    def page(self, limit: int, offset: int) -> tuple[list[list[ModelVersion]], int]:
        """Return a page of models, the last trained first, each with its versions, the newest first."""
        with self._database.read() as session:
            newest = func.max(ModelVersion.created_at)
            query = select(ModelVersion.name).group_by(ModelVersion.name).order_by(newest.desc(), ModelVersion.name)
            names = list(session.scalars(query))
            page = names[offset : offset + limit]
            rows = session.scalars(
                select(ModelVersion).where(ModelVersion.name.in_(page)).order_by(ModelVersion.version.desc())
            )
            found: dict[str, list[ModelVersion]] = {name: [] for name in page}
            for row in rows:
                found[row.name].append(row)
            return list(found.values()), len(names)

    def versions(self, name: str) -> list[ModelVersion]:
        """Return the versions of a model, the newest first, or raise NotFoundError."""
        with self._database.read() as session:
            query = select(ModelVersion).where(ModelVersion.name == name).order_by(ModelVersion.version.desc())
            rows = list(session.scalars(query))
        if not rows:
            raise NotFoundError.of("model", name)
        return rows

    def get(self, name: str, version: int | None = None) -> ModelVersion:
        """Return a version, the newest without a number, or raise NotFoundError."""
        rows = self.versions(name)
        for row in rows:
            if version is None or row.version == version:
                return row
        raise NotFoundError(
            f"The model {name} has no version {version}.",
            where="model version",
            wanted=f"one of {', '.join(str(row.version) for row in reversed(rows[:20]))}",
            got=version,
        )

    def delete(self, name: str, version: int) -> None:
        """Delete a version's row; one that is not there is no error."""
        with self._database.write() as session:
            session.execute(delete(ModelVersion).where(ModelVersion.name == name, ModelVersion.version == version))


_KEYS = select(ModelVersion.name, ModelVersion.version)
