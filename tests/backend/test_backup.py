"""Backups: from either database to either, whole or not at all."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import select, text
from tests.backend.conftest import KINDS, add_run, make_settings, url_of
from typer.testing import CliRunner

from netwright.errors import DataError, DiskFullError
from netwright_studio.backup import making, restoring
from netwright_studio.backup.commands import register
from netwright_studio.backup.making import make_backup
from netwright_studio.backup.restoring import restore_backup
from netwright_studio.backup.rows import tables
from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.runs.state import RunState
from netwright_studio.settings import Settings
from netwright_studio.store import Store, open_store
from netwright_studio.store.datasets import DatasetStore
from netwright_studio.store.events import Draft

Change = Callable[[dict[str, bytes], dict[str, Any]], None]


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str | None:
    return url_of(request.param, request)


@pytest.fixture(params=KINDS)
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Another studio's empty place, on either database."""
    return make_settings(tmp_path / "elsewhere", database_url=url_of(request.param, request))


def fill(store: Store) -> str:
    """A bit of everything; the id of a run that is live."""
    project = store.projects.create(name="Ä “q” 中", graph={"nodes": [{}]}, dataset=None, settings={"a": [1, None]})
    store.projects.update(project.id, 1, name="B")
    name = store.blobs.put(b"a,b\n1,2\n")
    DatasetStore(store.database).create(
        name="d", filename="d.csv", format="csv", target=None, blob=name, bytes=8, info={"x": 1}
    )
    add_run(store)
    run, _ = store.runs.claim() or pytest.fail("nothing was waiting")
    store.runs.move(run.id, RunState.RUNNING)
    drafts = [Draft("metrics", {"step": step, "epoch": 0.0, "values": {"loss": float("nan")}}) for step in range(1500)]
    store.events.append(run.id, drafts, {"metrics": {"loss": float("inf")}, "best": None})
    checkpoint = store.settings.runs_dir / run.id / "checkpoints" / "step-7"
    checkpoint.mkdir(parents=True)
    for file in ("state.json", "weights.safetensors"):
        (checkpoint / file).write_bytes(file.encode() * 1000)
    half = checkpoint.with_name(".step-8.new")
    half.mkdir()
    (half / "weights.safetensors").write_bytes(b"half")
    return run.id


def everything(store: Store) -> dict[str, list[Any]]:
    with store.database.read() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in tables()
        }


