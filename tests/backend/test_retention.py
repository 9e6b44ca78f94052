"""What is not kept for ever, and that nothing else goes with it."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.backend.conftest import Bench, add_run

from netwright_studio.datasets import DatasetCatalog
from netwright_studio.runs.retention import KEPT_DELETED, YOUNG_SECONDS, Retention
from netwright_studio.runs.series import SeriesCache
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store, open_store
from netwright_studio.store.events import Draft
from netwright_studio.store.tables import now


@pytest.fixture
def small(store: Store) -> Any:
    """A store that keeps a thousand events of a run."""
    opened = open_store(store.settings.model_copy(update={"events_per_run": 1000}))
    yield opened
    opened.close()


def write(store: Store, run: str, steps: range) -> None:
    store.events.append(run, [Draft("metrics", {"step": n, "values": {"train_loss": 1 / n}}) for n in steps])


def test_old_events_go_and_the_curves_stay_whole(small: Store) -> None:
    run = add_run(small).id
    (small.settings.runs_dir / run).mkdir(parents=True)
    series = SeriesCache(small.events, runs_dir=small.settings.runs_dir)
    retention = Retention(small, series.secure)
    write(small, run, range(1, 1500))
    assert retention.sweep().events == 500
    assert not retention.sweep(), "a second sweep found something"
    write(small, run, range(1500, 4001))
    assert retention.sweep().events == 2501
    page = small.events.page(run, 0, 5000)
    assert (len(page.events), page.gap) == (1000, (1, 3001))
    again = SeriesCache(small.events, runs_dir=small.settings.runs_dir)
    curve = again.read(run, ["train_loss"], 10_000, None, None)["train_loss"]
    assert curve["step"] == list(range(1, 4001)), "points went with the events"


def test_many_events_go_in_small_transactions(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netwright_studio.store.events.PRUNED_AT_ONCE", 100)
    run = add_run(small).id
    write(small, run, range(1, 1451))
    assert small.events.prune(run, 1000) == 451
    assert small.events.page(run, 0, 1).events[0].seq == 452


async def test_a_run_that_trains_is_pruned_too(store: Store) -> None:
    bench = Bench(store)
    bench.manager.retention._store = open_store(
        store.settings.model_copy(update={"events_per_run": 1000, "retention_interval": 0.05})
    )
    run = add_run(store).id
    write(store, run, range(1, 1300))
    await bench.manager.start()
    async with asyncio.timeout(20):
        while (await asyncio.to_thread(store.events.page, run, 0, 1)).gap is None:
            await asyncio.sleep(0.02)
    await bench.manager.close()
    bench.manager.retention._store.close()


def test_deleted_runs_go_with_events_and_files_once_nobody_can_want_them(store: Store) -> None:
    runs = [add_run(store).id for _ in range(3)]
    for run in runs:
        store.runs.move(run, RunState.STOPPED)
        write(store, run, range(1, 10))
        (store.settings.runs_dir / run / "checkpoints").mkdir(parents=True)
    store.runs.discard(runs[0])
    store.runs.discard(runs[1])
    store.runs.set(runs[0], deleted_at=now() - KEPT_DELETED - timedelta(seconds=1))
    swept = Retention(store).sweep()
    assert (swept.runs, swept.folders, swept.blobs) == (1, 0, 0)
    assert store.runs.idents() == set(runs[1:])
    assert {path.name for path in store.settings.runs_dir.iterdir()} == set(runs[1:])
    assert store.events.of_types(runs[0], ["metrics"]) == []
    store.runs.restore(runs[1])
    assert len(store.events.of_types(runs[1], ["metrics"])) == 9


def age(path: Path) -> None:
    old = time.time() - YOUNG_SECONDS - 60
    os.utime(path, (old, old))


def test_files_that_nothing_names_go_when_they_are_old(store: Store) -> None:
    catalog = DatasetCatalog(store)
    with (store.settings.home / "data.csv").open("wb+") as file:
        file.write(b"a,b,c\n" + b"".join(b"%d,%d,%s\n" % (n, n * n, b"xy"[n % 2 : n % 2 + 1]) for n in range(40)))
        file.seek(0)
        catalog.add(file, filename="data.csv", name="mine", target="c")
    (named,) = store.named_blobs()
    old, young = store.blobs.put(b"left over"), store.blobs.put(b"just stored")
    lost, fresh = store.settings.runs_dir / "lost", store.settings.runs_dir / "fresh"
    for folder in (lost, fresh):
        folder.mkdir(parents=True)
    for path in (store.blobs.path(old), store.blobs.path(named), lost):
        age(path)
    swept = Retention(store).sweep()
    assert (swept.folders, swept.blobs) == (1, 1)
    assert [store.blobs.has(blob) for blob in (named, young, old)] == [True, True, False]
    assert (fresh.exists(), lost.exists()) == (True, False)
