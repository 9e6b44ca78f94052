"""Whether a database is whole: what it finds in its own files, keys that point nowhere, events that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, create_engine, func, inspect, select, text

from netwright_studio.store.tables import Base, Run, RunEvent

HAS_AMCHECK = "SELECT count(*) FROM pg_available_extensions WHERE name = 'amcheck'"
INDEXES = """
SELECT c.relname, bt_index_parent_check(c.oid, true, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.amname = 'btree' AND n.nspname = 'public'
"""
HEAP = "SELECT blkno, offnum, msg FROM verify_heapam('public.{table}')"


def faults(url: str) -> list[str]:
    """What is wrong with a studio's database that no studio uses; what is read is read in one transaction."""
    engine = create_engine(url, connect_args={"timeout": 15} if url.startswith("sqlite") else {})
    try:
        with engine.begin() as connection:
            files = _sqlite(connection) if engine.dialect.name == "sqlite" else _postgresql(connection)
            return [*files, *_keys(connection), *_events(connection)]
    finally:
        engine.dispose()


def _sqlite(connection: Connection) -> Iterator[str]:
    for (said,) in connection.execute(text("PRAGMA integrity_check")):
        if said != "ok":
            yield str(said)


def _postgresql(connection: Connection) -> Iterator[str]:
    """Damage to an index is raised by the check itself."""
    if not connection.scalar(text(HAS_AMCHECK)):
        yield "amcheck is not there, which comes with PostgreSQL's server"
        return
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
    connection.execute(text(INDEXES)).all()
    for table in inspect(connection).get_table_names("public"):
        for block, place, said in connection.execute(text(HEAP.format(table=table))):
            yield f"{table}, block {block}, {place}: {said}"


def _keys(connection: Connection) -> Iterator[str]:
    """Rows that name others which are not there, whatever the database has been told of its foreign keys."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table.alias()
            known = select(parent.c[key.column.name])
            lost = select(func.count()).where(key.parent.is_not(None), key.parent.not_in(known))
            if count := connection.scalar(lost):
                yield f"{count} rows of {table.name} name a row of {key.column.table.name} that is not there"


def _events(connection: Connection) -> Iterator[str]:
    """A run and its events are written together: it knows how many it has, numbered without holes."""
    told = select(RunEvent.run_id, func.count().label("kept"), func.max(RunEvent.seq).label("last"))
    told = told.group_by(RunEvent.run_id).subquery()
    query = select(Run.id, Run.last_event, Run.pruned_to, told.c.kept, told.c.last)
    for run, last_event, pruned_to, kept, last in connection.execute(query.outerjoin(told, told.c.run_id == Run.id)):
        if (kept or 0, last or pruned_to) != (last_event - pruned_to, last_event):
            yield f"run {run} has {kept or 0} events up to {last}, and says {last_event - pruned_to} up to {last_event}"
