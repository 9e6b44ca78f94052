from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.backend.conftest import Bench, add_run

from netwright.machine.blas import candidates
from netwright.machine.processor import processor
from netwright.train import checkpoint
from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.manager import KEPT_DELETED, MOST_RECOVERIES
from netwright_studio.runs.progress import Progress
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store
from netwright_studio.store.events import Draft
from netwright_studio.store.tables import now

OVER = tuple(state for state in RunState if state.is_over)


def events_of(store: Store, run: str, kind: str) -> list[dict[str, Any]]:
    return [orjson.loads(event.data) for event in store.events.of_types(run, [kind])]


def states_of(store: Store, run: str) -> list[str]:
    return [data["state"] for data in events_of(store, run, "state")]


def steps_of(store: Store, run: str) -> list[int]:
    return [data["step"] for data in events_of(store, run, "metrics")]


def assert_numbered_without_holes(store: Store, run: str) -> None:
    page = store.events.page(run, 0, 100_000)
    assert [event.seq for event in page.events] == list(range(1, len(page.events) + 1))
    assert store.runs.get(run).last_event == len(page.events)


async def test_a_run_goes_from_queued_to_completed_and_its_model_is_kept(bench: Bench) -> None:
    run = bench.add(steps=20)
    row = await bench.until(run, *OVER)
    assert row.state == "completed"
    assert states_of(bench.store, run) == ["queued", "starting", "running", "completed"]
    assert steps_of(bench.store, run) == list(range(1, 21))
    assert bench.published[0][0] == run
    assert (row.model_name, row.model_version, row.step, row.metrics) == ("fake", 1, 20, {"train_loss": 0.05})
    assert row.best is not None
    assert row.best["value"] == 0.05
    assert row.started_at is not None
    assert row.ended_at is not None
    assert_numbered_without_holes(bench.store, run)
    # The model is told before the end, because nothing is told after it.
    assert [event.type for event in bench.store.events.page(run, row.last_event - 2, 10).events] == [
        "model",
        "state",
    ]


async def test_runs_wait_for_each_other_in_order(bench: Bench) -> None:
    first, second = bench.add(steps=30, pause=0.01), bench.add(steps=1)
    await bench.until(first, RunState.RUNNING)
    assert bench.store.runs.get(second).state == "queued"
    done = await bench.until(second, *OVER)
    assert done.state == "completed"
    before = bench.store.runs.get(first).ended_at
    assert before is not None
    assert done.started_at is not None
    assert before <= done.started_at


async def test_pause_and_resume(bench: Bench) -> None:
    run = bench.add(steps=5000, pause=0.005)
    await bench.until_step(run, 3)
    assert (await bench.manager.pause(run)).state == "paused"
    await asyncio.sleep(0.1)
    held = bench.store.runs.get(run).step
    await asyncio.sleep(0.15)
    assert bench.store.runs.get(run).step == held
    with pytest.raises(ConflictError, match="paused"):
        await bench.manager.pause(run)
    assert (await bench.manager.resume(run)).state == "running"
    await bench.until_step(run, held + 3)
    await bench.manager.stop(run)
    await bench.until(run, RunState.STOPPED)
    assert_numbered_without_holes(bench.store, run)


async def test_stop_ends_a_training_run_and_it_can_go_on_later(bench: Bench) -> None:
    run = bench.add(steps=5000, pause=0.01, checkpoint_every=5)
    await bench.until_step(run, 12)
    assert (await bench.manager.stop(run)).state == "stopping"
    row = await bench.until(run, *OVER)
    assert (row.state, row.resumable) == ("stopped", True)
    resumed = await bench.manager.resume(run)
    assert (resumed.state, resumed.resumable, resumed.ended_at) == ("queued", False, None)
    await bench.until_step(run, row.step + 7)
    await bench.manager.stop(run)
    await bench.until(run, *OVER)
    origins = [data.get("resumed_from_step") for data in events_of(bench.store, run, "state")]
    assert max(origin for origin in origins if origin is not None) % 5 == 0
    assert_numbered_without_holes(bench.store, run)


async def test_stop_works_while_paused_and_while_queued(bench: Bench) -> None:
    first, second = bench.add(steps=1000, pause=0.005), bench.add(steps=1)
    await bench.until_step(first, 1)
    assert (await bench.manager.stop(second)).state == "stopped"
    await bench.manager.pause(first)
    await bench.manager.stop(first)
    assert (await bench.until(first, *OVER)).state == "stopped"