def test_what_is_put_back_is_what_there_was(store: Store, elsewhere: Settings, tmp_path: Path) -> None:
    live = fill(store)
    before = everything(store)
    done: list[int] = []
    made = make_backup(store.settings, tmp_path / "b.zip", done.append)
    store.projects.create(name="too late", graph={}, dataset=None, settings={})
    assert made.manifest.tables["run_events"] == len(before["run_events"]) > 1500
    assert sum(done) == made.manifest.size
    assert not list(store.settings.home.glob(".backup-*"))
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600

    restore_backup(elsewhere, tmp_path / "b.zip")
    there = open_store(elsewhere)
    after = everything(there)
    run, events = there.runs.get(live), there.events.page(live, 0, 10_000).events
    assert (run.state, run.resumable) == ("interrupted", True)
    assert "while this run was running" in (run.state_reason or "")
    assert after["run_events"][:-1] == before["run_events"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for name in before.keys() - {"runs", "run_events"}:
        assert after[name] == before[name], name
    assert run.metrics == {"loss": "Infinity"}
    assert run.best is None
    with there.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM runs WHERE best IS NULL")).scalar() == 1, "NULL stays NULL"
    (blob,) = (row.blob for row in DatasetStore(there.database).list())
    assert there.blobs.verify(blob)
    files = sorted(path.relative_to(elsewhere.runs_dir).as_posix() for path in elsewhere.runs_dir.rglob("*.*"))
    assert files == [f"{live}/checkpoints/step-7/{name}" for name in ("state.json", "weights.safetensors")]
    assert not list(elsewhere.home.glob(".restore-*"))
    there.close()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A backup of a studio on SQLite."""
    store = open_store(make_settings(tmp_path / "made"))
    fill(store)
    store.close()
    make_backup(store.settings, tmp_path / "made.zip")
    return tmp_path / "made.zip"


def rewrite(path: Path, change: Change) -> Path:
    """The archive with something changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in {**members, "manifest.json": json.dumps(manifest).encode()}.items():
            archive.writestr(name, content)
    return changed


def add_member(name: str) -> Change:
    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        members[name] = b""
        manifest["members"][name] = {"bytes": 0, "sha256": "0" * 64}

    return change


def lose_rows(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["tables"]["runs"] += 1


def damage(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("files/runs"))
    members[name] = members[name][:-1] + b"x"


def lie_about_size(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    name = next(name for name in members if name.startswith("files/blobs"))
    members[name] += bytes(1000)


def leave_out(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    del members[next(name for name in members if name.startswith("files/runs"))]


@pytest.mark.parametrize(
    "change",
    [
        lose_rows, damage, lie_about_size, leave_out,
        *(add_member(name) for name in (
            "files/../x", "files/runs/../../x", "/etc/x", "files/studio.db", "files/runs/a\\b", "tables/x.sql",
            "files/runs/.",
        )),
        lambda members, manifest: manifest.update(format="something else"),
        lambda members, manifest: manifest.update(version=2),
        lambda members, manifest: manifest.pop("tables"),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_as_written_changes_nothing(backup: Path, tmp_path: Path, change: Change) -> None:
    home = tmp_path / "target"
    with pytest.raises(DataError):
        restore_backup(make_settings(home), rewrite(backup, change))
    assert {path.name for path in home.iterdir()} <= {"studio.lock"} if home.exists() else True
    restore_backup(make_settings(home), backup)


@pytest.mark.parametrize("keep", [0, 10, 0.5])
def test_a_file_that_was_cut_off_is_told(backup: Path, tmp_path: Path, keep: float) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[: int(keep if keep >= 1 or keep == 0 else len(content) * keep)])
    with pytest.raises(DataError, match="damaged"):
        restore_backup(make_settings(tmp_path / "target"), backup)


def test_a_newer_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    newer = rewrite(backup, lambda members, manifest: manifest.update(revision="9999"))
    with pytest.raises(ConflictError, match="newer version"):
        restore_backup(make_settings(tmp_path / "target"), newer)


def test_nothing_is_put_over_what_is_there(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="nothing is kept yet"):
        restore_backup(make_settings(tmp_path / "made"), backup)
    with pytest.raises(ConflictError, match="already"):
        make_backup(make_settings(tmp_path / "made"), backup)


def test_a_database_with_rows_is_left_alone(backup: Path, tmp_path: Path, store: Store) -> None:
    store.projects.create(name="mine", graph={}, dataset=None, settings={})
    if store.settings.database_url is None:
        pytest.skip("SQLite's file is the folder's")
    with pytest.raises(ConflictError, match="nothing is kept yet"):
        restore_backup(make_settings(tmp_path / "target", database_url=store.settings.database_url), backup)
    assert store.projects.page(10, 0)[1] == 1


def test_without_room_nothing_is_begun(backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 10

    monkeypatch.setattr(restoring.shutil, "disk_usage", lambda place: Usage)
    with pytest.raises(DiskFullError):
        restore_backup(make_settings(tmp_path / "target"), backup)


def test_where_there_is_no_studio_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        make_backup(make_settings(tmp_path), tmp_path / "b.zip")


def test_a_missing_blob_is_told(tmp_path: Path) -> None:
    store = open_store(make_settings(tmp_path))
    fill(store)
    (blob,) = (row.blob for row in DatasetStore(store.database).list())
    store.blobs.delete(blob)
    with pytest.raises(NotFoundError, match="missing"):
        make_backup(store.settings, tmp_path / "b.zip")
    store.close()
    assert not (tmp_path / "b.zip").exists()


def test_half_of_a_checkpoint_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(make_settings(tmp_path))
    live = fill(store)
    store.close()
    link = making._link
    monkeypatch.setattr(making, "_link", lambda source, target: source.name != "state.json" and link(source, target))
    made = make_backup(store.settings, tmp_path / "b.zip")
    assert not any(live in name and "checkpoints" in name for name in made.manifest.members)


def test_the_commands(backup: Path, tmp_path: Path) -> None:
    app, runner = typer.Typer(pretty_exceptions_enable=False), CliRunner()
    register(app)
    folder = tmp_path / "backups"
    folder.mkdir()
    done = runner.invoke(app, ["backup", str(folder), "--home", str(tmp_path / "made")])
    (file,) = folder.iterdir()
    assert file.name.startswith("netwright-")
    assert done.exit_code == 0
    assert "1 projects, 1 runs" in done.output
    done = runner.invoke(app, ["restore", str(file), "--home", str(tmp_path / "target")])
    assert done.exit_code == 0, done.output
    done = runner.invoke(app, ["restore", str(file), "--home", str(tmp_path / "target")])
    assert done.exit_code == 1
    assert "nothing is kept yet" in done.output
