from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.exc import DataError
from tests.backend.conftest import KINDS, add_run, url_of
from tests.trust.soundness import faults

from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.runs.state import RunState
from netwright_studio.settings import Settings
from netwright_studio.store import Store, migrate, open_store
from netwright_studio.store.blobs import BlobStore
from netwright_studio.store.events import Draft
from netwright_studio.store.fullness import is_full
from netwright_studio.store.lock import FolderLock
from netwright_studio.store.tables import Base
from netwright_studio.store.versions import KEEP_ALL, KEEP_BYTES, KEEP_HOURLY, choose_gone


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str | None:
    """All that uses the store runs on both databases."""
    return url_of(request.param, request)


def metrics(step: int, value: float = 1.0) -> Draft:
    return Draft("metrics", {"step": step, "epoch": 0.0, "values": {"loss": value}})


def test_the_migrations_make_the_tables_of_the_models(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.database.durable.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert inspect(connection).get_table_names()


def test_head_is_the_newest_migration(store: Store) -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(migrate.alembic_config(store.database.durable))
    assert scripts.get_heads() == [migrate.HEAD]
    assert migrate.current_revision(store.database.durable) == migrate.HEAD


def test_migrations_go_down_and_up_again(store: Store) -> None:
    migrate.downgrade(store.database.durable)
    with store.database.durable.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(store.database.durable)
    assert store.projects.page(10, 0) == ([], 0)


def test_the_disk_is_waited_for_for_state_and_not_for_metrics(store: Store) -> None:
    def ask(session_of: object, question: str) -> object:
        with session_of() as session:  # type: ignore[operator]
            return session.execute(text(question)).scalar()

    if store.database.kind == "postgresql":
        assert ask(store.database.write, "SHOW synchronous_commit") == "on"
        assert ask(store.database.write_fast, "SHOW synchronous_commit") == "off"
        return

    def pragma(session_of: object, name: str) -> object:
        return ask(session_of, f"PRAGMA {name}")

    full, normal = 2, 1
    assert pragma(store.database.write, "synchronous") == full
    assert pragma(store.database.write_fast, "synchronous") == normal
    assert pragma(store.database.read, "journal_mode") == "wal"
    assert pragma(store.database.read, "foreign_keys") == 1


def test_projects_are_changed_only_on_their_newest_revision(store: Store) -> None:
    project = store.projects.create(name="A", graph={"nodes": []}, dataset=None, settings={})
    assert store.projects.update(project.id, 1, name="B").revision == 2
    with pytest.raises(ConflictError) as caught:
        store.projects.update(project.id, 1, name="C")
    assert (caught.value.wanted, caught.value.got) == ("2", "1")
    assert store.projects.get(project.id).name == "B"
    with pytest.raises(NotFoundError):
        store.projects.update("nothing", 1, name="C")


def test_every_save_is_a_version_and_named_ones_stay(store: Store) -> None:
    project = store.projects.create(name="A", graph={"nodes": [{}]}, dataset=None, settings={})
    store.projects.update(project.id, 1, graph={"nodes": [{}, {}]})
    store.projects.update(project.id, 2, name="B")  # holds nothing new
    store.projects.update(project.id, 3, dataset="iris")
    rows, total = store.versions.page(project.id, 10, 0)
    assert [(row.revision, row.nodes, row.label) for row in rows] == [(4, 2, None), (2, 2, None), (1, 1, None)]
    assert total == 3
    assert store.versions.get(project.id, 1).graph == {"nodes": [{}]}

    assert store.versions.name(project.id, 1, "first").label == "first"
    for revision in range(4, 4 + KEEP_ALL + 5):
        store.projects.update(project.id, revision, graph={"nodes": [{}] * revision})
    rows, total = store.versions.page(project.id, 200, 0)
    # All of one hour: the newest fifty, the last before them, and the one with a label.
    assert [row.revision for row in rows[-2:]] == [9, 1]
    assert total == KEEP_ALL + 2

    store.projects.delete(project.id)
    with pytest.raises(NotFoundError):
        store.versions.page(project.id, 10, 0)
    with pytest.raises(NotFoundError):
        store.versions.name(project.id, 1, "gone")


def test_versions_are_thinned_by_age_and_size() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [(revision, start + timedelta(minutes=10 * revision), 1000) for revision in range(1000, 0, -1)]
    gone = set(choose_gone(rows))
    kept = [revision for revision, _, _ in rows if revision not in gone]
    assert kept[:KEEP_ALL] == list(range(1000, 1000 - KEEP_ALL, -1))
    hours = [(start + timedelta(minutes=10 * revision)).strftime("%d %H") for revision in kept[KEEP_ALL:]]
    assert len(hours) == len(set(hours)) == KEEP_HOURLY

    large = [(revision, moment, KEEP_BYTES // 4 + 1) for revision, moment, _ in rows[:10]]
    assert choose_gone(large) == [revision for revision, _, _ in large[3:]]
    assert choose_gone([(1, start, 2 * KEEP_BYTES)]) == []


def test_runs_outlive_their_project(store: Store) -> None:
    project = store.projects.create(name="A", graph={}, dataset=None, settings={})
    run = store.runs.create(name="r", project=project.id, graph={}, dataset="iris", settings={}, epochs=1)
    store.projects.delete(project.id)
    assert store.runs.get(run.id).project_id is None


def test_events_are_numbered_without_holes_by_writers_at_once(store: Store) -> None:
    run = add_run(store).id
    threads = [
        threading.Thread(target=lambda: [store.events.append(run, [metrics(1), metrics(2)]) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = store.events.page(run, 0, 10_000).events
    assert [event.seq for event in events] == list(range(1, 402))
    assert store.runs.get(run).last_event == 401


def test_a_failed_transaction_leaves_no_hole(store: Store) -> None:
    run = add_run(store).id
    with pytest.raises(ConflictError):
        store.runs.move(run, RunState.COMPLETED, drafts=[metrics(1)])
    store.events.append(run, [metrics(1)])
    assert [event.seq for event in store.events.page(run, 0, 10).events] == [1, 2]


def test_pruned_events_show_as_a_gap(store: Store) -> None:
    run = add_run(store).id
    store.events.append(run, [metrics(step) for step in range(99)])
    assert store.events.prune(run, 1000) == 0
    assert store.events.prune(run, 30) == 70
    page = store.events.page(run, 10, 5)
    assert page.gap == (11, 70)
    assert [event.seq for event in page.events] == [71, 72, 73, 74, 75]
    assert store.events.page(run, 80, 5).gap is None
    assert store.events.prune(run, 30) == 0


def test_nan_is_stored_as_valid_json(store: Store) -> None:
    run = add_run(store).id
    store.events.append(run, [metrics(1, float("nan"))], {"metrics": {"loss": float("inf")}})
    assert store.events.page(run, 1, 10).events[0].data == '{"step":1,"epoch":0.0,"values":{"loss":"NaN"}}'
    assert store.runs.get(run).metrics == {"loss": "Infinity"}


def test_rare_events_are_found_without_reading_the_frequent_ones(store: Store) -> None:
    run, other = add_run(store).id, add_run(store).id
    for one in (run, other):
        drafts = [metrics(step) for step in range(3000)]
        drafts[99::100] = [Draft("samples", {"step": step}) for step in range(99, 3000, 100)]
        store.events.append(one, drafts)
    if store.database.kind == "postgresql":
        with store.database.durable.begin() as connection:
            connection.execute(text("ANALYZE run_events"))
    asked: list[tuple[str, Any]] = []
    engine = store.database.fast

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    found, total = store.events.last_of(run, "samples", 3)
    told = store.events.of_types(run, ("state", "samples"), after=2000)
    event.remove(engine, "before_cursor_execute", note)
    assert ([one.data for one in found], total) == ([f'{{"step":{step}}}' for step in (2799, 2899, 2999)], 30)
    assert [one.seq for one in told] == list(range(2001, 3002, 100))
    assert len(asked) == 3
    for statement, parameters in asked:
        with engine.connect() as connection:
            assert rows_read(connection, store.database.kind, statement, parameters) <= 70, statement


def rows_read(connection: Connection, kind: str, statement: str, parameters: Any) -> float:
    """How many events a query reads; SQLite only tells its way: through the whole of a run is infinite."""
    if kind == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        steps = [row[3] for row in plan if row[3].startswith(("SEARCH", "SCAN"))]
        exact = ("USING PRIMARY KEY (run_id=? AND seq=?)", "ix_run_events_rare (run_id=? AND type=?")
        return 0 if steps and all(any(way in step for way in exact) for step in steps) else float("inf")
    explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar()
    nodes, rows = [explained[0]["Plan"]], 0.0
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if "Relation Name" in node:
            each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            rows += node["Actual Loops"] * (each + node.get("Rows Removed by Index Recheck", 0))
    return rows


def test_numbers_of_runs_are_not_given_twice(store: Store) -> None:
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.extend(add_run(store).number for _ in range(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == list(range(1, 81))


def test_a_run_is_claimed_by_one_of_two(settings: Settings, store: Store) -> None:
    other = open_store(settings)
    run = add_run(store).id
    store.runs.move(run, RunState.STARTING)
    with pytest.raises(ConflictError):
        other.runs.move(run, RunState.STARTING)
    other.close()


def test_each_queued_run_is_taken_once_and_in_order(settings: Settings, store: Store) -> None:
    made = [add_run(store).id for _ in range(60)]
    stores = [open_store(settings) for _ in range(4)]
    taken: list[list[str]] = [[] for _ in stores]

    def take(number: int) -> None:
        while (claimed := stores[number].runs.claim()) is not None:
            run, events = claimed
            assert run.state == "starting"
            assert [event.seq for event in events] == [2]
            taken[number].append(run.id)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(run for one in taken for run in one) == sorted(made), "lost or taken twice"
    assert all(one == sorted(one, key=made.index) for one in taken), "the longest waiting first"
    assert store.runs.claim() is None
    for other in stores:
        other.close()


def test_a_claimed_run_keeps_its_first_start(store: Store) -> None:
    run = add_run(store).id
    assert store.runs.claim(but=[run]) is None
    first, _ = store.runs.claim() or pytest.fail("nothing was waiting")
    store.runs.move(run, RunState.INTERRUPTED)
    store.runs.move(run, RunState.QUEUED)
    again, _ = store.runs.claim() or pytest.fail("nothing was waiting")
    assert again.started_at == first.started_at is not None


def test_one_studio_at_a_time_works_on_a_postgresql_database(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_store(settings)
    store.database.claim()
    monkeypatch.setattr("netwright_studio.store.database.CLAIM_SECONDS", 0.2)
    if store.database.kind == "postgresql":
        with pytest.raises(ConflictError, match="already uses this database"):
            other.database.claim()
    store.database.close()
    other.database.claim()
    other.close()


def test_a_text_that_postgresql_cannot_hold_is_told_as_such(store: Store) -> None:
    def create() -> str:
        return store.projects.create(name="nul \0", graph={}, dataset=None, settings={}).id

    if store.database.kind == "sqlite":
        assert store.projects.get(create()).name == "nul \0"
        return
    with pytest.raises(DataError) as caught:
        create()
    assert not is_full(caught.value)


KILLED_WRITER = """
import sys
from pathlib import Path
from netwright_studio.settings import Settings
from netwright_studio.store import open_store
from netwright_studio.store.events import Draft

store = open_store(Settings(home=Path(sys.argv[1]), database_url=sys.argv[3] or None))
step = 0
while True:
    step += 1
    store.events.append(sys.argv[2], [Draft("metrics", {"step": step, "epoch": 0.0, "values": {}})])
    print(step, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(store: Store, settings: Settings) -> None:
    run = add_run(store).id
    command = [sys.executable, "-c", KILLED_WRITER, str(settings.home), run, settings.database_url or ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        while acknowledged < 200:
            acknowledged = int(writer.stdout.readline())
        writer.kill()
        acknowledged = max([acknowledged, *(int(line) for line in writer.stdout.read().split())])
    events = store.events.page(run, 1, 100_000).events
    assert len(events) >= acknowledged
    assert [event.seq for event in events] == list(range(2, len(events) + 2))
    if store.database.kind == "sqlite":
        with store.database.read() as session:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"


SPOILT = {
    "an event is gone": ("DELETE FROM run_events WHERE seq = 2", "has 1 events up to 1, and says 2 up to 2"),
    "a version without a project": (
        "INSERT INTO project_versions (project_id, revision, created_at, nodes, bytes, graph, settings)"
        " VALUES ('nobody', 1, '2026-01-01 00:00:00+00', 0, 0, '{}', '{}')",
        "1 rows of project_versions name a row of projects that is not there",
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_the_check_after_kills_finds_what_is_wrong(what: str, store: Store, settings: Settings) -> None:
    """``tests.trust.soundness``, by which the database is judged once its studio was killed."""
    run = add_run(store).id
    store.events.append(run, [metrics(1)])
    url = settings.effective_database_url
    store.database.close()
    assert faults(url) == []
    statement, said = SPOILT[what]
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if store.database.kind == "postgresql":  # SQLite looks at foreign keys only where it is told to
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.exec_driver_sql(statement)
    engine.dispose()
    (found,) = faults(url)
    assert said in found


def test_blobs_are_named_by_what_is_inside(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    name = blobs.put(b"hello")
    assert name == hashlib.sha256(b"hello").hexdigest()
    assert blobs.put(b"hello") == name
    assert blobs.path(name).read_bytes() == b"hello"
    assert blobs.verify(name)
    blobs.path(name).write_bytes(b"hellO")
    assert not blobs.verify(name)
    blobs.delete(name)
    blobs.delete(name)
    assert not blobs.has(name)


def test_a_broken_upload_leaves_nothing(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)

    def chunks() -> object:
        yield b"some"
        raise ConnectionError("cut off")

    with pytest.raises(ConnectionError):
        blobs.put_chunks(chunks())  # type: ignore[arg-type]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "/..", "g" * 64])
def test_a_blob_name_is_a_digest_or_nothing(tmp_path: Path, name: str) -> None:
    blobs = BlobStore(tmp_path)
    assert not blobs.has(name)
    with pytest.raises(NotFoundError):
        blobs.path(name)


def test_sweep_removes_what_a_crash_left(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    name = blobs.put(b"kept")
    (tmp_path / "incoming" / "half").write_bytes(b"ha")
    blobs.sweep()
    assert os.listdir(tmp_path / "incoming") == []
    assert blobs.has(name)


def test_a_second_studio_on_one_folder_is_told_who_has_it(tmp_path: Path) -> None:
    with FolderLock(tmp_path), pytest.raises(ConflictError, match="already uses") as caught, FolderLock(tmp_path):
        raise AssertionError("the lock was given twice")
    assert str(os.getpid()) in (caught.value.got or "")
    with FolderLock(tmp_path):
        assert (tmp_path / "studio.lock").exists()
