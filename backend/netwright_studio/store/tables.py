"""The tables of the studio. The migrations make them; a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A time that is always aware and UTC, also on SQLite, which stores none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC before storing."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the stored time its zone back."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value


def now() -> datetime:
    """Return the present moment, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The declarative base of all tables. Every constraint has a name, so that a migration can change it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
        datetime: UtcDateTime,
    }


class Project(Base):
    """A network being worked on, with its data set and settings."""

    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    graph: Mapped[dict[str, Any]]
    dataset: Mapped[str | None] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, index=True)


class ProjectVersion(Base):
    """A project as it was saved once; those with a label are kept for good."""

    __tablename__ = "project_versions"

    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    label: Mapped[str | None] = mapped_column(String(120))
    nodes: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(Integer)
    graph: Mapped[dict[str, Any]]
    dataset: Mapped[str | None] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]]


class Run(Base):
    """One training: what was asked, how far it is, how it ended."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    name: Mapped[str] = mapped_column(String(120))
    project_id: Mapped[str | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"), index=True)
    graph: Mapped[dict[str, Any]]
    dataset: Mapped[str] = mapped_column(String(120))
    settings: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), index=True)
    state_reason: Mapped[str | None] = mapped_column(Text)
    resumable: Mapped[bool] = mapped_column(Boolean, default=False)
    resume: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    queued_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    epoch: Mapped[float] = mapped_column(Float, default=0.0)
    epochs: Mapped[int] = mapped_column(Integer)
    step: Mapped[int] = mapped_column(Integer, default=0)
    steps_total: Mapped[int | None] = mapped_column(Integer)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    best: Mapped[dict[str, Any] | None]
    samples_per_second: Mapped[float | None] = mapped_column(Float)
    seconds_left: Mapped[float | None] = mapped_column(Float)
    device: Mapped[str | None] = mapped_column(String(64))
    device_reason: Mapped[str | None] = mapped_column(Text)
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    start_paused: Mapped[bool] = mapped_column(Boolean, default=False)
    changes: Mapped[list[Any]] = mapped_column(default=list)
    advice: Mapped[list[Any]] = mapped_column(default=list)
    parent_id: Mapped[str | None] = mapped_column(String(32), index=True)
    sweep_id: Mapped[str | None] = mapped_column(String(32), index=True)
    trial: Mapped[int | None] = mapped_column(Integer)
    trial_state: Mapped[str | None] = mapped_column(String(16))
    rung: Mapped[int | None] = mapped_column(Integer)
    until_epoch: Mapped[int | None] = mapped_column(Integer)
    origin: Mapped[dict[str, Any] | None]
    ranges: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tags: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[str] = mapped_column(Text, default="")
    deleted_at: Mapped[datetime | None] = mapped_column(index=True)
    model_name: Mapped[str | None] = mapped_column(String(120))
    model_version: Mapped[int | None] = mapped_column(Integer)
    last_event: Mapped[int] = mapped_column(BigInteger, default=0)
    pruned_to: Mapped[int] = mapped_column(BigInteger, default=0)


class Sweep(Base):
    """Many trainings that differ in some parameters; ``spec`` is the framework's, graph and settings included."""

    __tablename__ = "sweeps"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    name: Mapped[str] = mapped_column(String(120))
    project_id: Mapped[str | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"), index=True)
    dataset: Mapped[str] = mapped_column(String(120))
    spec: Mapped[dict[str, Any]]
    metric: Mapped[str] = mapped_column(String(60))
    concurrency: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None] = mapped_column(index=True)


class SweepTrial(Base):
    """One combination of a sweep's values; ``run_id`` once it has begun."""

    __tablename__ = "sweep_trials"

    sweep_id: Mapped[str] = mapped_column(ForeignKey("sweeps.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    run_id: Mapped[str | None] = mapped_column(String(32), index=True)
    state: Mapped[str] = mapped_column(String(16))
    rung: Mapped[int] = mapped_column(Integer, default=0)
    values: Mapped[dict[str, Any]]
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[dict[str, Any] | None]
    seconds: Mapped[float] = mapped_column(Float, default=0.0)


FREQUENT = frozenset({"metrics", "progress"})
"""Types of events that come with every step: they are read in a row, never looked for among others."""
RARE = text("type NOT IN ('metrics', 'progress')")
"""All others. A query has to say it in these very words, or the index of them is not used."""


class RunEvent(Base):
    """One numbered event of a run; ``data`` is JSON text, for it is sent far more than looked into."""

    __tablename__ = "run_events"
    __table_args__ = (
        # Writing what is frequent costs nothing more for it.
        Index("ix_run_events_rare", "run_id", "type", "seq", sqlite_where=RARE, postgresql_where=RARE),
        {"sqlite_with_rowid": False},
    )

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[str] = mapped_column(String(32))
    type: Mapped[str] = mapped_column(String(16))
    data: Mapped[str] = mapped_column(Text)


class ModelVersion(Base):
    """A trained model: its graph, where its weights lie, what goes in and out, and where it comes from."""

    __tablename__ = "model_versions"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    version: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[str | None] = mapped_column(String(32), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    graph: Mapped[dict[str, Any]]
    weights_blob: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[int] = mapped_column(BigInteger)
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)
    input: Mapped[dict[str, Any]]
    label: Mapped[dict[str, Any]]
    dataset: Mapped[str | None] = mapped_column(String(120))
    preprocessing: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sample: Mapped[dict[str, Any]] = mapped_column(default=dict)
    provenance: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Dataset(Base):
    """One version of an uploaded data set; the built-in ones live in the framework and have no row.

    A version never changes: other choices make another one, of the same ``family`` (the id of its first).
    ``blob`` is empty where it is made of a built-in set, whose name is ``filename`` then.
    """

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    filename: Mapped[str] = mapped_column(String(255))
    format: Mapped[str] = mapped_column(String(16))
    target: Mapped[str | None] = mapped_column(String(255))
    blob: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    info: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    recipe: Mapped[dict[str, Any] | None]
    steps: Mapped[list[Any]] = mapped_column(default=list)
    family: Mapped[str | None] = mapped_column(String(32), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    test_blob: Mapped[str | None] = mapped_column(String(64))
    test_filename: Mapped[str | None] = mapped_column(String(255))


class ApiKey(Base):
    """A key for programs. ``digest`` is the SHA-256 of the secret, which is kept nowhere; ``hint`` how it begins."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    scope: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class ShareLink(Base):
    """An address that shows one run, model or project to whoever has it."""

    __tablename__ = "share_links"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(120), index=True)
    version: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
