"""Tables as lines of JSON, the same from SQLite and PostgreSQL: a backup of one can be restored on the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, MetaData, Table, event, insert, select, text

from netwright_studio.jsonio import dumps
from netwright_studio.store.database import Database
from netwright_studio.store.tables import Base

_ROWS = 1000


@contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """Open a transaction that sees the database as it is now, whatever is written meanwhile, and holds up nobody."""
    if database.kind == "postgresql":
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    else:
        options = {"read_only": True}
    with database.durable.connect().execution_options(**options) as connection, connection.begin():
        connection.execute(text("SELECT count(*) FROM alembic_version"))  # what is seen is settled by the first read
        yield connection


def tables() -> list[Table]:
    """Every table, those first that others refer to."""
    return list(Base.metadata.sorted_tables)


def dump_rows(connection: Connection, table: Table) -> Iterator[bytes]:
    """Yield the rows of a table, a line each."""
    rows = connection.execution_options(yield_per=_ROWS).execute(select(table).order_by(*table.primary_key))
    for row in rows.mappings():
        yield dumps({name: _to_text(value) for name, value in row.items()}) + b"\n"


def reflect(connection: Connection) -> MetaData:
    """The tables as they are in the database, which may be those of an earlier version."""
    found = MetaData()

    @event.listens_for(found, "column_reflect")
    def _say_null(inspector: Any, table: Table, column: dict[str, Any]) -> None:
        if isinstance(column["type"], JSON):
            column["type"] = JSON(none_as_null=True)

    found.reflect(connection)
    return found


def load_rows(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Insert rows that ``dump_rows`` made; return how many."""
    moments = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    count = 0
    for batch in _batched(rows):
        made = [{name: _to_moment(value) if name in moments else value for name, value in row.items()} for row in batch]
        connection.execute(insert(table), made)
        count += len(made)
    return count


def _batched(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while batch := list(itertools.islice(source, _ROWS)):
        yield batch


def _to_text(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _to_moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
