"""Projects in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.tables import Project, now
from netwright_studio.store.versions import SavedVersion, keep, record

_HELD = {"graph", "dataset", "settings"}
"""What a version is a version of."""


class ProjectStore:
    """Creates, lists, changes and deletes projects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, *, name: str, graph: dict[str, Any], dataset: str | None, settings: dict[str, Any]) -> Project:
        """Store a new project at revision 1."""
        moment = now()
        project = Project(
            id=new_id(), name=name, graph=graph, dataset=dataset, settings=settings, revision=1,
            created_at=moment, updated_at=moment,
        )  # fmt: skip
        with self._database.write() as session:
            session.add(project)
            session.flush()
            record(session, project)
        return project

    def adopt(
        self,
        *,
        name: str,
        graph: dict[str, Any],
        dataset: str | None,
        settings: dict[str, Any],
        revision: int,
        created_at: datetime,
        versions: Sequence[SavedVersion],
    ) -> Project:
        """Store a project of another studio with its versions; it counts as changed now."""
        moment = now()
        project = Project(
            id=new_id(), name=name, graph=graph, dataset=dataset, settings=settings, revision=revision,
            created_at=created_at, updated_at=moment,
        )  # fmt: skip
        with self._database.write() as session:
            session.add(project)
            session.flush()
            for version in versions:
                if version.revision < revision:
                    keep(session, project.id, version)
            # The newest version is the project itself, whatever the archive says of it.
            newest = next((one for one in versions if one.revision == revision), None)
            label = None if newest is None else newest.label
            held = SavedVersion(revision, moment, label, graph, dataset, settings)
            keep(session, project.id, held)
        return project

    def names(self) -> set[str]:
        """Return the names that projects have."""
        with self._database.read() as session:
            return set(session.scalars(select(Project.name)))

    def page(self, limit: int, offset: int) -> tuple[list[Project], int]:
        """Return a page of projects, the last changed first, and how many there are."""
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(Project)) or 0
            query = select(Project).order_by(Project.updated_at.desc(), Project.id).limit(limit).offset(offset)
            return list(session.scalars(query)), total

    def get(self, ident: str) -> Project:
        """Return a project or raise NotFoundError."""
        with self._database.read() as session:
            project = session.get(Project, ident)
        if project is None:
            raise NotFoundError.of("project", ident)
        return project

    def update(self, ident: str, revision: int, **changes: Any) -> Project:
        """Change a project if ``revision`` is still the newest, else raise ConflictError."""
        with self._database.write() as session:
            done = session.execute(
                update(Project)
                .where(Project.id == ident, Project.revision == revision)
                .values(revision=revision + 1, updated_at=now(), **changes)
            )
            project = session.get(Project, ident)
            if project is not None and done.rowcount and _HELD & changes.keys():  # type: ignore[attr-defined]
                record(session, project)
        if project is None:
            raise NotFoundError.of("project", ident)
        if done.rowcount == 0:  # type: ignore[attr-defined]
            raise ConflictError(
                "The project was changed elsewhere meanwhile.",
                where="revision",
                wanted=project.revision,
                got=revision,
                remedy="Load it again, then make the change once more.",
            )
        return project

    def delete(self, ident: str) -> None:
        """Delete a project; its runs and models stay."""
        with self._database.write() as session:
            done = session.execute(delete(Project).where(Project.id == ident))
        if done.rowcount == 0:  # type: ignore[attr-defined]
            raise NotFoundError.of("project", ident)
