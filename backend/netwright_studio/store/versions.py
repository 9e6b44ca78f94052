"""Versions of projects: every save is kept for a while, and what somebody named for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, load_only

from netwright_studio.errors import NotFoundError
from netwright_studio.jsonio import dumps
from netwright_studio.store.database import Database
from netwright_studio.store.tables import Project, ProjectVersion

KEEP_ALL = 50
"""So many of the newest are kept whatever their age."""
KEEP_HOURLY = 100
"""Of older ones, the last of an hour, in so many hours."""
KEEP_BYTES = 64 * 2**20
"""All versions of a project that have no label."""

_LISTED = (
    ProjectVersion.revision,
    ProjectVersion.created_at,
    ProjectVersion.label,
    ProjectVersion.nodes,
    ProjectVersion.bytes,
)


class VersionStore:
    """Lists, reads and names versions of projects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, project: str, limit: int, offset: int) -> tuple[list[ProjectVersion], int]:
        """Return a page of a project's versions without what they hold, the newest first, and how many there are."""
        with self._database.read() as session:
            if session.get(Project, project) is None:
                raise NotFoundError.of("project", project)
            mine = ProjectVersion.project_id == project
            total = session.scalar(select(func.count()).select_from(ProjectVersion).where(mine)) or 0
            query = select(ProjectVersion).where(mine).options(load_only(*_LISTED))
            query = query.order_by(ProjectVersion.revision.desc()).limit(limit).offset(offset)
            return list(session.scalars(query)), total

    def get(self, project: str, revision: int) -> ProjectVersion:
        """Return a version or raise NotFoundError."""
        with self._database.read() as session:
            version = session.get(ProjectVersion, (project, revision))
        if version is None:
            raise NotFoundError.of("version", f"{project}/{revision}")
        return version

    def name(self, project: str, revision: int, label: str | None) -> ProjectVersion:
        """Give a version a label, with which it is kept for good, or take it away; NotFoundError where it is none."""
        with self._database.write() as session:
            session.execute(
                update(ProjectVersion)
                .where(ProjectVersion.project_id == project, ProjectVersion.revision == revision)
                .values(label=label)
            )
        return self.get(project, revision)


@dataclass(frozen=True)
class SavedVersion:
    """What a project was once."""

    revision: int
    created_at: datetime
    label: str | None
    graph: dict[str, Any]
    dataset: str | None
    settings: dict[str, Any]


def keep(session: Session, project: str, saved: SavedVersion) -> None:
    """Store a version inside an open transaction."""
    held = {"graph": saved.graph, "dataset": saved.dataset, "settings": saved.settings}
    session.add(
        ProjectVersion(
            project_id=project,
            revision=saved.revision,
            created_at=saved.created_at,
            label=saved.label,
            nodes=len(saved.graph.get("nodes", ())),
            bytes=len(dumps(held)),
            **held,
        )
    )
    session.flush()


def record(session: Session, project: Project) -> None:
    """Keep the project as it now is as a version, and let go of those that are too many."""
    facts = project.graph, project.dataset, project.settings
    keep(session, project.id, SavedVersion(project.revision, project.updated_at, None, *facts))
    gone = _too_many(session, project.id)
    if gone:
        session.execute(
            delete(ProjectVersion).where(ProjectVersion.project_id == project.id, ProjectVersion.revision.in_(gone))
        )


def _too_many(session: Session, project: str) -> list[int]:
    rows = session.execute(
        select(ProjectVersion.revision, ProjectVersion.created_at, ProjectVersion.bytes)
        .where(ProjectVersion.project_id == project, ProjectVersion.label.is_(None))
        .order_by(ProjectVersion.revision.desc())
    )
    return choose_gone([(revision, moment, size) for revision, moment, size in rows])


def choose_gone(rows: list[tuple[int, datetime, int]]) -> list[int]:
    """Which of (revision, time, bytes), the newest first, are kept no longer; the newest of all always is."""
    gone: list[int] = []
    hours: set[Any] = set()
    size = 0
    for number, (revision, moment, held) in enumerate(rows):
        hour = moment.replace(minute=0, second=0, microsecond=0)
        if number >= KEEP_ALL:
            if hour in hours or len(hours) >= KEEP_HOURLY:
                gone.append(revision)
                continue
            hours.add(hour)
        size += held
        if size > KEEP_BYTES and number > 0:
            gone.append(revision)
    return gone
