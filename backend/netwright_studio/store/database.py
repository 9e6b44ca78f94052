"""The connections: one engine that waits for the disk, for run state; one that need not, for metrics."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from netwright_studio.jsonio import dumps
from netwright_studio.store.migrate import upgrade

BUSY_SECONDS = 15


def new_id() -> str:
    """Return a short opaque id."""
    return secrets.token_hex(6)


def _tune_sqlite(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        # We begin transactions ourselves: the driver begins them late and may then be locked out.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for a writer: take the lock at once.
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _make_engine(url: str, synchronous: str) -> Engine:
    json: dict[str, Any] = {
        "json_serializer": lambda value: dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
    if make_url(url).get_backend_name() != "sqlite":
        options = {"options": f"-c synchronous_commit={'on' if synchronous == 'FULL' else 'off'}"}
        return create_engine(url, pool_pre_ping=True, connect_args=options, **json)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS}, **json)
    _tune_sqlite(engine, synchronous)
    return engine


class Database:
    """Sessions on the studio's database.

    ``write`` returns after the disk has the data (SQLite ``synchronous=FULL``); ``write_fast`` survives the
    death of the process but not the loss of power (``NORMAL``) and is some fifty times faster; ``read`` never
    takes the write lock.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.durable = _make_engine(url, "FULL")
        self.fast = _make_engine(url, "NORMAL")
        self._write = sessionmaker(self.durable, expire_on_commit=False)
        self._write_fast = sessionmaker(self.fast, expire_on_commit=False)
        self._read = sessionmaker(self.fast.execution_options(read_only=True), expire_on_commit=False)

    def migrate(self) -> None:
        """Bring the tables to the newest revision; costs one query when they are."""
        upgrade(self.durable)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a transaction that is on the disk when it ends."""
        with self._write.begin() as session:
            yield session

    @contextmanager
    def write_fast(self) -> Iterator[Session]:
        """Open a transaction for what comes often and could be lost with the power."""
        with self._write_fast.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only reads."""
        with self._read() as session:
            yield session

    def check(self) -> None:
        """Raise when the database does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections."""
        self.durable.dispose()
        self.fast.dispose()
