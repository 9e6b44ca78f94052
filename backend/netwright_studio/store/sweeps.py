"""Sweeps in the database: what is varied, every trial and its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session, defer

from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.tables import Run, Sweep, SweepTrial, now

OVER = ("completed", "stopped")
MOVES: dict[str, tuple[str, ...]] = {
    "running": ("paused", "stopped", "completed"),
    "paused": ("running", "stopped"),
    "stopped": ("running",),
    "completed": (),
}
"""What a sweep may become. One that was stopped can go on, as a run can."""


class SweepStore:
    """Creates, lists, moves and deletes sweeps and their trials."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, *, name: str | None, trials: Sequence[dict[str, Any]], **columns: Any) -> Sweep:
        """Store a sweep under the next number, with all its trials waiting."""
        with self._database.write() as session:
            self._database.lock_numbers(session)
            number = (session.scalar(select(func.max(Sweep.number))) or 0) + 1
            sweep = Sweep(id=new_id(), number=number, name=name or f"Sweep {number}", state="running", **columns)
            session.add(sweep)
            session.flush()
            rows = [
                {"sweep_id": sweep.id, "number": place, "state": "waiting", "values": values}
                for place, values in enumerate(trials)
            ]
            session.execute(insert(SweepTrial), rows)
            session.refresh(sweep)
        return sweep

    def adopt(self, columns: Mapping[str, Any], trials: Sequence[Mapping[str, Any]]) -> Sweep:
        """Store a sweep of another studio, which is not at work, under the next number, with the trials it has."""
        with self._database.write() as session:
            self._database.lock_numbers(session)
            number = (session.scalar(select(func.max(Sweep.number))) or 0) + 1
            sweep = Sweep(**{**columns, "number": number})
            session.add(sweep)
            session.flush()
            if trials:
                session.execute(insert(SweepTrial), [{**trial, "sweep_id": sweep.id} for trial in trials])
            session.refresh(sweep)
        return sweep

    def of_project(self, project: str) -> list[Sweep]:
        """Return a project's sweeps, whole, the newest first."""
        mine = Sweep.project_id == project, Sweep.deleted_at.is_(None)
        with self._database.read() as session:
            return list(session.scalars(select(Sweep).where(*mine).order_by(Sweep.number.desc())))

    def page(
        self, limit: int, offset: int, project: str | None = None, deleted: bool = False
    ) -> tuple[list[Sweep], int]:
        """Return a page of sweeps without what they begin with, the newest first, and how many there are."""
        wanted: list[ColumnElement[bool]] = [Sweep.deleted_at.is_not(None) if deleted else Sweep.deleted_at.is_(None)]
        if project is not None:
            wanted.append(Sweep.project_id == project)
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(Sweep).where(*wanted)) or 0
            query = select(Sweep).where(*wanted).options(defer(Sweep.spec, raiseload=True))
            query = query.order_by(Sweep.number.desc()).limit(limit).offset(offset)
            return list(session.scalars(query)), total

    def get(self, ident: str, *, deleted: bool = False) -> Sweep:
        """Return a sweep or raise NotFoundError; one that was deleted only where that is asked for."""
        with self._database.read() as session:
            sweep = session.get(Sweep, ident)
        if sweep is None or (sweep.deleted_at is not None and not deleted):
            raise NotFoundError.of("sweep", ident)
        return sweep

    def at_work(self) -> list[str]:
        """Return the sweeps that run, the oldest first, and those whose runs are still being stopped."""
        with self._database.read() as session:
            query = select(Sweep.id).where(Sweep.state == "running", Sweep.deleted_at.is_(None))
            busy = select(SweepTrial.sweep_id).where(SweepTrial.state == "running")
            return list(session.scalars(query.union(select(Sweep.id).where(Sweep.id.in_(busy)))))

    def trials(self, ident: str) -> list[SweepTrial]:
        """Return all trials of a sweep, in order."""
        with self._database.read() as session:
            query = select(SweepTrial).where(SweepTrial.sweep_id == ident).order_by(SweepTrial.number)
            return list(session.scalars(query))

    def trial_of(self, sweep: str, number: int) -> SweepTrial:
        """Return one trial or raise NotFoundError."""
        with self._database.read() as session:
            trial = session.get(SweepTrial, (sweep, number))
        if trial is None:
            raise NotFoundError.of("trial", str(number))
        return trial

    def counts(self, idents: Sequence[str]) -> dict[str, Counter[str]]:
        """Return by sweep how many of its trials are in which state."""
        found: dict[str, Counter[str]] = {ident: Counter() for ident in idents}
        with self._database.read() as session:
            query = (
                select(SweepTrial.sweep_id, SweepTrial.state, func.count())
                .where(SweepTrial.sweep_id.in_(idents))
                .group_by(SweepTrial.sweep_id, SweepTrial.state)
            )
            for ident, state, count in session.execute(query):
                found[ident][state] = count
        return found

    def runs(self, ident: str) -> dict[str, Run]:
        """Return the runs of a sweep by id, without their graphs; those that were deleted are left out."""
        with self._database.read() as session:
            query = select(Run).where(Run.sweep_id == ident, Run.deleted_at.is_(None))
            query = query.options(defer(Run.graph, raiseload=True), defer(Run.advice, raiseload=True))
            return {run.id: run for run in session.scalars(query)}

    def set_trial(self, sweep: str, number: int, **changes: Any) -> None:
        """Change a trial's columns; its run says where the trial is, too, so that lists of runs need no sweeps."""
        mine = (SweepTrial.sweep_id == sweep, SweepTrial.number == number)
        with self._database.write() as session:
            session.execute(update(SweepTrial).where(*mine).values(**changes))
            trial = session.get_one(SweepTrial, (sweep, number))
            session.execute(update(Run).where(Run.id == trial.run_id).values(trial_state=trial.state, rung=trial.rung))

    def edit(self, ident: str, **changes: Any) -> Sweep:
        """Change what people write on a sweep."""
        with self._database.write() as session:
            session.execute(update(Sweep).where(Sweep.id == ident, Sweep.deleted_at.is_(None)).values(**changes))
        return self.get(ident)

    def move(self, ident: str, target: str, action: str = "") -> Sweep:
        """Make a legal move, or raise ConflictError."""
        with self._database.write() as session:
            sweep = session.get(Sweep, ident)
            if sweep is None or sweep.deleted_at is not None:
                raise NotFoundError.of("sweep", ident)
            if target not in MOVES[sweep.state]:
                raise ConflictError(
                    f"A sweep that is {sweep.state} cannot be {action or target}.",
                    where="state",
                    wanted=" or ".join(sorted(state for state, targets in MOVES.items() if target in targets)),
                    got=sweep.state,
                    remedy="Look at the sweep again.",
                )
            sweep.state = target
            sweep.ended_at = now() if target in OVER else None
            session.flush()
            session.refresh(sweep)
        return sweep

    def discard(self, ident: str) -> Sweep:
        """Put a sweep that is over out of sight; ``restore`` brings it back."""
        with self._database.write() as session:
            sweep = session.get(Sweep, ident)
            if sweep is None or sweep.deleted_at is not None:
                raise NotFoundError.of("sweep", ident)
            if sweep.state not in OVER:
                raise ConflictError(
                    f"A sweep that is {sweep.state} cannot be deleted.",
                    where="state",
                    wanted=" or ".join(OVER),
                    got=sweep.state,
                    remedy="Stop the sweep first.",
                )
            busy = select(func.count()).where(SweepTrial.sweep_id == ident, SweepTrial.state == "running")
            if session.scalar(busy):
                raise ConflictError(
                    "The runs of this sweep are still being stopped.", where="state", remedy="Wait a moment."
                )
            sweep.deleted_at = now()
            session.flush()
            session.refresh(sweep)
        return sweep

    def restore(self, ident: str) -> Sweep:
        """Bring a discarded sweep back; one that is in its place already stays there."""
        with self._database.write() as session:
            sweep = session.get(Sweep, ident)
            if sweep is None:
                raise NotFoundError.of("sweep", ident)
            sweep.deleted_at = None
            session.flush()
            session.refresh(sweep)
        return sweep

    def delete_discarded(self, before: datetime) -> None:
        """Delete for good what was discarded before a time; runs that are left belong to no sweep any more."""
        with self._database.write() as session:
            _delete(session, list(session.scalars(select(Sweep.id).where(Sweep.deleted_at < before))))

    def delete(self, ident: str) -> None:
        """Delete a sweep for good, whatever its state; runs that are left belong to no sweep any more."""
        with self._database.write() as session:
            _delete(session, [ident])


def _delete(session: Session, gone: list[str]) -> None:
    session.execute(update(Run).where(Run.sweep_id.in_(gone)).values(sweep_id=None, trial=None, trial_state=None))
    session.execute(delete(SweepTrial).where(SweepTrial.sweep_id.in_(gone)))
    session.execute(delete(Sweep).where(Sweep.id.in_(gone)))
