"""A full disk, a database that is away: what is answered, and that the way out stays open."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DataError, OperationalError
from tests.backend.conftest import TestClient

from netwright.errors import DiskFullError
from netwright.serialization import write_atomically
from netwright_studio.store import Store
from netwright_studio.store.fullness import Reserve, is_full

MIB = 1024 * 1024


def database_error(name: str) -> OperationalError:
    original = sqlite3.OperationalError(name)
    original.sqlite_errorname = name  # type: ignore[misc]
    return OperationalError("INSERT", {}, original)


def test_a_full_disk_is_known_by_its_errors() -> None:
    assert is_full(OSError(errno.ENOSPC, "full"))
    assert not is_full(OSError(errno.EACCES, "forbidden"))
    assert is_full(database_error("SQLITE_FULL"))
    assert not is_full(database_error("SQLITE_BUSY"))


def test_the_reserve_is_given_up_once_and_taken_again(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, MIB)
    reserve.hold()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= MIB, "room that is not taken is no reserve"
    with pytest.raises(OSError, match="full"), reserve.watch():
        raise OSError(errno.ENOSPC, "full")
    assert not reserve.release()
    reserve.hold()
    assert reserve.release()
    Reserve(tmp_path, 1 << 62).hold()
    assert not (tmp_path / "reserve").exists(), "more than the disk has is not taken"


def test_a_failed_write_of_a_full_database_gives_up_the_reserve(store: Store) -> None:
    store.reserve.hold()
    with pytest.raises(OperationalError), store.database.write():
        raise database_error("SQLITE_FULL")
    assert not store.reserve.release()


def test_a_file_that_has_no_room_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_atomically(tmp_path / "file", b"old")
    monkeypatch.setattr("netwright.serialization.os.fsync", refuse)
    with pytest.raises(DiskFullError, match="no room left") as caught:
        write_atomically(tmp_path / "file", b"new" * MIB)
    assert caught.value.wanted == "3.0 MiB"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (database_error("SQLITE_FULL"), 507, "disk_full"),
        (OSError(errno.ENOSPC, "No space left on device", "/secret"), 507, "disk_full"),
        (database_error("SQLITE_BUSY"), 503, "unavailable"),
        (OperationalError("SELECT", {}, Exception("connection refused")), 503, "unavailable"),
        (DataError("INSERT", {}, Exception("a zero byte")), 422, "invalid"),
        (database_error("SQLITE_ERROR"), 500, "internal"),
        (OSError(errno.EACCES, "forbidden"), 500, "internal"),
    ],
)
def test_what_the_store_cannot_do_has_its_status(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(client.app.state.studio.store.projects, "create", fail)  # type: ignore[attr-defined]
    reply = client.post("/api/projects", json={"name": "x"})
    assert reply.status_code == status
    assert reply.json()["error"]["code"] == code
    assert "/secret" not in reply.text
