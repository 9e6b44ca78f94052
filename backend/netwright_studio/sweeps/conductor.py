"""The conductor: gives the queue of runs the next trials of each sweep, and takes in what became of them.

All it knows is in the store, so a sweep goes on after the studio was stopped or killed: it reads the trials and their
runs, asks the framework what comes next, and does that. It never queues more than can train at once, so runs that
people start beside a sweep wait for one trial and not for all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netwright.errors import NetwrightError
from netwright_studio.datasets import DatasetCatalog
from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.runs.manager import RunManager
from netwright_studio.runs.retention import KEPT_DELETED
from netwright_studio.runs.state import RunState
from netwright_studio.store import Store
from netwright_studio.store.tables import Run, Sweep, SweepTrial, now
from netwright_studio.sweeps.making import facts_of
from netwright_studio.sweeps.records import Record, read_spec_of, to_trials

if TYPE_CHECKING:
    from netwright.train.sweep import SweepSpec

logger = logging.getLogger(__name__)

BY_HAND = "Its run was stopped or deleted by hand."
PAUSING = "The sweep is being paused."
"""Stands with a trial whose run the conductor stops, to tell it from one that a person stops."""
Keep = Callable[[Run], None]


class Conductor:
    """Carries out all sweeps of one studio; ``keep_model`` makes a model of the best run of a sweep that is done."""

    def __init__(self, store: Store, manager: RunManager, catalog: DatasetCatalog, keep_model: Keep) -> None:
        self._store = store
        self._manager = manager
        self._catalog = catalog
        self._keep_model = keep_model
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._lock = asyncio.Lock()  # a turn that began before a pause must not begin a trial after it
        self._recovering: set[str] = set()

    async def start(self) -> None:
        """Go on with every sweep that was at work when the studio ended."""
        self._recovering = set(await asyncio.to_thread(self._store.sweeps.at_work))
        await asyncio.to_thread(self._store.sweeps.delete_discarded, now() - KEPT_DELETED)
        self._manager.over.append(self.wake)
        self._task = asyncio.create_task(self._serve(), name="sweeps")

    async def close(self) -> None:
        """Start no more trials; those at work are suspended by the manager, and the next start goes on with them."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    def wake(self) -> None:
        """Look at the sweeps now: one was made or moved, or a run has ended."""
        self._wake.set()

    async def pause(self, ident: str, target: str = "paused", action: str = "paused") -> Sweep:
        """Start no more trials, and stop those at work with a checkpoint, from which they can go on."""
        async with self._lock:
            sweep = await asyncio.to_thread(self._store.sweeps.move, ident, target, action)
            for trial in await asyncio.to_thread(self._store.sweeps.trials, ident):
                if trial.state == "running" and trial.run_id is not None:
                    await asyncio.to_thread(self._store.sweeps.set_trial, ident, trial.number, reason=PAUSING)
                    await self._stop_run(trial.run_id)
        self.wake()
        return sweep

    async def _stop_run(self, run: str) -> None:
        """Stop a run; one that is over already, or is being stopped, is left to its end."""
        with contextlib.suppress(NotFoundError, ConflictError):
            await self._manager.stop(run)

    async def stop(self, ident: str) -> Sweep:
        """End a sweep; it can be taken up again."""
        return await self.pause(ident, "stopped", "stopped")

    async def resume(self, ident: str) -> Sweep:
        """Go on with a sweep that was paused or stopped."""
        sweep = await asyncio.to_thread(self._store.sweeps.move, ident, "running", "resumed")
        self.wake()
        return sweep

    async def discard(self, ident: str) -> None:
        """Delete a sweep that is over, with its runs; ``restore`` brings all of it back for a while."""
        await asyncio.to_thread(self._store.sweeps.discard, ident)
        for run in await asyncio.to_thread(self._store.sweeps.runs, ident):
            try:
                await self._manager.discard(run)
            except ConflictError as error:
                logger.info("run %s of a deleted sweep stays: %s", run, error)

    async def restore(self, ident: str) -> Sweep:
        """Bring back a sweep and those of its runs that are still there."""
        sweep = await asyncio.to_thread(self._store.sweeps.restore, ident)
        for trial in await asyncio.to_thread(self._store.sweeps.trials, ident):
            if trial.run_id is not None:
                await asyncio.to_thread(self._restore_run, trial.run_id)
        return sweep

    def _restore_run(self, run: str) -> None:
        try:
            self._store.runs.restore(run)
        except NotFoundError:
            logger.info("run %s was deleted for good", run)

    async def _serve(self) -> None:
        while not self._closing:
            self._wake.clear()
            for ident in await asyncio.to_thread(self._store.sweeps.at_work):
                try:
                    await self._advance(ident)
                except Exception:
                    logger.exception("sweep %s stumbled; it is looked at again with the next run that ends", ident)
                self._recovering.discard(ident)
            await self._wake.wait()

    async def _advance(self, ident: str) -> None:
        """Take in what has ended and begin what comes next, until there is nothing more to do now."""
        again = True
        while again and not self._closing:
            async with self._lock:
                again = await asyncio.to_thread(self._turn, ident)
            self._manager.wake()

    def _turn(self, ident: str) -> bool:
        """One look at a sweep; whether it is worth another one."""
        from netwright.train.sweep import decide

        sweep = self._store.sweeps.get(ident)
        spec = read_spec_of(sweep)
        rows = self._store.sweeps.trials(ident)
        runs = self._store.sweeps.runs(ident)
        records = to_trials(rows)
        busy = 0
        for row in rows:
            if row.state == "running":
                busy += self._take(sweep, spec, row, runs.get(row.run_id or ""), records[row.number])
        if sweep.state != "running":
            return False
        at_once = self._manager.at_once(sweep.concurrency)
        decision = decide(records, spec.method, spec.rungs, spec.direction, spec.metric, at_once - busy)
        for ended in decision.early:
            self._set(sweep, rows[ended.trial.number], state="early", reason=ended.reason)
        left = {run.trial: run for run in runs.values()}  # also one whose trial a crash kept from knowing it
        for job in decision.jobs:
            self._begin(sweep, spec, rows[job.trial.number], left.get(job.trial.number), job.rung)
        if decision.done:
            self._store.sweeps.move(ident, "completed")
            self._finish(spec, records, rows)
        return bool(decision.early or decision.jobs)

    # ---------------------------------------------------------------- what became of a run
    def _take(self, sweep: Sweep, spec: SweepSpec, row: SweepTrial, run: Run | None, record: Record) -> int:
        """Take in how a run has ended; 1 while it is at work."""
        if run is None:
            self._set(sweep, row, record, state="stopped", reason=BY_HAND)
            return 0
        state = RunState(run.state)
        if not state.is_over:
            return 1
        seconds = row.seconds + _took(run, row)
        lost = state is RunState.INTERRUPTED and sweep.id not in self._recovering
        if state is RunState.COMPLETED or (state is RunState.STOPPED and _reached(run)):
            self._score(sweep, spec, row, run, record, seconds)
        elif state is RunState.FAILED or lost:
            self._set(sweep, row, record, state="failed", reason=run.state_reason, seconds=seconds)
        elif state is RunState.STOPPED and row.reason != PAUSING:
            self._set(sweep, row, record, state="stopped", reason=BY_HAND, seconds=seconds)
        else:  # the sweep was paused, or the studio ended: it goes on from here
            before = {"state": "held", "rung": row.rung - 1} if row.rung else {"state": "waiting", "rung": 0}
            self._set(sweep, row, record, **before, reason=None, seconds=seconds)
        return 0

    def _score(self, sweep: Sweep, spec: SweepSpec, row: SweepTrial, run: Run, record: Record, seconds: float) -> None:
        value = run.metrics.get(spec.metric)
        if not isinstance(value, int | float) or not math.isfinite(value):
            reason = f"The run has no figure {spec.metric} at its end."
            self._set(sweep, row, record, state="failed", reason=reason, seconds=seconds)
            return
        state = "completed" if row.rung + 1 == len(spec.rungs) else "held"
        scores = {**row.scores, str(row.rung): value}
        self._set(sweep, row, record, state=state, scores=scores, reason=None, seconds=seconds)

    def _set(self, sweep: Sweep, row: SweepTrial, record: Record | None = None, **changes: Any) -> None:
        self._store.sweeps.set_trial(sweep.id, row.number, **changes)
        if changes.get("state") == "early" and row.run_id is not None:
            self._store.runs.set(row.run_id, state_reason=changes["reason"])
        for name, value in changes.items():
            setattr(row, name, value)
        if record is not None:
            record.update(row)

    # ---------------------------------------------------------------- what comes next
    def _begin(self, sweep: Sweep, spec: SweepSpec, row: SweepTrial, run: Run | None, rung: int) -> None:
        """Queue a trial's run: a new one, or the one it had, which goes on from its checkpoint."""
        until = spec.rungs[rung] if rung + 1 < len(spec.rungs) else None
        if run is not None:
            if _can_go_on(run, until):
                self._manager.requeue(run.id, until)
            self._set(sweep, row, state="running", rung=rung, reason=None, run_id=run.id)
            return
        if row.run_id is not None:
            self._set(sweep, row, state="stopped", reason=BY_HAND)
            return
        from netwright.train.sweep import place

        why = self._why_impossible(sweep, spec, row.values)
        if why is not None:
            self._set(sweep, row, state="refused", problem=facts_of(why))
            return
        graph, settings = place(spec.graph, spec.settings, row.values)
        made = self._store.runs.create(
            name=f"{sweep.name} / {row.number + 1}"[:120],
            project=sweep.project_id,
            graph=graph,
            dataset=sweep.dataset,
            settings=settings,
            epochs=int(settings["epochs"]),
            sweep_id=sweep.id,
            trial=row.number,
            trial_state="running",
            rung=rung,
            until_epoch=until,
        )
        self._set(sweep, row, state="running", rung=rung, run_id=made.id)

    def _why_impossible(self, sweep: Sweep, spec: SweepSpec, values: dict[str, Any]) -> NetwrightError | None:
        from netwright.train.sweep import why_impossible

        try:
            return why_impossible(spec, values, self._catalog.info(sweep.dataset))
        except NetwrightError as error:  # the data set is gone
            return error

    def _finish(self, spec: SweepSpec, records: list[Record], rows: list[SweepTrial]) -> None:
        """Keep the best trial's model; the others' runs are there, but make none."""
        from netwright.train.sweep import best

        found = best(records, spec.direction)
        run = rows[found.number].run_id if found is not None and found.state == "completed" else None
        if run is None:
            return
        try:
            self._keep_model(self._store.runs.get(run))
        except (NetwrightError, OSError):
            logger.exception("the model of run %s could not be kept", run)


def _can_go_on(run: Run, until: int | None) -> bool:
    """Whether a run has more to train; what a crash left over may have come there already, which is seen next."""
    state = RunState(run.state)
    there = state is RunState.STOPPED and run.until_epoch == until and _reached(run)
    return state in (RunState.STOPPED, RunState.INTERRUPTED) and not there


def _reached(run: Run) -> bool:
    return run.until_epoch is not None and run.epoch >= run.until_epoch


def _took(run: Run, row: SweepTrial) -> float:
    """Seconds since it began, or since it was queued to go on."""
    began = run.started_at if not row.seconds else run.queued_at
    return (run.ended_at - began).total_seconds() if began is not None and run.ended_at is not None else 0.0