async def test_stop_meets_a_run_that_is_leaving_the_queue(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken in the store, without a supervisor yet: a stop at that moment waits for one."""
    bench, taken, never = Bench(store), threading.Event(), threading.Event()
    claim = store.runs.claim

    def claim_slowly(but: Any = ()) -> Any:
        claimed = claim(but)
        if claimed is not None:
            taken.set()
            never.wait(0.3)
        return claimed

    monkeypatch.setattr(store.runs, "claim", claim_slowly)
    run = bench.add(steps=5000, pause=0.01)
    await bench.manager.start()
    await asyncio.to_thread(taken.wait)
    assert store.runs.get(run).state == "starting"
    assert (await bench.manager.stop(run)).state == "stopping"
    assert (await bench.until(run, *OVER)).state == "stopped"
    await bench.manager.close()


async def test_a_run_does_not_leave_the_queue_while_it_is_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in the queue by a stop: nobody takes it before the stop has."""
    bench, taken = Bench(store, run_concurrency=2), threading.Event()
    claim, get = store.runs.claim, store.runs.get

    def claim_noted(but: Any = ()) -> Any:
        claimed = claim(but)
        if claimed is not None:
            taken.set()
        return claimed

    def get_slowly(ident: str) -> Any:
        row = get(ident)
        if row.state == "queued":
            loop.call_soon_threadsafe(bench.manager.wake)
            taken.wait(0.3)
        return row

    loop = asyncio.get_running_loop()
    await bench.manager.start()
    monkeypatch.setattr(store.runs, "claim", claim_noted)
    monkeypatch.setattr(store.runs, "get", get_slowly)
    run = add_run(store, steps=5000, pause=0.01).id
    assert (await bench.manager.stop(run)).state == "stopped"
    assert not taken.is_set()
    assert states_of(store, run) == ["queued", "stopped"]
    await bench.manager.close()


async def test_a_deaf_worker_is_killed_after_the_grace(store: Store) -> None:
    bench = Bench(store, run_stop_grace=0.3)
    await bench.manager.start()
    run = bench.add(steps=10, at=3, mishap="deaf")
    await bench.until_step(run, 3)
    await bench.manager.stop(run)
    row = await bench.until(run, *OVER)
    assert row.state == "stopped"
    assert row.state_reason is not None
    assert "killed" in row.state_reason
    await bench.manager.close()


@pytest.mark.parametrize(
    ("mishap", "state", "reason"),
    [
        ("raise", "failed", "unexpectedly (RuntimeError)"),
        ("data", "failed", "fake: the data are odd (wanted even, got odd)"),
        ("allocate", "failed", "Out of memory"),
        ("kill", "interrupted", "SIGKILL"),
        ("exit", "failed", "status 3"),
        ("print", "completed", ""),
    ],
)
async def test_mishaps_end_the_run_with_a_reason(store: Store, mishap: str, state: str, reason: str) -> None:
    bench = Bench(store, run_memory_bytes=1 << 30)
    await bench.manager.start()
    run = bench.add(steps=30, at=15, mishap=mishap)
    row = await bench.until(run, *OVER)
    assert row.state == state
    assert reason in (row.state_reason or "")
    assert "/" not in (row.state_reason or ""), "no path of this machine reaches a browser"
    assert row.resumable is (state != "completed")
    assert steps_of(store, run)[:15] == list(range(1, 16))
    await bench.manager.close()


async def test_a_killed_worker_goes_on_from_its_checkpoint_and_curves_are_not_doubled(bench: Bench) -> None:
    run = bench.add(steps=30, at=15, mishap="kill")
    assert (await bench.until(run, *OVER)).resumable
    RunFolder(bench.settings.runs_dir, run)
    await bench.manager.resume(run)
    # The mishap strikes again at step 15 of the second life, which began at step 10.
    await bench.until(run, *OVER)
    assert steps_of(bench.store, run) == [*range(1, 16), *range(11, 16)]
    from netwright_studio.runs.series import SeriesCache

    series = SeriesCache(bench.store.events).read(run, None, 1000, None, None)
    assert series["train_loss"]["step"] == list(range(1, 16))
    assert_numbered_without_holes(bench.store, run)


async def test_a_run_without_a_checkpoint_cannot_be_resumed(bench: Bench) -> None:
    run = bench.add(steps=30, at=5, mishap="kill")
    assert (await bench.until(run, *OVER)).resumable is False
    with pytest.raises(ConflictError, match="no checkpoint"):
        await bench.manager.resume(run)


async def test_illegal_moves_are_refused(bench: Bench) -> None:
    run = bench.add(steps=1)
    await bench.until(run, RunState.COMPLETED)
    for move in (bench.manager.pause, bench.manager.resume, bench.manager.stop):
        with pytest.raises(ConflictError, match="completed") as caught:
            await move(run)
        assert caught.value.got == "completed"
    with pytest.raises(NotFoundError):
        await bench.manager.stop("nothing")


async def test_delete_takes_events_and_files_but_no_live_run(bench: Bench) -> None:
    run = bench.add(steps=1000, pause=0.005)
    await bench.until_step(run, 11)
    folder = RunFolder(bench.settings.runs_dir, run)
    with pytest.raises(ConflictError, match="running"):
        await bench.manager.delete(run)
    await bench.manager.stop(run)
    await bench.until(run, RunState.STOPPED)
    assert folder.has_checkpoint()
    await bench.manager.delete(run)
    assert not folder.path.exists()
    assert bench.store.events.of_types(run, ["state", "metrics"]) == []
    with pytest.raises(NotFoundError):
        bench.store.runs.get(run)


def test_ranges_hold_the_extremes_of_finite_values() -> None:
    progress = Progress({}, None, ranges={"train_loss": [0.5, 0.9]})
    for step, value in enumerate([0.7, "NaN", 1.5, 0.25]):
        progress.note("metrics", {"step": step, "epoch": 0.0, "values": {"train_loss": value, "lr": 0.1}})
    assert progress.take()["ranges"] == {"train_loss": (0.25, 1.5), "lr": (0.1, 0.1)}
    progress.note("metrics", {"step": 9, "epoch": 1.0, "values": {"train_loss": 1.0}})
    assert "ranges" not in progress.take()


async def test_what_was_discarded_long_ago_is_deleted_for_good(bench: Bench) -> None:
    old, new = bench.add(steps=2), bench.add(steps=2)
    for run in (old, new):
        await bench.until(run, RunState.COMPLETED)
        await bench.manager.discard(run)
        with pytest.raises(NotFoundError):
            bench.store.runs.get(run)
    bench.store.runs.set(old, deleted_at=now() - KEPT_DELETED - timedelta(seconds=1))
    await bench.manager.purge()
    assert bench.store.runs.restore(new).id == new
    with pytest.raises(NotFoundError):
        bench.store.runs.restore(old)


async def test_closing_interrupts_a_live_run_and_the_next_start_can_resume_it(store: Store) -> None:
    bench = Bench(store)
    await bench.manager.start()
    run = bench.add(steps=60, pause=0.01)
    waiting = bench.add(steps=1)
    await bench.until_step(run, 11)
    await bench.manager.close()
    row = store.runs.get(run)
    assert (row.state, row.resumable) == ("interrupted", True)
    assert "shut down" in (row.state_reason or "")
    assert store.runs.get(waiting).state == "queued"
    again = Bench(store)
    await again.manager.start()
    await again.until(waiting, RunState.COMPLETED)
    await again.manager.resume(run)
    row = await again.until(run, *OVER)
    assert (row.state, row.step) == ("completed", 60)
    await again.manager.close()


def left_behind(store: Store, state: RunState, **settings: Any) -> str:
    """A run as a crash of the studio leaves it, with a checkpoint."""
    run = add_run(store, **settings).id
    store.runs.move(run, RunState.STARTING)
    if state is not RunState.STARTING:
        store.runs.move(run, RunState.RUNNING)
    if state in (RunState.PAUSED, RunState.STOPPING):
        store.runs.move(run, state)
    checkpoint = RunFolder(store.settings.runs_dir, run).checkpoints / "step-7"
    checkpoint.mkdir(parents=True)
    (checkpoint / "state.json").write_text("{}")
    return run


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (RunState.STARTING, RunState.COMPLETED),
        (RunState.RUNNING, RunState.COMPLETED),
        (RunState.PAUSED, RunState.PAUSED),
        (RunState.STOPPING, RunState.STOPPED),
    ],
)
async def test_what_a_crash_left_behind_goes_on(store: Store, state: RunState, after: RunState) -> None:
    run = left_behind(store, state, steps=12)
    half = RunFolder(store.settings.runs_dir, run).checkpoints / ".step-8.new"
    half.mkdir()
    bench = Bench(store)
    await bench.manager.start()
    await bench.until(run, after)
    assert not half.exists()
    if after is RunState.PAUSED:
        assert (await bench.manager.resume(run)).state == "running"
        after = (await bench.until(run, *OVER)).state
        assert after == "completed"
    if after is RunState.STOPPED:
        assert states_of(store, run)[-2:] == ["stopping", "stopped"]
    else:
        assert states_of(store, run).count("interrupted") == 1
        assert steps_of(store, run) == list(range(8, 13))
    await bench.manager.close()


