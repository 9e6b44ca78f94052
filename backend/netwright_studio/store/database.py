"""The connections: one engine that waits for the disk, for run state; one that need not, for metrics."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from netwright_studio.errors import ConflictError
from netwright_studio.jsonio import dumps
from netwright_studio.store.fullness import Reserve
from netwright_studio.store.migrate import upgrade
from netwright_studio.store.turn import Turn

BUSY_SECONDS = 15
CLAIM_SECONDS = 3.0
"""PostgreSQL needs a moment to see that a studio which was killed is gone."""
STUDIO_LOCK, NUMBER_LOCK = 0x6E657477, 0x6E657478
"""PostgreSQL's locks by number: who is the studio of a database, and who gives a run its number."""


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
        if synchronous == "NORMAL":
            # Every thousandth page such a commit would wait for the disk after all: ``checkpoint`` does instead.
            cursor.execute("PRAGMA wal_autocheckpoint=0")
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

    def __init__(self, url: str, reserve: Reserve | None = None) -> None:
        self.url = url
        self._watch = reserve.watch if reserve is not None else nullcontext
        self.kind = make_url(url).get_backend_name()
        file = make_url(url).database if self.kind == "sqlite" else None
        self._turn = Turn(f"{file}-turn") if file else None
        self._claim: Connection | None = None
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
        with self._watch(), self._my_turn(), self._write.begin() as session:
            yield session

    @contextmanager
    def write_fast(self) -> Iterator[Session]:
        """Open a transaction for what comes often and could be lost with the power."""
        with self._watch(), self._my_turn(), self._write_fast.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a transaction that only reads."""
        with self._read() as session:
            yield session

    def claim(self) -> None:
        """Be the only studio on this database, until ``close`` or the end of the process, however it comes.

        A second one would take the first one's live runs for what a crash left behind. On SQLite the lock on the data
        folder sees to that.
        """
        if self.kind != "postgresql" or self._claim is not None:
            return
        connection = self.durable.connect().execution_options(isolation_level="AUTOCOMMIT")
        deadline = time.monotonic() + CLAIM_SECONDS
        while not connection.scalar(select(func.pg_try_advisory_lock(STUDIO_LOCK))):
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            connection.close()
            raise ConflictError(
                "Another studio already uses this database.",
                where="NETWRIGHT_DATABASE_URL",
                remedy="Stop it, or give this one a database of its own.",
            )
        self._claim = connection

    def checkpoint(self) -> None:
        """Take what SQLite has in its log over into the database, without holding up who writes."""
        if self.kind != "sqlite":
            return
        connection = self.durable.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        finally:
            connection.close()

    def lock_numbers(self, session: Session) -> None:
        """Let no other writer give a run its number before this transaction ends; SQLite has one writer anyway."""
        if self.kind == "postgresql":
            session.execute(select(func.pg_advisory_xact_lock(NUMBER_LOCK)))

    def check(self) -> None:
        """Raise when the database does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def _my_turn(self) -> AbstractContextManager[None]:
        return nullcontext() if self._turn is None else self._turn.take()

    def close(self) -> None:
        """Close all connections."""
        if self._claim is not None:
            with suppress(SQLAlchemyError):  # where the server is gone, so is the lock
                self._claim.execute(select(func.pg_advisory_unlock(STUDIO_LOCK)))
                self._claim.close()
            self._claim = None
        self.durable.dispose()
        self.fast.dispose()
        if self._turn is not None:
            self._turn.close()
