"""Runs in the database: every change of state is a checked move, on the disk before it is believed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import defer

from netwright_studio.errors import ConflictError, NotFoundError
from netwright_studio.runs.state import LIVE, OVER, RunState, require_move
from netwright_studio.store.database import Database, new_id
from netwright_studio.store.events import Draft, Event, adopt, append
from netwright_studio.store.tables import Run, RunEvent, now


class RunStore:
    """Creates, lists, moves and deletes runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        *,
        name: str | None,
        project: str | None,
        graph: dict[str, Any],
        dataset: str,
        settings: dict[str, Any],
        epochs: int,
        **more: Any,
    ) -> Run:
        """Store a queued run under the next number, with its first event; ``more`` are columns that have defaults."""
        values = {"graph": graph, "dataset": dataset, "settings": settings, "epochs": epochs, **more}
        with self._database.write() as session:
            self._database.lock_numbers(session)
            number = (session.scalar(select(func.max(Run.number))) or 0) + 1
            own = {"id": new_id(), "number": number, "name": name or f"Run {number}", "project_id": project}
            run = Run(**{**own, "state": RunState.QUEUED.value, **values})
            session.add(run)
            session.flush()
            append(session, run.id, [_state_draft(RunState.QUEUED, None)])
            session.refresh(run)
        return run

    def adopt(self, values: dict[str, Any], events: Iterable[Event]) -> Run:
        """Store a run of another studio, which is over, under the next number, with the events it has."""
        with self._database.write() as session:
            number = (session.scalar(select(func.max(Run.number))) or 0) + 1
            run = Run(**{**values, "number": number})
            _require_over(run)
            session.add(run)
            session.flush()
            adopt(session, run.id, events)
            session.refresh(run)
        return run

    def page(
        self,
        limit: int,
        offset: int,
        project: str | None = None,
        state: str | None = None,
        deleted: bool = False,
        sweep: str | None = None,
        trials: bool = True,
    ) -> tuple[list[tuple[Run, str]], int]:
        """Return a page of runs, the newest first, and how many there are; of the deleted ones if so wished.

        Each comes without its graph, which can be large, but with the graph's name.
        """
        wanted: list[ColumnElement[bool]] = [Run.deleted_at.is_not(None) if deleted else Run.deleted_at.is_(None)]
        if project is not None:
            wanted.append(Run.project_id == project)
        if state is not None:
            wanted.append(Run.state == state)
        if sweep is not None:
            wanted.append(Run.sweep_id == sweep)
        if not trials:
            wanted.append(Run.sweep_id.is_(None))
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(Run).where(*wanted)) or 0
            query = select(Run, Run.graph["name"].as_string()).options(defer(Run.graph, raiseload=True))
            query = query.where(*wanted).order_by(Run.number.desc()).limit(limit).offset(offset)
            return [(run, name or "") for run, name in session.execute(query)], total

    def get(self, ident: str) -> Run:
        """Return a run or raise NotFoundError, also for one that was deleted and could still be restored."""
        with self._database.read() as session:
            run = session.get(Run, ident)
        if run is None or run.deleted_at is not None:
            raise NotFoundError.of("run", ident)
        return run

    def family(self, ident: str, most: int) -> list[Run]:
        """Return the run with all runs that it comes from and that come from these, the oldest first."""
        with self._database.read() as session:
            pairs = session.execute(select(Run.id, Run.parent_id).where(Run.parent_id.is_not(None)))
            parents = {child: parent for child, parent in pairs if parent is not None}
            children: dict[str, list[str]] = {}
            for child, parent in parents.items():
                children.setdefault(parent, []).append(child)
            root = ident
            while root in parents:
                root = parents[root]
            found, new = [root], [root]
            while new and len(found) < most:
                new = [child for parent in new for child in children.get(parent, ())]
                found += new
            query = select(Run).where(Run.id.in_(found[:most]), Run.deleted_at.is_(None)).order_by(Run.number)
            return list(session.scalars(query))

    def of_project(self, project: str, most: int) -> list[Run]:
        """Return a project's newest runs, whole."""
        mine = Run.project_id == project, Run.deleted_at.is_(None)
        with self._database.read() as session:
            return list(session.scalars(select(Run).where(*mine).order_by(Run.number.desc()).limit(most)))

    def latest_measured(self, dataset: str, project: str | None, most: int = 5) -> list[Run]:
        """Return the last completed runs on a data set whose speed is known, of a project where one is named."""
        wanted: list[ColumnElement[bool]] = [
            Run.dataset == dataset,
            Run.state == RunState.COMPLETED.value,
            Run.samples_per_second > 0,
            Run.deleted_at.is_(None),
        ]
        if project is not None:
            wanted.append(Run.project_id == project)
        with self._database.read() as session:
            return list(session.scalars(select(Run).where(*wanted).order_by(Run.number.desc()).limit(most)))

    def claim(self, but: Iterable[str] = ()) -> tuple[Run, list[Event]] | None:
        """Take the run that has waited longest: it is starting when this returns; None where none waits.

        Found and taken in one transaction, so that nobody else takes it: SQLite lets in one writer at a time, and
        PostgreSQL leaves out what another has locked.
        """
        waiting = Run.state == RunState.QUEUED.value, Run.id.not_in(list(but))
        with self._database.read() as session:
            if session.scalar(select(Run.id).where(*waiting).limit(1)) is None:
                return None
        with self._database.write() as session:
            query = select(Run).where(*waiting).order_by(Run.queued_at, Run.number).limit(1)
            run = session.scalars(query.with_for_update(skip_locked=True)).first()
            if run is None:
                return None
            run.state, run.state_reason = RunState.STARTING.value, None
            run.started_at, run.ended_at = run.started_at or now(), None
            session.flush()
            events = append(session, run.id, [_state_draft(RunState.STARTING, None)])
            session.refresh(run)
        return run, events

    def live(self) -> list[Run]:
        """Return the runs that say a process works on them."""
        with self._database.read() as session:
            return list(session.scalars(select(Run).where(Run.state.in_([state.value for state in LIVE]))))

    def count_by_state(self) -> dict[str, int]:
        """Return how many runs are in each state; deleted ones are left out."""
        with self._database.read() as session:
            query = select(Run.state, func.count()).where(Run.deleted_at.is_(None)).group_by(Run.state)
            return {row[0]: row[1] for row in session.execute(query)}

    def move(
        self,
        ident: str,
        target: RunState,
        *,
        reason: str | None = None,
        action: str | None = None,
        drafts: Iterable[Draft] = (),
        facts: dict[str, Any] | None = None,
        **changes: Any,
    ) -> tuple[Run, list[Event]]:
        """Make a legal move and store its event, or raise ConflictError.

        ``drafts`` are stored before the state event, ``facts`` go into it and ``changes`` into the row. The
        row is compared and set in one statement, so that two servers on one database never both take a run.
        """
        with self._database.write() as session:
            run = session.get(Run, ident)
            if run is None:
                raise NotFoundError.of("run", ident)
            source = RunState(run.state)
            require_move(source, target, action=action)
            values = {"state": target.value, "state_reason": reason, **changes}
            moved = session.execute(
                update(Run).where(Run.id == ident, Run.state == source.value).values(values).returning(Run.id)
            )
            if moved.first() is None:
                raise ConflictError("The run was changed by another studio meanwhile.", where="state")
            event = _state_draft(target, reason, facts)
            events = append(session, ident, [*drafts, event])
            session.refresh(run)
        return run, events

    def set(self, ident: str, **changes: Any) -> None:
        """Change columns that are not the state."""
        with self._database.write() as session:
            session.execute(update(Run).where(Run.id == ident).values(**changes))

    def edit(self, ident: str, changes: dict[str, Any]) -> Run:
        """Change what people write on a run: its name, tags and notes."""
        with self._database.write() as session:
            run = session.get(Run, ident)
            if run is None or run.deleted_at is not None:
                raise NotFoundError.of("run", ident)
            for name, value in changes.items():
                setattr(run, name, value)
            session.flush()
            session.refresh(run)
        return run

    def discard(self, ident: str) -> None:
        """Put a run that is over out of sight; ``restore`` brings it back until it is deleted for good."""
        with self._database.write() as session:
            run = session.get(Run, ident)
            if run is None or run.deleted_at is not None:
                raise NotFoundError.of("run", ident)
            _require_over(run)
            run.deleted_at = now()

    def restore(self, ident: str) -> Run:
        """Bring a discarded run back; one that is in its place already stays there."""
        with self._database.write() as session:
            run = session.get(Run, ident)
            if run is None:
                raise NotFoundError.of("run", ident)
            run.deleted_at = None
            session.flush()
            session.refresh(run)
        return run

    def discarded_before(self, time: datetime) -> list[str]:
        """Return the runs that were discarded before ``time``."""
        with self._database.read() as session:
            return list(session.scalars(select(Run.id).where(Run.deleted_at < time)))

    def overfull(self, events: int) -> list[str]:
        """Return the runs that have more than so many events."""
        with self._database.read() as session:
            return list(session.scalars(select(Run.id).where(Run.last_event - Run.pruned_to > events)))

    def idents(self) -> frozenset[str]:
        """Return the ids of all runs, the deleted ones that can be restored among them."""
        with self._database.read() as session:
            return frozenset(session.scalars(select(Run.id)))

    def delete(self, ident: str) -> None:
        """Delete a run that is over, and its events, for good; models made from it stay."""
        with self._database.write() as session:
            run = session.get(Run, ident)
            if run is None:
                raise NotFoundError.of("run", ident)
            _require_over(run)
            session.execute(delete(RunEvent).where(RunEvent.run_id == ident))
            session.execute(delete(Run).where(Run.id == ident))


def _require_over(run: Run) -> None:
    if RunState(run.state) not in OVER:
        raise ConflictError(
            f"A run that is {run.state} cannot be deleted.",
            where="state",
            wanted=" or ".join(sorted(OVER)),
            got=run.state,
            remedy="Stop the run first.",
        )


def _state_draft(state: RunState, reason: str | None, facts: dict[str, Any] | None = None) -> Draft:
    return Draft("state", {"state": state.value, "reason": reason, **(facts or {})})