async def test_a_run_without_a_checkpoint_begins_anew_after_a_crash(store: Store) -> None:
    run = left_behind(store, RunState.RUNNING, steps=3)
    store.events.append(run, [Draft("metrics", {"step": 1, "epoch": 0.1, "values": {"train_loss": 1.0}})])
    RunFolder(store.settings.runs_dir, run).remove()
    bench = Bench(store)
    await bench.manager.start()
    assert (await bench.until(run, *OVER)).state == "completed"
    assert steps_of(store, run) == [1, 1, 2, 3]
    assert [data.get("resumed_from_step") for data in events_of(store, run, "state")].count(0) == 1
    await bench.manager.close()


async def test_a_studio_can_be_told_to_leave_interrupted_runs_alone(store: Store) -> None:
    run = left_behind(store, RunState.RUNNING)
    bench = Bench(store, resume_after_crash=False)
    await bench.manager.start()
    row = store.runs.get(run)
    assert (row.state, row.resumable) == ("interrupted", True)
    assert "running" in (row.state_reason or "")
    await bench.manager.close()


async def test_a_run_that_takes_the_studio_down_again_and_again_is_given_up(store: Store) -> None:
    run = left_behind(store, RunState.RUNNING)
    quiet = Bench(store, run_concurrency=1)
    for _ in range(MOST_RECOVERIES):
        await quiet.manager._recover(store.runs.get(run))
        assert store.runs.get(run).state == "queued"
        store.runs.move(run, RunState.STARTING)
        store.runs.move(run, RunState.RUNNING)
    await quiet.manager._recover(store.runs.get(run))
    row = store.runs.get(run)
    assert (row.state, row.resumable) == ("failed", True)
    assert "given up" in (row.state_reason or "")


