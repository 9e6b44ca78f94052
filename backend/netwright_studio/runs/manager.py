"""The run manager: a queue, one supervisor per live run, and nothing left "running" that is not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from netwright_studio.errors import ConflictError, UnavailableError
from netwright_studio.runs.folder import RunFolder
from netwright_studio.runs.hub import EventHub
from netwright_studio.runs.recorder import Recorder
from netwright_studio.runs.retention import KEPT_DELETED, Retention
from netwright_studio.runs.state import RunState, require_move
from netwright_studio.runs.supervisor import Supervisor
from netwright_studio.settings import Settings
from netwright_studio.store import Store
from netwright_studio.store.events import Event
from netwright_studio.store.tables import Run, now

logger = logging.getLogger(__name__)

# Called in a thread when a run has completed: makes the model and returns its name and version.
Publish = Callable[[Run, dict[str, Any]], tuple[str, int]]

CONFIRM_PATIENCE = 2.0
ANSWER_PATIENCE = 10.0
CHANGEABLE = frozenset({RunState.RUNNING, RunState.PAUSED})
SHUTDOWN_PATIENCE = 15.0
TIDY_SECONDS = 1.0
MOST_RECOVERIES = 3
"""So often in a row a run goes on by itself after a crash of the studio without having come to a new checkpoint."""
TOO_OFTEN = "The studio ended again and again while this run trained, with no checkpoint in between; it is given up."


class RunManager:
    """Starts queued runs, passes on what users want of live ones, and tidies up after a crash."""

    def __init__(self, settings: Settings, store: Store, hub: EventHub, publish: Publish) -> None:
        self._settings = settings
        self._store = store
        self._hub = hub
        self._publish = publish
        self._live: dict[str, Supervisor] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._taking = asyncio.Lock()
        """Held while a run leaves the queue, so that nobody meets it between its place there and its supervisor."""
        self._queue: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None
        self._sweeps: asyncio.Task[None] | None = None
        self._closing = False
        self.settle: Callable[[str], None] | None = None
        """Called, away from the loop, with each run that has ended."""
        self.retention = Retention(store)
        self.over: list[Callable[[], None]] = []
        """Called, on the loop, when a run has ended or was deleted."""
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Let what a crash left behind go on, then begin to take runs."""
        self._loop = asyncio.get_running_loop()
        for run in await asyncio.to_thread(self._store.runs.live):
            await self._recover(run)
        await self.purge()
        self._queue = asyncio.create_task(self._serve_queue(), name="run-queue")
        self._tidying = asyncio.create_task(self._tidy_database(), name="database-log")
        self._sweeps = asyncio.create_task(self.retention.run_forever(), name="retention")

    async def close(self) -> None:
        """Let every worker write a checkpoint and end; its run is then interrupted and can be resumed."""
        self._closing = True
        for task in filter(None, (self._queue, self._tidying, self._sweeps)):
            async with self._taking:  # a run that is being taken from the queue gets its supervisor first
                task.cancel()
            await asyncio.wait({task})
        for supervisor in list(self._live.values()):
            await supervisor.suspend()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SHUTDOWN_PATIENCE)
        for supervisor in list(self._live.values()):
            supervisor.kill()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def wake(self) -> None:
        """Look at the queue now: a run was added or one ended."""
        self._wake.set()

    def at_once(self, wished: int | None = None) -> int:
        """Return how many runs train at the same time, at most as many as are wished for."""
        most = self._settings.run_concurrency
        return most if wished is None else min(wished, most)

    def requeue(self, run: str, until_epoch: int | None) -> Run:
        """Queue a run that ended before its time, from any thread; without a checkpoint it begins anew."""
        changes: dict[str, Any] = {
            "resume": True,
            "resumable": False,
            "queued_at": now(),
            "ended_at": None,
            "start_paused": False,
        }
        row, events = self._store.runs.move(run, RunState.QUEUED, action="resumed", until_epoch=until_epoch, **changes)
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._hub.broadcast, run, events)
        return row

    async def pause(self, run: str) -> Run:
        """Pause a running run; returns when it has, or after a moment."""
        supervisor = await self._require_live(run, RunState.PAUSED, "paused")
        await supervisor.tell("pause")
        await self._wait_for(supervisor, RunState.PAUSED)
        return await self._get(run)

    async def resume(self, run: str) -> Run:
        """Let a paused run go on, or queue one that was interrupted to go on from its checkpoint."""
        row = await self._get(run)
        if RunState(row.state) is RunState.PAUSED:
            supervisor = await self._require_live(run, RunState.RUNNING, "resumed")
            await supervisor.tell("resume")
            await self._wait_for(supervisor, RunState.RUNNING)
            return await self._get(run)
        require_move(RunState(row.state), RunState.QUEUED, action="resumed")
        if not RunFolder(self._settings.runs_dir, run).has_checkpoint():
            raise ConflictError(
                "The run has no checkpoint to go on from.",
                where="state",
                wanted="a run with a checkpoint",
                got=f"{row.state}, without a checkpoint",
                remedy="Start a new run with the same settings.",
            )
        changes = {
            "resume": True,
            "resumable": False,
            "queued_at": now(),
            "ended_at": None,
            "start_paused": False,
            "until_epoch": None,
        }
        row = await self._move(run, RunState.QUEUED, action="resumed", **changes)
        self.wake()
        return row

    async def step(self, run: str) -> Run:
        """Train one batch of a paused run; returns once it is done and stored, or after a while."""
        row = await self._get(run)
        if RunState(row.state) is not RunState.PAUSED:
            raise ConflictError(
                f"A run that is {row.state} cannot go on batch by batch.",
                where="state",
                wanted=RunState.PAUSED.value,
                got=row.state,
                remedy="Pause it first.",
            )
        await self._require_live_of(row).ask("step", ANSWER_PATIENCE)
        return await self._get(run)

    async def change(self, run: str, values: dict[str, Any]) -> Run:
        """Change settings of a run that trains or is paused; returns once that has happened, or after a while."""
        row = await self._get(run)
        if RunState(row.state) not in CHANGEABLE:
            raise ConflictError(
                f"The settings of a run that is {row.state} cannot be changed.",
                where="state",
                wanted=" or ".join(sorted(CHANGEABLE)),
                got=row.state,
                remedy="Fork it with other settings.",
            )
        supervisor = self._require_live_of(row)
        if not await supervisor.ask("change", ANSWER_PATIENCE, values=values):
            raise UnavailableError(
                "The change is waiting for the present step to end.", remedy="Look again in a moment."
            )
        return await self._get(run)

    async def stop(self, run: str) -> Run:
        """Stop a run; one that is training ends after its step and keeps what it has learned."""
        async with self._taking:
            row = await self._get(run)
            if RunState(row.state) is RunState.QUEUED:
                changes = {
                    "ended_at": now(),
                    "resumable": RunFolder(self._settings.runs_dir, run).has_checkpoint(),
                }
                return await self._move(run, RunState.STOPPED, action="stopped", **changes)
            require_move(RunState(row.state), RunState.STOPPING, action="stopped")
            supervisor = self._require_live_of(row)
        await supervisor.stop()
        return await self._get(run)

    async def discard(self, run: str) -> None:
        """Delete a run that is over, so that it can be restored for ``KEPT_DELETED``."""
        row = await self._get(run)
        if RunState(row.state) is RunState.QUEUED:
            await self.stop(run)
        await asyncio.to_thread(self._store.runs.discard, run)
        self._tell_over()
        await self.purge()

    async def purge(self) -> None:
        """Delete for good what was discarded so long ago that nobody will want it back."""
        for run in await asyncio.to_thread(self._store.runs.discarded_before, now() - KEPT_DELETED):
            await self.delete(run)

    async def delete(self, run: str) -> None:
        """Delete a run that is over, with its events and files, for good."""
        await asyncio.to_thread(self.retention.delete, run)

    async def _get(self, run: str) -> Run:
        return await asyncio.to_thread(self._store.runs.get, run)

    async def _move(self, run: str, target: RunState, **changes: Any) -> Run:
        row, events = await asyncio.to_thread(self._store.runs.move, run, target, **changes)
        self._hub.broadcast(run, events, over=target.is_over)
        if target.is_over:
            self._tell_over()
        return row

    def _tell_over(self) -> None:
        for tell in self.over:
            tell()

    async def _require_live(self, run: str, target: RunState, action: str) -> Supervisor:
        row = await self._get(run)
        require_move(RunState(row.state), target, action=action)
        return self._require_live_of(row)

    def _require_live_of(self, row: Run) -> Supervisor:
        supervisor = self._live.get(row.id)
        if supervisor is None:
            raise ConflictError(
                "The run has just ended.",
                where="state",
                wanted="a live run",
                got=row.state,
                remedy="Look at it again.",
            )
        return supervisor

    @staticmethod
    async def _wait_for(supervisor: Supervisor, target: RunState) -> None:
        """Wait until the worker has confirmed; a step can be long, so only for a moment."""
        recorder = supervisor.recorder
        deadline = asyncio.get_running_loop().time() + CONFIRM_PATIENCE
        while recorder.state is not target and not recorder.state.is_over:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return
            try:
                await asyncio.wait_for(recorder.moved.wait(), left)
            except TimeoutError:
                return

    async def _recover(self, run: Run) -> None:
        """Judge a run whose worker died with the studio: it goes on by itself, unless that has not helped before."""
        folder = RunFolder(self._settings.runs_dir, run.id)
        await asyncio.to_thread(folder.tidy)
        state, reason = RunState(run.state), f"The studio ended while this run was {run.state}."
        changes: dict[str, Any] = {"resumable": folder.has_checkpoint(), "ended_at": now()}
        if state is RunState.STOPPING:
            await self._move(run.id, RunState.STOPPED, reason=reason, **changes)
            return
        if await asyncio.to_thread(self._store.events.count_interruptions, run.id) >= MOST_RECOVERIES:
            await self._move(run.id, RunState.FAILED, reason=TOO_OFTEN, **changes)
            logger.warning("run %s is given up: the studio ended again and again while it trained", run.id)
            return
        await self._move(run.id, RunState.INTERRUPTED, reason=reason, **changes)
        if not self._settings.resume_after_crash:
            logger.warning("run %s was %s when the studio ended; it is now interrupted", run.id, run.state)
            return
        # One without a checkpoint begins anew; one that held still does so again.
        held = run.start_paused or state is RunState.PAUSED
        changes = {
            "resume": True,
            "resumable": False,
            "ended_at": None,
            "start_paused": held,
            "queued_at": run.queued_at,
        }
        await self._move(run.id, RunState.QUEUED, **changes)
        logger.warning("run %s was %s when the studio ended; it goes on", run.id, run.state)

    async def _serve_queue(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._fill()
            except Exception:
                logger.exception("the run queue stumbled; trying again")
                await asyncio.sleep(1.0)
                continue
            await self._wake.wait()

    async def _tidy_database(self) -> None:
        """While runs tell events, keep the database's log short."""
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            if self._live:
                try:
                    await asyncio.to_thread(self._store.database.checkpoint)
                except Exception:
                    logger.exception("the database's log could not be taken over; trying again")

    async def _fill(self) -> None:
        await asyncio.to_thread(self._store.reserve.hold)
        while len(self._live) < self._settings.run_concurrency and not self._closing:
            async with self._taking:
                claimed = await asyncio.to_thread(self._store.runs.claim, list(self._live))
                if claimed is None:
                    return
                self._begin(*claimed)

    def _begin(self, run: Run, events: list[Event]) -> None:
        """Give a run that was taken from the queue its supervisor."""
        self._hub.broadcast(run.id, events)
        recorder = Recorder(self._store, self._hub, run)
        supervisor = Supervisor(self._settings, self._store, recorder, run, self._publish, self.retention.prune)
        self._live[run.id] = supervisor
        task = asyncio.create_task(self._supervise(supervisor), name=f"run-{run.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _supervise(self, supervisor: Supervisor) -> None:
        try:
            await supervisor.run_to_end()
        except Exception:
            logger.exception("the supervisor of run %s failed", supervisor.run.id)
        finally:
            del self._live[supervisor.run.id]
            self.wake()
            self._tell_over()
        if self.settle is not None:
            try:
                await asyncio.to_thread(self.settle, supervisor.run.id)
            except Exception:
                logger.exception("the curves of run %s could not be gathered", supervisor.run.id)