def test_a_training_goes_on_with_the_kernels_it_began_with(tmp_path: Path) -> None:
    known = candidates(processor())[-1]
    folder = RunFolder(tmp_path, "run")
    assert folder.kernels() is None
    for step, kernels in ((1, known), (2, "of another machine"), (3, known)):
        checkpoint.write(folder.checkpoints, step, {}, {}, {"kernels": kernels}, keep=9)
    assert folder.kernels() == known
    (folder.checkpoints / "step-3" / "state.json").write_text("damaged")
    assert folder.kernels() is None, "not here"
    (folder.checkpoints / "step-2" / "state.json").write_text("damaged")
    assert folder.kernels() == known


async def test_a_failed_publication_fails_the_run_with_a_reason(store: Store) -> None:
    bench = Bench(store)

    def publish(*_: object) -> tuple[str, int]:
        raise OSError("no space under /secret")

    bench.manager._publish = publish
    await bench.manager.start()
    run = bench.add(steps=1)
    row = await bench.until(run, *OVER)
    assert row.state == "failed"
    assert "could not be kept (OSError)" in (row.state_reason or "")
    await bench.manager.close()


async def test_a_worker_that_cannot_be_started_fails_the_run(store: Store) -> None:
    bench = Bench(store, worker_command=("/nowhere/python",))
    await bench.manager.start()
    run = bench.add(steps=1)
    row = await bench.until(run, *OVER)
    assert row.state == "failed"
    assert "FileNotFoundError" in (row.state_reason or "")
    await bench.manager.close()


async def test_killing_the_group_leaves_no_process(bench: Bench) -> None:
    run = bench.add(steps=1000, pause=0.01)
    await bench.until_step(run, 1)
    worker = bench.manager._live[run]._worker
    assert worker is not None
    pid = worker.pid
    os.kill(pid, signal.SIGKILL)
    await bench.until(run, RunState.INTERRUPTED)
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
